/** Table 7-1: the nal_unit_type values by what they hold. The table has no names of its own for them, only for their RBSPs. */
export const nalUnitTypes = {
  /** A slice of a picture that is not an IDR picture. */
  SLICE: 1,
  DATA_PARTITION_A: 2,
  DATA_PARTITION_B: 3,
  DATA_PARTITION_C: 4,
  IDR_SLICE: 5,
  SEI: 6,
  SPS: 7,
  PPS: 8,
  ACCESS_UNIT_DELIMITER: 9,
  END_OF_SEQ: 10,
  END_OF_STREAM: 11,
  FILLER_DATA: 12,
  SPS_EXTENSION: 13,
  PREFIX_NAL_UNIT: 14,
  SUBSET_SPS: 15,
  DEPTH_PARAMETER_SET: 16,
  /** A slice of an auxiliary coded picture. */
  AUXILIARY_SLICE: 19,
  /** Of Annexes F (SVC) and G (MVC). */
  SLICE_EXTENSION: 20,
  /** Of Annexes H and I (3D). */
  DEPTH_SLICE_EXTENSION: 21,
} as const;
