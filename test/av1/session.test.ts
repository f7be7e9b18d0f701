import { describe, expect, it } from "vitest";
import { openAv1Session } from "../../src/av1/index.ts";
import { joined } from "../../src/framing/bytes.ts";
import type { SessionOptions } from "../../src/options.ts";
import type { BitWriter } from "../../src/testing/bit-writer.ts";
import { eventKey } from "../../support/events.ts";
import {
  annexB,
  controlsOf,
  delimiter,
  frame,
  headerObu,
  keyFrame,
  obu,
  requestsOf,
  sequenceHeader,
  showExisting,
  slotTimesOf,
  summary,
  tileGroup,
  unit,
} from "../../support/streams/av1-stream.ts";

/** The events of temporal units, one after the other; without those of flush. */
function decode(units: readonly Uint8Array[], options: SessionOptions = {}) {
  const session = openAv1Session(options);
  return units.flatMap((bytes, pts) => session.decode(bytes, { pts }));
}

const start = unit(sequenceHeader(), keyFrame());
const afterStart = (units: readonly Uint8Array[], options?: SessionOptions) =>
  summary(decode([start, ...units], options)).slice(3);

describe("frames", () => {
  it("may have other bits than 0 before their tiles (5.3.5): one error, and every request", () => {
    // The byte before the 8 of the tile.
    const flawed = keyFrame();
    flawed[flawed.length - 9]! |= 1;
    const events = decode([start, unit(flawed), unit(flawed)]);
    expect(requestsOf(events).map(({ timestamp }) => timestamp)).toEqual([1000, 2000, 3000]);
    expect(requestsOf(events)[1]!.controls).toEqual(requestsOf(decode([start, unit(keyFrame())]))[1]!.controls);
    expect(events.flatMap((event) => (event.type === "error" ? [`${event.code} ${event.element}`] : []))).toEqual([
      "wrong-fixed-bits zero_bit",
    ]);
  });

  it("are requests with the OUTPUT buffer that GStreamer sends: the payloads of the OBUs with tiles", () => {
    const [request] = requestsOf(decode([start]));
    const payload = keyFrame().subarray(2);
    expect(joined(request!.bitstream)).toEqual(payload);
    const { tiles, frame: key } = controlsOf(request!);
    expect(tiles).toEqual([{ tile_offset: payload.length - 8, tile_size: 8, tile_row: 0, tile_col: 0 }]);
    expect(key).toMatchObject({ frame_type: 0, refresh_frame_flags: 0xff, primary_ref_frame: 7 });
  });

  it("take their tiles from tile groups, whose offsets count from the first one's payload", () => {
    const fields = { size: [256, 64], tileLog2: [2, 0], sequence: { width: 256 } } as const;
    const groups = [
      obu(4, tileGroup([3], [2, 0], [0, 0])),
      obu(4, tileGroup([5, 7], [2, 0], [1, 2])),
      obu(4, tileGroup([1], [2, 0], [3, 3])),
    ];
    const events = decode([unit(sequenceHeader({ width: 256 }), headerObu({ ...fields, type: "key" }), ...groups)]);
    const [request] = requestsOf(events);
    const { tiles } = controlsOf(request!);
    expect(tiles.map(({ tile_offset, tile_size }) => [tile_offset, tile_size])).toEqual([
      [1, 3],
      [6, 5],
      [11, 7],
      [19, 1],
    ]);
    expect(joined(request!.bitstream).length).toBe(20);
  });

  it("come with copies of their header, which change nothing (5.9.1)", () => {
    const copies = [headerObu({ refresh: 1 }), headerObu({ refresh: 1 }, 7), obu(4, tileGroup([8]))];
    expect(afterStart([unit(headerObu({ refresh: 1 }), ...copies)])).toEqual(["request 2000 < 1000", "output 2000"]);
  });

  it("are corrupt after an OBU whose header is damaged: its type may be another (obu_forbidden_bit)", () => {
    const swallowed = unit(frame());
    swallowed[0]! ^= 0xff; // The temporal delimiter: type 13, without a size.
    expect(afterStart([swallowed, unit(frame({ refresh: 1 }))])).toEqual([
      "error wrong-fixed-bits",
      "request 2000 < 1000",
      "output 2000 corrupt",
    ]);
  });

  it("that lack tiles are lost", () => {
    const two = { size: [128, 64], tileLog2: [1, 0] } as const;
    const lacking = unit(headerObu({ ...two, refresh: 1 }), obu(4, tileGroup([3], [1, 0], [0, 0])));
    expect(afterStart([lacking, unit(frame())])).toEqual([
      "error missing-tiles",
      "request 2000 < 1000",
      "output 2000 corrupt",
      "release 2000",
    ]);
  });

  it("with tiles in another order are lost", () => {
    const two = { size: [128, 64], tileLog2: [1, 0] } as const;
    const wrong = unit(headerObu({ ...two }), obu(4, tileGroup([3], [1, 0], [1, 1])));
    expect(afterStart([wrong])).toEqual(["error missing-tiles"]);
  });

  it("with more tiles than the kernel takes are refused by name", () => {
    const sequence = { width: 4096, height: 4096 };
    const fields = { sequence, type: "key", tileLog2: [5, 5], mostTileLog2: [6, 6] } as const;
    const events = decode([unit(sequenceHeader(sequence), frame(fields))]);
    expect(events).toMatchObject([{ type: "error", code: "kernel-limit", kind: "unsupported" }]);
    expect(JSON.stringify(events)).toContain("TILE_GROUP_ENTRY has room for 512");
  });

  it.each([
    ["columns", "width_in_sbs_minus_1", { width: 65 * 64, height: 64 }],
    ["rows", "height_in_sbs_minus_1", { width: 64, height: 65 * 64 }],
  ])("with more than 64 %s of tiles break the specification (6.8.14)", (_, element, sequence) => {
    // ns(n) of a column or row of one superblock: as many 0 bits as FloorLog2(n).
    const sizes = Array.from({ length: 65 }, (_, i) => 31 - Math.clz32(Math.min(65 - i, 64)));
    const tileInfo = (w: BitWriter) => sizes.reduce((to, bits) => to.u(bits, 0), w.u(1, 0));
    const events = decode([unit(sequenceHeader(sequence), frame({ sequence, type: "key", tileInfo }))]);
    expect(events).toMatchObject([{ type: "error", kind: "bitstream", element }]);
  });
});

