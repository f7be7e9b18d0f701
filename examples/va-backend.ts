/**
 * A VA-API backend on a stateless driver: libva hands it parsed parameter sets and slice bytes, but not the bit sizes
 * that hantro needs in V4L2_CID_STATELESS_H264_DECODE_PARAMS. The slice header gives them, and its parser takes
 * parameter sets that the caller made from VAPictureParameterBufferH264 and VASliceParameterBufferH264.
 */
import { PicParameterSet, parseSliceHeader, SeqParameterSet } from "v4l2-stateless/h264";

/** The fields of VAPictureParameterBufferH264 that a slice header depends on. */
export interface VaPicture {
  readonly seq_fields: {
    readonly chroma_format_idc: number;
    readonly frame_mbs_only_flag: number;
    readonly mb_adaptive_frame_field_flag: number;
    readonly log2_max_frame_num_minus4: number;
    readonly pic_order_cnt_type: number;
    readonly log2_max_pic_order_cnt_lsb_minus4: number;
    readonly delta_pic_order_always_zero_flag: number;
  };
  readonly picture_width_in_mbs_minus1: number;
  /** Of the frame, as libva counts: in macroblocks, not in map units. */
  readonly picture_height_in_mbs_minus1: number;
  readonly bit_depth_luma_minus8: number;
  readonly pic_init_qp_minus26: number;
  readonly pic_init_qs_minus26: number;
  readonly pic_fields: {
    readonly entropy_coding_mode_flag: number;
    readonly weighted_pred_flag: number;
    readonly weighted_bipred_idc: number;
    readonly pic_order_present_flag: number;
    readonly deblocking_filter_control_present_flag: number;
    readonly redundant_pic_cnt_present_flag: number;
  };
}

/** What libva does not say and the driver wants. Bits of the RBSP: emulation prevention bytes are not counted. */
export interface BitSizes {
  readonly idr_pic_id: number;
  readonly dec_ref_pic_marking_bit_size: number;
  readonly pic_order_cnt_bit_size: number;
}

/**
 * @param slice the first slice of the picture, from its NAL unit header on, as VASliceDataBuffer holds it.
 * @param defaults num_ref_idx_l0 and _l1_default_active_minus1: of VASliceParameterBufferH264 where the slice does not
 * override them. Throws BitstreamError where the slice's header is broken.
 */
export function bitSizes(va: VaPicture, slice: Uint8Array, defaults: readonly [number, number]): BitSizes {
  const { seq_fields, pic_fields } = va;
  const sps = Object.assign(new SeqParameterSet(), seq_fields, {
    pic_width_in_mbs_minus1: va.picture_width_in_mbs_minus1,
    pic_height_in_map_units_minus1: (va.picture_height_in_mbs_minus1 + 1) / (2 - seq_fields.frame_mbs_only_flag) - 1,
    bit_depth_luma_minus8: va.bit_depth_luma_minus8,
  });
  const { pic_order_present_flag, ...flags } = pic_fields;
  const pps = Object.assign(new PicParameterSet(), flags, {
    bottom_field_pic_order_in_frame_present_flag: pic_order_present_flag, // its name since the edition of 2009
    pic_init_qp_minus26: va.pic_init_qp_minus26,
    pic_init_qs_minus26: va.pic_init_qs_minus26,
    num_ref_idx_l0_default_active_minus1: defaults[0],
    num_ref_idx_l1_default_active_minus1: defaults[1],
  });
  const { idr_pic_id, dec_ref_pic_marking_bit_size, pic_order_cnt_bit_size } = parseSliceHeader(slice, { sps, pps });
  return { idr_pic_id, dec_ref_pic_marking_bit_size, pic_order_cnt_bit_size };
}
