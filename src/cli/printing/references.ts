import type { Timestamp } from "../../record/index.ts";
import { Recent } from "../../record/recent.ts";

/** References to the last pictures are known, up to this number. Older pictures are known if they were referred to since. */
const rememberedPictures = 1 << 15;

/** Which request made the picture that a timestamp names. */
export class Numbering {
  readonly #first = new Recent<bigint, number>(rememberedPictures);
  #last: bigint | undefined;

  /** Takes the requests in their order. Those of one picture come one after the other: the first of them gives it its number. */
  note(request: number, timestamp: Timestamp): void {
    const name = BigInt(timestamp);
    // A timestamp that is used again later names another picture. FFmpeg does that.
    if (name !== this.#last) this.#first.set(name, request);
    this.#last = name;
  }

  /** The picture is released: no later request refers to it. */
  forget(timestamp: Timestamp): void {
    this.#first.delete(BigInt(timestamp));
  }

  /** The number, or undefined when no request so far had this timestamp. */
  of(timestamp: bigint): number | undefined {
    return this.#first.get(timestamp);
  }
}

/** One reference of a request. */
export interface Reference {
  /** The request that made it; null where it is not known. */
  readonly request: number | null;
  /** Why there is no number: a frame that was never coded, no picture at all, or one that no request made. */
  readonly missing?: "gap" | "none" | "unknown";
  /** The codec's name for it: `"last"`, `"forward"` … */
  readonly name?: string;
  readonly longTerm?: true;
  /** Only this field of it; `"neither"` where the control names none. */
  readonly field?: "top" | "bottom" | "neither" | undefined;
  /** It is not a reference, but only waits to be shown. */
  readonly waits?: true;
}

/** @param zero the meaning of timestamp 0: in H.264, a frame that was never coded. */
export function referenceTo(numbering: Numbering, timestamp: bigint, zero: "gap" | "none"): Reference {
  const request = numbering.of(timestamp);
  return request === undefined ? { request: null, missing: timestamp === 0n ? zero : "unknown" } : { request };
}

const fieldMarks = { top: "/t", bottom: "/b", neither: "/-" } as const;

/**
 * `7`, `lt7` for a long-term reference, `7/t` and `7/b` for one field, `(7)` for a picture that only waits to be shown.
 *
 * @param isNarrow The first letter of a name must do: `l7` for `last 7`.
 */
export function referenceText(reference: Reference, isNarrow: boolean): string {
  const { request, missing, name, longTerm, field, waits } = reference;
  const number = request ?? (missing === "unknown" ? "?" : (missing ?? "?"));
  if (waits) return `(${number})`;
  const text = `${longTerm ? "lt" : ""}${number}${field === undefined ? "" : fieldMarks[field]}`;
  if (name === undefined) return text;
  return isNarrow ? `${name[0]}${text}` : `${name} ${text}`;
}
