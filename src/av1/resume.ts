/**
 * Where a stream goes on after bytes that are lost or damaged. Each format has a rule of its own for a place. No rule takes bytes
 * for a unit that only look like one: sizes must lead from the place to something else that can be known.
 */

import {
  beginsWithTemporalUnit,
  LEB128_BYTES,
  leb128At,
  OBU_FORMAT_BYTES,
  OBU_TEMPORAL_DELIMITER,
  obuHeaderBytes,
} from "../framing/obu.ts";

/**
 * Whether a stream can go on at `at`. Undefined where only more bytes can show it; never where the stream ends after these.
 */
export type PlaceRule = (bytes: Uint8Array, at: number, isEnd: boolean) => boolean | undefined;

/** The first offset that is a place, or may be one. */
export interface Place {
  readonly at: number;
  readonly isFound: boolean;
}

/** Looks for the first place. The bytes before `at` need not be seen again. */
export function findPlace(bytes: Uint8Array, isEnd: boolean, rule: PlaceRule): Place {
  for (let at = 0; at < bytes.length; at++) {
    const isFound = rule(bytes, at, isEnd);
    if (isFound !== false) return { at, isFound: isFound === true };
  }
  return { at: bytes.length, isFound: false };
}

/** The largest size that leads anywhere: with larger ones, bytes that look like a size would keep everything waiting. */
const MOST_REACH = 1 << 24;

/** As many OBUs whose sizes lead from one to the next are taken for a temporal unit, wherever it ends. */
const CHAIN = 8;

/** What a rule says where the bytes end before it can know. */
const atEndOf = (isEnd: boolean): false | undefined => (isEnd ? false : undefined);

/** The first byte of a temporal delimiter with a size field. */
const DELIMITER = (OBU_TEMPORAL_DELIMITER << 3) | 2;

/**
 * 5.2: a temporal delimiter, and OBUs whose sizes lead from one to the next: to another delimiter, to the end of the stream, or over
 * `CHAIN` of them.
 */
export function isPlaceOfObus(bytes: Uint8Array, at: number, isEnd: boolean): boolean | undefined {
  if (bytes[at] !== DELIMITER) return false;
  const size = bytes[at + 1];
  if (size === undefined) return atEndOf(isEnd);
  if (size !== 0) return false;
  let next = at + 2;
  for (let count = 0; count < CHAIN; count++) {
    if (next === bytes.length && isEnd) return count > 0;
    const end = obuEnd(bytes, next);
    if (end === undefined) return atEndOf(isEnd);
    if (end === null) return false;
    if ((bytes[next] as number) >> 3 === OBU_TEMPORAL_DELIMITER) return count > 0 && bytes[next + 1] === 0;
    next = end;
  }
  return true;
}

/**
 * Where the OBU at `at` ends, by its size: 5.3.1. Undefined where the bytes end before its size does; null where it has none, or no
 * header.
 */
function obuEnd(bytes: Uint8Array, at: number): number | undefined | null {
  const header = bytes[at];
  if (header === undefined) return undefined;
  // obu_forbidden_bit, obu_has_size_field, obu_reserved_1bit.
  if ((header & 0x83) !== 2) return null;
  const headerBytes = obuHeaderBytes(header);
  const size = leb128At(bytes, at + headerBytes);
  if (!size) return size;
  return size.value <= MOST_REACH ? at + headerBytes + size.bytes + size.value : null;
}

/** Annex B: a temporal unit whose size leads to the beginning of another one, or to the end of the stream. */
export function isPlaceOfAnnexB(bytes: Uint8Array, at: number, isEnd: boolean): boolean | undefined {
  if (bytes[at] === 0) return false;
  if (bytes.length - at < OBU_FORMAT_BYTES && !isEnd) return undefined;
  if (!beginsWithTemporalUnit(bytes, at)) return false;
  const size = leb128At(bytes, at);
  if (!size || size.value > MOST_REACH) return false;
  const end = at + size.bytes + size.value;
  if (end === bytes.length && isEnd) return true;
  if (end + OBU_FORMAT_BYTES > bytes.length && !isEnd) return undefined;
  return beginsWithTemporalUnit(bytes, end);
}

/** The bytes before the data of an IVF frame. */
const IVF_FRAME_HEADER = 12;

/**
 * IVF: a frame header whose size is that of the OBUs after it (`isFilledWithObus`), which begin with a temporal delimiter (7.5), or of a
 * temporal unit of Annex B.
 */
export function isPlaceOfIvf(bytes: Uint8Array, at: number, isEnd: boolean): boolean | undefined {
  const data = at + IVF_FRAME_HEADER;
  // Shorter data than this shows nothing: it is more than a temporal delimiter alone.
  if (bytes.length < data + 3) return atEndOf(isEnd);
  const size = uint32At(bytes, at);
  if (size < 3 || size > MOST_REACH) return false;
  if (isDelimiter(bytes, data)) return isFilledWithObus(bytes, data, data + size, isEnd);
  if (bytes.length < data + LEB128_BYTES && !isEnd) return undefined;
  const unit = leb128At(bytes, data);
  if (unit?.bytes !== size - (unit?.value ?? 0)) return false;
  if (bytes.length < data + OBU_FORMAT_BYTES && !isEnd) return undefined;
  return beginsWithTemporalUnit(bytes, data);
}

/** Little-endian. */
function uint32At(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = value * 256 + (bytes[at + i] as number);
  return value;
}

/**
 * Whether sizes lead from one OBU to the next, up to exactly `end`. Where the last one has no size, as some muxers leave it out, or there are
 * more than `CHAIN` of them, the frame must begin with a temporal delimiter, and so must the next one, unless the stream ends there.
 */
function isFilledWithObus(bytes: Uint8Array, begin: number, end: number, isEnd: boolean): boolean | undefined {
  let at = begin;
  for (let count = 0; at < end; count++) {
    if (count === CHAIN) return isBetweenDelimiters(bytes, begin, end, isEnd);
    if (count > 0 && isDelimiter(bytes, at)) return false;
    const next = obuEnd(bytes, at);
    if (next === undefined) return atEndOf(isEnd);
    if (next === null) return count > 0 && isWithoutSize(bytes, at) && isBetweenDelimiters(bytes, begin, end, isEnd);
    if (next > end) return false;
    at = next;
  }
  return true;
}

/** obu_forbidden_bit, obu_has_size_field and obu_reserved_1bit are 0. */
function isWithoutSize(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at] as number) & 0x83) === 0;
}

/** Whether a frame begins with a temporal delimiter, and so does the one after it, or the stream ends. */
function isBetweenDelimiters(bytes: Uint8Array, begin: number, end: number, isEnd: boolean): boolean | undefined {
  if (!isDelimiter(bytes, begin)) return false;
  if (end === bytes.length && isEnd) return true;
  const next = end + IVF_FRAME_HEADER;
  return next + 2 > bytes.length ? atEndOf(isEnd) : isDelimiter(bytes, next);
}

function isDelimiter(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === DELIMITER && bytes[at + 1] === 0;
}
