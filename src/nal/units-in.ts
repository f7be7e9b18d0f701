import { type ByteSource, bytesOf, objectOf } from "../bytes.ts";
import { BitstreamError } from "../errors.ts";
import { unitsOfPacket } from "../framing/byte-stream.ts";
import { LengthPrefixedStream } from "../framing/length-prefixed.ts";

/** A NAL unit of a stream or packet. */
export interface NalUnit {
  /** nal_unit_type: see `nalUnitTypes`. */
  readonly type: number;
  /** The unit from its header on, with emulation prevention bytes: a view of the bytes given. */
  readonly bytes: Uint8Array;
  /** Where `bytes` begins in the bytes given. */
  readonly offset: number;
}

/** How the units are separated. */
export interface UnitsOptions {
  /** The size in bytes of the length before each unit, 1 to 4, as in avcC or hvcC. Default 0: start codes. */
  readonly lengthSize?: number | undefined;
}

/**
 * The units of a byte stream or of a packet with lengths. @param typeOf returns a unit's nal_unit_type.
 *
 * @throws BitstreamError "cut-off" where the bytes end before a unit's length does.
 */
export function unitsIn(source: ByteSource, options: UnitsOptions, typeOf: (unit: Uint8Array) => number): NalUnit[] {
  const bytes = bytesOf(source, "a stream");
  const { lengthSize = 0 } = objectOf(options, "options");
  if (lengthSize === 0) return unitsOfPacket(bytes, 0).map((unit) => toUnit(unit, typeOf));
  const stream = new LengthPrefixedStream(lengthSize, 0);
  const found = stream.push(bytes);
  const cut = [...found.filter(({ truncated }) => truncated), ...stream.flush()][0];
  if (cut) throw new BitstreamError("cut-off", "the bytes end before the unit does", { byte: cut.byte });
  return found.map((unit) => toUnit(unit, typeOf));
}

function toUnit(
  unit: { readonly bytes: Uint8Array; readonly byte: number },
  typeOf: (unit: Uint8Array) => number,
): NalUnit {
  return { type: typeOf(unit.bytes), bytes: unit.bytes, offset: unit.byte };
}
