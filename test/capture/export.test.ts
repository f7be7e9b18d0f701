import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import { captureCalls, lintCapture, readCapture, TracerWriter, TraceWriteError } from "../../src/capture/index.ts";
import type { Codec, Control, DecodeEvent, RequestEvent, SequenceEvent } from "../../src/events.ts";
import { bitstreamBytes, openSession } from "../../src/index.ts";
import { codecNames } from "../../src/uapi/index.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";
import { fixture, run } from "../cli/command-line.ts";
import { allOf } from "./captures.ts";

/** v4l2-tracer does not know the EXT_SPS controls, and one slice only. */
const isWritten = ({ name, payload }: Control) =>
  !/_EXT_SPS_/.test(name) && !(name === "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS" && (payload as Uint8Array).length > 280);

/** The text of a trace, and the requests that are in it: what was set outside of requests belongs to the next one. */
function traced(codec: Codec, bytes: Uint8Array, decodeMode: DecodeMode, singlePlanar = false) {
  const session = openSession(codec, { decodeMode });
  const writer = new TracerWriter({ slices: decodeMode === "slice", singlePlanar });
  const requests: { timestamp: number; hold: boolean; bytes: Uint8Array; controls: Record<string, unknown> }[] = [];
  let text = writer.begin();
  const take = (events: readonly DecodeEvent[]) => {
    for (const event of events) {
      text += writer.take(event);
      if (event.type !== "request") continue;
      const controls = Object.fromEntries(event.controls.filter(isWritten).map(({ name, payload }) => [name, payload]));
      requests.push({ timestamp: event.timestamp, hold: event.hold, bytes: bitstreamBytes(event), controls });
    }
  };
  take(session.push(bytes));
  take(session.flush());
  return { text: text + writer.end(), requests, leftOut: writer.leftOut };
}

/** What is in a trace, as `import` reads it. */
async function importedFrom(text: string) {
  const { header, lines } = await readCapture("v4l2-tracer", [text]);
  const requests = (await allOf(lines)).flatMap((line) => (line.type === "request" ? [line] : []));
  return {
    codec: header.codec,
    requests: requests.map(({ timestamp, hold, bitstream, controls, known }) => {
      expect(known.size).toBe(0);
      return { timestamp, hold, bytes: bitstream.data, controls: Object.fromEntries(controls) };
    }),
  };
}

/** Streams whose references outlive a size, and frames of several tiles, cannot be performed. */
const cases = codecNames
  .filter((codec) => codec !== "fwht")
  .flatMap((codec) =>
    fixtureStreams(codec)
      .filter(({ name }) => !/size_change|resize|^av1_(?:syn|superres|tile)/.test(name))
      .flatMap((stream) =>
        (codec === "h264" || codec === "h265" ? (["frame", "slice"] as const) : (["frame"] as const)).map(
          (mode) => [codec, stream.name, mode, stream] as const,
        ),
      ),
  );
/** One of each codec and mode. */
const few = cases.filter(([codec, , mode], i) => cases.findIndex(([a, , b]) => a === codec && b === mode) === i);

describe("a trace for v4l2-tracer retrace", () => {
  const title = "of %s, %s, %s mode, has every request, byte for byte";
  const same = async (codec: Codec, _name: string, mode: DecodeMode, stream: { read(): Uint8Array }) => {
    const { text, requests } = traced(codec, stream.read(), mode);
    expect(await importedFrom(text)).toEqual({ codec, requests });
    // A program that makes no known mistake.
    expect(await allOf(lintCapture(captureCalls("v4l2-tracer", [text])))).toEqual([]);
    for (const entry of JSON.parse(text)) expect(entry).toBeTypeOf("object");
  };
  it.each(few)(title, same);
  it.each(cases.filter((each) => !few.includes(each)))(title, { tags: "long" }, same);

  it("is refused for FWHT, whose CAPTURE format no trace sets", () => {
    expect(() => traced("fwht", readFileSync(fixture("fwht_yuv420.fwht")), "frame")).toThrow(
      /^vicodec takes FWHT only/,
    );
  });

  it("uses each descriptor and address once, and gives back all that it takes", () => {
    const { text } = traced("h264", readFileSync(fixture("h264_size_change.264")), "frame");
    const entries = JSON.parse(text) as Record<string, Record<string, unknown> & { fd?: number }>[];
    const opened: unknown[] = [];
    for (const { ioctl, from_driver, fd, open64 } of entries as unknown as Record<string, never>[]) {
      if (open64 !== undefined) opened.push(fd);
      const made = from_driver as { request_fd?: number; v4l2_exportbuffer?: { fd: number } } | undefined;
      if (String(ioctl) === "MEDIA_IOC_REQUEST_ALLOC") opened.push(made?.request_fd);
      if (String(ioctl) === "VIDIOC_EXPBUF") opened.push(made?.v4l2_exportbuffer?.fd);
    }
    const closed = entries.flatMap((entry) => ("close" in entry ? [entry.fd] : []));
    expect(new Set(opened).size).toBe(opened.length);
    expect([...closed].sort()).toEqual([...opened].sort());
    const mapped = entries.flatMap((entry) => ("mmap64" in entry ? [entry.buffer_address] : []));
    const unmapped = entries.flatMap(({ munmap }) => (munmap === undefined ? [] : [munmap.start]));
    expect(new Set(mapped).size).toBe(mapped.length);
    expect(unmapped).toEqual(mapped);
    // Two sizes: the queues are made twice.
    const formats = entries.filter(({ ioctl }) => String(ioctl) === "VIDIOC_S_FMT");
    expect(formats.length).toBeGreaterThan(1);
  });

  it("never queues a CAPTURE buffer whose picture may be referred to", () => {
    for (const { codec, name } of [
      { codec: "h264", name: "h264_high_bpyramid.264" },
      { codec: "h265", name: "h265_default_ra.265" },
      { codec: "vp9", name: "vp9_altref_superframes.ivf" },
    ] as const) {
      const { text } = traced(codec, readFileSync(fixture(name)), "frame");
      // lint finds such buffers: see reference-overwritten.
      expect(text.match(/"ioctl":"MEDIA_REQUEST_IOC_QUEUE"/g)).toHaveLength(20);
    }
  });

  it("has queues without planes for a driver that has such queues", () => {
    const { text } = traced("mpeg2", readFileSync(fixture("mpeg2_ipb.m2v")), "frame", true);
    expect(text).not.toContain("MPLANE");
    expect(text).toContain('"v4l2_pix_format":{');
  });
});

