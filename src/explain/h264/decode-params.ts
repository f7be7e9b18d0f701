/** DECODE_PARAMS of H.264: the slice header's elements, the order counts and the decoded picture buffer. */
import type { Place, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, constant, oneOf, type Source, sourcesOf, state } from "../source.ts";
import { orderCountSources } from "./order-count.ts";
import { firstSlice, type H264State, type Link, type Picture, type StoredFrame } from "./state.ts";

const FLAG = "flags.V4L2_H264_DECODE_PARAM_FLAG_";

/** The elements of dec_ref_pic_marking(), 7.3.3.3. */
const markingElements: readonly string[] = [
  "no_output_of_prior_pics_flag",
  "long_term_reference_flag",
  "adaptive_ref_pic_marking_mode_flag",
  "memory_management_control_operation",
  "difference_of_pic_nums_minus1",
  "long_term_pic_num",
  "long_term_frame_idx",
  "max_long_term_frame_idx_plus1",
];

/**
 * The places of dec_ref_pic_marking() in a slice header; none where it has none. A list modification before it may have
 * long_term_pic_num, too (7.3.3.1).
 */
function markingPlaces(h: ReadUnit): number[] {
  const first = h.elements.findIndex(
    ({ name }) => name === "no_output_of_prior_pics_flag" || name === "adaptive_ref_pic_marking_mode_flag",
  );
  const places: number[] = [];
  for (let place = first; markingElements.includes(h.elements[place]?.name ?? ""); place++) places.push(place);
  return places;
}

/** The elements of dec_ref_pic_marking() as conditions. */
function marking(h: ReadUnit): Source[] {
  return sourcesOf(markingPlaces(h).map((place) => h.at(place, "condition")));
}

/** What decides that an element is not coded: 7.3.3. The elements are those of the header, else of the PPS, else of the SPS. */
const decides: Readonly<Record<string, readonly string[]>> = {
  idr_pic_id: ["nal_unit_type"],
  field_pic_flag: ["frame_mbs_only_flag"],
  bottom_field_flag: ["field_pic_flag", "frame_mbs_only_flag"],
  pic_order_cnt_lsb: ["pic_order_cnt_type"],
  delta_pic_order_cnt_bottom: ["pic_order_cnt_type", "bottom_field_pic_order_in_frame_present_flag", "field_pic_flag"],
  delta_pic_order_cnt: ["pic_order_cnt_type", "delta_pic_order_always_zero_flag", "field_pic_flag"],
  slice_group_change_cycle: ["num_slice_groups_minus1", "slice_group_map_type"],
  colour_plane_id: ["separate_colour_plane_flag", "chroma_format_idc"],
  redundant_pic_cnt: ["redundant_pic_cnt_present_flag"],
  cabac_init_idc: ["entropy_coding_mode_flag", "slice_type"],
  slice_qs_delta: ["slice_type"],
  sp_for_switch_flag: ["slice_type"],
  direct_spatial_mv_pred_flag: ["slice_type"],
  disable_deblocking_filter_idc: ["deblocking_filter_control_present_flag"],
  slice_alpha_c0_offset_div2: ["disable_deblocking_filter_idc", "deblocking_filter_control_present_flag"],
  slice_beta_offset_div2: ["disable_deblocking_filter_idc", "deblocking_filter_control_present_flag"],
};

/** An element of a slice header, or why it is not coded. */
export function sliceElement({ sps, pps }: Picture, h: ReadUnit, name: string, at: readonly number[] = []): Source[] {
  const own = h.element(name, at);
  if (own !== undefined) return [own];
  const why = (decides[name] ?? []).map((each) => h.condition(each) ?? pps.condition(each) ?? sps.condition(each));
  return sourcesOf(h.inferred("0 (7.4.3)", name, at), why);
}

