/** The lines of a record that say where calls are missing in the capture. */
import { missingCallsCode } from "../record/format.ts";
import type { ErrorLine } from "../record/index.ts";
import type { Call, Hole } from "./calls.ts";

/**
 * @param left how many requests are left out at this place, as far as that is known.
 * @param within how many of the requests before it may stand after what is missing.
 */
export function missingCallsLine({ line, reason }: Hole, left: number, within = 0): ErrorLine {
  const lost = left === 0 ? "" : `; ${requestsAre(left)} left out here`;
  const message = `calls are missing at line ${line} of the capture: ${reason}${lost}`;
  return { type: "error", line, code: missingCallsCode, message, ...(within > 0 ? { within } : {}) };
}

/** Requests whose OUTPUT buffers a call takes back before they are done, in a capture that shows timestamps only where buffers come back. */
export function takenBackLine({ call, line }: Call, count: number): ErrorLine {
  const message = `${requestsAre(count)} left out here: ${call} of line ${line} takes the OUTPUT buffers back, and ${onlyWhereBack}`;
  return { type: "error", line, code: missingCallsCode, message };
}

/** The requests that are left out so. */
export class Cancelled {
  #count = 0;
  /** The line of the first call that took buffers back. */
  #first: number | undefined;
  readonly #unsure = new Set<string>();

  note({ line }: Call, requests: readonly { readonly controls: ReadonlyMap<string, unknown> }[]): void {
    for (const { controls } of requests) for (const name of controls.keys()) this.#unsure.add(name);
    if (requests.length > 0) this.#first ??= line;
    this.#count += requests.length;
  }

  /** The controls that were set in them since the last time: the driver may have run them or not. */
  takeUnsure(): readonly string[] {
    const names = [...this.#unsure];
    this.#unsure.clear();
    return names;
  }

  /** What a reader says of all of them; undefined where there is none. */
  get warning(): string | undefined {
    if (this.#first === undefined) return undefined;
    return `line ${this.#first}: ${requestsAre(this.#count)} left out, whose OUTPUT buffers the program took back before they were done (VIDIOC_STREAMOFF, VIDIOC_REQBUFS or close): ${onlyWhereBack}; v4l2-stateless capture sees it`;
  }
}

function requestsAre(count: number): string {
  return count === 1 ? "a request is" : `${count} requests are`;
}

const onlyWhereBack = "strace shows a timestamp only where a buffer comes back";

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
