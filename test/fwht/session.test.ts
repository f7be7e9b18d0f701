import { describe, expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import { BitstreamError } from "../../src/errors.ts";
import type { DecodeEvent, RequestEvent, SequenceEvent } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { openFwhtSession, parseFrameHeader } from "../../src/fwht/index.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import {
  decodeStruct,
  V4L2_FWHT_FL_PIXENC_HSV,
  V4L2_FWHT_FL_PIXENC_RGB,
  v4l2_ctrl_fwht_params,
} from "../../src/uapi/index.ts";
import { eventKey } from "../../support/events.ts";
import { type FwhtFields, flagsOf, fwhtFrame } from "../../support/streams/fwht-frames.ts";

const paramsOf = (event: DecodeEvent) =>
  decodeStruct(v4l2_ctrl_fwht_params, (event as RequestEvent).controls[0]?.payload as Uint8Array);

/** The events of frames, `flush` included. */
function eventsOf(frames: readonly FwhtFields[], options = {}): DecodeEvent[] {
  const session = openFwhtSession(options);
  const events = frames.flatMap((fields, pts) => session.decode(fwhtFrame(fields), { pts }));
  return [...events, ...session.flush()];
}

const words = (events: readonly DecodeEvent[]) =>
  events.map((event) => {
    if (event.type === "sequence") return `sequence ${event.visible.width}x${event.visible.height} ${event.realloc}`;
    if (event.type === "error") return `error ${event.code} ${event.element ?? ""}`.trim();
    if (event.type === "output") return `output ${event.timestamp} pts ${event.pts}${event.corrupt ? " corrupt" : ""}`;
    return `${event.type} ${event.timestamp}`;
  });

const requestsOf = (events: readonly DecodeEvent[]) => events.filter((event) => event.type === "request");

describe("V4L2_CID_STATELESS_FWHT_PARAMS", () => {
  it("has the header's fields, and the OUTPUT buffer what comes after the header", () => {
    const fields: FwhtFields = { width: 33, height: 17, flags: 0x30, colour: [3, 1, 2, 2], data: 20 };
    const frame = fwhtFrame(fields);
    const [request] = requestsOf(openFwhtSession().decode(frame));
    expect(paramsOf(request as DecodeEvent)).toEqual({
      ...{ backward_ref_ts: 0n, version: 3, width: 33, height: 17, flags: flagsOf(fields) },
      ...{ colorspace: 3, xfer_func: 1, ycbcr_enc: 2, quantization: 2 },
    });
    expect(bitstreamBytes(request as RequestEvent)).toEqual(frame.subarray(44));
  });

  it("refers to the frame before in P frames, and to none in I frames", () => {
    const references = requestsOf(eventsOf([{}, { p: true }, { p: true }, {}, { p: true }])).map(paramsOf);
    expect(references.map(({ backward_ref_ts }) => Number(backward_ref_ts))).toEqual([0, 1000, 2000, 0, 4000]);
  });
});

