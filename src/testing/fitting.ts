/** What the controls of one request must agree on, by codec. Every function changes plain values in place. */
import {
  V4L2_AV1_FRAME_FLAG_USE_SUPERRES,
  V4L2_AV1_INTER_FRAME,
  V4L2_AV1_INTRA_ONLY_FRAME,
  V4L2_AV1_KEY_FRAME,
  V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT,
  V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK,
  V4L2_FWHT_FL_CHROMA_FULL_HEIGHT,
  V4L2_FWHT_FL_CHROMA_FULL_WIDTH,
  V4L2_FWHT_FL_COMPONENTS_NUM_MSK,
  V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET,
  V4L2_FWHT_FL_I_FRAME,
  V4L2_FWHT_FL_PIXENC_MSK,
  V4L2_FWHT_FL_PIXENC_RGB,
  V4L2_FWHT_FL_PIXENC_YUV,
  V4L2_FWHT_VERSION,
  V4L2_H264_CTRL_PRED_WEIGHTS_REQUIRED,
  V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD,
  V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC,
  V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC,
  V4L2_H264_DPB_ENTRY_FLAG_ACTIVE,
  V4L2_H264_DPB_ENTRY_FLAG_FIELD,
  V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM,
  V4L2_H264_DPB_ENTRY_FLAG_VALID,
  V4L2_H264_FRAME_REF,
  V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT,
  V4L2_H264_SLICE_TYPE_B,
  V4L2_H264_SLICE_TYPE_I,
  V4L2_H264_SLICE_TYPE_P,
  V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY,
  V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC,
  V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC,
  V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE,
  V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING,
  V4L2_HEVC_SLICE_TYPE_B,
  V4L2_HEVC_SLICE_TYPE_I,
  V4L2_HEVC_SLICE_TYPE_P,
  V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED,
  V4L2_MPEG2_PIC_CODING_TYPE_B,
  V4L2_MPEG2_PIC_CODING_TYPE_I,
  V4L2_MPEG2_PIC_FLAG_PROGRESSIVE,
  V4L2_MPEG2_PIC_FRAME,
  V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE,
  V4L2_VP8_FRAME_FLAG_KEY_FRAME,
  V4L2_VP9_FRAME_FLAG_INTRA_ONLY,
  V4L2_VP9_FRAME_FLAG_KEY_FRAME,
  type v4l2_ctrl_av1_frame,
  type v4l2_ctrl_av1_sequence,
  type v4l2_ctrl_av1_tile_group_entry,
  type v4l2_ctrl_fwht_params,
  type v4l2_ctrl_h264_decode_params,
  type v4l2_ctrl_h264_pps,
  type v4l2_ctrl_h264_pred_weights,
  type v4l2_ctrl_h264_slice_params,
  type v4l2_ctrl_h264_sps,
  type v4l2_ctrl_hevc_decode_params,
  type v4l2_ctrl_hevc_pps,
  type v4l2_ctrl_hevc_slice_params,
  type v4l2_ctrl_hevc_sps,
  type v4l2_ctrl_mpeg2_picture,
  type v4l2_ctrl_mpeg2_sequence,
  type v4l2_ctrl_vp8_frame,
  type v4l2_ctrl_vp9_frame,
} from "../uapi/index.ts";

/** The values of a request's controls, by the end of their names: `"SPS"`, `"FRAME"`. A control is left out when it is deleted. */
export type Values = Record<string, unknown>;

/** A choice of what the picture is: a number from 0 to `most`. */
export type Choose = (most: number) => number;

/** Every picture that a request refers to has a timestamp of its own: 1,000 ns, 2,000 ns and so on. */
const timestampOf = (i: number): bigint => BigInt(1000 * (i + 1));

/** A number of 0 to `most`. */
const within = (value: number, most: number): number => Math.abs(value) % (most + 1);

const without = (flags: number, bit: number): number => (flags & ~bit) >>> 0;

