/**
 * Where an IVF file goes on after a frame header with a damaged size. Bytes are taken for a frame header only where sizes lead from it
 * to other headers, and pts do not fall from one to the next. Where sizes lead to it, they must only lead on.
 */

import { viewOf } from "../uapi/struct.ts";

export const FRAME_HEADER_BYTES = 12;

/** The header of a frame. */
export interface FrameHeader {
  /** Of the data after it, in bytes. */
  readonly size: number;
  /** Signed, as encoders have it. */
  readonly pts: number;
}

export function frameHeaderAt(view: DataView, at: number): FrameHeader {
  return { size: view.getUint32(at, true), pts: Number(view.getBigInt64(at + 4, true)) };
}

/** The pts as an unsigned number: a negative one is as rare as the largest ones, and as likely to be damaged. */
export function unsignedPts(pts: number): number {
  return pts < 0 ? pts + 2 ** 64 : pts;
}

/** So many headers in a row cannot be a coincidence: each link has 32 bits of a size, and a pts of which 32 bits are known. */
const CHAIN = 4;
/** At the end of the file, so many will do, whose sizes lead to its last byte. */
const CHAIN_AT_END = 2;
/** The largest frame in a chain: with larger ones, bytes that look like a size would keep up to 256 MiB waiting. */
const MOST_REACH = 1 << 24;
const MOST_PTS_STEP = 2 ** 32;

/**
 * Looks for a frame header from `from` on: returns its offset; or, where there is none so far, `~at`: the bytes before `at` need not
 * be seen again.
 *
 * @param isEnd the file ends after these bytes.
 * @param isLedTo the size of the frame before leads to the first byte.
 */
export function findFrameHeader(bytes: Uint8Array, from: number, isEnd: boolean, isLedTo = false): number {
  const view = viewOf(bytes);
  for (let at = from; at < bytes.length; at++) {
    const isFound = isFrameHeader(view, at, isEnd, isLedTo && at === 0);
    if (isFound !== false) return isFound ? at : ~at;
  }
  return ~bytes.length;
}

/**
 * Whether a frame header is there. Undefined where only more bytes can show it.
 *
 * @param isLedTo a size, or the length of the file's header, leads there.
 */
export function isFrameHeader(view: DataView, begin: number, isEnd: boolean, isLedTo: boolean): boolean | undefined {
  let before = NaN;
  let at = begin;
  for (let count = 0; count < CHAIN; count++) {
    if (at === view.byteLength && isEnd) return isLedTo || count >= CHAIN_AT_END;
    if (at + FRAME_HEADER_BYTES > view.byteLength) return isEnd ? false : undefined;
    const { size, pts } = frameHeaderAt(view, at);
    if (size > MOST_REACH || (!isLedTo && !mayFollow(size, pts, before))) return false;
    before = pts;
    at += FRAME_HEADER_BYTES + size;
  }
  return true;
}

/** @param before pts of the frame before; NaN where it is not known. */
function mayFollow(size: number, pts: number, before: number): boolean {
  // Zero bytes are no empty frames of one time.
  return (
    Math.abs(pts) <= Number.MAX_SAFE_INTEGER && !(pts - before < (size > 0 ? 0 : 1) || pts - before >= MOST_PTS_STEP)
  );
}
