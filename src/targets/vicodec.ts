import { V4L2_FWHT_VERSION } from "../uapi/index.ts";
import { noModes } from "./control-sets.ts";
import { fields } from "./fields.ts";
import type { Target } from "./target.ts";

/**
 * The virtual codec, which decodes in software. Its test of the control is vicodec_try_ctrl of vicodec-core.c: a frame has at least
 * 640x360 samples there and the components of a pixel format, and a CAPTURE format with these must have been set.
 */
export const vicodec: Target = {
  name: "vicodec",
  source: "drivers/media/test-drivers/vicodec",
  codecs: {
    fwht: {
      ...noModes,
      since: "5.11",
      controls: { V4L2_CID_STATELESS_FWHT_PARAMS: 1 },
      limits: {
        minWidth: 640,
        minHeight: 360,
        maxWidth: 4096,
        maxHeight: 2160,
        chromaFormats: [0, 1, 2, 3],
        versions: [V4L2_FWHT_VERSION],
        // Grey is one component of RGB (v4l2_fwht_pixfmts of codec-v4l2-fwht.c).
        components: { yuv: [3], rgb: [1, 3, 4], hsv: [3, 4] },
      },
      // All but the flags of interlaced pictures. vidioc_g_fmt returns the four values of the colour.
      reads: fields(
        "V4L2_CID_STATELESS_FWHT_PARAMS",
        `
        backward_ref_ts version width height
        flags.V4L2_FWHT_FL_LUMA_IS_UNCOMPRESSED flags.V4L2_FWHT_FL_CB_IS_UNCOMPRESSED
        flags.V4L2_FWHT_FL_CR_IS_UNCOMPRESSED flags.V4L2_FWHT_FL_ALPHA_IS_UNCOMPRESSED
        flags.V4L2_FWHT_FL_CHROMA_FULL_HEIGHT flags.V4L2_FWHT_FL_CHROMA_FULL_WIDTH flags.V4L2_FWHT_FL_I_FRAME
        flags.V4L2_FWHT_FL_COMPONENTS_NUM_MSK flags.V4L2_FWHT_FL_PIXENC_MSK
        colorspace xfer_func ycbcr_enc quantization
      `,
      ),
      missingReferences: "mark",
    },
  },
};