describe("what v4l2-tracer cannot perform", () => {
  const sequence = {
    type: "sequence",
    codedWidth: 64,
    codedHeight: 64,
    captureBuffers: 2,
    realloc: true,
    keepsReferences: false,
    controls: [],
  } as const;
  const pixelFormat = openSession("vp8").push(readFileSync(fixture("vp8_altref.ivf")))[0] as SequenceEvent;
  const started = () => {
    const writer = new TracerWriter();
    writer.take({ ...sequence, pixelFormat: pixelFormat.pixelFormat });
    return writer;
  };
  const request = (values: Partial<RequestEvent>) =>
    ({
      type: "request",
      timestamp: 1000,
      bitstream: [new Uint8Array(8)],
      controls: [],
      hold: false,
      ...values,
    }) as const;

  it.each([
    ["a request before a sequence", () => new TracerWriter().take(request({})), /comes before the sequence/],
    ["a time in nanoseconds", () => started().take(request({ timestamp: 1001 })), /timestamp 1001 has nanoseconds/],
    [
      "a request that is too large",
      () => started().take(request({ bitstream: [new Uint8Array(1 << 20)] })),
      /1048576 bytes/,
    ],
    [
      "a size that changes while references stay",
      () => started().take({ ...sequence, pixelFormat: pixelFormat.pixelFormat, keepsReferences: true }),
      /references stay/,
    ],
    [
      "pictures that are never released",
      () => {
        const writer = started();
        for (let i = 1; i < 9; i++) writer.take(request({ timestamp: i * 1000 }));
      },
      /no CAPTURE buffer is free/,
    ],
    [
      "more slices than buffers",
      () => {
        const writer = new TracerWriter({ slices: true });
        writer.take({ ...sequence, pixelFormat: pixelFormat.pixelFormat });
        for (let i = 0; i < 33; i++) writer.take(request({ hold: true }));
      },
      /more than 32 slices/,
    ],
    [
      "a control that nobody knows",
      () => started().take(request({ controls: [{ name: "V4L2_CID_X", id: 1, payload: new Uint8Array(1) } as never] })),
      /knows no control V4L2_CID_X/,
    ],
  ])("is refused: %s", (_, body, message) => {
    expect(body).toThrow(TraceWriteError);
    expect(body).toThrow(message);
  });
});

describe("export", () => {
  it("writes the trace of a stream, and of its record", async () => {
    const path = fixture("vp8_altref.ivf");
    const { status, stdout, stderr } = await run(["export", path]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect((await importedFrom(stdout)).requests).toHaveLength(20);
    const record = await run(["record", "--with-data", path]);
    const again = await run(["export", "-"], { stdin: [Buffer.from(record.stdout)] });
    expect(again).toMatchObject({ status: 0, stdout });
  });

  it("says what it leaves out", async () => {
    const { status, stderr } = await run(["export", fixture("h265_rewritten_predicted_sets.265")]);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /: left out, because v4l2-tracer does not know them: V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS\n$/,
    );
  });

  it("refuses a capture", async () => {
    const { status, stderr } = await run(["export", fixture("captures/vp8_altref.ivf.strace.gz")]);
    expect({ status, stderr: stderr.replace(/.*strace\.gz/, "x") }).toEqual({
      status: 2,
      stderr:
        "x: a capture, which does not say when a picture is no longer needed; export the stream, or a record of it (record --with-data)\n",
    });
  });

  it("refuses a frame of AV1 with several tiles, and says why", async () => {
    const { status, stderr } = await run(["export", fixture("av1_tile_groups.obu")]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /: request 0: the frame has 8 tiles, and v4l2-tracer 1\.32 reads the first element of V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY only: /,
    );
  });

  it("refuses a record without bytes, with the line, and writes nothing", async () => {
    const { status, stdout, stderr } = await run(["export", fixture("vp8_altref.ivf.gst-frame.jsonl.br")]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^v4l2-stateless: .*line \d+: /m);
  });
});