describe("show_existing_frame", () => {
  it("is an output with the pts of its packet, and no request", () => {
    const hidden = unit(frame({ show: 0, refresh: 4 }), frame());
    const events = decode([start, hidden, unit(showExisting(2)), unit(showExisting(2))]);
    expect(summary(events).slice(3)).toEqual([
      "request 2000 < 1000",
      "request 3000 < 1000",
      "output 3000",
      "release 3000",
      "output 2000",
      "output 2000",
    ]);
    expect(events.flatMap((event) => (event.type === "output" ? [event.pts] : []))).toEqual([0, 1, 2, 3]);
  });

  it("of a key frame refreshes all slots (7.21), once", () => {
    const hidden = unit(frame({ type: "key", show: 0, refresh: 4 }), frame());
    const events = decode([start, hidden, unit(showExisting(2)), unit(frame({ slots: [0, 1, 3, 4, 5, 6, 7] }))]);
    expect(summary(events).slice(3)).toEqual([
      "request 2000",
      "request 3000 < 1000",
      "output 3000",
      "release 3000",
      "output 2000",
      "release 1000",
      "request 4000 < 2000",
      "output 4000",
      "release 4000",
    ]);
    expect(summary(decode([start, hidden, unit(showExisting(2)), unit(showExisting(2))])).at(-1)).toBe(
      "error missing-reference",
    );
  });

  it("after a lost frame, which may have been meant for the slot, is corrupt; a key frame is not", () => {
    const unreadable = unit(obu(6, Uint8Array.of(0x30, 0)));
    for (const type of ["inter", "key"] as const) {
      const hidden = unit(frame({ type, show: 0, refresh: 4 }));
      const shown = summary(decode([start, hidden, unreadable, unit(showExisting(2))]));
      expect(shown.slice(shown.findIndex((text) => text.startsWith("error")) + 1)[0]).toBe(
        type === "key" ? "output 2000" : "output 2000 corrupt",
      );
    }
  });

  it("of an empty slot, or of another frame id, is an error", () => {
    const sequence = { frameIds: true };
    const key = unit(sequenceHeader(sequence), frame({ sequence, type: "key", show: 0, refresh: 1, id: 5 }));
    const shown = (slot: number, id: number) => unit(showExisting(slot, { sequence, id }));
    expect(summary(decode([key, shown(1, 5), shown(0, 6), shown(0, 5)])).slice(2)).toEqual([
      "error missing-reference",
      "error missing-reference",
      "output 1000",
    ]);
  });
});

