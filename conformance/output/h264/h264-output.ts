import { lastBefore, lengths, type OutputReport, orderDifferences } from "../compare-output.ts";
import { type FfprobeOutput, ffprobeH264Output } from "../ffprobe.ts";
import { type Evidence, type H264Cause, h264Causes, type OutputDifference } from "./h264-causes.ts";
import { ffmpegFields } from "./h264-ffmpeg-fields.ts";
import { checkH264Outputs } from "./h264-invariants.ts";
import { decodeH264Pictures, type H264Pictures } from "./h264-pictures.ts";

/** Compares the order in which our session outputs a stream's frames with that of FFmpeg's software decoder. */
export function compareH264Output(stream: string, bytes: Uint8Array): OutputReport {
  return compareH264Orders(stream, decodeH264Pictures(bytes), ffprobeH264Output(bytes));
}

/** The comparison alone. */
export function compareH264Orders(stream: string, ours: H264Pictures, ffprobe: FfprobeOutput): OutputReport {
  const { packets } = ffprobe;
  const packetOf = (byte: number): number => lastBefore(packets, byte);
  const evidence: Evidence = { ours, ffprobe, packetOf, ffmpegFields: ffmpegFields(ours.pictures) };
  const placeOf = new Map(packets.map(({ position }, i) => [position, i]));
  const theirs = ffprobe.frames.map((position) => placeOf.get(position) as number);
  const order = ours.outputs.map(({ frame }) => packetOf(frame.pictures[0]?.slices[0] as number));
  const { faults, spoiled } = checkH264Outputs(ours);
  const failures = [...faults];
  const counts = new Map<H264Cause, number>();
  for (const difference of differencesOf(ours, order, theirs)) {
    const cause = h264Causes.find(({ explains }) => explains(difference, evidence));
    if (cause === undefined) failures.push(describe(difference, ffprobe));
    else counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  return { stream, ...lengths(order, theirs), causes: counts, spoiled, failures };
}

function describe(difference: OutputDifference, { packets }: FfprobeOutput): string {
  const place = `the access unit at byte ${packets[difference.packet]?.position}`;
  if (difference.kind === "only ffprobe's") return `only ffprobe outputs a frame of ${place}`;
  const frame = `frame ${difference.frame.timestamp} (POC ${difference.frame.PicOrderCnt}) of ${place}`;
  return difference.kind === "only ours" ? `only we output ${frame}` : `${frame} comes at another place`;
}

function differencesOf(ours: H264Pictures, order: readonly number[], theirs: readonly number[]): OutputDifference[] {
  const { onlyOurs, moved, onlyTheirs } = orderDifferences(order, theirs);
  const difference = (kind: "only ours" | "moved", i: number): OutputDifference => {
    const { frame } = ours.outputs[i] as (typeof ours.outputs)[number];
    return { kind, frame, packet: order[i] as number };
  };
  return [
    ...onlyOurs.map((i) => difference("only ours", i)),
    ...moved.map((i) => difference("moved", i)),
    ...onlyTheirs.map((packet): OutputDifference => ({ kind: "only ffprobe's", packet })),
  ];
}
