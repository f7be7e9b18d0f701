/** Timestamps that name CAPTURE buffers: nanoseconds, as in `struct v4l2_buffer` and in the reference fields of controls. */

/** A session's first timestamp, and the distance between two. It is not 0, because 0 means "no reference" in a control. */
const TIMESTAMP_STEP = 1000;

/** A session's timestamps. Each is used for one picture only. */
export class Timestamps {
  #last = 0;

  /** The next picture's timestamp. */
  next(): number {
    this.#last += TIMESTAMP_STEP;
    return this.#last;
  }
}

/** Written out, because V8 may compute `2 ** 32` anew each time. */
const TWO_TO_32 = 0x1_0000_0000;

/** Writes a timestamp into a control: a little-endian `__u64` at `at`. */
export function setTimestamp(view: DataView, at: number, timestamp: number): void {
  view.setUint32(at, timestamp >>> 0, true);
  view.setUint32(at + 4, (timestamp / TWO_TO_32) >>> 0, true);
}
