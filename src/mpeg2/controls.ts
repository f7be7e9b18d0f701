/**
 * Writes structures and state into the kernel's structs (linux/v4l2-controls.h; Documentation: ext-ctrls-codec-stateless), one
 * function for each struct, without side effects. A field that is not copied one to one names its authority.
 */
import { setTimestamp } from "../session/timestamps.ts";
import {
  V4L2_MPEG2_PIC_FLAG_ALT_SCAN,
  V4L2_MPEG2_PIC_FLAG_CONCEALMENT_MV,
  V4L2_MPEG2_PIC_FLAG_FRAME_PRED_DCT,
  V4L2_MPEG2_PIC_FLAG_INTRA_VLC,
  V4L2_MPEG2_PIC_FLAG_PROGRESSIVE,
  V4L2_MPEG2_PIC_FLAG_Q_SCALE_TYPE,
  V4L2_MPEG2_PIC_FLAG_REPEAT_FIRST,
  V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST,
  V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE,
  v4l2_ctrl_mpeg2_picture,
  v4l2_ctrl_mpeg2_quantisation,
  v4l2_ctrl_mpeg2_sequence,
} from "../uapi/mpeg2.ts";
import { draftPayload, newPayload } from "../uapi/payload.ts";
import { viewOf } from "../uapi/struct.ts";
import { pictureSize } from "./sequence.ts";
import type { QuantiserMatrices } from "./state.ts";
import type { PictureCodingExtension, PictureHeader, SequenceExtension, SequenceHeader } from "./structures.ts";

/** v4l2_ctrl_mpeg2_sequence: 12 bytes. */
export function mpeg2Sequence(seq: SequenceHeader, ext: SequenceExtension): Uint8Array {
  const payload = newPayload(v4l2_ctrl_mpeg2_sequence.size);
  const view = viewOf(payload);
  const o = v4l2_ctrl_mpeg2_sequence.offsets;
  const { width, height } = pictureSize(seq, ext);
  view.setUint16(o.horizontal_size, width, true);
  view.setUint16(o.vertical_size, height, true);
  // vbv_buffer_size (6.3.3) is sent as coded, in units of 16 * 1024 bits, because the UAPI names the syntax element.
  view.setUint32(o.vbv_buffer_size, seq.vbv_buffer_size_value + ext.vbv_buffer_size_extension * 2 ** 10, true);
  view.setUint16(o.profile_and_level_indication, ext.profile_and_level_indication, true);
  view.setUint8(o.chroma_format, ext.chroma_format);
  view.setUint8(o.flags, ext.progressive_sequence ? V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE : 0);
  return payload;
}

/** What the fields of v4l2_ctrl_mpeg2_picture are computed from. Timestamps are in nanoseconds; 0 means no reference. */
export interface PictureInput {
  readonly extension: SequenceExtension;
  readonly header: PictureHeader;
  readonly coding: PictureCodingExtension;
  readonly forward: number;
  readonly backward: number;
}

/**
 * v4l2_ctrl_mpeg2_picture: 32 bytes. The reference of P pictures is in forward_ref_ts: all drivers read it there, although the
 * UAPI's text says otherwise.
 */
export function mpeg2Picture({ extension, header, coding, forward, backward }: PictureInput): Uint8Array {
  const { payload, view, at } = draftPayload(v4l2_ctrl_mpeg2_picture.size);
  const o = v4l2_ctrl_mpeg2_picture.offsets;
  setTimestamp(view, at + o.backward_ref_ts, backward);
  setTimestamp(view, at + o.forward_ref_ts, forward);
  // 6.3.5: a progressive sequence has progressive frames only, but some encoders code 0. GStreamer and FFmpeg send 1 here, too.
  const isProgressive = coding.progressive_frame || extension.progressive_sequence;
  view.setUint32(
    at + o.flags,
    (coding.top_field_first ? V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST : 0) |
      (coding.frame_pred_frame_dct ? V4L2_MPEG2_PIC_FLAG_FRAME_PRED_DCT : 0) |
      (coding.concealment_motion_vectors ? V4L2_MPEG2_PIC_FLAG_CONCEALMENT_MV : 0) |
      (coding.q_scale_type ? V4L2_MPEG2_PIC_FLAG_Q_SCALE_TYPE : 0) |
      (coding.intra_vlc_format ? V4L2_MPEG2_PIC_FLAG_INTRA_VLC : 0) |
      (coding.alternate_scan ? V4L2_MPEG2_PIC_FLAG_ALT_SCAN : 0) |
      (coding.repeat_first_field ? V4L2_MPEG2_PIC_FLAG_REPEAT_FIRST : 0) |
      (isProgressive ? V4L2_MPEG2_PIC_FLAG_PROGRESSIVE : 0),
    true,
  );
  for (let s = 0; s < 2; s++) {
    for (let t = 0; t < 2; t++) view.setUint8(at + o.f_code + 2 * s + t, coding.f_code[s]?.[t] as number);
  }
  view.setUint8(at + o.picture_coding_type, header.picture_coding_type);
  view.setUint8(at + o.picture_structure, coding.picture_structure);
  view.setUint8(at + o.intra_dc_precision, coding.intra_dc_precision);
  return payload;
}

/** v4l2_ctrl_mpeg2_quantisation: 256 bytes, in zig-zag order, as the matrices are coded. */
export function mpeg2Quantisation(matrices: QuantiserMatrices): Uint8Array {
  const payload = newPayload(v4l2_ctrl_mpeg2_quantisation.size);
  const o = v4l2_ctrl_mpeg2_quantisation.offsets;
  payload.set(matrices.intra, o.intra_quantiser_matrix);
  payload.set(matrices.nonIntra, o.non_intra_quantiser_matrix);
  payload.set(matrices.chromaIntra, o.chroma_intra_quantiser_matrix);
  payload.set(matrices.chromaNonIntra, o.chroma_non_intra_quantiser_matrix);
  return payload;
}
