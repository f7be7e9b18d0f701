/** Table 7-1: the nal_unit_type values that decoding distinguishes. */
export const RADL_N = 6;
export const RADL_R = 7;
export const RASL_N = 8;
export const RASL_R = 9;
export const BLA_W_LP = 16;
export const BLA_N_LP = 18;
export const IDR_W_RADL = 19;
export const IDR_N_LP = 20;
export const CRA_NUT = 21;
export const VPS_NUT = 32;
export const SPS_NUT = 33;
export const PPS_NUT = 34;
export const AUD_NUT = 35;
export const EOS_NUT = 36;
export const EOB_NUT = 37;
export const FD_NUT = 38;
export const PREFIX_SEI_NUT = 39;
export const SUFFIX_SEI_NUT = 40;

/** Table 7-1: the nal_unit_type values that are not reserved, by their names. */
export const nalUnitTypes = {
  TRAIL_N: 0,
  TRAIL_R: 1,
  TSA_N: 2,
  TSA_R: 3,
  STSA_N: 4,
  STSA_R: 5,
  RADL_N,
  RADL_R,
  RASL_N,
  RASL_R,
  BLA_W_LP,
  BLA_W_RADL: 17,
  BLA_N_LP,
  IDR_W_RADL,
  IDR_N_LP,
  CRA_NUT,
  VPS_NUT,
  SPS_NUT,
  PPS_NUT,
  AUD_NUT,
  EOS_NUT,
  EOB_NUT,
  FD_NUT,
  PREFIX_SEI_NUT,
  SUFFIX_SEI_NUT,
} as const;

/** 3.67 IRAP picture: BLA, IDR, CRA and the two reserved types. */
export function isIrap(nal_unit_type: number): boolean {
  return nal_unit_type >= BLA_W_LP && nal_unit_type <= 23;
}

export function isIdr(nal_unit_type: number): boolean {
  return nal_unit_type === IDR_W_RADL || nal_unit_type === IDR_N_LP;
}

export function isBla(nal_unit_type: number): boolean {
  return nal_unit_type >= BLA_W_LP && nal_unit_type <= BLA_N_LP;
}

export function isRasl(nal_unit_type: number): boolean {
  return nal_unit_type === RASL_N || nal_unit_type === RASL_R;
}

export function isRadl(nal_unit_type: number): boolean {
  return nal_unit_type === RADL_N || nal_unit_type === RADL_R;
}

/** A sub-layer non-reference picture (SLNR): the even types up to RSV_VCL_N14. */
export function isSubLayerNonReference(nal_unit_type: number): boolean {
  return nal_unit_type <= 14 && nal_unit_type % 2 === 0;
}
