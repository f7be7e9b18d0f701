/** MPEG-2 video (ITU-T H.262) in linux/v4l2-controls.h. */

import type { ControlDefinition } from "./control.ts";
import { array, enumeration, flagSet, type Infer, struct, u8, u16, u32, u64 } from "./struct.ts";

/** The OUTPUT format: parsed MPEG-2 slices (linux/videodev2.h). The fourcc "MG2S". */
export const V4L2_PIX_FMT_MPEG2_SLICE = 0x5332474d;

/** Control ids. */
export const V4L2_CID_STATELESS_MPEG2_SEQUENCE = 0xa409dc;
export const V4L2_CID_STATELESS_MPEG2_PICTURE = 0xa409dd;
export const V4L2_CID_STATELESS_MPEG2_QUANTISATION = 0xa409de;

/** Bits of `v4l2_ctrl_mpeg2_sequence.flags`. */
export const V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE = 0x1;

/** Sequence header and extension, 6.2.2.1 and 6.2.2.3. */
export const v4l2_ctrl_mpeg2_sequence = /* @__PURE__ */ struct("v4l2_ctrl_mpeg2_sequence", 12, {
  horizontal_size: u16,
  vertical_size: u16,
  vbv_buffer_size: u32,
  profile_and_level_indication: u16,
  chroma_format: u8,
  flags: flagSet(u8, { V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE }),
});
/** The plain value of `struct v4l2_ctrl_mpeg2_sequence`. */
export type v4l2_ctrl_mpeg2_sequence = Infer<typeof v4l2_ctrl_mpeg2_sequence>;

/** `v4l2_ctrl_mpeg2_picture.picture_coding_type`, Table 6-12. */
export const V4L2_MPEG2_PIC_CODING_TYPE_I = 1;
export const V4L2_MPEG2_PIC_CODING_TYPE_P = 2;
export const V4L2_MPEG2_PIC_CODING_TYPE_B = 3;
export const V4L2_MPEG2_PIC_CODING_TYPE_D = 4;

/** `v4l2_ctrl_mpeg2_picture.picture_structure`, Table 6-14. */
export const V4L2_MPEG2_PIC_TOP_FIELD = 1;
export const V4L2_MPEG2_PIC_BOTTOM_FIELD = 2;
export const V4L2_MPEG2_PIC_FRAME = 3;

/** Bits of `v4l2_ctrl_mpeg2_picture.flags`. */
export const V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST = 0x1;
export const V4L2_MPEG2_PIC_FLAG_FRAME_PRED_DCT = 0x2;
export const V4L2_MPEG2_PIC_FLAG_CONCEALMENT_MV = 0x4;
export const V4L2_MPEG2_PIC_FLAG_Q_SCALE_TYPE = 0x8;
export const V4L2_MPEG2_PIC_FLAG_INTRA_VLC = 0x10;
export const V4L2_MPEG2_PIC_FLAG_ALT_SCAN = 0x20;
export const V4L2_MPEG2_PIC_FLAG_REPEAT_FIRST = 0x40;
export const V4L2_MPEG2_PIC_FLAG_PROGRESSIVE = 0x80;

/** Picture header and coding extension, 6.2.3 and 6.2.3.1; the references are nanosecond timestamps of CAPTURE buffers. */
export const v4l2_ctrl_mpeg2_picture = /* @__PURE__ */ struct("v4l2_ctrl_mpeg2_picture", 32, {
  backward_ref_ts: u64,
  forward_ref_ts: u64,
  flags: flagSet(u32, {
    V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST,
    V4L2_MPEG2_PIC_FLAG_FRAME_PRED_DCT,
    V4L2_MPEG2_PIC_FLAG_CONCEALMENT_MV,
    V4L2_MPEG2_PIC_FLAG_Q_SCALE_TYPE,
    V4L2_MPEG2_PIC_FLAG_INTRA_VLC,
    V4L2_MPEG2_PIC_FLAG_ALT_SCAN,
    V4L2_MPEG2_PIC_FLAG_REPEAT_FIRST,
    V4L2_MPEG2_PIC_FLAG_PROGRESSIVE,
  }),
  f_code: array(u8, 2, 2),
  picture_coding_type: enumeration(u8, {
    V4L2_MPEG2_PIC_CODING_TYPE_I,
    V4L2_MPEG2_PIC_CODING_TYPE_P,
    V4L2_MPEG2_PIC_CODING_TYPE_B,
    V4L2_MPEG2_PIC_CODING_TYPE_D,
  }),
  picture_structure: enumeration(u8, { V4L2_MPEG2_PIC_TOP_FIELD, V4L2_MPEG2_PIC_BOTTOM_FIELD, V4L2_MPEG2_PIC_FRAME }),
  intra_dc_precision: u8,
  reserved: array(u8, 5),
});
/** The plain value of `struct v4l2_ctrl_mpeg2_picture`. */
export type v4l2_ctrl_mpeg2_picture = Infer<typeof v4l2_ctrl_mpeg2_picture>;

/** Quantisation matrices in zigzag scan, 6.2.3.2. */
export const v4l2_ctrl_mpeg2_quantisation = /* @__PURE__ */ struct("v4l2_ctrl_mpeg2_quantisation", 256, {
  intra_quantiser_matrix: array(u8, 64),
  non_intra_quantiser_matrix: array(u8, 64),
  chroma_intra_quantiser_matrix: array(u8, 64),
  chroma_non_intra_quantiser_matrix: array(u8, 64),
});
/** The plain value of `struct v4l2_ctrl_mpeg2_quantisation`. */
export type v4l2_ctrl_mpeg2_quantisation = Infer<typeof v4l2_ctrl_mpeg2_quantisation>;

/** The controls of MPEG-2 by name. Stable since Linux 5.14. */
export const mpeg2Controls = {
  V4L2_CID_STATELESS_MPEG2_SEQUENCE: {
    name: "V4L2_CID_STATELESS_MPEG2_SEQUENCE",
    id: V4L2_CID_STATELESS_MPEG2_SEQUENCE,
    type: "struct",
    struct: v4l2_ctrl_mpeg2_sequence,
    since: "5.14",
  },
  V4L2_CID_STATELESS_MPEG2_PICTURE: {
    name: "V4L2_CID_STATELESS_MPEG2_PICTURE",
    id: V4L2_CID_STATELESS_MPEG2_PICTURE,
    type: "struct",
    struct: v4l2_ctrl_mpeg2_picture,
    since: "5.14",
  },
  V4L2_CID_STATELESS_MPEG2_QUANTISATION: {
    name: "V4L2_CID_STATELESS_MPEG2_QUANTISATION",
    id: V4L2_CID_STATELESS_MPEG2_QUANTISATION,
    type: "struct",
    struct: v4l2_ctrl_mpeg2_quantisation,
    since: "5.14",
  },
} as const satisfies Readonly<Record<string, ControlDefinition>>;