/** V4L2_CID_STATELESS_H264_DECODE_PARAMS. The elements are those of the picture's first slice. */
export function decodeParamsRules(all: H264State): Rules {
  const { picture } = all;
  const h = firstSlice(picture);
  const copy = (name: string, ...at: readonly number[]) => sliceElement(picture, h, name, at);
  return {
    "": ({ name }) => copy(name),
    delta_pic_order_cnt0: () => copy("delta_pic_order_cnt", 0),
    delta_pic_order_cnt1: () => copy("delta_pic_order_cnt", 1),
    top_field_order_cnt: () => orderCountSources(picture, "top"),
    bottom_field_order_cnt: () => orderCountSources(picture, "bottom"),
    dec_ref_pic_marking_bit_size: () => lengthOf(h, markingPlaces(h), "dec_ref_pic_marking(), 7.3.3.3", "nal_ref_idc"),
    pic_order_cnt_bit_size: () =>
      lengthOf(
        h,
        placesOf(h, ["pic_order_cnt_lsb", "delta_pic_order_cnt_bottom", "delta_pic_order_cnt"]),
        "the POC elements, 7.3.3",
      ),
    [`${FLAG}IDR_PIC`]: () => sourcesOf(computed("nal_unit_type is 5 (IdrPicFlag, 7-1)"), h.element("nal_unit_type")),
    [`${FLAG}FIELD_PIC`]: () => copy("field_pic_flag"),
    [`${FLAG}BOTTOM_FIELD`]: () => copy("bottom_field_flag"),
    [`${FLAG}PFRAME`]: () => sliceTypes(picture, [0, 3], "a slice is P or SP: slice_type % 5 is 0 or 3 (Table 7-6)"),
    [`${FLAG}BFRAME`]: () => sliceTypes(picture, [1], "a slice is B: slice_type % 5 is 1 (Table 7-6)"),
    ...dpbRules(all),
  };
}

function sliceTypes({ slices }: Picture, types: readonly number[], rule: string): Source[] {
  const elements = slices.map((slice) => slice.element("slice_type"));
  return sourcesOf(
    computed(rule),
    oneOf((value) => types.includes(value % 5), elements),
  );
}

function placesOf(h: ReadUnit, names: readonly string[]): number[] {
  return h.elements.flatMap(({ name }, place) => (names.includes(name) ? [place] : []));
}

/** The bits of elements that follow each other, as long as they are present. */
function lengthOf(h: ReadUnit, places: readonly number[], what: string, decides?: string): Source[] {
  const [first, last] = [places[0], places.at(-1)];
  const why = decides === undefined ? undefined : h.condition(decides);
  if (first === undefined || last === undefined) return sourcesOf(computed(`the length of ${what}: not coded`), why);
  return sourcesOf(computed(`the length of ${what}`), h.span(first, last, "their length"), why);
}

/** A frame as it is in the buffer before the picture is decoded: without the picture itself, where that is its second field. */
function storedFrame({ frames, picture }: H264State, timestamp: number): StoredFrame | undefined {
  const frame = frames.get(timestamp);
  return frame && { ...frame, pictures: frame.pictures.filter((each) => each !== picture) };
}

function dpbRules(all: H264State): Rules {
  const ofEntry =
    (rule: (frame: StoredFrame, place: Place, i: number) => Source[], gap: (frameNum: number, by: Link) => Source[]) =>
    (place: Place): Source[] => {
      const [i] = place.at as [number];
      if (place.field(`dpb[${i}].flags`) === 0) return unused(all);
      const frame = storedFrame(all, place.field(`dpb[${i}].reference_ts`));
      if (frame !== undefined) return sourcesOf(rule(frame, place, i), membership(all, frame));
      const frameNum = place.field(`dpb[${i}].frame_num`);
      const by = all.gaps.get(frameNum) ?? all.picture;
      return sourcesOf(gap(frameNum, by), gapSources(by));
    };
  const inferred = (what: string) => () => [computed(what)];
  const inferredCount = (_: number, by: Link) =>
    sourcesOf(
      computed("8.2.1 for a non-existing frame; 0 with pic_order_cnt_type 0"),
      conditions(
        by.sps.element("pic_order_cnt_type"),
        by.sps.allNamed(
          "num_ref_frames_in_pic_order_cnt_cycle",
          "offset_for_ref_frame",
          "offset_for_non_ref_pic",
          "offset_for_top_to_bottom_field",
        ),
      ),
    );
  return {
    "dpb[].reference_ts": ofEntry(
      ({ pictures }) => [state(pictures[0]?.request ?? null, "the timestamp of its CAPTURE buffer")],
      inferred("0: a non-existing frame has no CAPTURE buffer (8.2.5.2)"),
    ),
    "dpb[].pic_num": ofEntry(
      (frame, place) => picNum(all, frame, place),
      (frameNum) => sourcesOf(computed(`PicNum (8-28) of the inferred frame_num ${frameNum}`), wrapping(all)),
    ),
    "dpb[].frame_num": ofEntry(
      (frame, place) => frameNumber(frame, place),
      (frameNum) => [computed(`UnusedShortTermFrameNum ${frameNum} (7-24)`)],
    ),
    "dpb[].fields": ofEntry(markedFields, inferred("both fields of a non-existing frame are marked (8.2.5.2)")),
    "dpb[].top_field_order_cnt": ofEntry((frame) => storedOrderCount(frame, "top"), inferredCount),
    "dpb[].bottom_field_order_cnt": ofEntry((frame) => storedOrderCount(frame, "bottom"), inferredCount),
    "dpb[].flags.V4L2_H264_DPB_ENTRY_FLAG_VALID": ofEntry(
      ({ pictures }) => [state(pictures[0]?.request ?? null, "decoded and kept for reference")],
      inferred("set: the frame is used for reference"),
    ),
    "dpb[].flags.V4L2_H264_DPB_ENTRY_FLAG_ACTIVE": ofEntry(
      ({ pictures }) => [state(pictures[0]?.request ?? null, "marked as used for reference (8.2.5)")],
      inferred("set: the frame is used for reference (8.2.5.2)"),
    ),
    "dpb[].flags.V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM": ofEntry(
      (frame) => longTerm(frame),
      inferred("not set: inferred frames are short-term references (8.2.5.2)"),
    ),
    "dpb[].flags.V4L2_H264_DPB_ENTRY_FLAG_FIELD": ofEntry(({ pictures }) => {
      const [first] = pictures as [Picture];
      return [state(first.request, "coded as fields", firstSlice(first).elementOr("0 (7.4.3)", "field_pic_flag"))];
    }, inferred("not set: inferred frames are frames")),
  };
}

