/** The pictures that a request refers to. */

import type { Controls } from "../record/format.ts";
import {
  av1Controls,
  type ControlDefinition,
  type Decoded,
  decodePayload,
  fwhtControls,
  h264Controls,
  hevcControls,
  mpeg2Controls,
  V4L2_AV1_INTRA_ONLY_FRAME,
  V4L2_AV1_KEY_FRAME,
  V4L2_FWHT_FL_I_FRAME,
  V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC,
  V4L2_H264_DPB_ENTRY_FLAG_ACTIVE,
  V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC,
  V4L2_MPEG2_PIC_CODING_TYPE_B,
  V4L2_MPEG2_PIC_CODING_TYPE_I,
  V4L2_MPEG2_PIC_CODING_TYPE_P,
  V4L2_MPEG2_PIC_FRAME,
  V4L2_VP8_FRAME_FLAG_KEY_FRAME,
  V4L2_VP9_FRAME_FLAG_INTRA_ONLY,
  V4L2_VP9_FRAME_FLAG_KEY_FRAME,
  vp8Controls,
  vp9Controls,
} from "../uapi/index.ts";

/** GStreamer's GST_CLOCK_TIME_NONE: what it sends where a picture has no reference. */
const noPicture = 0xffff_ffff_ffff_ffffn;

/** The timestamps of the pictures that a request may predict from, in nanoseconds. Controls of a wrong size refer to none. */
export function referencedTimestamps(controls: Controls): readonly bigint[] {
  return namedTimestamps(controls).filter((timestamp) => timestamp !== noPicture);
}

/**
 * Whether a picture with this timestamp may have no buffer; the timestamp is 0 then. In H.264 it may be a "non-existing" frame (8.2.5.2).
 * The second field of an MPEG-2 I frame may be a P field, which refers to the first one alone (ISO/IEC 13818-2, 7.6.2.1).
 *
 * @param isSecondField a request before it has the same timestamp.
 */
export function mayNotExist(controls: Controls, timestamp: bigint, isSecondField: boolean): boolean {
  if (timestamp !== 0n) return false;
  if (controls.has(h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS.name)) return true;
  const mpeg2 = isSecondField ? decoded(controls, mpeg2Controls.V4L2_CID_STATELESS_MPEG2_PICTURE) : undefined;
  return (
    mpeg2?.picture_coding_type === V4L2_MPEG2_PIC_CODING_TYPE_P && mpeg2.picture_structure !== V4L2_MPEG2_PIC_FRAME
  );
}

/** Undefined for a control of a wrong size. */
function decoded<C extends ControlDefinition>(controls: Controls, control: C): Decoded<C> | undefined {
  const payload = controls.get(control.name);
  try {
    return payload === undefined ? undefined : decodePayload(control, payload);
  } catch {
    return undefined;
  }
}

function namedTimestamps(controls: Controls): readonly bigint[] {
  const decode = <C extends ControlDefinition>(control: C) => decoded(controls, control);
  const h264 = decode(h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS);
  if (h264 !== undefined) {
    return h264.dpb
      .filter(({ flags }) => (flags & V4L2_H264_DPB_ENTRY_FLAG_ACTIVE) !== 0)
      .map(({ reference_ts }) => reference_ts);
  }
  const hevc = decode(hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_PARAMS);
  if (hevc !== undefined) return hevc.dpb.slice(0, hevc.num_active_dpb_entries).map(({ timestamp }) => timestamp);
  const vp8 = decode(vp8Controls.V4L2_CID_STATELESS_VP8_FRAME);
  if (vp8 !== undefined) {
    const isKey = (vp8.flags & BigInt(V4L2_VP8_FRAME_FLAG_KEY_FRAME)) !== 0n;
    return isKey ? [] : [vp8.last_frame_ts, vp8.golden_frame_ts, vp8.alt_frame_ts];
  }
  const vp9 = decode(vp9Controls.V4L2_CID_STATELESS_VP9_FRAME);
  if (vp9 !== undefined) {
    const isIntra = (vp9.flags & (V4L2_VP9_FRAME_FLAG_KEY_FRAME | V4L2_VP9_FRAME_FLAG_INTRA_ONLY)) !== 0;
    return isIntra ? [] : [vp9.last_frame_ts, vp9.golden_frame_ts, vp9.alt_frame_ts];
  }
  const av1 = decode(av1Controls.V4L2_CID_STATELESS_AV1_FRAME);
  if (av1 !== undefined) {
    const isIntra = av1.frame_type === V4L2_AV1_KEY_FRAME || av1.frame_type === V4L2_AV1_INTRA_ONLY_FRAME;
    return isIntra ? [] : av1.ref_frame_idx.map((slot) => av1.reference_frame_ts[slot] ?? 0n);
  }
  const fwht = decode(fwhtControls.V4L2_CID_STATELESS_FWHT_PARAMS);
  if (fwht !== undefined) return (fwht.flags & V4L2_FWHT_FL_I_FRAME) !== 0 ? [] : [fwht.backward_ref_ts];
  const mpeg2 = decode(mpeg2Controls.V4L2_CID_STATELESS_MPEG2_PICTURE);
  if (mpeg2 === undefined) return [];
  const { picture_coding_type: type, forward_ref_ts, backward_ref_ts } = mpeg2;
  if (type === V4L2_MPEG2_PIC_CODING_TYPE_B) return [forward_ref_ts, backward_ref_ts];
  return type === V4L2_MPEG2_PIC_CODING_TYPE_P ? [forward_ref_ts] : [];
}

/**
 * Whether no picture from this one on refers to one before it. The first request without references is not enough: of VP8 and VP9 the
 * next one may refer to others, of MPEG-2 the B pictures after it.
 *
 * @param timestamp of the request. @param state gets the I picture of MPEG-2, after which the next I or P picture is such a one.
 */
export function startsAnew(
  controls: Controls,
  timestamp: bigint | undefined,
  state: { anchor: bigint | undefined },
): boolean {
  const h264 = decoded(controls, h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS);
  if (h264 !== undefined) return (h264.flags & V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC) !== 0;
  const hevc = decoded(controls, hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_PARAMS);
  if (hevc !== undefined) return (Number(hevc.flags) & V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC) !== 0;
  const vp8 = decoded(controls, vp8Controls.V4L2_CID_STATELESS_VP8_FRAME);
  if (vp8 !== undefined) return (vp8.flags & BigInt(V4L2_VP8_FRAME_FLAG_KEY_FRAME)) !== 0n;
  const vp9 = decoded(controls, vp9Controls.V4L2_CID_STATELESS_VP9_FRAME);
  if (vp9 !== undefined) return (vp9.flags & V4L2_VP9_FRAME_FLAG_KEY_FRAME) !== 0;
  const av1 = decoded(controls, av1Controls.V4L2_CID_STATELESS_AV1_FRAME);
  if (av1 !== undefined) return av1.frame_type === V4L2_AV1_KEY_FRAME && av1.refresh_frame_flags === 0xff;
  const mpeg2 = decoded(controls, mpeg2Controls.V4L2_CID_STATELESS_MPEG2_PICTURE);
  if (mpeg2 === undefined) return referencedTimestamps(controls).length === 0;
  const { picture_coding_type: type } = mpeg2;
  if (type === V4L2_MPEG2_PIC_CODING_TYPE_B) return false;
  if (state.anchor !== undefined) return timestamp !== state.anchor;
  if (type === V4L2_MPEG2_PIC_CODING_TYPE_I) state.anchor = timestamp;
  return false;
}
