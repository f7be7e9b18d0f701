import { type ByteSource, bytesOf } from "../bytes.ts";

/** For shorter pieces, setting up the word scan costs more than it saves. */
const WORD_SCAN_MIN = 256;

/**
 * Offset of the first start code prefix 00 00 01 that is completely inside `bytes[from, to)`, or -1.
 * H.264 and H.265 Annex B, ISO/IEC 13818-2 clause 6.2.1. As with `subarray`, a `to` after the last byte means the end.
 */
export function findStartCode(source: ByteSource, from: number, to: number): number {
  const bytes = bytesOf(source, "what is searched");
  const end = Math.min(to, bytes.length);
  return end - from < WORD_SCAN_MIN ? scanBytes(bytes, from, end) : scanWords(bytes, from, end);
}

/** Looks at every third byte: a byte above 1 cannot be part of a prefix. */
function scanBytes(bytes: Uint8Array, from: number, to: number): number {
  let at = from + 2;
  while (at < to) {
    const byte = bytes[at] as number;
    if (byte > 1) at += 3;
    else if (byte === 0) at += 1;
    else if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at - 2;
    else at += 3;
  }
  return -1;
}

/**
 * Looks at four words at a time. A prefix has a pair 00 00 or 00 01 at an even address; where no halfword of the 16 bytes is
 * one of these, no prefix begins there. The test clears the lowest bit of both bytes of a halfword, so that it does not depend
 * on byte order. It lets through a few other pairs, which `scanBytes` then rejects.
 */
function scanWords(bytes: Uint8Array, from: number, to: number): number {
  const shift = (4 - ((bytes.byteOffset + from) & 3)) & 3;
  const head = from + shift;
  const early = scanBytes(bytes, from, Math.min(to, head + 2));
  if (early >= 0) return early;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + head, (to - head) >> 2);
  const groups = words.length & ~3;
  let scanned = from;
  for (let word = 0; word < groups; word += 4) {
    const a = (words[word] as number) & 0xfefefefe;
    const b = (words[word + 1] as number) & 0xfefefefe;
    const c = (words[word + 2] as number) & 0xfefefefe;
    const d = (words[word + 3] as number) & 0xfefefefe;
    const none = ((a - 0x00010001) & ~a) | ((b - 0x00010001) & ~b) | ((c - 0x00010001) & ~c) | ((d - 0x00010001) & ~d);
    if ((none & 0x80008000) === 0) continue;
    const groupStart = head + word * 4;
    const found = scanBytes(bytes, Math.max(scanned, groupStart - 1), Math.min(to, groupStart + 18));
    if (found >= 0) return found;
    scanned = groupStart;
  }
  return scanBytes(bytes, Math.max(from, head + groups * 4 - 2), to);
}
