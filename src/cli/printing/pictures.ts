import type { Codec } from "../../events.ts";
import type { ResolvedRequest } from "../../record/index.ts";
import type { Infer, Struct } from "../../uapi/index.ts";
import * as uapi from "../../uapi/index.ts";
import { type Numbering, referenceName } from "./references.ts";
import type { Column } from "./terminal.ts";

/** What of a picture fits on one line. */
export interface PictureRow {
  /** One text for each of the codec's columns. The first is the type. */
  readonly cells: readonly string[];
  readonly references: readonly string[];
  readonly flags: readonly string[];
}

/** How the pictures of one codec are shown. */
export interface PictureView {
  readonly columns: readonly Column[];
  /** @returns undefined when the request lacks the control that says it. */
  row(request: ResolvedRequest, numbering: Numbering): PictureRow | undefined;
}

const left = (title: string, width: number): Column => ({ title, align: "left", width });
const right = (title: string, width: number): Column => ({ title, align: "right", width });

/** The views of all codecs. */
export const pictureViews: Readonly<Record<Codec, PictureView>> = {
  h264: {
    columns: [left("type", 4), left("structure", 9), right("POC", 11), right("frame_num", 9), right("nal_ref_idc", 11)],
    row: h264Row,
  },
  h265: { columns: [left("type", 4), right("POC", 9)], row: h265Row },
  vp8: { columns: [left("type", 5), right("size", 9)], row: vp8Row },
  vp9: { columns: [left("type", 5), right("size", 9)], row: vp9Row },
  mpeg2: { columns: [left("type", 4), left("structure", 9)], row: mpeg2Row },
};

/** A control's struct, or undefined when it is not there or not of this size. */
function structOf<S extends Struct>(request: ResolvedRequest, name: string, def: S): Infer<S> | undefined {
  const payload = request.controls.get(name);
  if (!(payload instanceof Uint8Array) || payload.length !== def.size) return undefined;
  return uapi.decodeStruct(def, payload) as Infer<S>;
}

function flagWords(flags: number | bigint, words: Readonly<Record<string, number>>): string[] {
  return Object.entries(words).flatMap(([word, mask]) => ((Number(flags) & mask) === 0 ? [] : [word]));
}

function h264Row(request: ResolvedRequest, numbering: Numbering): PictureRow | undefined {
  const picture = structOf(request, "V4L2_CID_STATELESS_H264_DECODE_PARAMS", uapi.v4l2_ctrl_h264_decode_params);
  if (picture === undefined) return undefined;
  const { flags } = picture;
  const isField = (flags & uapi.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC) !== 0;
  const isBottom = (flags & uapi.V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD) !== 0;
  const type =
    flagWords(flags, {
      IDR: uapi.V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC,
      P: uapi.V4L2_H264_DECODE_PARAM_FLAG_PFRAME,
      B: uapi.V4L2_H264_DECODE_PARAM_FLAG_BFRAME,
    }).join("+") || "I";
  const { top_field_order_cnt: top, bottom_field_order_cnt: bottom } = picture;
  const active = picture.dpb.filter((entry) => (entry.flags & uapi.V4L2_H264_DPB_ENTRY_FLAG_VALID) !== 0);
  return {
    cells: [
      type,
      isField ? (isBottom ? "bottom" : "top") : "frame",
      isField ? String(isBottom ? bottom : top) : `${top}/${bottom}`,
      String(picture.frame_num),
      String(picture.nal_ref_idc),
    ],
    references: active.map((entry) => h264Reference(entry, numbering)),
    flags: h264Flags(request, isField),
  };
}

/** `7`, `lt7` for a long-term reference, `7/t` and `7/b` for one field, `(7)` for a picture that only waits to be shown. */
function h264Reference(entry: uapi.v4l2_h264_dpb_entry, numbering: Numbering): string {
  const name = referenceName(numbering, entry.reference_ts);
  if ((entry.flags & uapi.V4L2_H264_DPB_ENTRY_FLAG_ACTIVE) === 0) return `(${name})`;
  const term = (entry.flags & uapi.V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM) === 0 ? "" : "lt";
  const fields: Readonly<Record<number, string>> = {
    [uapi.V4L2_H264_TOP_FIELD_REF]: "/t",
    [uapi.V4L2_H264_BOTTOM_FIELD_REF]: "/b",
    [uapi.V4L2_H264_FRAME_REF]: "",
  };
  return `${term}${name}${fields[entry.fields] ?? "/-"}`;
}

function h264Flags(request: ResolvedRequest, isField: boolean): string[] {
  const pps = structOf(request, "V4L2_CID_STATELESS_H264_PPS", uapi.v4l2_ctrl_h264_pps);
  const sps = request.controls.get("V4L2_CID_STATELESS_H264_SPS");
  const spsFlags =
    sps instanceof Uint8Array && sps.length === uapi.v4l2_ctrl_h264_sps.size
      ? uapi.viewOf(sps).getUint32(uapi.v4l2_ctrl_h264_sps.offsets.flags, true)
      : 0;
  return [
    ...(isField ? [] : flagWords(spsFlags, { mbaff: uapi.V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD })),
    ...flagWords(pps?.flags ?? 0, {
      cabac: uapi.V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE,
      "8x8": uapi.V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE,
      scaling: uapi.V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT,
      weighted: uapi.V4L2_H264_PPS_FLAG_WEIGHTED_PRED,
    }),
  ];
}

