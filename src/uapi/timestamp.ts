/**
 * A time in nanoseconds that names a CAPTURE buffer: a number up to 2^53 - 1, and a bigint above. Sessions only use numbers.
 * The records of other programs may have bigints.
 */
export type Timestamp = number | bigint;

/**
 * Converts a timestamp to the form that sessions, frames and records use, so that `===` and Map can compare it. A control's
 * `__u64` (`reference_ts`, `timestamp`, `last_frame_ts` …) is a bigint when it is decoded: `timestampOf(entry.reference_ts) ===
 * request.timestamp`.
 *
 * @throws RangeError where the value is negative, a fraction, a number above 2^53 - 1 (it may have lost digits), or above 2^64 - 1.
 */
export function timestampOf(value: Timestamp): Timestamp {
  const exact = typeof value === "bigint" || Number.isSafeInteger(value) ? BigInt(value) : -1n;
  if (exact < 0n || exact > 0xffff_ffff_ffff_ffffn) {
    throw new RangeError(
      `${value} is no timestamp: it must be a whole number from 0 to 2^53 - 1, or a bigint up to 2^64 - 1`,
    );
  }
  return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : exact;
}
