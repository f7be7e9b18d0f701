import { BitstreamError } from "../errors.ts";

/**
 * The error of a NAL unit that is not of the type that is read.
 *
 * @param types that are read. @param unit the name of the unit. @param bit where nal_unit_type is in its header.
 */
export function wrongUnitType(
  types: readonly number[],
  nal_unit_type: number,
  unit: string,
  bit: number,
): BitstreamError {
  const reason = `the value must be ${types.join(" or ")}, not ${nal_unit_type}`;
  return new BitstreamError("wrong-unit-type", reason, { unit, element: "nal_unit_type", bit });
}
