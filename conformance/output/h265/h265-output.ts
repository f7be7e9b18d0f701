import { type Cause, lastBefore, lengths, type OutputReport, orderDifferences } from "../compare-output.ts";
import { type FfprobeOutput, ffprobeH265Output } from "../ffprobe.ts";
import { checkH265Outputs } from "./h265-invariants.ts";
import { decodeH265Pictures, type H265Outputs, type H265Picture } from "./h265-pictures.ts";

/** Why one side outputs a picture that the other does not. */
export interface H265Cause extends Cause {
  /** Of a picture that only we output. */
  explainsOurs?(picture: H265Picture): boolean;
  /** Of a packet of which only ffprobe outputs a frame: the places of its first byte and of the one after it. */
  explainsTheirs?(start: number, end: number, ours: H265Outputs): boolean;
}

/** In the order in which they are asked. */
export const h265Causes: readonly H265Cause[] = [
  {
    id: "current-picture-reference",
    text: "7.3.2.3.3: FFmpeg decodes no picture that refers to itself (pps_curr_pic_ref_enabled_flag)",
    explainsOurs: ({ refersToItself }) => refersToItself,
  },
  {
    id: "unequal-bit-depths",
    text: "7.3.2.2: FFmpeg refuses an SPS whose bit_depth_chroma_minus8 is not bit_depth_luma_minus8",
    explainsOurs: ({ hasUnequalBitDepths }) => hasUnequalBitDepths,
  },
  {
    id: "no-vps",
    text: "decoding the base layer needs nothing of a VPS; FFmpeg refuses an SPS whose VPS was not sent",
    explainsOurs: ({ hasNoVps }) => hasNoVps,
  },
  {
    id: "pps-before-its-sps",
    text: "7.4.2.4.2: a PPS stays when its SPS is sent with other content; FFmpeg drops it",
    explainsOurs: ({ hasOlderPps }) => hasOlderPps,
  },
];

/** Compares the order in which our session outputs a stream's pictures with that of FFmpeg's software decoder. */
export function compareH265Output(stream: string, bytes: Uint8Array): OutputReport {
  return compareH265Orders(stream, decodeH265Pictures(bytes), ffprobeH265Output(bytes));
}

/** The comparison alone. */
export function compareH265Orders(stream: string, ours: H265Outputs, ffprobe: FfprobeOutput): OutputReport {
  const { packets } = ffprobe;
  const placeOf = new Map(packets.map(({ position }, i) => [position, i]));
  const theirs = ffprobe.frames.map((position) => placeOf.get(position) as number);
  const order = ours.outputs.map(({ picture }) => lastBefore(packets, picture.byte));
  const { onlyOurs, moved, onlyTheirs } = orderDifferences(order, theirs);
  const { faults, spoiled } = checkH265Outputs(ours);
  const failures = [...faults];
  const counts = new Map<H265Cause, number>();
  const explain = (cause: H265Cause | undefined, failure: string): void => {
    if (cause === undefined) failures.push(failure);
    else counts.set(cause, (counts.get(cause) ?? 0) + 1);
  };
  const pictureAt = (i: number): H265Picture => (ours.outputs[i] as (typeof ours.outputs)[number]).picture;
  const name = (i: number): string => {
    const { timestamp, PicOrderCntVal, byte } = pictureAt(i);
    return `picture ${timestamp} (POC ${PicOrderCntVal}) at byte ${byte}`;
  };
  for (const i of onlyOurs) {
    const cause = h265Causes.find(({ explainsOurs }) => explainsOurs?.(pictureAt(i)));
    explain(cause, `only we output ${name(i)}`);
  }
  for (const i of moved) failures.push(`${name(i)} comes at another place`);
  for (const i of onlyTheirs) {
    const { position = -1, size = 0 } = packets[i] ?? {};
    const cause = h265Causes.find(({ explainsTheirs }) => explainsTheirs?.(position, position + size, ours));
    explain(cause, `only ffprobe outputs a frame of the access unit at ${position}`);
  }
  return { stream, ...lengths(order, theirs), causes: counts, spoiled, failures };
}