interface H264Values {
  SPS: v4l2_ctrl_h264_sps;
  PPS: v4l2_ctrl_h264_pps;
  SCALING_MATRIX?: unknown;
  DECODE_PARAMS: v4l2_ctrl_h264_decode_params;
  SLICE_PARAMS?: v4l2_ctrl_h264_slice_params;
  PRED_WEIGHTS?: v4l2_ctrl_h264_pred_weights;
}

/** 7.4.2 and 7.4.3; the DPB has at most max_num_ref_frames frames in use. */
export function fitH264(values: Values, choose: Choose): void {
  const { SPS: sps, PPS: pps, DECODE_PARAMS: params, SLICE_PARAMS: slice } = values as unknown as H264Values;
  sps.seq_parameter_set_id = within(sps.seq_parameter_set_id, 31);
  pps.seq_parameter_set_id = sps.seq_parameter_set_id;
  sps.max_num_ref_frames = choose(16);
  sps.pic_width_in_mbs_minus1 = within(sps.pic_width_in_mbs_minus1, 119);
  sps.pic_height_in_map_units_minus1 = within(sps.pic_height_in_map_units_minus1, 67);
  pps.num_slice_groups_minus1 = 0;
  if ((pps.flags & V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT) === 0) delete values.SCALING_MATRIX;
  const isFrame = (sps.flags & V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY) !== 0;
  if (isFrame) params.flags = without(params.flags, V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC);
  const isField = (params.flags & V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC) !== 0;
  if (!isField) params.flags = without(params.flags, V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD);
  const isIdr = choose(3) === 0;
  params.flags =
    without(params.flags, V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC) + (isIdr ? V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC : 0);
  const maxFrameNum = 1 << (sps.log2_max_frame_num_minus4 + 4);
  params.frame_num = isIdr ? 0 : params.frame_num % maxFrameNum;
  if (isIdr && params.nal_ref_idc === 0) params.nal_ref_idc = 1;
  const frames = isIdr ? 0 : choose(sps.max_num_ref_frames);
  for (const [i, entry] of params.dpb.entries()) {
    if (i >= frames) {
      Object.assign(entry, { reference_ts: 0n, pic_num: 0, frame_num: 0, fields: 0, flags: 0 });
      Object.assign(entry, { top_field_order_cnt: 0, bottom_field_order_cnt: 0 });
      continue;
    }
    const kept = entry.flags & (V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM | (isFrame ? 0 : V4L2_H264_DPB_ENTRY_FLAG_FIELD));
    entry.flags = V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE | kept;
    entry.fields = V4L2_H264_FRAME_REF;
    entry.reference_ts = timestampOf(i);
    entry.frame_num %= maxFrameNum;
  }
  if (slice !== undefined) fitH264Slice(values, slice, frames, isField, choose);
}

function fitH264Slice(
  values: Values,
  slice: v4l2_ctrl_h264_slice_params,
  frames: number,
  isField: boolean,
  choose: Choose,
): void {
  const types = [V4L2_H264_SLICE_TYPE_I, V4L2_H264_SLICE_TYPE_P, V4L2_H264_SLICE_TYPE_B];
  slice.slice_type = frames === 0 ? V4L2_H264_SLICE_TYPE_I : (types[choose(2)] as number);
  slice.first_mb_in_slice = 0;
  const most = Math.max(0, (isField ? 2 : 1) * frames - 1);
  slice.num_ref_idx_l0_active_minus1 = within(slice.num_ref_idx_l0_active_minus1, most);
  slice.num_ref_idx_l1_active_minus1 = within(slice.num_ref_idx_l1_active_minus1, most);
  for (const entry of [...slice.ref_pic_list0, ...slice.ref_pic_list1]) {
    entry.index = frames === 0 ? 0 : entry.index % frames;
    entry.fields = isField ? 1 + (entry.fields & 1) : V4L2_H264_FRAME_REF;
  }
  const { PPS } = values as unknown as H264Values;
  if (!V4L2_H264_CTRL_PRED_WEIGHTS_REQUIRED(PPS, slice)) delete values.PRED_WEIGHTS;
}

