import { av1Controls, V4L2_PIX_FMT_AV1_FRAME } from "./av1.ts";
import type { ControlDefinition } from "./control.ts";
import { fwhtControls, V4L2_PIX_FMT_FWHT_STATELESS } from "./fwht.ts";
import { h264Controls, V4L2_PIX_FMT_H264_SLICE } from "./h264.ts";
import { hevcControls, V4L2_PIX_FMT_HEVC_SLICE } from "./h265.ts";
import { mpeg2Controls, V4L2_PIX_FMT_MPEG2_SLICE } from "./mpeg2.ts";
import { V4L2_PIX_FMT_VP8_FRAME, vp8Controls } from "./vp8.ts";
import { V4L2_PIX_FMT_VP9_FRAME, vp9Controls } from "./vp9.ts";

/** The codecs that this package decodes: all that have stateless controls. FWHT is that of the kernel's virtual driver vicodec. */
export type Codec = "h264" | "h265" | "vp8" | "vp9" | "av1" | "mpeg2" | "fwht";

/** The UAPI's definitions for a codec. */
export interface CodecDefinition {
  /** The OUTPUT format: a V4L2 fourcc as a number. */
  readonly pixelFormat: number;
  /** Its controls by name. */
  readonly controls: Readonly<Record<string, ControlDefinition>>;
  /** The names of its two mode menus; null where the codec has no modes. */
  readonly modes: { readonly decodeMode: string; readonly startCode: string } | null;
  /** Controls that are valid for one request only: a request without such a control does not keep the last value. */
  readonly requestOnly: readonly string[];
}

/** Every codec, in the order in which people see them. */
export const codecs: Readonly<Record<Codec, CodecDefinition>> = {
  h264: {
    pixelFormat: V4L2_PIX_FMT_H264_SLICE,
    controls: h264Controls,
    modes: { decodeMode: "V4L2_CID_STATELESS_H264_DECODE_MODE", startCode: "V4L2_CID_STATELESS_H264_START_CODE" },
    requestOnly: ["V4L2_CID_STATELESS_H264_SLICE_PARAMS", "V4L2_CID_STATELESS_H264_PRED_WEIGHTS"],
  },
  h265: {
    pixelFormat: V4L2_PIX_FMT_HEVC_SLICE,
    controls: hevcControls,
    modes: { decodeMode: "V4L2_CID_STATELESS_HEVC_DECODE_MODE", startCode: "V4L2_CID_STATELESS_HEVC_START_CODE" },
    requestOnly: ["V4L2_CID_STATELESS_HEVC_SLICE_PARAMS", "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS"],
  },
  vp8: { pixelFormat: V4L2_PIX_FMT_VP8_FRAME, controls: vp8Controls, modes: null, requestOnly: [] },
  vp9: { pixelFormat: V4L2_PIX_FMT_VP9_FRAME, controls: vp9Controls, modes: null, requestOnly: [] },
  av1: {
    pixelFormat: V4L2_PIX_FMT_AV1_FRAME,
    controls: av1Controls,
    modes: null,
    requestOnly: ["V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY"],
  },
  mpeg2: { pixelFormat: V4L2_PIX_FMT_MPEG2_SLICE, controls: mpeg2Controls, modes: null, requestOnly: [] },
  fwht: { pixelFormat: V4L2_PIX_FMT_FWHT_STATELESS, controls: fwhtControls, modes: null, requestOnly: [] },
};

/** The names of the codecs, in that order. */
export const codecNames = /* @__PURE__ */ Object.keys(codecs) as readonly Codec[];
