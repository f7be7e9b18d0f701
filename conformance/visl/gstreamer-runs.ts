import { readFileSync } from "node:fs";
import type { Codec } from "../../src/events.ts";
import { beginsWithTemporalUnit } from "../../src/framing/obu.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";
import type { Run } from "./visl-streams.ts";

/** The elements that take a file of each codec to GStreamer's stateless decoder: parser, decoder. Of FWHT it has none. */
const elements: Readonly<Record<Exclude<Codec, "fwht">, string>> = {
  h264: "h264parse ! v4l2slh264dec",
  h265: "h265parse ! v4l2slh265dec",
  mpeg2: "mpegvideoparse ! v4l2slmpeg2dec",
  vp8: "ivfparse ! v4l2slvp8dec",
  vp9: "ivfparse ! vp9parse ! v4l2slvp9dec",
  av1: "av1parse ! v4l2slav1dec",
};

/** Writes each temporal unit of Annex B into a file of its own: GStreamer has no element that finds them. */
const temporalUnitFiles = `
const { readFileSync, writeFileSync } = require("node:fs");
const stream = readFileSync(process.argv[1]);
for (let at = 0, unit = 0; at < stream.length; unit++) {
  let bytes = 0;
  let size = 0;
  do size += (stream[at + bytes] & 127) * 128 ** bytes; while (stream[at + bytes++] > 127);
  const end = at + bytes + size;
  writeFileSync("unit" + unit, stream.subarray(at, end));
  at = end;
}`;

/** What is to be decoded; where `path` is given, its bytes on this side say what AV1 is framed in. */
type Source = Pick<Run, "codec" | "mode" | "guestPath"> & Partial<Pick<Run, "path">>;

/** Whether GStreamer has a stateless decoder for a codec. */
export function hasDecoder(codec: Codec): codec is keyof typeof elements {
  return Object.hasOwn(elements, codec);
}

const isAnnexB = ({ codec, path }: Source): boolean =>
  codec === "av1" && path !== undefined && beginsWithTemporalUnit(readFileSync(path));

/** The elements from the file to the decoder. */
function pipelineOf(source: Source): string {
  const { codec, guestPath } = source;
  if (!hasDecoder(codec)) throw new Error(`GStreamer has no stateless decoder for ${codec}`);
  if (isAnnexB(source)) {
    const caps = "video/x-av1,stream-format=(string)annexb,alignment=(string)tu";
    return `multifilesrc location=unit%d caps='${caps}' ! ${elements[codec]}`;
  }
  const container = codec === "av1" && guestPath.endsWith(".ivf") ? "ivfparse ! " : "";
  return `filesrc location='${guestPath}' ! ${container}${elements[codec]}`;
}

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
  const split = isAnnexB(run) ? `node -e '${temporalUnitFiles}' '${run.guestPath}'\n` : "";
  const environment = [
    "V4L2_STATELESS_LOG=$PWD/calls.log V4L2_STATELESS_DATA=1",
    "GST_DEBUG_NO_COLOR=1 GST_DEBUG=v4l2codecs*:5 GST_DEBUG_FILE=$PWD/debug.log",
  ];
  return `${split}${environment.join(" ")} ${quietCommand(run)}\n`;
}

/** The same, and nothing is left. */
export function quietCommand(source: Source): string {
  return `env ${modeEnvironment(source.mode)} gst-launch-1.0 -q ${pipelineOf(source)} ! fakesink`;
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
