/** Units between start codes, and their names in Table 6-1. */
import type { Trace } from "../bitreader/index.ts";
import { BitReader } from "../bitreader/index.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import { unitsOfPacket } from "../framing/byte-stream.ts";

/** Table 6-1: start code values. Those from SLICE_START_CODE_MIN to SLICE_START_CODE_MAX are slices. */
export const PICTURE_START_CODE = 0x00;
export const SLICE_START_CODE_MIN = 0x01;
export const SLICE_START_CODE_MAX = 0xaf;
export const USER_DATA_START_CODE = 0xb2;
export const SEQUENCE_HEADER_CODE = 0xb3;
export const EXTENSION_START_CODE = 0xb5;
export const SEQUENCE_END_CODE = 0xb7;
export const GROUP_START_CODE = 0xb8;

const names: Readonly<Record<number, string>> = {
  [PICTURE_START_CODE]: "picture_header",
  [USER_DATA_START_CODE]: "user_data",
  [SEQUENCE_HEADER_CODE]: "sequence_header",
  [EXTENSION_START_CODE]: "extension",
  [SEQUENCE_END_CODE]: "sequence_end",
  [GROUP_START_CODE]: "group_of_pictures_header",
};

export function isSlice(startCode: number): boolean {
  return startCode >= SLICE_START_CODE_MIN && startCode <= SLICE_START_CODE_MAX;
}

const unitNames: readonly string[] = /* @__PURE__ */ Array.from({ length: 256 }, (_, startCode) => {
  const code = `start code ${startCode.toString(16).padStart(2, "0")}`;
  return `${isSlice(startCode) ? "slice" : (names[startCode] ?? "reserved")} (${code})`;
});

/** `"picture_header (start code 00)"`. */
export function unitName(startCode: number): string {
  return unitNames[startCode] as string;
}

/** A reader that begins at a unit's first byte, its start code value. */
export function unitReader(unit: Uint8Array, trace: Trace | undefined): BitReader {
  return new BitReader(unit, { emulationPrevention: false, trace, unit: unitName(unit[0] ?? 0) });
}

/** A unit: the bytes between two start codes. */
export interface StartCodeUnit {
  /** The start code value, the byte after 00 00 01: `PICTURE_START_CODE` … */
  readonly type: number;
  /** The bytes from the start code value on: a view of the bytes given. */
  readonly bytes: Uint8Array;
  /** Where `bytes` begins in the bytes given. */
  readonly offset: number;
}

/** The units of a stream. The bytes must hold whole units. */
export function units(source: ByteSource): StartCodeUnit[] {
  return unitsOfPacket(bytesOf(source, "a stream"), 0, true).map(({ bytes, byte }) => ({
    type: bytes[0] as number,
    bytes,
    offset: byte,
  }));
}
