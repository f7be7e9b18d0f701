/** NAL units as bytes: their names in Table 7-1, a reader for one, and the avcC record that holds parameter sets. */

import type { Trace } from "../bitreader/index.ts";
import { BitReader } from "../bitreader/index.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import { type NalUnit, type UnitsOptions, unitsIn } from "../nal/units-in.ts";

/** Table 7-1: the RBSP of each nal_unit_type; "" for reserved and unspecified ones. */
// biome-ignore format: one row a type
const rbspNames: readonly string[] = [
  "",
  "slice_layer_without_partitioning_rbsp",
  "slice_data_partition_a_layer_rbsp",
  "slice_data_partition_b_layer_rbsp",
  "slice_data_partition_c_layer_rbsp",
  "slice_layer_without_partitioning_rbsp",
  "sei_rbsp",
  "seq_parameter_set_rbsp",
  "pic_parameter_set_rbsp",
  "access_unit_delimiter_rbsp",
  "end_of_seq_rbsp",
  "end_of_stream_rbsp",
  "filler_data_rbsp",
  "seq_parameter_set_extension_rbsp",
  "prefix_nal_unit_rbsp",
  "subset_seq_parameter_set_rbsp",
  "depth_parameter_set_rbsp",
  "", "",
  "slice_layer_without_partitioning_rbsp",
  "slice_layer_extension_rbsp",
  "slice_layer_extension_rbsp",
];

const unitNames: readonly string[] = /* @__PURE__ */ Array.from({ length: 32 }, (_, type) =>
  `${rbspNames[type] ?? ""} (nal_unit_type ${type})`.trim(),
);

/** `"seq_parameter_set_rbsp (nal_unit_type 7)"`. A NAL unit's first byte will do: nal_unit_type is its last 5 bits. */
export function unitName(nal_unit_type: number): string {
  return unitNames[nal_unit_type & 31] as string;
}

/** The nal_unit_type of a NAL unit, from its first byte; 0 where it has none. */
export function nalUnitType(unit: Uint8Array): number {
  return (unit[0] ?? 0) & 31;
}

/** A reader that begins at the first bit of a NAL unit's header. */
export function nalReader(unit: Uint8Array, trace: Trace | undefined): BitReader {
  return new BitReader(unit, { trace, unit: unitName(unit[0] ?? 0) });
}

/**
 * The NAL units of a byte stream (Annex B) or, with `lengthSize`, of a container's sample. The bytes must hold whole units.
 *
 * @throws BitstreamError "cut-off" where the bytes end before a unit's length does.
 */
export function units(bytes: ByteSource, options: UnitsOptions = {}): NalUnit[] {
  return unitsIn(bytes, options, nalUnitType);
}

/** What an AVCDecoderConfigurationRecord (avcC) holds: ISO/IEC 14496-15, 5.3.3.1.2. */
export interface AvcConfiguration {
  /** Bytes of each NAL unit's length prefix: 1, 2 or 4. */
  readonly lengthSize: number;
  /** NAL units of sequence parameter sets, picture parameter sets and extensions, in this order. */
  readonly units: readonly Uint8Array[];
}

/**
 * Reads an avcC record. Its units are views of it.
 *
 * @throws BitstreamError where the record cannot be read.
 */
export function parseAvcConfiguration(source: ByteSource): AvcConfiguration {
  const record = bytesOf(source, "a configuration record");
  const r = new BitReader(record, { emulationPrevention: false, unit: "AVCDecoderConfigurationRecord" });
  r.f(8, 1, "configurationVersion");
  const AVCProfileIndication = r.u(8, "AVCProfileIndication");
  r.u(8, "profile_compatibility");
  r.u(8, "AVCLevelIndication");
  r.u(6, "reserved");
  const lengthSizeMinusOne = r.u(2, "lengthSizeMinusOne");
  if (lengthSizeMinusOne === 2) r.fail("length prefixes cannot have 3 bytes", 2, "lengthSizeMinusOne");
  const units: Uint8Array[] = [];
  const take = (count: number, name: string) => {
    for (let i = 0; i < count; i++) {
      const length = r.u(16, name, i);
      const start = r.position / 8;
      if (start + length > record.length)
        r.failAs("wrong-size", `the unit has ${length} bytes; the record ends before`, 16, name, i);
      for (let j = 0; j < length; j++) r.b("parameterSetNALUnit", i, j);
      if (length > 0) units.push(record.subarray(start, start + length));
    }
  };
  r.u(3, "reserved");
  take(r.u(5, "numOfSequenceParameterSets"), "sequenceParameterSetLength");
  take(r.u(8, "numOfPictureParameterSets"), "pictureParameterSetLength");
  // Profiles above Main have this part, but many writers leave it out.
  if (![66, 77, 88].includes(AVCProfileIndication) && r.position / 8 + 4 <= record.length) {
    r.u(6, "reserved");
    r.u(2, "chroma_format");
    r.u(5, "reserved");
    r.u(3, "bit_depth_luma_minus8");
    r.u(5, "reserved");
    r.u(3, "bit_depth_chroma_minus8");
    take(r.u(8, "numOfSequenceParameterSetExt"), "sequenceParameterSetExtLength");
  }
  return { lengthSize: lengthSizeMinusOne + 1, units };
}