interface HevcValues {
  SPS: v4l2_ctrl_hevc_sps;
  PPS: v4l2_ctrl_hevc_pps;
  DECODE_PARAMS: v4l2_ctrl_hevc_decode_params;
  SLICE_PARAMS?: v4l2_ctrl_hevc_slice_params[];
  ENTRY_POINT_OFFSETS?: number[];
  EXT_SPS_ST_RPS?: unknown[];
  EXT_SPS_LT_RPS?: unknown[];
}

/** 7.4.3.2, 7.4.3.3 and 8.3.2. */
export function fitHevc(values: Values, choose: Choose): void {
  const { SPS: sps, PPS: pps, DECODE_PARAMS: params, SLICE_PARAMS: slices } = values as unknown as HevcValues;
  sps.chroma_format_idc = 1;
  sps.bit_depth_luma_minus8 = sps.bit_depth_luma_minus8 % 2 === 0 ? 0 : 2;
  sps.bit_depth_chroma_minus8 = sps.bit_depth_luma_minus8;
  sps.log2_max_pic_order_cnt_lsb_minus4 = within(sps.log2_max_pic_order_cnt_lsb_minus4, 12);
  sps.log2_min_luma_coding_block_size_minus3 = within(sps.log2_min_luma_coding_block_size_minus3, 1);
  sps.log2_diff_max_min_luma_coding_block_size = 1 + within(sps.log2_diff_max_min_luma_coding_block_size, 1);
  sps.log2_min_luma_transform_block_size_minus2 = 0;
  sps.log2_diff_max_min_luma_transform_block_size = within(sps.log2_diff_max_min_luma_transform_block_size, 2);
  const min = 8 << sps.log2_min_luma_coding_block_size_minus3;
  sps.pic_width_in_luma_samples = min * (1 + within(sps.pic_width_in_luma_samples, 1920 / min - 1));
  sps.pic_height_in_luma_samples = min * (1 + within(sps.pic_height_in_luma_samples, 1088 / min - 1));
  sps.sps_max_dec_pic_buffering_minus1 = choose(15);
  sps.sps_max_num_reorder_pics = within(sps.sps_max_num_reorder_pics, sps.sps_max_dec_pic_buffering_minus1);
  if ((sps.flags & BigInt(V4L2_HEVC_SPS_FLAG_SCALING_LIST_ENABLED)) === 0n) delete values.SCALING_MATRIX;
  // One tile: how many fit depends on the size.
  pps.num_tile_columns_minus1 = 0;
  pps.num_tile_rows_minus1 = 0;
  pps.flags |= BigInt(V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING);
  pps.diff_cu_qp_delta_depth = within(pps.diff_cu_qp_delta_depth, sps.log2_diff_max_min_luma_coding_block_size);
  sps.num_short_term_ref_pic_sets = (values as unknown as HevcValues).EXT_SPS_ST_RPS?.length ?? 0;
  const longTerm = (values as unknown as HevcValues).EXT_SPS_LT_RPS?.slice(0, 32);
  if (longTerm !== undefined) values.EXT_SPS_LT_RPS = longTerm;
  sps.num_long_term_ref_pics_sps = longTerm?.length ?? 0;
  const pictures = fitHevcDpb(params, sps.sps_max_dec_pic_buffering_minus1, choose);
  if (slices !== undefined) fitHevcSlices(values, slices, params, pictures, choose);
}

