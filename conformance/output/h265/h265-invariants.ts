import type { Spoiled } from "../compare-output.ts";
import type { H265Output, H265Outputs, H265Picture } from "./h265-pictures.ts";

/** What a stream's outputs break, and where the stream itself asks for it. */
export interface H265OutputFaults {
  readonly faults: readonly string[];
  readonly spoiled: Spoiled;
}

/** What holds of our outputs without any witness: C.5.2. */
export function checkH265Outputs(ours: H265Outputs): H265OutputFaults {
  const { faults, spoiled } = checkOrder(ours);
  return { faults: [...ours.faults, ...checkCount(ours), ...faults, ...checkBumping(ours)], spoiled };
}

/** Every picture with pic_output_flag is output once; where the next sequence drops what waits, at most once. */
function checkCount({ pictures, outputs }: H265Outputs): string[] {
  const counts = new Map<H265Picture, number>();
  for (const { picture } of outputs) counts.set(picture, (counts.get(picture) ?? 0) + 1);
  return pictures.flatMap((picture) => {
    const count = counts.get(picture) ?? 0;
    const next = pictures.find(({ sequence }) => sequence === picture.sequence + 1);
    const mayBeLost = picture.pic_output_flag === 0 || next?.NoOutputOfPriorPicsFlag === true;
    const most = picture.pic_output_flag;
    if (count === most || (count === 0 && mayBeLost)) return [];
    return [`picture ${picture.timestamp} is output ${count} times`];
  });
}

/**
 * A coded video sequence is output before the next; in it PicOrderCntVal grows. It cannot where a picture comes first in
 * order only after a later one had to go (C.5.2.2): the stream then breaks the limits of its SPS.
 */
function checkOrder({ outputs, pictures }: H265Outputs): H265OutputFaults {
  const faults: string[] = [];
  let late = 0;
  let samePicOrderCnt = 0;
  let highest: H265Output | undefined;
  for (const output of outputs) {
    const { picture } = output;
    if (highest === undefined || isBefore(highest.picture, picture)) {
      highest = output;
    } else if (!isBefore(picture, highest.picture) && picture.timestamp > highest.picture.timestamp) {
      samePicOrderCnt++;
      highest = output;
    } else if (pictures.indexOf(picture) >= highest.after) {
      late++; // It was not yet decoded when the higher one went out; `checkBumping` says whether that one had to.
    } else {
      const { PicOrderCntVal } = highest.picture;
      faults.push(`picture ${picture.timestamp} with POC ${picture.PicOrderCntVal} comes after ${PicOrderCntVal}`);
    }
  }
  return { faults, spoiled: { late, samePicOrderCnt } };
}

function isBefore(a: H265Picture, b: H265Picture): boolean {
  return a.sequence < b.sequence || (a.sequence === b.sequence && a.PicOrderCntVal < b.PicOrderCntVal);
}

/**
 * C.5.2.2, C.5.2.3: a picture goes out because more pictures wait than sps_max_num_reorder_pics, because one has waited for
 * SpsMaxLatencyPictures, because the buffer is full, because the next picture begins a sequence, or at the end.
 */
function checkBumping({ outputs, pictures }: H265Outputs): string[] {
  const isOut = new Set<H265Picture>();
  return outputs.flatMap(({ picture, after, held, isLast }) => {
    const requested = pictures.slice(0, after);
    const waiting = requested.filter((other) => other.pic_output_flag === 1 && !isOut.has(other));
    isOut.add(picture);
    const next = pictures[after];
    const isEmptied = next !== undefined && next.sequence > picture.sequence && !next.NoOutputOfPriorPicsFlag;
    const hasToGo = [requested.at(-1), next].some((current) => {
      if (current === undefined) return false;
      const { sps_max_num_reorder_pics, SpsMaxLatencyPictures, sps_max_dec_pic_buffering_minus1 } = current.limits;
      const longest = after - requested.indexOf(waiting[0] as H265Picture);
      const isLate = SpsMaxLatencyPictures !== null && longest > SpsMaxLatencyPictures;
      return waiting.length > sps_max_num_reorder_pics || isLate || held > sps_max_dec_pic_buffering_minus1;
    });
    if (isLast || isEmptied || hasToGo) return [];
    return [`picture ${picture.timestamp} is output while ${waiting.length} wait and ${held} are held`];
  });
}
