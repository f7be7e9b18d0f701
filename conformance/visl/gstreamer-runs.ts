import type { Codec } from "../../src/events.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";
import type { Run } from "./visl-streams.ts";

/** The elements that take a file of each codec to GStreamer's stateless decoder: parser, decoder. */
const elements: Readonly<Record<Codec, string>> = {
  h264: "h264parse ! v4l2slh264dec",
  h265: "h265parse ! v4l2slh265dec",
  mpeg2: "mpegvideoparse ! v4l2slmpeg2dec",
  vp8: "ivfparse ! v4l2slvp8dec",
  vp9: "ivfparse ! vp9parse ! v4l2slvp9dec",
  av1: "typefind ! av1parse ! v4l2slav1dec",
};

/** How a job begins that runs `decodeCommand`: GStreamer takes the modes that it finds, so they are set before it looks. */
export const prepare = `set -e
[ -e /tmp/recorder.so ] || gcc -O2 -Wall -Werror -shared -fPIC -o /tmp/recorder.so /project/src/capture/recorder.c -ldl
`;

/** The environment in which GStreamer's decoders take a mode. */
function modeEnvironment(mode: DecodeMode): string {
  return `LD_PRELOAD=/tmp/recorder.so V4L2_STATELESS_MODES='${mode === "frame" ? 1 : 0} 1'`;
}

/** A shell command that decodes a file with GStreamer. It leaves `calls.log` (see recorded.ts) and `debug.log` (see `displayOrder`). */
export function decodeCommand(run: Run): string {
  const environment = [
    "V4L2_STATELESS_LOG=$PWD/calls.log V4L2_STATELESS_DATA=1",
    "GST_DEBUG_NO_COLOR=1 GST_DEBUG=v4l2codecs*:5 GST_DEBUG_FILE=$PWD/debug.log",
  ];
  return `${environment.join(" ")} ${quietCommand(run)}\n`;
}

/** The same, and nothing is left. */
export function quietCommand({ codec, mode, guestPath }: Pick<Run, "codec" | "mode" | "guestPath">): string {
  return `env ${modeEnvironment(mode)} gst-launch-1.0 -q filesrc location='${guestPath}' ! ${elements[codec]} ! fakesink`;
}

/** A shell command that decodes a file with GStreamer and prints how many frames came out. */
export function countCommand(run: Pick<Run, "codec" | "mode" | "guestPath">): string {
  return `${quietCommand(run).replace(" -q ", " -v ")} silent=false | grep -c 'chain  *\\*'`;
}

/** The timestamps of the pictures that GStreamer put out, in their order, from its debug log. */
export function displayOrder(log: string): number[] {
  // GST_CODEC_PICTURE_TS_NS: the decoder's number of the frame in microseconds.
  return Array.from(log.matchAll(/ Output picture (\d+)$/gm), ([, frame]) => Number(frame) * 1000);
}