/** The three lists share the pictures of the DPB. Returns how many pictures they name. */
function fitHevcDpb(params: v4l2_ctrl_hevc_decode_params, most: number, choose: Choose): number {
  // 0: an IDR picture, 1: another IRAP picture, 2 and 3: one that refers to others.
  const kind = choose(3);
  const irap = BigInt(V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC);
  const idr = BigInt(V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC);
  params.flags = (params.flags & ~irap & ~idr) | (kind < 2 ? irap : 0n) | (kind < 1 ? idr : 0n);
  const count = kind < 2 ? 0 : choose(most);
  params.num_active_dpb_entries = count;
  params.num_poc_st_curr_before = choose(count);
  params.num_poc_st_curr_after = choose(count - params.num_poc_st_curr_before);
  const short = params.num_poc_st_curr_before + params.num_poc_st_curr_after;
  params.num_poc_lt_curr = choose(count - short);
  for (let i = 0; i < 16; i++) {
    params.poc_st_curr_before[i] = i < params.num_poc_st_curr_before ? i : 0;
    params.poc_st_curr_after[i] = i < params.num_poc_st_curr_after ? params.num_poc_st_curr_before + i : 0;
    params.poc_lt_curr[i] = i < params.num_poc_lt_curr ? short + i : 0;
  }
  for (const [i, entry] of params.dpb.entries()) {
    const isLong = i >= short && i < short + params.num_poc_lt_curr;
    entry.timestamp = i < count ? timestampOf(i) : 0n;
    entry.flags = isLong ? V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE : 0;
    entry.field_pic = 0;
    entry.pic_order_cnt_val = i < count ? entry.pic_order_cnt_val : 0;
  }
  return short + params.num_poc_lt_curr;
}

function fitHevcSlices(
  values: Values,
  slices: v4l2_ctrl_hevc_slice_params[],
  params: v4l2_ctrl_hevc_decode_params,
  pictures: number,
  choose: Choose,
): void {
  const types = [V4L2_HEVC_SLICE_TYPE_I, V4L2_HEVC_SLICE_TYPE_P, V4L2_HEVC_SLICE_TYPE_B];
  values.SLICE_PARAMS = slices.slice(0, 1);
  // Without tiles and wavefronts there are no entry points.
  delete values.ENTRY_POINT_OFFSETS;
  for (const slice of slices.slice(0, 1)) {
    slice.slice_type = pictures === 0 ? V4L2_HEVC_SLICE_TYPE_I : (types[choose(2)] as number);
    slice.nal_unit_type = pictures === 0 ? 19 : 1;
    slice.nuh_temporal_id_plus1 = 1;
    slice.slice_pic_order_cnt = params.pic_order_cnt_val;
    slice.slice_segment_addr = 0;
    slice.num_entry_point_offsets = 0;
    const most = Math.max(0, pictures - 1);
    slice.num_ref_idx_l0_active_minus1 = within(slice.num_ref_idx_l0_active_minus1, most);
    slice.num_ref_idx_l1_active_minus1 = within(slice.num_ref_idx_l1_active_minus1, most);
    slice.collocated_ref_idx = within(slice.collocated_ref_idx, slice.num_ref_idx_l0_active_minus1);
    slice.five_minus_max_num_merge_cand = within(slice.five_minus_max_num_merge_cand, 4);
    for (let i = 0; i < 16; i++) {
      slice.ref_idx_l0[i] = pictures === 0 ? 0 : (slice.ref_idx_l0[i] as number) % pictures;
      slice.ref_idx_l1[i] = pictures === 0 ? 0 : (slice.ref_idx_l1[i] as number) % pictures;
    }
  }
}

/** RFC 6386, 9.2 and 9.5: sizes, and the partitions in use. */
export function fitVp8(values: Values): void {
  const { FRAME: frame } = values as unknown as { FRAME: v4l2_ctrl_vp8_frame };
  const isKey = (frame.flags & BigInt(V4L2_VP8_FRAME_FLAG_KEY_FRAME)) !== 0n;
  frame.width = 1 + within(frame.width, 1919);
  frame.height = 1 + within(frame.height, 1079);
  frame.horizontal_scale &= 3;
  frame.vertical_scale &= 3;
  frame.version = within(frame.version, 3);
  frame.first_part_size = within(frame.first_part_size, (1 << 19) - 1);
  frame.first_part_header_bits = within(frame.first_part_header_bits, frame.first_part_size * 8);
  frame.dct_part_sizes = frame.dct_part_sizes.map((size, i) => (i < frame.num_dct_parts ? within(size, 1 << 20) : 0));
  [frame.last_frame_ts, frame.golden_frame_ts, frame.alt_frame_ts] = isKey
    ? [0n, 0n, 0n]
    : [timestampOf(0), timestampOf(1), timestampOf(2)];
}

