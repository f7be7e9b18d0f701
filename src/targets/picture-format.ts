import type { Codec } from "../events.ts";
import {
  V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME,
  V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X,
  V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y,
  V4L2_FWHT_FL_CHROMA_FULL_HEIGHT,
  V4L2_FWHT_FL_CHROMA_FULL_WIDTH,
  V4L2_FWHT_FL_COMPONENTS_NUM_MSK,
  V4L2_H264_SPS_CONSTRAINT_SET0_FLAG,
  V4L2_H264_SPS_CONSTRAINT_SET1_FLAG,
  V4L2_H264_SPS_CONSTRAINT_SET2_FLAG,
  V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY,
  V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING,
  V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING,
  v4l2_ctrl_av1_frame,
  v4l2_ctrl_av1_sequence,
  v4l2_ctrl_fwht_params,
  v4l2_ctrl_h264_sps,
  v4l2_ctrl_hevc_sps,
  v4l2_ctrl_mpeg2_sequence,
  v4l2_ctrl_vp8_frame,
  v4l2_ctrl_vp9_frame,
  viewOf,
} from "../uapi/index.ts";

/** A property of the pictures, and the field that determines it. */
export interface Fact {
  readonly path: string;
  /** The property itself, such as 10 bit. */
  readonly value: number;
  /** The field's value, such as 2 in bit_depth_luma_minus8. */
  readonly field: number;
}

/** The format of the pictures, from a control. */
export interface PictureFormat {
  /** Size of the whole coded picture in luma samples. */
  readonly width: Fact;
  readonly height: Fact;
  readonly bitDepthLuma?: Fact;
  readonly bitDepthChroma?: Fact;
  /** chroma_format_idc. */
  readonly chromaFormat?: Fact;
  readonly profile?: Fact;
  /** Other profiles that the sequence obeys. */
  readonly obeyedProfiles?: readonly number[];
}

/** A control that says something of the pictures. */
export interface FormatControl<Format> {
  readonly name: string;
  /** Of its payload, in bytes. */
  readonly size: number;
  read(payload: Uint8Array): Format;
}

/** For each codec, the control that has the format of the pictures; and one that has their size, where that is another. */
export const formatControls: Readonly<
  Record<
    Codec,
    FormatControl<PictureFormat> & { readonly ofSize?: FormatControl<Pick<PictureFormat, "width" | "height">> }
  >
> = {
  h264: { name: "V4L2_CID_STATELESS_H264_SPS", size: v4l2_ctrl_h264_sps.size, read: readH264 },
  h265: { name: "V4L2_CID_STATELESS_HEVC_SPS", size: v4l2_ctrl_hevc_sps.size, read: readH265 },
  vp8: { name: "V4L2_CID_STATELESS_VP8_FRAME", size: v4l2_ctrl_vp8_frame.size, read: readVp8 },
  vp9: { name: "V4L2_CID_STATELESS_VP9_FRAME", size: v4l2_ctrl_vp9_frame.size, read: readVp9 },
  av1: {
    name: "V4L2_CID_STATELESS_AV1_SEQUENCE",
    size: v4l2_ctrl_av1_sequence.size,
    read: readAv1,
    ofSize: { name: "V4L2_CID_STATELESS_AV1_FRAME", size: v4l2_ctrl_av1_frame.size, read: readAv1Size },
  },
  mpeg2: { name: "V4L2_CID_STATELESS_MPEG2_SEQUENCE", size: v4l2_ctrl_mpeg2_sequence.size, read: readMpeg2 },
  fwht: { name: "V4L2_CID_STATELESS_FWHT_PARAMS", size: v4l2_ctrl_fwht_params.size, read: readFwht },
};

/** A property that is computed from the value of its field. */
function fact(path: string, field: number, value = field): Fact {
  return { path, value, field };
}

/** A property whose field holds it less 1. */
function lessOne(path: string, field: number): Fact {
  return fact(path, field, field + 1);
}

/** chroma_format_idc of the subsampling; 3 for 4:4:0, too, which has none. */
function chromaFormatOf(isSubsampledX: boolean, isSubsampledY: boolean): number {
  if (!isSubsampledX) return 3;
  return isSubsampledY ? 1 : 2;
}

/** The samples' format, which the SPSs of H.264 and HEVC code alike. */
function samplesOf(
  view: DataView,
  o: Readonly<Record<"bit_depth_luma_minus8" | "bit_depth_chroma_minus8" | "chroma_format_idc", number>>,
) {
  const luma = view.getUint8(o.bit_depth_luma_minus8);
  const chroma = view.getUint8(o.bit_depth_chroma_minus8);
  return {
    bitDepthLuma: fact("bit_depth_luma_minus8", luma, 8 + luma),
    bitDepthChroma: fact("bit_depth_chroma_minus8", chroma, 8 + chroma),
    chromaFormat: fact("chroma_format_idc", view.getUint8(o.chroma_format_idc)),
  };
}