describe("references (7.20)", () => {
  it("are released when no slot has them any more", () => {
    const units = [frame({ refresh: 0x0f }), frame({ refresh: 0xf0, slots: [4] }), frame({ slots: [0, 7] })];
    expect(afterStart(units.map((bytes) => unit(bytes)))).toEqual([
      "request 2000 < 1000",
      "output 2000",
      "request 3000 < 1000 2000",
      "output 3000",
      "release 1000",
      "request 4000 < 2000 3000",
      "output 4000",
      "release 4000",
    ]);
  });

  it("are listed for every frame as they were before it, for key frames too", () => {
    const requests = requestsOf(decode([start, unit(frame({ refresh: 2 })), unit(keyFrame())]));
    const times = requests.map((request) => controlsOf(request).frame.reference_frame_ts.map(Number));
    expect(times).toEqual([
      new Array(8).fill(0),
      new Array(8).fill(1000),
      [1000, 2000, 1000, 1000, 1000, 1000, 1000, 1000],
    ]);
  });

  it("follow from order hints with frame_refs_short_signaling (7.8)", () => {
    const hidden = [4, 8, 2].map((hint, i) => frame({ show: 0, hint, refresh: 2 << i }));
    const [request] = requestsOf(decode([start, unit(...hidden, frame({ hint: 5, short: [1, 3] }))])).slice(-1);
    // Slots: hints 0 4 8 2 0 …; LAST and GOLDEN as coded, ALTREF the later one, all others the latest before.
    expect(controlsOf(request!).frame.ref_frame_idx).toEqual([1, 7, 6, 3, 5, 4, 2]);
  });

  const intraStart = unit(sequenceHeader(), frame({ type: "intra", show: 0, refresh: 1 }));
  const needsTwo = unit(frame({ slots: [0, 1] }));

  it.each([
    ["mark", ["error missing-reference", "request 2000 < 1000 0", "output 2000 corrupt", "release 2000"]],
    ["nearest", ["error missing-reference", "request 2000 < 1000", "output 2000 corrupt", "release 2000"]],
    ["drop", ["error missing-reference", "release 1000"]],
  ] as const)("that are missing: %s", (missingReferences, expected) => {
    expect(summary(decode([intraStart, needsTwo], { missingReferences })).slice(2)).toEqual(expected);
  });

  it("with another order hint than ref_order_hint says are missing (5.9.2)", () => {
    const resilient = unit(frame({ resilient: 1, hint: 1, hints: [0, 3], slots: [0, 1] }));
    expect(afterStart([resilient])).toEqual([
      "error missing-reference",
      "request 2000 < 1000",
      "output 2000 corrupt",
      "release 2000",
    ]);
  });

  it("that a frame inherits from must be there", () => {
    expect(summary(decode([intraStart, unit(frame({ slots: [1], primary: 0 }))])).slice(2)).toEqual([
      "error missing-reference",
    ]);
  });

  it("give their size with found_ref (5.9.7)", () => {
    const small = frame({ size: [40, 24], refresh: 2 });
    const [, , third] = requestsOf(decode([start, unit(small), unit(frame({ slots: [0, 1], size: 1 }))]));
    expect(controlsOf(third!).frame).toMatchObject({ frame_width_minus_1: 39, frame_height_minus_1: 23 });
  });
});

