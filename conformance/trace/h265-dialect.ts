import type { Dialect } from "./dialect.ts";
import { byteStream } from "./sources.ts";

/** The unit types of cbs_h265_read_nal_unit. */
const decomposed: ReadonlySet<number> = new Set([
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  ...[16, 17, 18, 19, 20, 21],
  ...[32, 33, 34, 35, 39, 40],
]);

function nalUnitType(unit: Uint8Array): number {
  return ((unit[0] as number) >> 1) & 63;
}

function nuhLayerId(unit: Uint8Array): number {
  return (((unit[0] as number) & 1) << 5) | ((unit[1] ?? 0) >> 3);
}

/** FFmpeg's trace of HEVC (cbs_h265_syntax_template.c) against ITU-T H.265 (08/2021). */
export const h265: Dialect = {
  codec: "h265",
  ffmpegCodec: "hevc",
  demuxer: "hevc",
  source: byteStream,
  unitName: (unit) => `nal_unit_type ${nalUnitType(unit)}`,
  leftOut(unit) {
    if (nuhLayerId(unit) > 0) return "FFmpeg skips units of other layers";
    if (((unit[1] ?? 0) & 7) === 0) return "FFmpeg skips units with nuh_temporal_id_plus1 0";
    if (!decomposed.has(nalUnitType(unit)))
      return "FFmpeg does not take reserved types, EOS, EOB and filler data apart";
    return undefined;
  },
  ffmpegNames: {
    delta_chroma_offset_l0: "chroma_offset_l0",
    delta_chroma_offset_l1: "chroma_offset_l1",
    intra_boundary_filtering_disabled_flag: "intra_boundary_filtering_disable_flag",
    matrix_coeffs: "matrix_coefficients",
    payload_bit_equal_to_one: "bit_equal_to_one",
    payload_bit_equal_to_zero: "bit_equal_to_zero",
    pps_extension_data_flag: "extension_data",
    pps_palette_predictor_initializers_present_flag: "pps_palette_predictor_initializer_present_flag",
    scaling_list_delta_coef: "scaling_list_delta_coeff",
    sps_extension_data_flag: "extension_data",
    sps_num_palette_predictor_initializers_minus1: "sps_num_palette_predictor_initializer_minus1",
    sps_palette_predictor_initializers_present_flag: "sps_palette_predictor_initializer_present_flag",
    sps_palette_predictor_initializer: "sps_palette_predictor_initializers",
    pps_palette_predictor_initializer: "pps_palette_predictor_initializers",
    sub_layer_reserved_zero_35bits: "sub_layer_reserved_zero_43bits",
    vps_extension_data_flag: "extension_data",
  },
  // 7.3.3: the loop over sub-layers.
  countedByUs: new Set([
    "reserved_zero_2bits",
    "sub_layer_reserved_zero_2bits",
    "sub_layer_reserved_zero_7bits",
    "sub_layer_reserved_zero_43bits",
  ]),
  beyondOurs: new Set(),
  declaredRefusals: [
    {
      side: "ffmpeg",
      message: /^No active SPS for pic_timing/,
      why: "FFmpeg reads SEI where it comes; we, with the SPS that the next slice activates",
    },
    {
      side: "ours",
      message: /there is no PPS|^nal_unit_type 39$/,
      why: "its parameter sets are not there",
    },
  ],
};
