import { describe, expect, it } from "vitest";
import { type CapturedControl, lintCapture, type lintRules } from "../../src/capture/index.ts";
import {
  av1Controls,
  type ControlDefinition,
  decodePayload,
  elementSize,
  encodeStruct,
  fwhtControls,
  h264Controls,
  hevcControls,
  mpeg2Controls,
  V4L2_FWHT_FL_I_FRAME,
  viewOf,
  vp8Controls,
  vp9Controls,
} from "../../src/uapi/index.ts";
import { allOf, callsOf, captureText } from "./captures.ts";
import { Program, paramsReferringTo, zeros } from "./program-calls.ts";

const findings = (text: string) => allOf(lintCapture(callsOf(text)));
const rulesBroken = async ({ calls }: Program) => (await allOf(lintCapture(calls))).map(({ rule }) => rule);

/** Made by making the mistakes on a real kernel (conformance/visl/mistakes.c), all but the last four. */
const captures: Readonly<Record<keyof typeof lintRules, () => string>> = {
  "format-of-busy-queue": () => captureText("format-of-busy-queue.strace"),
  "reqbufs-while-streaming": () => captureText("reqbufs-while-streaming.strace"),
  "capture-format-too-early": () => captureText("capture-format-too-early.strace"),
  "format-before-profile": () => captureText("format-before-profile.strace"),
  "control-outside-request": () => captureText("control-outside-request.strace"),
  "unknown-reference": () => captureText("unknown-reference.strace"),
  "reference-overwritten": () => captureText("reference-overwritten.strace"),
  "missing-hold-flag": () => captureText("missing-hold-flag.recorder"),
  "request-without-buffer": () => captureText("request-without-buffer.strace"),
  "empty-buffer": () =>
    captureText("vp8_altref.ivf.recorder").replace(/"bytes":\d+,"crc32":"[0-9a-f]+"/, '"bytes":0,"crc32":"00000000"'),
  "unsupported-control": () =>
    captureText("none.strace").replace(
      /^(.*)(ioctl\(\d+<[^>]*>, VIDIOC_S_EXT_CTRLS)(.*)$/m,
      '$&\n$1$2, {ctrl_class=0, count=1, controls=[{id=0xa40a98, size=4, string="\\x00\\x00\\x00\\x00"}]}) = -1 EINVAL (Invalid argument)',
    ),
  "refused-call": () =>
    captureText("none.strace").replace(
      /^(.*MEDIA_REQUEST_IOC_QUEUE, 0\)) = 0$/m,
      "$1 = -1 EINVAL (Invalid argument)\n$&",
    ),
  "decoded-with-error": () =>
    captureText("none.strace").replace(
      /^(.*VIDIOC_DQBUF, \{type=V4L2_BUF_TYPE_VIDEO_CAPTURE.*flags=)/m,
      "$1V4L2_BUF_FLAG_ERROR|",
    ),
};

/** Of GStreamer, which makes none of these mistakes, with the tools that each was captured with. */
const rightCaptures: readonly string[] = [
  ...["h264_high_bpyramid.264", "h265_default_ra.265"].map((name) => [name, "strace", "recorder"]),
  ...[
    "h264_baseline_slices.264",
    "vp8_altref.ivf",
    "vp9_altref_superframes.ivf",
    "mpeg2_interlaced.m2v",
    "av1_8bit.ivf",
  ].map((name) => [name, "strace", "recorder", "v4l2-tracer"]),
].flatMap(([name, ...readers]) => readers.map((reader) => `${name}.${reader}`));

describe("lint", () => {
  it.each(Object.entries(captures))("finds %s, and nothing else", async (rule, text) => {
    const found = await findings(text());
    expect(found.map((each) => each.rule)).toEqual([rule]);
    const [{ line, call, message, advice }] = found as [Awaited<ReturnType<typeof findings>>[number]];
    // The line is that of the call.
    expect(text().split("\n")[line - 1]).toContain(call);
    expect(message.length).toBeGreaterThan(10);
    expect(advice.length).toBeGreaterThan(10);
  });

  it.each(["none.strace", ...rightCaptures])("finds nothing in %s", async (name) => {
    expect(await findings(captureText(name))).toEqual([]);
  });

  it("looks at each process for itself", async () => {
    const [vp8, mpeg2] = ["vp8_altref.ivf", "mpeg2_interlaced.m2v"].map((name) =>
      captureText(`${name}.strace`).split("\n"),
    );
    const moved = (mpeg2 ?? []).map((line) => line.replace(/^\d+/, "7777"));
    const begin = "1 00:00:00.0 clone(child_stack=NULL, flags=SIGCHLD) = 7777";
    const together = (vp8 ?? []).flatMap((line, i) => [line, ...(i < moved.length ? [moved[i] as string] : [])]);
    // Both at once, and one after the other.
    expect(await findings([begin, ...together].join("\n"))).toEqual([]);
    expect(await findings([begin, ...(vp8 ?? []), ...moved].join("\n"))).toEqual([]);
    // A program that is run again, where nothing shows that it is another process.
    const again = (vp8 ?? []).map((line) => line.replace(/^\d+/, "7777"));
    expect(await findings([...(vp8 ?? []), ...again].join("\n"))).toEqual([]);
    const wrong = [begin, ...together].map((line) =>
      /^7777 .*VIDIOC_DQBUF.*OUTPUT.*tv_usec=4\b/.test(line) ? line.replace("tv_usec=4", "tv_usec=5") : line,
    );
    expect((await findings(wrong.join("\n"))).map(({ rule }) => rule)).toContain("unknown-reference");
  });
});

describe("lint of a format", () => {
  const playing = () => new Program().start().send(0, 1000n).receive(0, 1000n);

  it("takes another size while OUTPUT keeps its buffers (dev-stateless-decoder, dynamic resolution change)", async () => {
    const stopped = () => playing().stream("OFF").buffers("CAPTURE", 0);
    expect(await rulesBroken(stopped().format("OUTPUT", "S264"))).toEqual([]);
    // Another codec needs other buffers, and some drivers refuse a size, too.
    expect(await rulesBroken(stopped().format("OUTPUT", "VP8F"))).toEqual(["format-of-busy-queue"]);
    expect(await rulesBroken(stopped().format("OUTPUT", "S264", "EBUSY"))).toEqual(["format-of-busy-queue"]);
    expect(await rulesBroken(playing().format("OUTPUT", "S264"))).toEqual(["format-of-busy-queue"]);
    expect(await rulesBroken(playing().stream("OFF").format("CAPTURE", "NV12"))).toEqual(["format-of-busy-queue"]);
  });

  it("does not take an SPS for set that is only in a request, until this is queued", async () => {
    const filled = () =>
      new Program().format("OUTPUT", "S264").setControls([zeros(h264Controls.V4L2_CID_STATELESS_H264_SPS)], 9);
    const makeCapture = (program: Program) =>
      program
        .add({ call: "VIDIOC_G_FMT", queue: "CAPTURE", pixelFormat: "NV12", width: 96, height: 80 })
        .buffers("CAPTURE", 4);
    expect(await rulesBroken(makeCapture(filled()))).toEqual(["capture-format-too-early"]);
    expect(await rulesBroken(makeCapture(filled().queueRequest(9)))).toEqual([]);
    const again = filled().add({ call: "MEDIA_REQUEST_IOC_REINIT", fd: 9 } as never);
    expect(await rulesBroken(makeCapture(again.queueRequest(9)))).toEqual(["capture-format-too-early"]);
  });
});

describe("lint of the CAPTURE format and the sequence's controls", () => {
  const sps = [zeros(h264Controls.V4L2_CID_STATELESS_H264_SPS)];
  const format = { call: "VIDIOC_G_FMT", queue: "CAPTURE", pixelFormat: "NV12", width: 96, height: 80 } as const;
  const found = async ({ calls }: Program) =>
    (await allOf(lintCapture(calls))).map(({ rule, line, message }) => [rule, line, message]);

  it("says where they are set, if that is too late", async () => {
    const program = new Program().format("OUTPUT", "S264").add(format).setControls(sps).buffers("CAPTURE", 4);
    const message =
      "NV12 is read, and V4L2_CID_STATELESS_H264_SPS is set in line 3 only: the driver does not know the bit depth yet";
    expect(await found(program)).toEqual([["capture-format-too-early", 2, message]]);
  });

  it("does not take a format for read that the kernel did not tell", async () => {
    const refused = { ...format, error: "EINVAL" };
    const program = new Program().format("OUTPUT", "S264").add(refused).setControls(sps).buffers("CAPTURE", 4);
    expect(await found(program)).toEqual([]);
  });
});

describe("lint of a call on a busy queue", () => {
  it("says what the kernel answers, and knows that a refused call changes nothing", async () => {
    const busy = { call: "VIDIOC_REQBUFS", queue: "OUTPUT", count: 0, error: "EBUSY" } as const;
    const program = new Program().start().add(busy).stream("OFF").format("OUTPUT", "VP8F", "EBUSY");
    const found = await allOf(lintCapture(program.calls));
    expect(found.map(({ rule, line, message }) => [rule, line, message])).toEqual([
      ["reqbufs-while-streaming", 6, "OUTPUT is streaming (EBUSY)"],
      ["format-of-busy-queue", 9, "OUTPUT holds buffers (EBUSY)"],
    ]);
    // Nothing streams where STREAMON fails.
    const start = { call: "VIDIOC_STREAMON", queue: "OUTPUT", error: "EINVAL" } as const;
    const other = new Program().format("OUTPUT", "S264").add(start).format("OUTPUT", "VP8F");
    expect(await rulesBroken(other)).toEqual(["refused-call"]);
  });
});

describe("lint of references", () => {
  it("knows pictures apart whose timestamps are the same", async () => {
    const program = () => new Program().start().send(0, 1000n).receive(0, 1000n).send(2, 2000n).receive(2, 2000n);
    const reused = program().send(0, 4000n).receive(0, 4000n);
    expect(await rulesBroken(reused.send(1, 1000n).send(2, 3000n, [1000n]))).toEqual([]);
    // The first one is still shown when the second one is made.
    const shown = () => program().send(1, 1000n).send(0, 3000n, [1000n]);
    expect(await rulesBroken(shown())).toEqual([]);
    const overwritten = shown().receive(1, 1000n).send(1, 4000n, [1000n]);
    expect(await rulesBroken(overwritten)).toEqual(["reference-overwritten"]);
  });

  it("knows that a non-existing frame of H.264 has no buffer, and timestamp 0 (8.2.5.2)", async () => {
    const program = () => new Program().start().send(0, 1000n).receive(0, 1000n);
    expect(await rulesBroken(program().send(1, 2000n, [0n, 1000n]))).toEqual([]);
    expect(await rulesBroken(program().send(1, 2000n, [1n, 1000n]))).toEqual(["unknown-reference"]);
    const picture = zeros(mpeg2Controls.V4L2_CID_STATELESS_MPEG2_PICTURE);
    // picture_coding_type: a P picture, whose forward_ref_ts is 0.
    viewOf(picture.payload as Uint8Array).setUint8(24, 2);
    const mpeg2 = new Program().format("OUTPUT", "MG2S").buffers("OUTPUT", 4).buffers("CAPTURE", 4).stream("ON");
    mpeg2.setControls([picture], 9).queue("OUTPUT", 0, 1000n, 9).queueRequest(9);
    expect(await rulesBroken(mpeg2)).toEqual(["unknown-reference"]);
  });
});

describe("lint after a hole", () => {
  const reference = 555_000n;
  const of = <C extends ControlDefinition & { readonly type: "struct" }>(
    control: C,
    values: object,
  ): CapturedControl => {
    const empty = decodePayload(control, new Uint8Array(elementSize(control))) as object;
    return { id: control.id, payload: encodeStruct(control.struct, { ...empty, ...values } as never) };
  };
  const hevc = hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_PARAMS;
  const dpb = decodePayload(hevc, new Uint8Array(elementSize(hevc))).dpb.map((entry) => ({
    ...entry,
    timestamp: reference,
  }));
  const h264 = h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS;
  const vp8 = vp8Controls.V4L2_CID_STATELESS_VP8_FRAME;
  const vp9 = vp9Controls.V4L2_CID_STATELESS_VP9_FRAME;
  const av1 = av1Controls.V4L2_CID_STATELESS_AV1_FRAME;
  const mpeg2 = mpeg2Controls.V4L2_CID_STATELESS_MPEG2_PICTURE;
  const fwht = fwhtControls.V4L2_CID_STATELESS_FWHT_PARAMS;
  const three = { last_frame_ts: reference, golden_frame_ts: reference, alt_frame_ts: reference };
  /** Of a codec: pictures after which nothing refers to one before them, pictures after which something may, and one with a reference. */
  const pictures: readonly [string, readonly CapturedControl[], readonly CapturedControl[], CapturedControl][] = [
    ["S264", [of(h264, { flags: 1 })], [of(h264, {})], paramsReferringTo([reference])],
    ["S265", [of(hevc, { flags: 2n })], [of(hevc, { flags: 1n })], of(hevc, { num_active_dpb_entries: 1, dpb })],
    ["VP8F", [of(vp8, { flags: 1n })], [of(vp8, {})], of(vp8, three)],
    ["VP9F", [of(vp9, { flags: 1 })], [of(vp9, { flags: 8 })], of(vp9, three)],
    [
      "AV1F",
      [of(av1, { frame_type: 0, refresh_frame_flags: 0xff })],
      [of(av1, { frame_type: 0, refresh_frame_flags: 1 }), of(av1, { frame_type: 2, refresh_frame_flags: 0xff })],
      of(av1, { frame_type: 1, reference_frame_ts: new Array(8).fill(reference) }),
    ],
    [
      "MG2S",
      // The second I picture is the first one after which no B picture refers to what is missing.
      [of(mpeg2, { picture_coding_type: 1 }), of(mpeg2, { picture_coding_type: 1 })],
      [of(mpeg2, { picture_coding_type: 1 })],
      of(mpeg2, { picture_coding_type: 3, forward_ref_ts: reference, backward_ref_ts: reference }),
    ],
    ["SFWH", [of(fwht, { flags: V4L2_FWHT_FL_I_FRAME })], [], of(fwht, { backward_ref_ts: reference })],
  ];

  it.each(pictures)("tells a reference that nobody made only where all of them are seen: %s", async (...codec) => {
    const [format, anew, mayRefer, last] = codec;
    const found = (controls: readonly CapturedControl[]) => {
      const program = new Program().format("OUTPUT", format).buffers("OUTPUT", 4).buffers("CAPTURE", 4).stream("ON");
      program.calls.push({ call: "hole", line: program.calls.length + 1, thread: "", reason: "damaged" });
      for (const [i, control] of [...controls, last].entries()) {
        program
          .add({ call: "MEDIA_IOC_REQUEST_ALLOC", request: 10 + i })
          .setControls([control], 10 + i)
          .queue("OUTPUT", i, 1000n * BigInt(i + 1), 10 + i)
          .queueRequest(10 + i);
      }
      return rulesBroken(program);
    };
    const rules = new Set(await found(anew));
    expect([...rules]).toEqual(["unknown-reference"]);
    for (const control of [undefined, ...mayRefer])
      expect(await found(control === undefined ? [] : [control])).toEqual([]);
  });
});

describe("lint of the field pairs of MPEG-2", () => {
  const field = (picture_coding_type: number, picture_structure: number, forward_ref_ts: bigint) => {
    const control = zeros(mpeg2Controls.V4L2_CID_STATELESS_MPEG2_PICTURE);
    const view = viewOf(control.payload as Uint8Array);
    view.setBigUint64(8, forward_ref_ts, true);
    view.setUint8(24, picture_coding_type);
    view.setUint8(25, picture_structure);
    return control;
  };
  const program = (forward_ref_ts: bigint) =>
    new Program()
      .format("OUTPUT", "MG2S")
      .buffers("OUTPUT", 4)
      .buffers("CAPTURE", 4)
      .stream("ON")
      .setControls([field(1, 1, 0n)], 9)
      .queue("OUTPUT", 0, 1000n, 9)
      .queueRequest(9)
      .setControls([field(2, 2, forward_ref_ts)], 10)
      .queue("OUTPUT", 1, 1000n, 10)
      .queueRequest(10);

  it("know that a P field after its own I field may have no other reference (ISO/IEC 13818-2, 7.6.2.1)", async () => {
    expect(await rulesBroken(program(0n))).not.toContain("unknown-reference");
    expect(await rulesBroken(program(1000n))).not.toContain("unknown-reference");
    expect(await rulesBroken(program(7000n))).toContain("unknown-reference");
  });
});

describe("lint of refused EXT_SPS controls", () => {
  const ext = zeros(hevcControls.V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS);
  const sps = zeros(hevcControls.V4L2_CID_STATELESS_HEVC_SPS);
  const refused = (...controls: readonly (typeof ext)[]) =>
    rulesBroken(new Program().format("OUTPUT", "S265").setControls(controls, undefined, "EINVAL"));

  it("blames them where the kernel takes the other controls of the call", async () => {
    expect(await refused(ext)).toEqual(["unsupported-control"]);
    expect(await refused(sps, ext)).toEqual(["unsupported-control"]);
  });

  it("does not where another one may be the reason", async () => {
    expect(await refused({ id: sps.id, payload: new Uint8Array(40).fill(0xff) }, ext)).toEqual(["refused-call"]);
    expect(await refused({ id: hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_MODE.id, payload: 1 }, ext)).toEqual([
      "refused-call",
    ]);
    expect(await refused({ id: 0x1234, payload: 1 }, ext)).toEqual(["refused-call"]);
  });
});
