import { type Cause, lastBefore, lengths, type OutputReport, orderDifferences, unspoiled } from "../compare-output.ts";
import { type FfprobeOutput, ffprobeMpeg2Output } from "../ffprobe.ts";
import { B_PICTURE, decodeMpeg2Pictures, type Mpeg2Frame, type Mpeg2Outputs } from "./mpeg2-pictures.ts";

/** Why one side outputs a frame that the other does not. */
export interface Mpeg2Cause extends Cause {
  /** Of a frame that only we output. */
  explainsOurs?(frame: Mpeg2Frame, ours: Mpeg2Outputs): boolean;
  /** Of a packet of which only ffprobe outputs a frame: the places of its first byte and of the one after it. */
  explainsTheirs?(start: number, end: number, ours: Mpeg2Outputs): boolean;
}

/** In the order in which they are asked. */
export const mpeg2Causes: readonly Mpeg2Cause[] = [
  {
    id: "b-picture-without-reference",
    text: "6.3.8: B pictures whose forward reference is missing: FFmpeg drops them, we output them as corrupt",
    explainsOurs: ({ picture_coding_type, hasMissingReference }) =>
      picture_coding_type === B_PICTURE && hasMissingReference,
  },
  {
    id: "last-frame-before-another-size",
    text: "6.1.1.11: the last reference frame is output too when the size or format changes; FFmpeg forgets it",
    explainsOurs: (frame, { frames }) => {
      const references = frames.filter(({ picture_coding_type }) => picture_coding_type !== B_PICTURE);
      const next = references[references.indexOf(frame) + 1];
      return next !== undefined && next.sequence > frame.sequence;
    },
  },
  {
    id: "before-the-first-i-picture",
    text: "6.3.8: pictures before the first I picture after a sequence header: we skip them, FFmpeg decodes them",
    explainsTheirs: (start, end, { skipped, frames }) => {
      const isInside = (byte: number): boolean => byte >= start && byte < end;
      return skipped.some(isInside) && !frames.some(({ byte }) => isInside(byte));
    },
  },
];

/** Compares the order in which our session outputs a stream's frames with that of FFmpeg's software decoder. */
export function compareMpeg2Output(stream: string, bytes: Uint8Array): OutputReport {
  return compareMpeg2Orders(stream, decodeMpeg2Pictures(bytes), ffprobeMpeg2Output(bytes));
}

/** The comparison alone. */
export function compareMpeg2Orders(stream: string, ours: Mpeg2Outputs, ffprobe: FfprobeOutput): OutputReport {
  const { packets } = ffprobe;
  const placeOf = new Map(packets.map(({ position }, i) => [position, i]));
  const theirs = ffprobe.frames.map((position) => placeOf.get(position) as number);
  const order = ours.outputs.map(({ byte }) => lastBefore(packets, byte));
  const { onlyOurs, moved, onlyTheirs } = orderDifferences(order, theirs);
  const failures = [...ours.faults];
  const counts = new Map<Mpeg2Cause, number>();
  const explain = (cause: Mpeg2Cause | undefined, failure: string): void => {
    if (cause === undefined) failures.push(failure);
    else counts.set(cause, (counts.get(cause) ?? 0) + 1);
  };
  const name = (i: number): string => {
    const { timestamp, byte } = ours.outputs[i] as Mpeg2Frame;
    return `frame ${timestamp} at byte ${byte}`;
  };
  for (const i of onlyOurs) {
    const frame = ours.outputs[i] as Mpeg2Frame;
    const cause = mpeg2Causes.find(({ explainsOurs }) => explainsOurs?.(frame, ours));
    explain(cause, `only we output ${name(i)}`);
  }
  for (const i of moved) failures.push(`${name(i)} comes at another place`);
  for (const i of onlyTheirs) {
    const { position = -1, size = 0 } = packets[i] ?? {};
    const cause = mpeg2Causes.find(({ explainsTheirs }) => explainsTheirs?.(position, position + size, ours));
    explain(cause, `only ffprobe outputs a frame of the packet at byte ${position}`);
  }
  return { stream, ...lengths(order, theirs), causes: counts, spoiled: unspoiled, failures };
}