function h265Row(request: ResolvedRequest, numbering: Numbering): PictureRow | undefined {
  const picture = structOf(request, "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS", uapi.v4l2_ctrl_hevc_decode_params);
  if (picture === undefined) return undefined;
  const [irap, idr] = [uapi.V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC, uapi.V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC];
  const words = flagWords(picture.flags, { IDR: idr, IRAP: irap });
  const entries = picture.dpb.slice(0, picture.num_active_dpb_entries);
  return {
    cells: [words[0] ?? h265SliceTypes(request), String(picture.pic_order_cnt_val)],
    references: entries.map(({ timestamp, flags }) => {
      const isLongTerm = (flags & uapi.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE) !== 0;
      return `${isLongTerm ? "lt" : ""}${referenceName(numbering, timestamp)}`;
    }),
    flags: flagWords(picture.flags, { "no-output-of-prior": uapi.V4L2_HEVC_DECODE_PARAM_FLAG_NO_OUTPUT_OF_PRIOR }),
  };
}

/** The types of the slices that the request tells of. */
function h265SliceTypes(request: ResolvedRequest): string {
  const control = uapi.controls.V4L2_CID_STATELESS_HEVC_SLICE_PARAMS;
  const payload = request.controls.get(control.name);
  if (!(payload instanceof Uint8Array) || payload.length % control.struct.size !== 0) return "";
  const letters = uapi.decodePayload(control, payload).map(({ slice_type }) => ["B", "P", "I"][slice_type] ?? "?");
  return [...new Set(letters)].join("+");
}

function vp8Row(request: ResolvedRequest, numbering: Numbering): PictureRow | undefined {
  const frame = structOf(request, "V4L2_CID_STATELESS_VP8_FRAME", uapi.v4l2_ctrl_vp8_frame);
  if (frame === undefined) return undefined;
  const isKey = (Number(frame.flags) & uapi.V4L2_VP8_FRAME_FLAG_KEY_FRAME) !== 0;
  return {
    cells: [isKey ? "key" : "inter", `${frame.width}x${frame.height}`],
    references: isKey ? [] : namedReferences(frame, numbering),
    flags: flagWords(frame.flags, { show: uapi.V4L2_VP8_FRAME_FLAG_SHOW_FRAME }),
  };
}

function vp9Row(request: ResolvedRequest, numbering: Numbering): PictureRow | undefined {
  const frame = structOf(request, "V4L2_CID_STATELESS_VP9_FRAME", uapi.v4l2_ctrl_vp9_frame);
  if (frame === undefined) return undefined;
  const [type = "inter"] = flagWords(frame.flags, {
    key: uapi.V4L2_VP9_FRAME_FLAG_KEY_FRAME,
    intra: uapi.V4L2_VP9_FRAME_FLAG_INTRA_ONLY,
  });
  return {
    cells: [type, `${frame.frame_width_minus_1 + 1}x${frame.frame_height_minus_1 + 1}`],
    references: type === "inter" ? namedReferences(frame, numbering) : [],
    flags: flagWords(frame.flags, {
      show: uapi.V4L2_VP9_FRAME_FLAG_SHOW_FRAME,
      "error-resilient": uapi.V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT,
    }),
  };
}

function namedReferences(
  frame: { readonly last_frame_ts: bigint; readonly golden_frame_ts: bigint; readonly alt_frame_ts: bigint },
  numbering: Numbering,
): string[] {
  const { last_frame_ts, golden_frame_ts, alt_frame_ts } = frame;
  return Object.entries({ last: last_frame_ts, golden: golden_frame_ts, alt: alt_frame_ts }).map(
    ([name, timestamp]) => `${name} ${referenceName(numbering, timestamp)}`,
  );
}

function mpeg2Row(request: ResolvedRequest, numbering: Numbering): PictureRow | undefined {
  const picture = structOf(request, "V4L2_CID_STATELESS_MPEG2_PICTURE", uapi.v4l2_ctrl_mpeg2_picture);
  if (picture === undefined) return undefined;
  const type = ["?", "I", "P", "B", "D"][picture.picture_coding_type] ?? "?";
  // There are no gaps: what names no picture is missing, or the field's only reference is the first of its own frame.
  const nameOf = (timestamp: bigint) => referenceName(numbering, timestamp, "none");
  const forward = type === "P" || type === "B" ? [`forward ${nameOf(picture.forward_ref_ts)}`] : [];
  const backward = type === "B" ? [`backward ${nameOf(picture.backward_ref_ts)}`] : [];
  return {
    cells: [type, ["?", "top", "bottom", "frame"][picture.picture_structure] ?? "?"],
    references: [...forward, ...backward],
    flags: flagWords(picture.flags, {
      "top-first": uapi.V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST,
      repeat: uapi.V4L2_MPEG2_PIC_FLAG_REPEAT_FIRST,
      progressive: uapi.V4L2_MPEG2_PIC_FLAG_PROGRESSIVE,
    }),
  };
}
