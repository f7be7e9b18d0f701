// Table 7-1: nal_unit_type.
export const SLICE = 1;
export const DATA_PARTITION_A = 2;
export const DATA_PARTITION_B = 3;
export const DATA_PARTITION_C = 4;
export const IDR_SLICE = 5;
export const SEI = 6;
export const SPS = 7;
export const PPS = 8;
export const ACCESS_UNIT_DELIMITER = 9;
export const END_OF_SEQ = 10;
export const END_OF_STREAM = 11;
export const FILLER_DATA = 12;
export const SPS_EXTENSION = 13;
export const PREFIX_NAL_UNIT = 14;
export const SUBSET_SPS = 15;
export const DEPTH_PARAMETER_SET = 16;
export const AUXILIARY_SLICE = 19;
export const SLICE_EXTENSION = 20;
export const DEPTH_SLICE_EXTENSION = 21;

/** Table 7-1: the nal_unit_type values by what they hold. The table has no names of its own for them, only for their RBSPs. */
export const nalUnitTypes = {
  /** A slice of a picture that is not an IDR picture. */
  SLICE,
  DATA_PARTITION_A,
  DATA_PARTITION_B,
  DATA_PARTITION_C,
  IDR_SLICE,
  SEI,
  SPS,
  PPS,
  ACCESS_UNIT_DELIMITER,
  END_OF_SEQ,
  END_OF_STREAM,
  FILLER_DATA,
  SPS_EXTENSION,
  PREFIX_NAL_UNIT,
  SUBSET_SPS,
  DEPTH_PARAMETER_SET,
  /** A slice of an auxiliary coded picture. */
  AUXILIARY_SLICE,
  /** Of Annexes F (SVC) and G (MVC). */
  SLICE_EXTENSION,
  /** Of Annexes H and I (3D). */
  DEPTH_SLICE_EXTENSION,
} as const;