describe("sequences (7.5)", () => {
  it("begin with an event, and again where the buffers must be others", () => {
    const other = unit(sequenceHeader({ width: 128 }), keyFrame());
    const events = summary(decode([start, start, other]));
    expect(events).toEqual([
      "sequence 64x64",
      "request 1000",
      "output 1000",
      "request 2000",
      "output 2000",
      "release 1000",
      "release 2000",
      "sequence 128x64",
      "request 3000",
      "output 3000",
    ]);
  });

  it("list the pictures of the one before in their first request, which release them (7.20)", () => {
    // Another sequence, and the same buffers.
    const other = unit(sequenceHeader({ delay: 7, points: [0x101] }), keyFrame({ sequence: { delay: 7 } }));
    const events = decode([start, unit(frame({ refresh: 2 })), other]);
    expect(summary(events).slice(5)).toEqual(["request 3000", "output 3000", "release 1000", "release 2000"]);
    expect(slotTimesOf(requestsOf(events).at(-1)!)).toEqual([1000, 2000, 1000, 1000, 1000, 1000, 1000, 1000]);
  });

  it("have new buffers where a shown key frame is larger: nothing is kept, and its request lists the slots as they were (7.20)", () => {
    const sequence = sequenceHeader({ width: 128 });
    const events = decode([
      unit(sequence, keyFrame({ size: [64, 64] })),
      unit(keyFrame({ size: [128, 64], mostTileLog2: [1, 0] })),
    ]);
    expect(summary(events).slice(3)).toEqual(["release 1000", "sequence 128x64", "request 2000", "output 2000"]);
    expect(slotTimesOf(requestsOf(events).at(-1)!)).toEqual(new Array(8).fill(1000));
  });

  it("with and without film grain have other CAPTURE formats", () => {
    const sequence = { filmGrain: true };
    expect(afterStart([unit(sequenceHeader(sequence), keyFrame({ sequence }))])).toContain("sequence 64x64");
  });

  it("are the same where only operating_parameters_info differs", () => {
    const [one, other] = [7, 8].map((delay) => sequenceHeader({ delay }));
    const sequence = { delay: 7 };
    const events = decode([unit(one!, keyFrame({ sequence })), unit(other!, frame({ sequence }))]);
    expect(summary(events).slice(3)).toEqual(["request 2000 < 1000", "output 2000", "release 2000"]);
  });

  it("that change without a key frame are skipped up to the next one", () => {
    const changed = unit(sequenceHeader({ tenBit: true }), frame());
    expect(afterStart([changed, unit(keyFrame())])).toEqual([
      "error before-random-access",
      "release 1000",
      "sequence 64x64",
      "request 2000",
      "output 2000",
    ]);
  });

  it("have buffers for their frames, whatever the largest size is that they say", () => {
    const events = decode([unit(sequenceHeader({ width: 4096, height: 2304 }), keyFrame({ size: [64, 64] }))]);
    expect(summary(events)[0]).toBe("sequence 64x64");
    expect(afterStart([unit(frame({ size: [64, 80] })), unit(frame({ size: [32, 32] }))])).toEqual([
      "sequence 64x80 keeps",
      "request 2000 < 1000",
      "output 2000",
      "release 2000",
      "request 3000 < 1000",
      "output 3000",
      "release 3000",
    ]);
  });
});

describe("layers (6.4.1, 7.18.1)", () => {
  const sequence = sequenceHeader({ points: [0x303, 0x101] });
  const layered = (spatial: number, fields = {}) => frame({ layer: [0, spatial], ...fields });
  const units = [
    unit(sequence, keyFrame({ layer: [0, 0] }), layered(1, { refresh: 2 })),
    unit(layered(0, { refresh: 1 }), layered(1, { slots: [1], refresh: 2 })),
    unit(layered(0)),
  ];

  it("give the picture of the highest one in each temporal unit", () => {
    const outputs = summary(decode(units)).filter((text) => text.startsWith("output"));
    expect(outputs).toEqual(["output 2000", "output 4000", "output 5000"]);
    expect(decode(units)[0]).toMatchObject({ captureBuffers: 10 });
  });

  it("that the operating point does not have are dropped", () => {
    const events = decode(units, { operatingPoint: 1 });
    expect(summary(events).filter((text) => !text.startsWith("release"))).toEqual([
      "sequence 64x64",
      "request 1000",
      "output 1000",
      "request 2000 < 1000",
      "output 2000",
      "request 3000 < 2000",
      "output 3000",
    ]);
    expect(events[0]).toMatchObject({ captureBuffers: 9 });
  });
});

describe("what is passed over", () => {
  it.each([
    ["a reserved OBU", obu(9, Uint8Array.of(1, 2, 3))],
    ["padding", obu(15, Uint8Array.of(1, 2, 0x80))],
    ["unknown metadata", obu(5, Uint8Array.of(40, 1, 2, 0x80))],
    ["ITU-T T.35 metadata", obu(5, Uint8Array.of(4, 0xb5, 1, 2, 0x80))],
  ])("%s", (_, bytes) => {
    expect(afterStart([unit(bytes, frame(), bytes)])).toEqual(["request 2000 < 1000", "output 2000", "release 2000"]);
  });

  it("is not a tile list", () => {
    const events = decode([start, unit(obu(8, Uint8Array.of(0, 0, 0, 0)), frame())]).slice(3);
    expect(events[0]).toMatchObject({ type: "error", kind: "unsupported", code: "large-scale-tile" });
    expect(summary(events).slice(1)).toEqual(["request 2000 < 1000", "output 2000", "release 2000"]);
  });
});