/** Where the buffer has fewer frames than the array has entries. */
function unused({ picture }: H264State): Source[] {
  const used = picture.params.dpb.filter(({ flags }) => flags !== 0).length;
  return sourcesOf(
    constant(`0: no such entry, the buffer has ${used} reference frame${used === 1 ? "" : "s"} (8.2.5)`),
    pictureConditions(picture),
  );
}

/** The elements of the current picture that change the buffer before it is decoded. */
function pictureConditions(picture: Picture): Source[] {
  const h = firstSlice(picture);
  return sourcesOf(
    h.condition("nal_unit_type"),
    h.condition("frame_num"),
    h.condition("field_pic_flag"),
    h.condition("bottom_field_flag"),
    picture.sps.condition("max_num_ref_frames"),
    picture.sps.condition("gaps_in_frame_num_value_allowed_flag"),
    picture.sps.condition("log2_max_frame_num_minus4"),
  );
}

/** Why a frame is in the buffer, and at this place: the marking, and the sliding window. */
function membership({ picture }: H264State, { pictures }: StoredFrame): Source[] {
  return conditions(
    pictures.map((each) => ownMarking(each)),
    pictureConditions(picture),
  );
}

/** frame_num is among them: the sliding window takes the frame with the smallest FrameNumWrap (8.2.5.3). */
function ownMarking(picture: Link): Source[] {
  const h = firstSlice(picture);
  const names = ["frame_num", "nal_ref_idc", "nal_unit_type", "field_pic_flag", "bottom_field_flag"];
  return sourcesOf(h.allNamed(names), marking(h));
}

/**
 * The elements with which a picture was marked, and so were those before it whose order counts its own were made of: each mark decides
 * which frames are in the buffer, and so at which place.
 */
export function markingOf(picture: Picture): Source[] {
  const links = [picture, picture.previous, picture.previousReference];
  return links.flatMap((each) => (each === null ? [] : ownMarking(each)));
}

function gapSources(by: Link): Source[] {
  const gap = state(
    by.request,
    "frame_num has a gap before it (7.4.3, 8.2.5.2)",
    conditions(firstSlice(by).element("frame_num")),
  );
  return sourcesOf(
    gap,
    // The picture after the gap may take non-existing frames out of the buffer.
    conditions(ownMarking(by)),
    by.sps.condition("gaps_in_frame_num_value_allowed_flag"),
    by.sps.condition("max_num_ref_frames"),
  );
}

function wrapping({ picture }: H264State): Source[] {
  return sourcesOf(
    firstSlice(picture).condition("frame_num"),
    picture.sps.condition("log2_max_frame_num_minus4"),
    firstSlice(picture).condition("field_pic_flag"),
    firstSlice(picture).condition("bottom_field_flag"),
  );
}

