import { describe, expect, it } from "vitest";
import { lintCapture, type lintRules } from "../../src/capture/index.ts";
import { allOf, callsOf, captureText } from "./captures.ts";

const findings = (text: string) => allOf(lintCapture(callsOf(text)));

/** Made by making the mistakes on a real kernel (conformance/visl/mistakes.c), all but the last three. */
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
