import type { Timestamp } from "../../record/index.ts";
import { Recent } from "../../record/recent.ts";

/** So many pictures back a reference is known; further, if it was referred to since. */
const rememberedPictures = 1 << 15;

/** Which request made the picture that a timestamp names. */
export class Numbering {
  readonly #first = new Recent<bigint, number>(rememberedPictures);
  #last: bigint | undefined;

  /** Takes the requests in their order. Those of one picture come one after the other: the first of them gives it its number. */
  note(request: number, timestamp: Timestamp): void {
    const name = BigInt(timestamp);
    // A timestamp that comes back later names another picture: FFmpeg does that.
    if (name !== this.#last) this.#first.set(name, request);
    this.#last = name;
  }

  /** The number, or undefined when no request so far had this timestamp. */
  of(timestamp: bigint): number | undefined {
    return this.#first.get(timestamp);
  }
}

/**
 * What to print for a reference: its request's number, `?` for an unknown one.
 * @param zero what timestamp 0 says: in H.264, a frame that was never coded.
 */
export function referenceName(numbering: Numbering, timestamp: bigint, zero = "gap"): string {
  const number = numbering.of(timestamp);
  return number === undefined ? (timestamp === 0n ? zero : "?") : String(number);
}