function picNum(all: H264State, frame: StoredFrame, place: Place): Source[] {
  const isField = firstSlice(all.picture).value("field_pic_flag") === 1;
  const [first] = frame.pictures as [Picture];
  if (frame.longTermBy !== undefined) {
    const rule = isField ? "LongTermPicNum of a field (8-32, 8-33)" : "LongTermPicNum (8-29)";
    return sourcesOf(computed(rule), longTermIndex(frame, place), wrapping(all));
  }
  const rule = isField ? "FrameNumWrap (8-27), PicNum of a field (8-30, 8-31)" : "FrameNumWrap (8-27), PicNum (8-28)";
  const number = state(first.request, "frame_num", frameNumElement(first));
  const parity = isField ? conditions(orderOfFields(frame)) : [];
  return sourcesOf(computed(rule), number, wrapping(all), parity);
}

/** A frame coded as one has the number of the field that comes first in output order. */
function orderOfFields({ pictures }: StoredFrame): Source[] {
  const [first] = pictures as [Picture];
  return sourcesOf(
    state(
      first.request,
      "its field that comes first",
      orderCountSources(first, "top"),
      orderCountSources(first, "bottom"),
      markingOf(first),
    ),
  );
}

/** 7.4.3: after memory_management_control_operation 5, frame_num is considered to have been 0. */
function frameNumElement(picture: Picture): Source[] {
  const h = firstSlice(picture);
  if (!hasMmco5(h)) return sourcesOf(h.element("frame_num"));
  return sourcesOf(computed("0 after memory_management_control_operation 5 (7.4.3)"), marking(h));
}

function hasMmco5(h: ReadUnit): boolean {
  return h.elements.some(({ name, value }) => name === "memory_management_control_operation" && value === 5);
}

function frameNumber(frame: StoredFrame, place: Place): Source[] {
  const [first] = frame.pictures as [Picture];
  if (frame.longTermBy !== undefined) return longTermIndex(frame, place);
  return [state(first.request, "frame_num", frameNumElement(first))];
}

/** An IDR picture is marked by its long_term_reference_flag, others by memory_management_control_operation. */
function longTermClause(h: ReadUnit): string {
  return h.value("nal_unit_type") === 5 ? "8.2.5.1" : "8.2.5.4";
}

/** LongTermFrameIdx: the UAPI's frame_num of a long-term reference. */
function longTermIndex({ longTermBy }: StoredFrame, place: Place): Source[] {
  const by = longTermBy as Link;
  const h = firstSlice(by);
  const index = place.field(`dpb[${place.at[0]}].frame_num`);
  const element = h.elements.findIndex(({ name, value }) => name === "long_term_frame_idx" && value === index);
  return [state(by.request, `LongTermFrameIdx (${longTermClause(h)})`, h.at(element), marking(h))];
}

function longTerm({ longTermBy, pictures }: StoredFrame): Source[] {
  if (longTermBy === undefined) {
    return [
      state((pictures[0] as Picture).request, "marked for short-term reference, and by no later picture for long-term"),
    ];
  }
  const h = firstSlice(longTermBy);
  return [state(longTermBy.request, `marked for long-term reference (${longTermClause(h)})`, marking(h))];
}

function markedFields({ pictures }: StoredFrame): Source[] {
  return pictures.map((picture) => {
    const h = firstSlice(picture);
    const fields =
      h.value("field_pic_flag") === 1 ? "its field is marked (8.2.5.1)" : "both fields are marked (8.2.5.1)";
    return state(
      picture.request,
      fields,
      conditions(h.element("field_pic_flag"), h.element("bottom_field_flag"), h.element("nal_ref_idc")),
    );
  });
}

function storedOrderCount({ pictures }: StoredFrame, which: "top" | "bottom"): Source[] {
  const [first, second] = pictures as [Picture, Picture | undefined];
  const h = firstSlice(first);
  if (h.value("field_pic_flag") !== 1) return [ofPicture(first, which)];
  const isBottomFirst = h.value("bottom_field_flag") === 1;
  const own = isBottomFirst === (which === "bottom") ? first : second;
  if (own === undefined) {
    return [
      state(first.request, "0: its other field has not been decoded", conditions(h.element("bottom_field_flag"))),
    ];
  }
  return [ofPicture(own, which)];
}

function ofPicture(picture: Picture, which: "top" | "bottom"): Source {
  const name = which === "top" ? "TopFieldOrderCnt" : "BottomFieldOrderCnt";
  const h = firstSlice(picture);
  const mmco5 = hasMmco5(h) ? [computed("less tempPicOrderCnt (8.2.1)"), ...marking(h)] : [];
  const sources = orderCountSources(picture, which);
  if (mmco5.length === 0) return state(picture.request, name, sources, markingOf(picture));
  const both = conditions(orderCountSources(picture, which === "top" ? "bottom" : "top"));
  return state(picture.request, name, conditions(sources), both, mmco5, markingOf(picture));
}