/** 7.2: the tiles that a width allows, and what an intra frame refers to. */
export function fitVp9(values: Values): void {
  const { FRAME: frame } = values as unknown as { FRAME: v4l2_ctrl_vp9_frame };
  const isIntra = (frame.flags & (V4L2_VP9_FRAME_FLAG_KEY_FRAME | V4L2_VP9_FRAME_FLAG_INTRA_ONLY)) !== 0;
  frame.frame_width_minus_1 = 15 + within(frame.frame_width_minus_1, 1904);
  frame.frame_height_minus_1 = 15 + within(frame.frame_height_minus_1, 1064);
  // calc_max_log2_tile_cols(): a tile has at least four superblocks.
  let maxLog2 = 0;
  while ((frame.frame_width_minus_1 + 64) >> (7 + maxLog2) >= 4) maxLog2++;
  frame.tile_cols_log2 = within(frame.tile_cols_log2, maxLog2);
  frame.tile_rows_log2 = within(frame.tile_rows_log2, 2);
  frame.compressed_header_size = 1 + within(frame.compressed_header_size, 0x7ffe);
  frame.uncompressed_header_size = 1 + within(frame.uncompressed_header_size, 254);
  [frame.last_frame_ts, frame.golden_frame_ts, frame.alt_frame_ts] = isIntra
    ? [0n, 0n, 0n]
    : [timestampOf(0), timestampOf(1), timestampOf(2)];
}

interface Av1Values {
  SEQUENCE: v4l2_ctrl_av1_sequence;
  FRAME: v4l2_ctrl_av1_frame;
  TILE_GROUP_ENTRY: v4l2_ctrl_av1_tile_group_entry[];
}

/** 5.9.5, 5.9.15 and 7.20: one tile, and references where the frame type has them. */
export function fitAv1(values: Values, choose: Choose): void {
  const { SEQUENCE: sequence, FRAME: frame, TILE_GROUP_ENTRY: tiles } = values as unknown as Av1Values;
  frame.frame_type = [V4L2_AV1_KEY_FRAME, V4L2_AV1_INTRA_ONLY_FRAME, V4L2_AV1_INTER_FRAME, V4L2_AV1_INTER_FRAME][
    choose(3)
  ] as number;
  const isIntra = frame.frame_type !== V4L2_AV1_INTER_FRAME;
  frame.frame_width_minus_1 = 15 + within(frame.frame_width_minus_1, 1904);
  frame.frame_height_minus_1 = 15 + within(frame.frame_height_minus_1, 1064);
  frame.flags = without(frame.flags, V4L2_AV1_FRAME_FLAG_USE_SUPERRES);
  frame.superres_denom = 8;
  frame.upscaled_width = frame.frame_width_minus_1 + 1;
  sequence.max_frame_width_minus_1 = frame.frame_width_minus_1;
  sequence.max_frame_height_minus_1 = frame.frame_height_minus_1;
  const log2 = (sequence.flags & V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK) === 0 ? 6 : 7;
  const info = frame.tile_info;
  const superblocks = (size: number): number => (size + (1 << log2) - 1) >> log2;
  const [columns, rows] = [superblocks(frame.upscaled_width), superblocks(frame.frame_height_minus_1 + 1)];
  Object.assign(info, { tile_cols: 1, tile_rows: 1, context_update_tile_id: 0, tile_size_bytes: 4 });
  info.mi_col_starts = info.mi_col_starts.map((_, i) => (i === 1 ? ((frame.upscaled_width + 7) >> 3) * 2 : 0));
  info.mi_row_starts = info.mi_row_starts.map((_, i) => (i === 1 ? ((frame.frame_height_minus_1 + 8) >> 3) * 2 : 0));
  info.width_in_sbs_minus_1 = info.width_in_sbs_minus_1.map((_, i) => (i === 0 ? columns - 1 : 0));
  info.height_in_sbs_minus_1 = info.height_in_sbs_minus_1.map((_, i) => (i === 0 ? rows - 1 : 0));
  values.TILE_GROUP_ENTRY = tiles.slice(0, 1).map((tile) => ({ ...tile, tile_row: 0, tile_col: 0, tile_offset: 0 }));
  frame.ref_frame_idx = frame.ref_frame_idx.map((slot) => (isIntra ? 0 : within(slot, 7)));
  frame.reference_frame_ts = frame.reference_frame_ts.map((_, i) => (isIntra ? 0n : timestampOf(i)));
  if (frame.frame_type === V4L2_AV1_KEY_FRAME) frame.refresh_frame_flags = 0xff;
  if ((sequence.flags & V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT) === 0) delete values.FILM_GRAIN;
}

