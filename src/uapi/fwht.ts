/** FWHT, the codec of the kernel's vicodec driver, in linux/v4l2-controls.h. */

import type { ControlDefinition } from "./control.ts";
import { flagSet, type Infer, struct, u32, u64 } from "./struct.ts";

/** The OUTPUT format: FWHT frames without their headers (linux/videodev2.h). The fourcc "SFWH". */
export const V4L2_PIX_FMT_FWHT_STATELESS = 0x48574653;

/** Control id. */
export const V4L2_CID_STATELESS_FWHT_PARAMS = 0xa40964;

/** `v4l2_ctrl_fwht_params.version`: the least that the core takes, and the only one that vicodec decodes. */
export const V4L2_FWHT_VERSION = 3;

/** Bits of `v4l2_ctrl_fwht_params.flags`. */
export const V4L2_FWHT_FL_IS_INTERLACED = 0x1;
export const V4L2_FWHT_FL_IS_BOTTOM_FIRST = 0x2;
export const V4L2_FWHT_FL_IS_ALTERNATE = 0x4;
export const V4L2_FWHT_FL_IS_BOTTOM_FIELD = 0x8;
export const V4L2_FWHT_FL_LUMA_IS_UNCOMPRESSED = 0x10;
export const V4L2_FWHT_FL_CB_IS_UNCOMPRESSED = 0x20;
export const V4L2_FWHT_FL_CR_IS_UNCOMPRESSED = 0x40;
export const V4L2_FWHT_FL_CHROMA_FULL_HEIGHT = 0x80;
export const V4L2_FWHT_FL_CHROMA_FULL_WIDTH = 0x100;
export const V4L2_FWHT_FL_ALPHA_IS_UNCOMPRESSED = 0x200;
export const V4L2_FWHT_FL_I_FRAME = 0x400;

/** In `v4l2_ctrl_fwht_params.flags`: the number of components less one. */
export const V4L2_FWHT_FL_COMPONENTS_NUM_MSK = 0x70000;
export const V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET = 16;

/** In `v4l2_ctrl_fwht_params.flags`: what the components are. */
export const V4L2_FWHT_FL_PIXENC_MSK = 0x180000;
export const V4L2_FWHT_FL_PIXENC_OFFSET = 19;
export const V4L2_FWHT_FL_PIXENC_YUV = 0x80000;
export const V4L2_FWHT_FL_PIXENC_RGB = 0x100000;
export const V4L2_FWHT_FL_PIXENC_HSV = 0x180000;

/**
 * A frame's header; the reference is the nanosecond timestamp of a CAPTURE buffer. The last four fields are values of enum
 * v4l2_colorspace, v4l2_xfer_func, v4l2_ycbcr_encoding (or v4l2_hsv_encoding) and v4l2_quantization.
 */
export const v4l2_ctrl_fwht_params = /* @__PURE__ */ struct("v4l2_ctrl_fwht_params", 40, {
  backward_ref_ts: u64,
  version: u32,
  width: u32,
  height: u32,
  flags: flagSet(
    u32,
    {
      V4L2_FWHT_FL_IS_INTERLACED,
      V4L2_FWHT_FL_IS_BOTTOM_FIRST,
      V4L2_FWHT_FL_IS_ALTERNATE,
      V4L2_FWHT_FL_IS_BOTTOM_FIELD,
      V4L2_FWHT_FL_LUMA_IS_UNCOMPRESSED,
      V4L2_FWHT_FL_CB_IS_UNCOMPRESSED,
      V4L2_FWHT_FL_CR_IS_UNCOMPRESSED,
      V4L2_FWHT_FL_CHROMA_FULL_HEIGHT,
      V4L2_FWHT_FL_CHROMA_FULL_WIDTH,
      V4L2_FWHT_FL_ALPHA_IS_UNCOMPRESSED,
      V4L2_FWHT_FL_I_FRAME,
      V4L2_FWHT_FL_COMPONENTS_NUM_MSK,
      V4L2_FWHT_FL_PIXENC_MSK,
    },
    { V4L2_FWHT_FL_PIXENC_YUV, V4L2_FWHT_FL_PIXENC_RGB, V4L2_FWHT_FL_PIXENC_HSV },
  ),
  colorspace: u32,
  xfer_func: u32,
  ycbcr_enc: u32,
  quantization: u32,
});
/** The plain value of `struct v4l2_ctrl_fwht_params`. */
export type v4l2_ctrl_fwht_params = Infer<typeof v4l2_ctrl_fwht_params>;

/** The control of FWHT by name. Stable since Linux 5.11. */
export const fwhtControls = {
  V4L2_CID_STATELESS_FWHT_PARAMS: {
    name: "V4L2_CID_STATELESS_FWHT_PARAMS",
    id: V4L2_CID_STATELESS_FWHT_PARAMS,
    type: "struct",
    struct: v4l2_ctrl_fwht_params,
    since: "5.11",
  },
} as const satisfies Readonly<Record<string, ControlDefinition>>;