function readH264(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_h264_sps.offsets;
  const frameMbsOnly = (view.getUint32(o.flags, true) & V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY) !== 0;
  const width = view.getUint16(o.pic_width_in_mbs_minus1, true);
  const height = view.getUint16(o.pic_height_in_map_units_minus1, true);
  const profile = view.getUint8(o.profile_idc);
  return {
    width: fact("pic_width_in_mbs_minus1", width, 16 * (width + 1)),
    // (7-18): a map unit is two macroblocks high where the sequence may have fields.
    height: fact("pic_height_in_map_units_minus1", height, 16 * (height + 1) * (frameMbsOnly ? 1 : 2)),
    ...samplesOf(view, o),
    profile: fact("profile_idc", profile),
    obeyedProfiles: obeyedProfiles(profile, view.getUint8(o.constraint_set_flags)),
  };
}

/** Baseline, Main and Extended, for each of which the other two have a constraint_set flag (7.4.2.1.1, A.2.1 to A.2.3). */
const profilesWithFlags: readonly (readonly [number, number])[] = [
  [66, V4L2_H264_SPS_CONSTRAINT_SET0_FLAG],
  [77, V4L2_H264_SPS_CONSTRAINT_SET1_FLAG],
  [88, V4L2_H264_SPS_CONSTRAINT_SET2_FLAG],
];

function obeyedProfiles(profile: number, constraintFlags: number): number[] {
  if (!profilesWithFlags.some(([own]) => own === profile)) return [];
  return profilesWithFlags.flatMap(([other, flag]) => ((constraintFlags & flag) === 0 ? [] : [other]));
}

function readH265(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_hevc_sps.offsets;
  return {
    width: fact("pic_width_in_luma_samples", view.getUint16(o.pic_width_in_luma_samples, true)),
    height: fact("pic_height_in_luma_samples", view.getUint16(o.pic_height_in_luma_samples, true)),
    ...samplesOf(view, o),
  };
}

function readVp8(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_vp8_frame.offsets;
  return {
    width: fact("width", view.getUint16(o.width, true)),
    height: fact("height", view.getUint16(o.height, true)),
  };
}

function readVp9(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_vp9_frame.offsets;
  const flags = view.getUint32(o.flags, true);
  const x = (flags & V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING) !== 0;
  const y = (flags & V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING) !== 0;
  const bitDepth = fact("bit_depth", view.getUint8(o.bit_depth));
  return {
    width: lessOne("frame_width_minus_1", view.getUint16(o.frame_width_minus_1, true)),
    height: lessOne("frame_height_minus_1", view.getUint16(o.frame_height_minus_1, true)),
    bitDepthLuma: bitDepth,
    bitDepthChroma: bitDepth,
    // 4:4:0, which is subsampled in y only, has no chroma_format_idc.
    ...(x || !y ? { chromaFormat: fact("flags", flags, chromaFormatOf(x, y)) } : {}),
    profile: fact("profile", view.getUint8(o.profile)),
  };
}

/** After superres, as a frame lies in its buffer. */
function readAv1Size(payload: Uint8Array): Pick<PictureFormat, "width" | "height"> {
  const view = viewOf(payload);
  const o = v4l2_ctrl_av1_frame.offsets;
  return {
    width: fact("upscaled_width", view.getUint32(o.upscaled_width, true)),
    height: lessOne("frame_height_minus_1", view.getUint32(o.frame_height_minus_1, true)),
  };
}

/** The size is the largest that the sequence may have, which can be far more than any frame has. */
function readAv1(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_av1_sequence.offsets;
  const flags = view.getUint32(o.flags, true);
  const x = (flags & V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X) !== 0;
  const y = (flags & V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y) !== 0;
  const isMono = (flags & V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME) !== 0;
  const bitDepth = fact("bit_depth", view.getUint8(o.bit_depth));
  return {
    width: lessOne("max_frame_width_minus_1", view.getUint16(o.max_frame_width_minus_1, true)),
    height: lessOne("max_frame_height_minus_1", view.getUint16(o.max_frame_height_minus_1, true)),
    bitDepthLuma: bitDepth,
    bitDepthChroma: bitDepth,
    chromaFormat: fact("flags", flags, isMono ? 0 : chromaFormatOf(x, y)),
    profile: fact("seq_profile", view.getUint8(o.seq_profile)),
  };
}

function readMpeg2(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_mpeg2_sequence.offsets;
  return {
    width: fact("horizontal_size", view.getUint16(o.horizontal_size, true)),
    height: fact("vertical_size", view.getUint16(o.vertical_size, true)),
    chromaFormat: fact("chroma_format", view.getUint8(o.chroma_format)),
  };
}

function readFwht(payload: Uint8Array): PictureFormat {
  const view = viewOf(payload);
  const o = v4l2_ctrl_fwht_params.offsets;
  const flags = view.getUint32(o.flags, true);
  const isFullWidth = (flags & V4L2_FWHT_FL_CHROMA_FULL_WIDTH) !== 0;
  const isFullHeight = (flags & V4L2_FWHT_FL_CHROMA_FULL_HEIGHT) !== 0;
  const isMono = (flags & V4L2_FWHT_FL_COMPONENTS_NUM_MSK) === 0;
  const chromaFormat = isFullWidth ? (isFullHeight ? 3 : 4) : isFullHeight ? 2 : 1;
  return {
    width: fact("width", view.getUint32(o.width, true)),
    height: fact("height", view.getUint32(o.height, true)),
    chromaFormat: fact("flags", flags, isMono ? 0 : chromaFormat),
  };
}