/** 6.3.3, 6.3.5 and 6.3.10. */
export function fitMpeg2(values: Values): void {
  const { SEQUENCE: sequence, PICTURE: picture } = values as unknown as {
    SEQUENCE: v4l2_ctrl_mpeg2_sequence;
    PICTURE: v4l2_ctrl_mpeg2_picture;
  };
  sequence.horizontal_size = 1 + within(sequence.horizontal_size, 1919);
  sequence.vertical_size = 1 + within(sequence.vertical_size, 1151);
  if ((sequence.flags & V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE) !== 0) {
    picture.picture_structure = V4L2_MPEG2_PIC_FRAME;
    picture.flags = (picture.flags | V4L2_MPEG2_PIC_FLAG_PROGRESSIVE) >>> 0;
  }
  picture.f_code = picture.f_code.map((list) => list.map((code) => (code % 10 === 0 ? 15 : code % 10)));
  const isB = picture.picture_coding_type === V4L2_MPEG2_PIC_CODING_TYPE_B;
  picture.forward_ref_ts = picture.picture_coding_type === V4L2_MPEG2_PIC_CODING_TYPE_I ? 0n : timestampOf(0);
  picture.backward_ref_ts = isB ? timestampOf(1) : 0n;
}

/** Sizes and components that vicodec has a format for: YUV 4:2:0, 4:2:2 and 4:4:4, RGB and RGBA, grey. */
export function fitFwht(values: Values, choose: Choose): void {
  const { PARAMS: params } = values as unknown as { PARAMS: v4l2_ctrl_fwht_params };
  const full = V4L2_FWHT_FL_CHROMA_FULL_WIDTH | V4L2_FWHT_FL_CHROMA_FULL_HEIGHT;
  const formats = [
    { count: 3, bits: V4L2_FWHT_FL_PIXENC_YUV },
    { count: 3, bits: V4L2_FWHT_FL_PIXENC_YUV | V4L2_FWHT_FL_CHROMA_FULL_HEIGHT },
    { count: 3, bits: V4L2_FWHT_FL_PIXENC_YUV | full },
    { count: 3, bits: V4L2_FWHT_FL_PIXENC_RGB | full },
    { count: 4, bits: V4L2_FWHT_FL_PIXENC_RGB | full },
    { count: 1, bits: V4L2_FWHT_FL_PIXENC_RGB | full },
  ];
  const { count, bits } = formats[choose(formats.length - 1)] as (typeof formats)[number];
  const mask = V4L2_FWHT_FL_COMPONENTS_NUM_MSK | V4L2_FWHT_FL_PIXENC_MSK | full;
  params.version = V4L2_FWHT_VERSION;
  params.width = 640 + within(params.width, 1280);
  params.height = 360 + within(params.height, 720);
  params.flags = (without(params.flags, mask) | ((count - 1) << V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET) | bits) >>> 0;
  params.backward_ref_ts = (params.flags & V4L2_FWHT_FL_I_FRAME) !== 0 ? 0n : timestampOf(0);
}