describe("an FWHT session", () => {
  it("shows each frame, and releases it when the next one is decoded", () => {
    expect(words(eventsOf([{}, { p: true }, {}]))).toEqual([
      "sequence 32x16 true",
      ...["request 1000", "output 1000 pts 0"],
      ...["request 2000", "output 2000 pts 1", "release 1000"],
      ...["request 3000", "output 3000 pts 2", "release 2000"],
      "release 3000",
    ]);
  });

  it("tells the components, and a coded size with whole blocks in every plane", () => {
    const rgb = { encoding: V4L2_FWHT_FL_PIXENC_RGB, across: 1, down: 1 } as const;
    const formats = (
      [
        [{}, 48, 32, 1, 3, "yuv"],
        [{ down: 1 }, 48, 24, 2, 3, "yuv"],
        [{ across: 1 }, 40, 32, 4, 3, "yuv"],
        [{ across: 1, down: 1 }, 40, 24, 3, 3, "yuv"],
        [rgb, 40, 24, 3, 3, "rgb"],
        [{ ...rgb, components: 4 }, 40, 24, 3, 4, "rgb"],
        [{ ...rgb, encoding: V4L2_FWHT_FL_PIXENC_HSV }, 40, 24, 3, 3, "hsv"],
        [{ ...rgb, components: 1 }, 40, 24, 0, 1, "rgb"],
      ] as const
    ).map(([fields, codedWidth, codedHeight, chromaFormat, count, encoding]) => {
      const [event] = openFwhtSession().decode(fwhtFrame({ width: 36, height: 20, ...fields }));
      expect(event).toMatchObject({ codedWidth, codedHeight, chromaFormat, components: { count, encoding } });
      return event;
    });
    expect(formats).toHaveLength(8);
  });

  it.each([
    [17, 33, {}, 32, 48, 24 * 40 + 2 * 8 * 16],
    [17, 33, { down: 1 }, 32, 40, 24 * 40 + 2 * 8 * 40],
    [17, 33, { across: 1 }, 24, 48, 24 * 40 + 2 * 24 * 16],
    [17, 33, { across: 1, down: 1, components: 4 }, 24, 40, 4 * 24 * 40],
    [17, 33, { across: 1, down: 1, components: 1 }, 24, 40, 24 * 40],
    [641, 361, {}, 656, 368, 356_224],
    [1297, 721, {}, 1312, 736, 1304 * 728 + 2 * 648 * 360],
    [1, 1, {}, 16, 16, 64],
  ] as const)("has room for %dx%d, %o, and takes data up to the size of its planes", (...row) => {
    const [width, height, fields, codedWidth, codedHeight, most] = row;
    const eventsWith = (data: number) => openFwhtSession().decode(fwhtFrame({ width, height, ...fields, data }));
    expect(eventsWith(most)[0]).toMatchObject({ codedWidth, codedHeight, visible: { width, height } });
    expect(words(eventsWith(most + 1))).toEqual(["error wrong-size size"]);
  });

  it("translates V4L2's colour to code points, with the defaults of the colour space", () => {
    const colour = (fields: FwhtFields) =>
      Object.values((openFwhtSession().decode(fwhtFrame(fields))[0] as SequenceEvent).colour);
    expect(colour({ colour: [3, 0, 0, 0] })).toEqual([1, 1, 1, 0]);
    expect(colour({ colour: [7, 0, 0, 0] })).toEqual([1, 13, 6, 1]);
    expect(colour({ colour: [10, 7, 7, 1] })).toEqual([9, 16, 10, 1]);
    expect(colour({ colour: [0, 0, 0, 0] })).toEqual([2, 2, 2, 0]);
    expect(colour({ colour: [99, 99, 99, 99] })).toEqual([2, 2, 2, 0]);
    const rgb = { encoding: V4L2_FWHT_FL_PIXENC_RGB, across: 1, down: 1 } as const;
    expect(colour({ ...rgb, colour: [8, 0, 0, 0] })).toEqual([1, 13, 0, 1]);
    expect(colour({ ...rgb, colour: [8, 0, 0, 2] })).toEqual([1, 13, 0, 0]);
  });

  it("tells the order of fields by the flags", () => {
    const orders = [0, 1, 3, 4, 12].map((flags) => {
      const output = openFwhtSession()
        .decode(fwhtFrame({ flags }))
        .find(({ type }) => type === "output");
      return (output as { fieldOrder: string }).fieldOrder;
    });
    expect(orders).toEqual(["progressive", "top-first", "bottom-first", "top-only", "bottom-only"]);
  });

  it("makes a new sequence at an I frame of another size or with other components; its buffers are new too", () => {
    expect(words(eventsOf([{}, { width: 64 }, { width: 63 }, { width: 63, down: 1 }]))).toEqual([
      ...["sequence 32x16 true", "request 1000", "output 1000 pts 0"],
      ...["release 1000", "sequence 64x16 true", "request 2000", "output 2000 pts 1"],
      ...["sequence 63x16 false", "request 3000", "output 3000 pts 2", "release 2000"],
      ...["release 3000", "sequence 63x16 true", "request 4000", "output 4000 pts 3"],
      "release 4000",
    ]);
  });

  it("refuses a P frame of another size or with other components than the frame before it", () => {
    for (const other of [{ width: 31 }, { height: 24 }, { down: 1 }, { components: 4 }] as const) {
      expect(words(eventsOf([{}, { p: true, ...other }, { p: true }, {}])).slice(3)).toEqual([
        "error set-mismatch V4L2_FWHT_FL_I_FRAME",
        ...["request 2000", "output 2000 pts 2 corrupt", "release 1000"],
        ...["request 3000", "output 3000 pts 3", "release 2000"],
        "release 3000",
      ]);
    }
  });

  it("begins at an I frame, at the start and after reset", () => {
    const session = openFwhtSession();
    expect(words(session.decode(fwhtFrame({ p: true })))).toEqual(["error before-random-access"]);
    session.decode(fwhtFrame());
    expect(words(session.reset())).toEqual(["release 1000"]);
    expect(words(session.decode(fwhtFrame({ p: true })))).toEqual(["error before-random-access"]);
    expect(words(session.decode(fwhtFrame()))).toEqual(["request 2000", "output 2000 pts undefined"]);
  });

  it("marks what follows a lost frame, up to the next I frame; with drop it is left out", () => {
    const stream = joined([fwhtFrame(), fwhtFrame({ p: true }).subarray(0, 50), fwhtFrame({ p: true }), fwhtFrame()]);
    const marked = openFwhtSession();
    expect(words([...marked.push(stream), ...marked.flush()]).slice(3)).toEqual([
      "error wrong-size size",
      ...["request 2000", "output 2000 pts undefined corrupt", "release 1000"],
      ...["request 3000", "output 3000 pts undefined", "release 2000", "release 3000"],
    ]);
    const dropped = openFwhtSession({ missingReferences: "drop" });
    expect(words([...dropped.push(stream), ...dropped.flush()]).slice(3)).toEqual([
      ...["error wrong-size size", "release 1000", "error before-random-access"],
      ...["request 2000", "output 2000 pts undefined", "release 2000"],
    ]);
  });

  it("gives each frame the pts of the bytes that it begins in", () => {
    const session = openFwhtSession();
    const stream = joined([fwhtFrame(), fwhtFrame(), fwhtFrame()]);
    const events = [
      ...session.push(stream.subarray(0, 20), { pts: 1 }),
      ...session.push(stream.subarray(20, 60), { pts: 2 }),
      ...session.push(stream.subarray(60), { pts: 3 }),
    ];
    const times = events.flatMap((event) => (event.type === "output" ? [event.pts] : []));
    expect(times).toEqual([1, 2, 3]);
  });

  it("gives the pts of a frame that breaks off to no other frame", () => {
    const session = openFwhtSession();
    const events = [
      ...session.push(fwhtFrame(), { pts: 1 }),
      ...session.push(fwhtFrame().subarray(0, 50), { pts: 2 }),
      ...session.push(fwhtFrame()),
      ...session.push(Uint8Array.of(1, 2, 3), { pts: 4 }),
      ...session.push(fwhtFrame()),
    ];
    expect(words(events).filter((event) => !/^(sequence|request|release)/.test(event))).toEqual([
      ...["output 1000 pts 1", "error wrong-size size", "output 2000 pts undefined"],
      ...["error no-unit", "output 3000 pts 4"],
    ]);
  });

  it("goes on after missing bytes, and says what was lost", () => {
    const session = openFwhtSession();
    const lost = new BitstreamError("lost-bytes", "a gap");
    const events = [
      ...session.push(joined([fwhtFrame(), fwhtFrame().subarray(0, 30)])),
      ...session.push(joined([Uint8Array.of(1, 2, 3), fwhtFrame({ p: true }), fwhtFrame()]), { lost }),
    ];
    expect(words(events).slice(3)).toEqual([
      ...["error cut-off", "error lost-bytes", "error no-unit"],
      ...["request 2000", "output 2000 pts undefined corrupt", "release 1000"],
      ...["request 3000", "output 3000 pts undefined", "release 2000"],
    ]);
  });

  it("takes several frames in a packet, and says what a packet lacks", () => {
    const session = openFwhtSession();
    const packet = joined([fwhtFrame(), fwhtFrame({ p: true })]);
    expect(requestsOf(session.decode(packet))).toHaveLength(2);
    expect(words(session.decode(packet.subarray(0, -1))).at(-1)).toBe("error cut-off");
    expect(words(session.decode(new Uint8Array()))).toEqual(["error no-unit"]);
    expect(words(session.decode(Uint8Array.of(1, 2)))).toEqual(["error no-unit"]);
  });

  it.each([
    ["version", { version: 0 }, "forbidden-value"],
    ["version", { version: 2 }, "kernel-limit"],
    ["version", { version: 4 }, "kernel-limit"],
    ["width", { width: 0 }, "forbidden-value"],
    ["height", { height: 0 }, "forbidden-value"],
    ["V4L2_FWHT_FL_COMPONENTS_NUM_MSK", { components: 2 }, "forbidden-value"],
    ["V4L2_FWHT_FL_COMPONENTS_NUM_MSK", { components: 5 }, "forbidden-value"],
    ["V4L2_FWHT_FL_PIXENC_MSK", { encoding: 0 }, "forbidden-value"],
    ["size", { data: 0 }, "wrong-size"],
    ["size", { data: 32 * 16 * 1.5 + 1 }, "wrong-size"],
  ])("refuses a frame for its %s: %o", (element, fields, code) => {
    expect(words(openFwhtSession().decode(fwhtFrame(fields)))).toEqual([`error ${code} ${element}`]);
  });

  it("gives the same events for every cut of the fixtures", () => {
    for (const { name, read } of fixtureStreams("fwht")) {
      const bytes = read();
      const cut = (size: number) => {
        const session = openFwhtSession();
        const keys: string[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          keys.push(...session.push(bytes.slice(at, at + size)).map(eventKey));
        }
        return [...keys, ...session.flush().map(eventKey)];
      };
      const whole = cut(bytes.length);
      expect(whole.filter((key) => key.startsWith("request")).length, name).toBeGreaterThan(1);
      expect(whole.filter((key) => key.includes('"error"'))).toEqual([]);
      for (const size of [977, 4096, 65536]) expect(cut(size), `${name}, ${size}`).toEqual(whole);
    }
  });
});

describe("parseFrameHeader", () => {
  it("throws where the header is cut off, and where it has no magic numbers", () => {
    const header = fwhtFrame().subarray(0, 44);
    for (let length = 0; length < 44; length++) {
      expect(() => parseFrameHeader(header.subarray(0, length))).toThrow(BitstreamError);
    }
    expect(parseFrameHeader(header)).toMatchObject({ version: 3, width: 32, height: 16, size: 12 });
    expect(() => parseFrameHeader(header.slice().fill(0, 4, 5))).toThrow("magic2");
  });

  it("reads headers of other versions, which no control can have", () => {
    expect(parseFrameHeader(fwhtFrame({ version: 1 })).version).toBe(1);
  });
});
