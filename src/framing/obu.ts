/**
 * How AV1's bytes are framed, as far as it can be seen without their meaning: leb128 numbers (4.10.5), the low-overhead format
 * of clause 5.2, and the length-delimited format of Annex B.
 */

/** The value and length of a leb128 number. */
export interface Leb128 {
  readonly value: number;
  readonly bytes: number;
}

/** The most bytes of a leb128 number. */
export const LEB128_BYTES = 8;

/**
 * The number at `at`. Undefined where the bytes end before it does; null where it is none: it has more than 8 bytes or 32
 * bits.
 */
export function leb128At(bytes: Uint8Array, at: number): Leb128 | undefined | null {
  let value = 0;
  // A power would be a call of a floating-point function.
  let weight = 1;
  for (let i = 0; i < LEB128_BYTES; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value < 2 ** 32 ? { value, bytes: i + 1 } : null;
    weight *= 128;
  }
  return null;
}

/** 6.2.2: obu_type. */
export const OBU_SEQUENCE_HEADER = 1;
export const OBU_TEMPORAL_DELIMITER = 2;
export const OBU_FRAME_HEADER = 3;
export const OBU_TILE_GROUP = 4;
export const OBU_METADATA = 5;
export const OBU_FRAME = 6;
export const OBU_REDUNDANT_FRAME_HEADER = 7;
export const OBU_TILE_LIST = 8;
export const OBU_PADDING = 15;

/** Whether a byte may begin an OBU of a known type, with a size field. */
export function isSizedObuHeader(byte: number): boolean {
  const type = byte >> 3;
  return (byte & 0x83) === 2 && ((type >= OBU_SEQUENCE_HEADER && type <= OBU_TILE_LIST) || type === OBU_PADDING);
}

/** 5.3.2: the bytes of the obu_header() that begins with this byte. */
export function obuHeaderBytes(header: number): number {
  return header & 4 ? 2 : 1;
}

/** What comes after the header and size field of an OBU that has been read, as far as obu_size says: 5.3.1. */
export function obuPayload(obu: Uint8Array): Uint8Array {
  const header = obu[0] ?? 0;
  const headerBytes = obuHeaderBytes(header);
  const size = header & 2 ? leb128At(obu, headerBytes) : undefined;
  const begin = headerBytes + (size?.bytes ?? 0);
  return obu.subarray(begin, size ? begin + size.value : obu.length);
}

/** Bytes that are enough to tell the formats apart: three leb128 numbers, and an OBU header with its own. */
export const OBU_FORMAT_BYTES = 34;

/**
 * Whether a stream begins at `at` with a temporal unit of Annex B: three lengths that lie inside each other, and then a temporal
 * delimiter. A stream of clause 5.2 cannot begin so: its second byte is a size, which would be too large or too small there.
 * With fewer than `OBU_FORMAT_BYTES`, the answer is that of a stream that ends here.
 */
export function beginsWithTemporalUnit(head: Uint8Array, at = 0): boolean {
  const unit = leb128At(head, at);
  if (!unit) return false;
  const frame = leb128At(head, at + unit.bytes);
  if (!frame || frame.bytes + frame.value > unit.value) return false;
  const obu = leb128At(head, at + unit.bytes + frame.bytes);
  if (!obu || obu.value === 0 || obu.bytes + obu.value > frame.value) return false;
  return isDelimiter(head, at + unit.bytes + frame.bytes + obu.bytes, obu.value);
}

/** Whether the OBU at `at` is a temporal delimiter of exactly `length` bytes. */
function isDelimiter(head: Uint8Array, at: number, length: number): boolean {
  const header = head[at];
  if (header === undefined || (header & 0x81) !== 0 || header >> 3 !== OBU_TEMPORAL_DELIMITER) return false;
  const headerBytes = obuHeaderBytes(header);
  if ((header & 2) === 0) return length === headerBytes;
  return length === headerBytes + 1 && head[at + headerBytes] === 0;
}

/** Whether a packet is one whole temporal unit of Annex B. */
export function isTemporalUnit(packet: Uint8Array): boolean {
  const unit = leb128At(packet, 0);
  return unit?.bytes === packet.length - (unit?.value ?? 0) && beginsWithTemporalUnit(packet);
}

/**
 * Whether a sequence header may begin with this byte: seq_profile up to 2, and reduced_still_picture_header only with still_picture (6.4.1). What is
 * cut off may.
 */
function isSequenceStart(byte: number | undefined): boolean {
  return byte === undefined || (byte >> 5 <= 2 && (byte & 0x18) !== 0x08);
}

/**
 * Whether bytes begin like a stream of clause 5.2: a temporal delimiter or a sequence header, and after it OBUs whose sizes
 * lead from one to the next, as far as the bytes go. At least two of them must be there, and one must be a sequence header.
 */
export function looksLikeObus(head: Uint8Array): boolean {
  let at = 0;
  let count = 0;
  let hasSequence = false;
  while (at < head.length) {
    const header = head[at] as number;
    const type = header >> 3;
    if (!isSizedObuHeader(header)) return count >= 2 && hasSequence;
    if (count === 0 && type !== OBU_TEMPORAL_DELIMITER && type !== OBU_SEQUENCE_HEADER) return false;
    const headerBytes = obuHeaderBytes(header);
    const size = leb128At(head, at + headerBytes);
    if (!size) break;
    if (type === OBU_TEMPORAL_DELIMITER && size.value !== 0) return false;
    if (type === OBU_SEQUENCE_HEADER) {
      if (!isSequenceStart(head[at + headerBytes + size.bytes])) return false;
      hasSequence = true;
    }
    at += headerBytes + size.bytes + size.value;
    count++;
  }
  return count >= 2 && hasSequence;
}
