/** The lines of a record that say where calls are missing in the capture. */
import { missingCallsCode } from "../record/format.ts";
import type { ErrorLine } from "../record/index.ts";
import type { Hole } from "./calls.ts";

/**
 * @param left how many requests are left out at this place, as far as that is known.
 * @param within how many of the requests before it may stand after what is missing.
 */
export function missingCallsLine({ line, reason }: Hole, left: number, within = 0): ErrorLine {
  const lost = left === 0 ? "" : `; ${left === 1 ? "a request is" : `${left} requests are`} left out here`;
  const message = `calls are missing at line ${line} of the capture: ${reason}${lost}`;
  return { type: "error", line, code: missingCallsCode, message, ...(within > 0 ? { within } : {}) };
}

/**
 * What waits when a hole shows, without what may lack a part; the hole's line stands in the place of each run of them, and at the end.
 *
 * @param within as for `missingCallsLine`, of the line at the end.
 */
export function withoutUnsure<T extends object>(
  waiting: readonly T[],
  isSure: (each: T) => boolean,
  hole: Hole,
  within: number,
): (T | ErrorLine)[] {
  const rest: (T | ErrorLine)[] = [];
  let left = 0;
  for (const each of waiting) {
    if (!isSure(each)) {
      left++;
      continue;
    }
    if (left > 0) rest.push(missingCallsLine(hole, left));
    left = 0;
    rest.push(each);
  }
  return [...rest, missingCallsLine(hole, left, within)];
}
