import type { Codec } from "../../events.ts";
import type { ResolvedRequest } from "../../record/index.ts";
import type { Infer, Struct } from "../../uapi/index.ts";
import * as uapi from "../../uapi/index.ts";
import { type Numbering, type Reference, referenceTo } from "./references.ts";
import type { TableColumn } from "./table.ts";

/** A picture, as its request describes it. */
export interface Picture {
  /** `"IDR"`, `"P"`, `"key"` … */
  readonly type: string;
  /** Facts by name; specifications' names keep their spelling. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly references: readonly Reference[];
  /** Words for the flags that are set. */
  readonly flags: readonly string[];
}

/** A column for one or more facts. */
export interface FactColumn extends TableColumn {
  /** The text of the cell, in a wide or a narrow column. */
  text(facts: Picture["facts"], isNarrow: boolean): string;
}

/** How the pictures of one codec are shown. */
export interface PictureView {
  /** After the type. */
  readonly columns: readonly FactColumn[];
  /** The letters for flags where there is no room for words. */
  readonly letters: Readonly<Record<string, string>>;
  /** @returns undefined when the request lacks the control that says it. */
  picture(request: ResolvedRequest, numbering: Numbering): Picture | undefined;
}

const text = (value: string | number | undefined) => String(value ?? "");
const structure: FactColumn = {
  title: "structure",
  align: "left",
  width: 9,
  narrow: { title: "fld", width: 3 },
  text: (facts, isNarrow) => {
    if (!isNarrow) return text(facts.structure);
    return text({ frame: "frm", bottom: "bot" }[String(facts.structure)] ?? facts.structure);
  },
};
const size: FactColumn = {
  title: "size",
  align: "right",
  width: 9,
  text: ({ width, height }) => (width === undefined ? "" : `${width}x${height}`),
};
const number = (title: string, width: number, narrow: { title: string; width: number }, rank?: number): FactColumn => ({
  title,
  align: "right",
  width,
  narrow,
  ...(rank === undefined ? {} : { rank }),
  text: (facts) => text(facts[title]),
});
const fieldOrderCounts = ({ TopFieldOrderCnt: top, BottomFieldOrderCnt: bottom }: Picture["facts"]) =>
  [top, bottom].filter((count) => count !== undefined).join("/");

