/** Constants of linux/videodev2.h and linux/media.h. Names are the headers'. */

export const V4L2_CAP_VIDEO_M2M_MPLANE = 0x4000;
export const V4L2_CAP_VIDEO_M2M = 0x8000;
export const V4L2_CAP_DEVICE_CAPS = 0x80000000;

export const V4L2_BUF_TYPE_VIDEO_CAPTURE = 1;
export const V4L2_BUF_TYPE_VIDEO_OUTPUT = 2;
export const V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE = 9;
export const V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE = 10;

export const V4L2_MEMORY_MMAP = 1;
export const V4L2_FIELD_NONE = 1;

export const V4L2_BUF_CAP_SUPPORTS_M2M_HOLD_CAPTURE_BUF = 0x20;

export const V4L2_BUF_FLAG_ERROR = 0x40;
export const V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF = 0x200;
export const V4L2_BUF_FLAG_REQUEST_FD = 0x800000;

export const V4L2_CTRL_WHICH_CUR_VAL = 0;
export const V4L2_CTRL_WHICH_REQUEST_VAL = 0x0f010000;
export const V4L2_CTRL_FLAG_DISABLED = 0x1;
export const V4L2_CTRL_FLAG_DYNAMIC_ARRAY = 0x800;
export const V4L2_CTRL_FLAG_NEXT_CTRL = 0x80000000;
export const V4L2_CTRL_FLAG_NEXT_COMPOUND = 0x40000000;

export const V4L2_DEC_CMD_FLUSH = 4;

export const V4L2_FRMSIZE_TYPE_DISCRETE = 1;

export const MEDIA_ENT_F_PROC_VIDEO_DECODER = 0x4008;
export const MEDIA_INTF_T_V4L_VIDEO = 0x200;
export const MEDIA_LNK_FL_LINK_TYPE = 0xf0000000;
export const MEDIA_LNK_FL_DATA_LINK = 0;
export const MEDIA_LNK_FL_INTERFACE_LINK = 0x10000000;
