import { lastBefore, lengths, type OutputReport, orderDifferences, unspoiled } from "../compare-output.ts";
import { type FfprobeOutput, ffprobeHevcOutput } from "../ffprobe.ts";
import { decodeHevcPictures, type HevcOutputs, type HevcPicture } from "./h265-pictures.ts";

/** Why FFmpeg does not output a picture that we output: a rule on what was parsed. */
export interface HevcCause {
  readonly id: string;
  /** For people, with who is right. */
  readonly text: string;
  explains(picture: HevcPicture): boolean;
}

/** In the order in which they are asked. */
export const hevcCauses: readonly HevcCause[] = [
  {
    id: "current-picture-reference",
    text: "7.3.2.3.3: FFmpeg decodes no picture that refers to itself (pps_curr_pic_ref_enabled_flag)",
    explains: ({ refersToItself }) => refersToItself,
  },
  {
    id: "unequal-bit-depths",
    text: "7.3.2.2: FFmpeg refuses an SPS whose bit_depth_chroma_minus8 is not bit_depth_luma_minus8",
    explains: ({ hasUnequalBitDepths }) => hasUnequalBitDepths,
  },
  {
    id: "no-vps",
    text: "decoding the base layer needs nothing of a VPS; FFmpeg refuses an SPS whose VPS was not sent",
    explains: ({ hasNoVps }) => hasNoVps,
  },
  {
    id: "pps-before-its-sps",
    text: "7.4.2.4.2: a PPS stays when its SPS is sent with other content; FFmpeg drops it",
    explains: ({ hasOlderPps }) => hasOlderPps,
  },
];

/** Compares the order in which our session outputs a stream's pictures with that of FFmpeg's software decoder. */
export function compareHevcOutput(stream: string, bytes: Uint8Array): OutputReport {
  return compareHevcOrders(stream, decodeHevcPictures(bytes), ffprobeHevcOutput(bytes));
}

/** The comparison alone. */
export function compareHevcOrders(stream: string, ours: HevcOutputs, ffprobe: FfprobeOutput): OutputReport {
  const { packets } = ffprobe;
  const placeOf = new Map(packets.map(({ position }, i) => [position, i]));
  const theirs = ffprobe.frames.map((position) => placeOf.get(position) as number);
  const order = ours.outputs.map(({ byte }) => lastBefore(packets, byte));
  const { onlyOurs, moved, onlyTheirs } = orderDifferences(order, theirs);
  const failures = checkHevcOutputs(ours);
  const counts = new Map<HevcCause, number>();
  const name = (i: number): string => {
    const { timestamp, PicOrderCntVal, byte } = ours.outputs[i] as HevcPicture;
    return `picture ${timestamp} (POC ${PicOrderCntVal}) at byte ${byte}`;
  };
  for (const i of onlyOurs) {
    const cause = hevcCauses.find(({ explains }) => explains(ours.outputs[i] as HevcPicture));
    if (cause === undefined) failures.push(`only we output ${name(i)}`);
    else counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  for (const i of moved) failures.push(`${name(i)} comes at another place`);
  for (const i of onlyTheirs)
    failures.push(`only ffprobe outputs a frame of the access unit at ${packets[i]?.position}`);
  return { stream, ...lengths(order, theirs), causes: counts, spoiled: unspoiled, failures };
}

/** What holds of our outputs without any witness: C.5.2. */
export function checkHevcOutputs({ pictures, outputs, faults }: HevcOutputs): string[] {
  const counts = new Map<HevcPicture, number>();
  for (const picture of outputs) counts.set(picture, (counts.get(picture) ?? 0) + 1);
  const wrongCounts = pictures.flatMap((picture) => {
    const count = counts.get(picture) ?? 0;
    const next = pictures.find(({ sequence }) => sequence === picture.sequence + 1);
    const mayBeLost = picture.pic_output_flag === 0 || next?.NoOutputOfPriorPicsFlag === true;
    const most = picture.pic_output_flag;
    return count === most || (count === 0 && mayBeLost)
      ? []
      : [`picture ${picture.timestamp} is output ${count} times`];
  });
  const wrongOrder = outputs.flatMap((picture, i) => {
    const before = outputs[i - 1];
    if (before === undefined || isBefore(before, picture)) return [];
    return [`picture ${picture.timestamp} with POC ${picture.PicOrderCntVal} comes behind ${before.PicOrderCntVal}`];
  });
  return [...faults, ...wrongCounts, ...wrongOrder];
}

/** A coded video sequence is output before the next; in it PicOrderCntVal grows. */
function isBefore(a: HevcPicture, b: HevcPicture): boolean {
  return a.sequence < b.sequence || (a.sequence === b.sequence && a.PicOrderCntVal < b.PicOrderCntVal);
}