/** The views of all codecs. */
export const pictureViews: Readonly<Record<Codec, PictureView>> = {
  h264: {
    columns: [
      structure,
      { title: "POC", align: "right", width: 11, narrow: { title: "POC", width: 7 }, text: fieldOrderCounts },
      number("frame_num", 9, { title: "fn", width: 3 }),
      number("nal_ref_idc", 11, { title: "ri", width: 2 }),
    ],
    letters: { mbaff: "M", cabac: "C", "8x8": "8", scaling: "S", weighted: "W" },
    picture: h264Picture,
  },
  h265: {
    columns: [
      {
        title: "POC",
        align: "right",
        width: 9,
        narrow: { title: "POC", width: 6 },
        text: (f) => text(f.PicOrderCntVal),
      },
    ],
    letters: { "no-output-of-prior": "N" },
    picture: h265Picture,
  },
  vp8: { columns: [size], letters: { show: "s" }, picture: vp8Picture },
  vp9: { columns: [size], letters: { show: "s", "error-resilient": "E" }, picture: vp9Picture },
  av1: {
    columns: [size, number("order_hint", 10, { title: "oh", width: 3 })],
    letters: { show: "s", showable: "h", "error-resilient": "E", grain: "g", superres: "S" },
    picture: av1Picture,
  },
  mpeg2: {
    columns: [structure],
    letters: { "top-first": "T", repeat: "R", progressive: "p" },
    picture: mpeg2Picture,
  },
  fwht: {
    columns: [size],
    letters: { luma: "y", cb: "b", cr: "r", alpha: "a" },
    picture: fwhtPicture,
  },
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

function h264Picture(request: ResolvedRequest, numbering: Numbering): Picture | undefined {
  const picture = structOf(request, "V4L2_CID_STATELESS_H264_DECODE_PARAMS", uapi.v4l2_ctrl_h264_decode_params);
  if (picture === undefined) return undefined;
  const { flags, frame_num, nal_ref_idc } = picture;
  const isField = (flags & uapi.V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC) !== 0;
  const isBottom = (flags & uapi.V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD) !== 0;
  const type =
    flagWords(flags, {
      IDR: uapi.V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC,
      P: uapi.V4L2_H264_DECODE_PARAM_FLAG_PFRAME,
      B: uapi.V4L2_H264_DECODE_PARAM_FLAG_BFRAME,
    }).join("+") || "I";
  const { top_field_order_cnt: TopFieldOrderCnt, bottom_field_order_cnt: BottomFieldOrderCnt } = picture;
  const active = picture.dpb.filter((entry) => (entry.flags & uapi.V4L2_H264_DPB_ENTRY_FLAG_VALID) !== 0);
  return {
    type,
    facts: {
      structure: isField ? (isBottom ? "bottom" : "top") : "frame",
      ...(isField && isBottom ? {} : { TopFieldOrderCnt }),
      ...(isField && !isBottom ? {} : { BottomFieldOrderCnt }),
      frame_num,
      nal_ref_idc,
    },
    references: active.map((entry) => h264Reference(entry, numbering)),
    flags: h264Flags(request, isField),
  };
}

function h264Reference(entry: uapi.v4l2_h264_dpb_entry, numbering: Numbering): Reference {
  const reference = referenceTo(numbering, entry.reference_ts, "gap");
  if ((entry.flags & uapi.V4L2_H264_DPB_ENTRY_FLAG_ACTIVE) === 0) return { ...reference, waits: true };
  const isLongTerm = (entry.flags & uapi.V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM) !== 0;
  const fields: Readonly<Record<number, Reference["field"]>> = {
    [uapi.V4L2_H264_TOP_FIELD_REF]: "top",
    [uapi.V4L2_H264_BOTTOM_FIELD_REF]: "bottom",
    [uapi.V4L2_H264_FRAME_REF]: undefined,
  };
  const field = entry.fields in fields ? fields[entry.fields] : "neither";
  return { ...reference, ...(isLongTerm ? { longTerm: true } : {}), ...(field === undefined ? {} : { field }) };
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

function h265Picture(request: ResolvedRequest, numbering: Numbering): Picture | undefined {
  const picture = structOf(request, "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS", uapi.v4l2_ctrl_hevc_decode_params);
  if (picture === undefined) return undefined;
  const [irap, idr] = [uapi.V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC, uapi.V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC];
  const words = flagWords(picture.flags, { IDR: idr, IRAP: irap });
  const entries = picture.dpb.slice(0, picture.num_active_dpb_entries);
  return {
    type: words[0] ?? h265SliceTypes(request),
    facts: { PicOrderCntVal: picture.pic_order_cnt_val },
    references: entries.map(({ timestamp, flags }) => {
      const isLongTerm = (flags & uapi.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE) !== 0;
      return { ...referenceTo(numbering, timestamp, "gap"), ...(isLongTerm ? { longTerm: true } : {}) };
    }),
    flags: flagWords(picture.flags, { "no-output-of-prior": uapi.V4L2_HEVC_DECODE_PARAM_FLAG_NO_OUTPUT_OF_PRIOR }),
  };
}

/** The types of the request's slices. */
function h265SliceTypes(request: ResolvedRequest): string {
  const control = uapi.controls.V4L2_CID_STATELESS_HEVC_SLICE_PARAMS;
  const payload = request.controls.get(control.name);
  if (!(payload instanceof Uint8Array) || payload.length % control.struct.size !== 0) return "";
  const letters = uapi.decodePayload(control, payload).map(({ slice_type }) => ["B", "P", "I"][slice_type] ?? "?");
  return [...new Set(letters)].join("+");
}

function vp8Picture(request: ResolvedRequest, numbering: Numbering): Picture | undefined {
  const frame = structOf(request, "V4L2_CID_STATELESS_VP8_FRAME", uapi.v4l2_ctrl_vp8_frame);
  if (frame === undefined) return undefined;
  const isKey = (Number(frame.flags) & uapi.V4L2_VP8_FRAME_FLAG_KEY_FRAME) !== 0;
  return {
    type: isKey ? "key" : "inter",
    facts: { width: frame.width, height: frame.height },
    references: isKey ? [] : namedReferences(frame, numbering),
    flags: flagWords(frame.flags, { show: uapi.V4L2_VP8_FRAME_FLAG_SHOW_FRAME }),
  };
}

function vp9Picture(request: ResolvedRequest, numbering: Numbering): Picture | undefined {
  const frame = structOf(request, "V4L2_CID_STATELESS_VP9_FRAME", uapi.v4l2_ctrl_vp9_frame);
  if (frame === undefined) return undefined;
  const [type = "inter"] = flagWords(frame.flags, {
    key: uapi.V4L2_VP9_FRAME_FLAG_KEY_FRAME,
    intra: uapi.V4L2_VP9_FRAME_FLAG_INTRA_ONLY,
  });
  return {
    type,
    facts: { width: frame.frame_width_minus_1 + 1, height: frame.frame_height_minus_1 + 1 },
    references: type === "inter" ? namedReferences(frame, numbering) : [],
    flags: flagWords(frame.flags, {
      show: uapi.V4L2_VP9_FRAME_FLAG_SHOW_FRAME,
      "error-resilient": uapi.V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT,
    }),
  };
}

function av1Picture(request: ResolvedRequest, numbering: Numbering): Picture | undefined {
  const frame = structOf(request, "V4L2_CID_STATELESS_AV1_FRAME", uapi.v4l2_ctrl_av1_frame);
  if (frame === undefined) return undefined;
  const grain = structOf(request, "V4L2_CID_STATELESS_AV1_FILM_GRAIN", uapi.v4l2_ctrl_av1_film_grain);
  const known = request.known.get("V4L2_CID_STATELESS_AV1_FRAME");
  const isTypeKnown = known === undefined || known.includes("frame_type");
  const type = isTypeKnown ? (["key", "inter", "intra", "switch"][frame.frame_type] ?? "?") : "?";
  const isIntra = type === "key" || type === "intra" || !isTypeKnown;
  const references = ["last", "last2", "last3", "golden", "bwdref", "altref2", "altref"].map((name, i) => {
    const timestamp = frame.reference_frame_ts[frame.ref_frame_idx[i] ?? 0] ?? 0n;
    return { name, ...referenceTo(numbering, timestamp, "gap") };
  });
  const hasGrain = grain !== undefined && (grain.flags & uapi.V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN) !== 0;
  return {
    type,
    facts: { width: frame.upscaled_width, height: frame.frame_height_minus_1 + 1, order_hint: frame.order_hint },
    references: isIntra ? [] : references,
    flags: [
      ...flagWords(frame.flags, {
        show: uapi.V4L2_AV1_FRAME_FLAG_SHOW_FRAME,
        showable: uapi.V4L2_AV1_FRAME_FLAG_SHOWABLE_FRAME,
        "error-resilient": uapi.V4L2_AV1_FRAME_FLAG_ERROR_RESILIENT_MODE,
        superres: uapi.V4L2_AV1_FRAME_FLAG_USE_SUPERRES,
      }),
      ...(hasGrain ? ["grain"] : []),
    ],
  };
}

function namedReferences(
  frame: { readonly last_frame_ts: bigint; readonly golden_frame_ts: bigint; readonly alt_frame_ts: bigint },
  numbering: Numbering,
): Reference[] {
  const { last_frame_ts, golden_frame_ts, alt_frame_ts } = frame;
  return Object.entries({ last: last_frame_ts, golden: golden_frame_ts, alt: alt_frame_ts }).map(
    ([name, timestamp]) => ({ name, ...referenceTo(numbering, timestamp, "gap") }),
  );
}

function mpeg2Picture(request: ResolvedRequest, numbering: Numbering): Picture | undefined {
  const picture = structOf(request, "V4L2_CID_STATELESS_MPEG2_PICTURE", uapi.v4l2_ctrl_mpeg2_picture);
  if (picture === undefined) return undefined;
  const type = ["?", "I", "P", "B", "D"][picture.picture_coding_type] ?? "?";
  // MPEG-2 has no gaps. A reference that names no picture is missing, unless the field's only reference is the first field of
  // its own frame.
  const named = (name: string, timestamp: bigint) => ({ name, ...referenceTo(numbering, timestamp, "none") });
  const forward = type === "P" || type === "B" ? [named("forward", picture.forward_ref_ts)] : [];
  const backward = type === "B" ? [named("backward", picture.backward_ref_ts)] : [];
  return {
    type,
    facts: { structure: ["?", "top", "bottom", "frame"][picture.picture_structure] ?? "?" },
    references: [...forward, ...backward],
    flags: flagWords(picture.flags, {
      "top-first": uapi.V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST,
      repeat: uapi.V4L2_MPEG2_PIC_FLAG_REPEAT_FIRST,
      progressive: uapi.V4L2_MPEG2_PIC_FLAG_PROGRESSIVE,
    }),
  };
}

/** The flags are those of planes that are stored as they are. */
function fwhtPicture(request: ResolvedRequest, numbering: Numbering): Picture | undefined {
  const params = structOf(request, "V4L2_CID_STATELESS_FWHT_PARAMS", uapi.v4l2_ctrl_fwht_params);
  if (params === undefined) return undefined;
  const { width, height, flags, backward_ref_ts } = params;
  const isIntra = (flags & uapi.V4L2_FWHT_FL_I_FRAME) !== 0;
  return {
    type: isIntra ? "I" : "P",
    facts: { width, height },
    references: isIntra ? [] : [referenceTo(numbering, backward_ref_ts, "none")],
    flags: flagWords(flags, {
      luma: uapi.V4L2_FWHT_FL_LUMA_IS_UNCOMPRESSED,
      cb: uapi.V4L2_FWHT_FL_CB_IS_UNCOMPRESSED,
      cr: uapi.V4L2_FWHT_FL_CR_IS_UNCOMPRESSED,
      alpha: uapi.V4L2_FWHT_FL_ALPHA_IS_UNCOMPRESSED,
    }),
  };
}
