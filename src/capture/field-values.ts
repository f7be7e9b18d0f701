import type { Scalar } from "../uapi/index.ts";

/**
 * The value that the bits mean; undefined where the field cannot have them. Tools print some signed integers as if they had no
 * sign.
 */
export function meaningOf({ min, size }: Scalar, bits: bigint): bigint | undefined {
  const width = 8 * size;
  if (Number(min) === 0) return bits === BigInt.asUintN(width, bits) ? bits : undefined;
  const [signed, unsigned] = [BigInt.asIntN(width, bits), BigInt.asUintN(width, bits)];
  return [signed, unsigned, BigInt.asUintN(32, signed)].includes(bits) ? signed : undefined;
}
