/** NAL units as bytes: their names in Table 7-1, a reader for one, and the hvcC record that holds parameter sets. */

import type { Trace } from "../bitreader/index.ts";
import { BitReader } from "../bitreader/index.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import { type NalUnit, type UnitsOptions, unitsIn } from "../nal/units-in.ts";

/** Table 7-1: the RBSP of a nal_unit_type; "" for reserved and unspecified ones. */
function rbspName(nal_unit_type: number): string {
  if (isSliceSegment(nal_unit_type)) return "slice_segment_layer_rbsp";
  return nonVclNames[nal_unit_type - 32] ?? "";
}

/** The names from nal_unit_type 32 on. */
const nonVclNames: readonly string[] = [
  "video_parameter_set_rbsp",
  "seq_parameter_set_rbsp",
  "pic_parameter_set_rbsp",
  "access_unit_delimiter_rbsp",
  "end_of_seq_rbsp",
  "end_of_bitstream_rbsp",
  "filler_data_rbsp",
  "sei_rbsp",
  "sei_rbsp",
];

const unitNames: readonly string[] = /* @__PURE__ */ Array.from({ length: 64 }, (_, type) =>
  `${rbspName(type)} (nal_unit_type ${type})`.trim(),
);

/** `"seq_parameter_set_rbsp (nal_unit_type 33)"`. */
export function unitName(nal_unit_type: number): string {
  return unitNames[nal_unit_type & 63] as string;
}

/** The nal_unit_type of a NAL unit, from its first byte; 0 where it has none. */
export function nalUnitType(unit: Uint8Array): number {
  return ((unit[0] ?? 0) >> 1) & 63;
}

/** The nuh_layer_id of a NAL unit, from its first two bytes. */
export function nuhLayerId(unit: Uint8Array): number {
  return (((unit[0] ?? 0) & 1) << 5) | ((unit[1] ?? 0) >> 3);
}

/** A reader that begins at the first bit of a NAL unit's header. */
export function nalReader(unit: Uint8Array, trace: Trace | undefined): BitReader {
  return new BitReader(unit, { trace, unit: unitName(nalUnitType(unit)) });
}

/**
 * The NAL units, of all layers, of a byte stream (Annex B) or, with `lengthSize`, of a container's sample. The bytes must hold
 * whole units.
 *
 * @throws BitstreamError "cut-off" where the bytes end before a unit's length does.
 */
export function units(bytes: ByteSource, options: UnitsOptions = {}): NalUnit[] {
  return unitsIn(bytes, options, nalUnitType);
}

/** What an HEVCDecoderConfigurationRecord (hvcC) holds: ISO/IEC 14496-15, 8.3.3.1.2. */
export interface HevcConfiguration {
  /** Bytes of each NAL unit's length prefix: 1, 2 or 4. */
  readonly lengthSize: number;
  /** The NAL units of its arrays (parameter sets and SEI), in its order. */
  readonly units: readonly Uint8Array[];
}

/**
 * Reads an hvcC record. Its units are views of it.
 *
 * @throws BitstreamError where the record cannot be read.
 */
export function parseHevcConfiguration(source: ByteSource): HevcConfiguration {
  const record = bytesOf(source, "a configuration record");
  const r = new BitReader(record, { emulationPrevention: false, unit: "HEVCDecoderConfigurationRecord" });
  r.uMax(8, 1, "configurationVersion"); // It was 0 while the standard was a draft, and files with 0 exist.
  r.u(2, "general_profile_space");
  r.flag("general_tier_flag");
  r.u(5, "general_profile_idc");
  r.u(32, "general_profile_compatibility_flags");
  r.u(32, "general_constraint_indicator_flags");
  r.u(16, "general_constraint_indicator_flags");
  r.u(8, "general_level_idc");
  r.u(4, "reserved");
  r.u(12, "min_spatial_segmentation_idc");
  r.u(6, "reserved");
  r.u(2, "parallelismType");
  r.u(6, "reserved");
  r.u(2, "chroma_format_idc");
  r.u(5, "reserved");
  r.u(3, "bit_depth_luma_minus8");
  r.u(5, "reserved");
  r.u(3, "bit_depth_chroma_minus8");
  r.u(16, "avgFrameRate");
  r.u(2, "constantFrameRate");
  r.u(3, "numTemporalLayers");
  r.flag("temporalIdNested");
  const lengthSizeMinusOne = r.u(2, "lengthSizeMinusOne");
  if (lengthSizeMinusOne === 2) r.fail("length prefixes cannot have 3 bytes", 2, "lengthSizeMinusOne");
  const numOfArrays = r.u(8, "numOfArrays");
  const units: Uint8Array[] = [];
  for (let j = 0; j < numOfArrays; j++) {
    r.flag("array_completeness", j);
    r.u(1, "reserved", j);
    r.u(6, "NAL_unit_type", j);
    const numNalus = r.u(16, "numNalus", j);
    for (let i = 0; i < numNalus; i++) {
      const nalUnitLength = r.u(16, "nalUnitLength", j, i);
      const start = r.position / 8;
      const end = start + nalUnitLength;
      if (end > record.length)
        r.failAs(
          "wrong-size",
          `the unit has ${nalUnitLength} bytes; the record ends before`,
          16,
          "nalUnitLength",
          j,
          i,
        );
      while (r.position < end * 8) r.b("nalUnit", j, i);
      if (nalUnitLength > 0) units.push(record.subarray(start, end));
    }
  }
  return { lengthSize: lengthSizeMinusOne + 1, units };
}

/** Table 7-1: the types of slice segments that are not reserved. */
export function isSliceSegment(nal_unit_type: number): boolean {
  return nal_unit_type <= 9 || (nal_unit_type >= 16 && nal_unit_type <= 21);
}
