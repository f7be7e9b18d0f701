/** struct fwht_cframe_hdr of the kernel's codec-fwht.h. */

/** What stands before a frame's data. All numbers are big-endian. */
export class FrameHeader {
  version = 0;
  /** In samples of the largest component. */
  width = 0;
  height = 0;
  /** V4L2_FWHT_FL_I_FRAME … */
  flags = 0;
  /** Values of enum v4l2_colorspace, v4l2_xfer_func, v4l2_ycbcr_encoding or v4l2_hsv_encoding, v4l2_quantization. */
  colorspace = 0;
  xfer_func = 0;
  ycbcr_enc = 0;
  quantization = 0;
  /** Of the data after the header, in bytes. */
  size = 0;
}
