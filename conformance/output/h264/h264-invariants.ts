import type { Spoiled } from "../compare-output.ts";
import type { H264Frame, H264Output, H264Picture, H264Pictures } from "./h264-pictures.ts";

/** What a stream's outputs break, and where a stream itself asks for it. */
export interface OutputFaults {
  readonly faults: readonly string[];
  readonly spoiled: Spoiled;
}

/** What holds of our outputs without any witness. */
export function checkH264Outputs(ours: H264Pictures): OutputFaults {
  const { faults, spoiled } = checkOrder(ours);
  return { faults: [...ours.faults, ...checkCount(ours), ...faults, ...checkBumping(ours)], spoiled };
}

/** Every frame is output once; or, where the next IDR picture says no_output_of_prior_pics_flag, at most once. */
function checkCount({ frames, outputs }: H264Pictures): string[] {
  const counts = new Map<H264Frame, number>();
  for (const { frame } of outputs) counts.set(frame, (counts.get(frame) ?? 0) + 1);
  return frames.flatMap((frame, i) => {
    const count = counts.get(frame) ?? 0;
    if (count === 1 || (count === 0 && isNotToBeOutput(frames, i))) return [];
    return [`frame ${frame.timestamp} is output ${count} times`];
  });
}

/** C.4.4: the frame may be waiting when an IDR picture with no_output_of_prior_pics_flag empties the buffer. */
export function isNotToBeOutput(frames: readonly H264Frame[], index: number): boolean {
  const next = frames.slice(index + 1).find(({ pictures }) => pictures[0]?.isIdr);
  return next?.pictures[0]?.no_output_of_prior_pics_flag ?? false;
}

/**
 * C.4.5.3: within a period PicOrderCnt grows from output to output. It cannot where a frame comes first in order only after
 * the buffer was full and a later one had to go: the stream then does not conform to C.4.5.
 */
function checkOrder({ outputs, pictures }: H264Pictures): OutputFaults {
  const faults: string[] = [];
  let late = 0;
  let samePicOrderCnt = 0;
  let highest: H264Output | undefined;
  for (const output of outputs) {
    const { frame } = output;
    if (highest === undefined || isBefore(highest.frame, frame)) {
      highest = output;
    } else if (!isBefore(frame, highest.frame) && frame.timestamp > highest.frame.timestamp) {
      samePicOrderCnt++;
      highest = output;
    } else if (pictures.indexOf(frame.pictures[0] as H264Picture) >= highest.after - 1) {
      late++; // It was not yet stored when the higher one went out; `checkBumping` says whether that one had to.
    } else {
      faults.push(`frame ${frame.timestamp} with POC ${frame.PicOrderCnt} comes after ${highest.frame.PicOrderCnt}`);
    }
  }
  return { faults, spoiled: { late, samePicOrderCnt } };
}

function isBefore(a: H264Frame, b: H264Frame): boolean {
  return a.period < b.period || (a.period === b.period && a.PicOrderCnt < b.PicOrderCnt);
}

/**
 * C.4.4, C.4.5.1, C.4.5.2: a frame goes out because the buffer is full, because memory_management_control_operation 5 or an
 * IDR picture without no_output_of_prior_pics_flag empties it, or at the end; never earlier, and never instead.
 */
function checkBumping({ outputs, pictures }: H264Pictures): string[] {
  return outputs.flatMap(({ frame, after, held, captureBuffers, isLast }) => {
    const current = pictures[after - 1] as H264Picture;
    const next = pictures[after];
    const capacity = captureBuffers - 1;
    const isFull = held + current.nonExisting > capacity || (next !== undefined && held + next.nonExisting >= capacity);
    const isBeforeIdr = next?.isIdr === true && !next.no_output_of_prior_pics_flag;
    const isEmptied = isBeforeIdr || (current.hasMmco5 && current.frame.period > frame.period);
    if (isLast || isFull || isEmptied) return [];
    return [`frame ${frame.timestamp} is output while ${held} of ${capacity} buffers are in use`];
  });
}