describe("starts", () => {
  it("are at a key frame after a sequence header", () => {
    const events = decode([unit(keyFrame()), unit(sequenceHeader(), frame()), start]);
    expect(summary(events)).toEqual([
      "error missing-sequence-header",
      "error before-random-access",
      "sequence 64x64",
      "request 1000",
      "output 1000",
    ]);
  });

  it("are at an intra-only frame with startAt any, and only at a key frame else", () => {
    const intra = unit(sequenceHeader(), frame({ type: "intra", refresh: 1 }));
    expect(summary(decode([intra]))).toEqual(["sequence 64x64", "request 1000", "output 1000"]);
    expect(summary(decode([intra], { startAt: "random-access" }))).toEqual(["error before-random-access"]);
  });

  it("take the sequence header of an av1C record", () => {
    const session = openAv1Session();
    const record = joined([Uint8Array.of(0x81, 0, 0, 0), sequenceHeader()]);
    expect(summary([...session.configure(record), ...session.decode(keyFrame())])).toEqual([
      "sequence 64x64",
      "request 1000",
      "output 1000",
    ]);
    expect(summary(session.configure(Uint8Array.of(1, 2, 3, 4)))).toEqual(["error wrong-fixed-bits"]);
  });
});

describe("inputs", () => {
  it("of configure may be overwritten after the call, also where they begin a frame", () => {
    const tiles = { tileLog2: [0, 1], size: [64, 128] } as const;
    const group = (tile: number) => obu(4, tileGroup([8], tiles.tileLog2, [tile, tile]));
    const obus = joined([sequenceHeader(), headerObu({ type: "key", ...tiles }), group(0)]);
    const padding = obu(15, new Uint8Array(40).fill(1));
    const bitstreams = [false, true].map((isOverwritten) => {
      const record = joined([Uint8Array.of(0x81, 0, 0, 0), obus]);
      const session = openAv1Session();
      session.configure(record);
      if (isOverwritten) record.fill(0xee);
      const [request] = requestsOf(session.push(joined([group(1), padding])));
      return joined(request!.bitstream);
    });
    expect(bitstreams[0]!.length).toBe(18);
    expect(bitstreams[1]).toEqual(bitstreams[0]);
  });

  const obus = [sequenceHeader(), keyFrame(), frame({ refresh: 1 })];
  const expected = ["sequence 64x64", "request 1000", "output 1000", "request 2000 < 1000", "output 2000"];

  it.each([
    ["OBUs with sizes (5.2)", joined([delimiter, ...obus])],
    ["a temporal unit of Annex B", annexB([delimiter, ...obus])],
    ["OBUs of which the last has no size", joined([delimiter, ...obus.slice(0, 2), withoutSize(obus[2]!)])],
  ])("are told apart: %s", (_, bytes) => {
    expect(summary(decode([bytes]))).toEqual(expected);
  });

  it.each([
    ["OBUs with sizes (5.2)", joined([delimiter, ...obus])],
    [
      "temporal units of Annex B",
      joined([annexB([delimiter, ...obus.slice(0, 2)]), annexB([delimiter, ...obus.slice(2)])]),
    ],
  ])("are told apart when they are pushed: %s", (_, bytes) => {
    const session = openAv1Session();
    expect(summary([...session.push(bytes), ...session.flush()]).slice(0, 5)).toEqual(expected);
  });

  it("go on at the next temporal delimiter after bytes that are no OBU", () => {
    const bytes = joined([start, Uint8Array.of(0xff, 0x12, 1, 2), start, unit(frame())]);
    const session = openAv1Session();
    expect(summary([...session.push(bytes), ...session.flush()]).slice(3)).toEqual([
      "error wrong-fixed-bits",
      "error no-unit",
      "request 2000",
      "output 2000",
      "release 1000",
      "request 3000 < 2000",
      "output 3000",
      "release 3000",
      "release 2000",
    ]);
  });

  it("have a pts for the picture that is shown", () => {
    const session = openAv1Session();
    const shown = [
      ...session.push(start, { pts: 5 }),
      ...session.push(unit(frame({ show: 0, refresh: 1 }), frame()), { pts: 6 }),
      ...session.flush(),
    ].flatMap((event) => (event.type === "output" ? [event.pts] : []));
    expect(shown).toEqual([5, 6]);
  });

  it("give a request that stays as it is when the caller's bytes change", () => {
    const bytes = joined([start, unit(headerObu({ refresh: 1 }), obu(4, tileGroup([8])))]);
    const whole = openAv1Session();
    const keys = [...whole.push(bytes), ...whole.flush()].map(eventKey);
    const session = openAv1Session();
    const cut: string[] = [];
    for (const byte of bytes) {
      const piece = Uint8Array.of(byte);
      cut.push(...session.push(piece).map(eventKey));
      piece.fill(0xee);
    }
    expect([...cut, ...session.flush().map(eventKey)]).toEqual(keys);
  });
});

/** The same OBU without obu_size: of less than 128 bytes. */
function withoutSize(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([(bytes[0] as number) & ~2, ...bytes.subarray(2)]);
}
