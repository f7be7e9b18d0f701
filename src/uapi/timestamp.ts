/**
 * Nanoseconds, which name a CAPTURE buffer: a number as long as it is exact, a bigint above 2^53 - 1. Sessions give numbers only.
 * Other programs' records may have more.
 */
export type Timestamp = number | bigint;

/**
 * A timestamp as sessions, frames and records have it, so that `===` and Map compare it. A control's `__u64` (`reference_ts`,
 * `timestamp`, `last_frame_ts` …) is a bigint when it is decoded: `timestampOf(entry.reference_ts) === request.timestamp`.
 *
 * @throws RangeError where it is none: negative, a fraction, or above 2^64 - 1.
 */
export function timestampOf(value: Timestamp): Timestamp {
  const exact = typeof value === "bigint" || Number.isSafeInteger(value) ? BigInt(value) : -1n;
  if (exact < 0n || exact > 0xffff_ffff_ffff_ffffn) {
    throw new RangeError(`${value} is no timestamp: it must be a whole number from 0 to 2^64 - 1`);
  }
  return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : exact;
}
