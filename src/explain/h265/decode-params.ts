/** DECODE_PARAMS of HEVC: the order count, the reference picture set and the decoded picture buffer. */
import type { Place, Rule, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, constant, type Source, sourcesOf, state } from "../source.ts";
import { setOfHeader, setsOfSps } from "./ref-pic-sets.ts";
import type { H265State, Link, Picture } from "./state.ts";

/** The elements of the long-term pictures of a slice header: 7.3.6.1. */
const longTerm: readonly string[] = [
  "num_long_term_sps",
  "num_long_term_pics",
  "lt_idx_sps",
  "poc_lsb_lt",
  "used_by_curr_pic_lt_flag",
  "delta_poc_msb_present_flag",
  "delta_poc_msb_cycle_lt",
];

/** Of a BLA picture, or a CRA picture that begins a coded video sequence, whose slice header may name pictures. */
const emptySet = "0: NoRaslOutputFlag is 1, and no picture before is a reference (8.1.3, 8.3.2)";

/** V4L2_CID_STATELESS_HEVC_DECODE_PARAMS. The elements are those of the picture's first slice segment. */
export function decodeParamsRules(all: H265State): Rules {
  const { picture } = all;
  const { h } = picture;
  const set =
    (what: string): Rule =>
    () => {
      const isEmpty = picture.startsSequence && h.has("slice_pic_order_cnt_lsb");
      return sourcesOf(computed(isEmpty ? emptySet : what), setConditions(picture));
    };
  const index =
    (what: string): Rule =>
    (place) =>
      setEntry(all, what, place);
  const type = () => h.element("nal_unit_type");
  return {
    pic_order_cnt_val: () => orderCountSources(picture),
    short_term_ref_pic_set_size: () => sizeOfSet(h),
    long_term_ref_pic_set_size: () => sizeOfLongTerm(picture, h),
    num_active_dpb_entries: set("the pictures that the reference picture set keeps (8.3.2)"),
    num_poc_st_curr_before: set("NumPocStCurrBefore (8-5)"),
    num_poc_st_curr_after: set("NumPocStCurrAfter (8-5)"),
    num_poc_lt_curr: set("NumPocLtCurr (8-5)"),
    "poc_st_curr_before[]": index("RefPicSetStCurrBefore"),
    "poc_st_curr_after[]": index("RefPicSetStCurrAfter"),
    "poc_lt_curr[]": index("RefPicSetLtCurr"),
    num_delta_pocs_of_ref_rps_idx: () => deltaPocsOfRef(picture),
    ...dpbRules(all),
    "flags.V4L2_HEVC_DECODE_PARAM_FLAG_IRAP_PIC": () =>
      sourcesOf(computed("nal_unit_type is 16 to 23 (Table 7-1)"), type()),
    "flags.V4L2_HEVC_DECODE_PARAM_FLAG_IDR_PIC": () =>
      sourcesOf(computed("nal_unit_type is 19 or 20 (Table 7-1)"), type()),
    "flags.V4L2_HEVC_DECODE_PARAM_FLAG_NO_OUTPUT_OF_PRIOR": () => {
      const own = h.element("no_output_of_prior_pics_flag");
      return own === undefined
        ? sourcesOf(
            h.inferred("0: no IRAP picture (7.3.6.1)", "no_output_of_prior_pics_flag"),
            h.condition("nal_unit_type"),
          )
        : [own];
    },
  };
}

/** 8.3.1: PicOrderCntVal. */
export function orderCountSources(picture: Picture | (Link & { readonly previousTid0?: Link | null })): Source[] {
  const { h, sps } = picture;
  const lsb = h.elementOr("0: an IDR picture (7.4.7.1)", "slice_pic_order_cnt_lsb");
  const decides = [h.condition("nal_unit_type"), sps.condition("log2_max_pic_order_cnt_lsb_minus4")];
  const previous = picture.previousTid0 ?? null;
  if (picture.startsSequence) {
    return sourcesOf(computed("slice_pic_order_cnt_lsb: PicOrderCntMsb is 0 (8.3.1)"), lsb, decides);
  }
  if (previous === null) return sourcesOf(computed("slice_pic_order_cnt_lsb: decoding starts here"), lsb, decides);
  const before = state(
    previous.request,
    "PicOrderCntVal of prevTid0Pic",
    conditions(previous.h.element("slice_pic_order_cnt_lsb"), previous.h.element("nuh_temporal_id_plus1")),
  );
  return sourcesOf(computed("PicOrderCntMsb + slice_pic_order_cnt_lsb (8.3.1)"), lsb, before, decides);
}

/** The bits of st_ref_pic_set() in the slice header. */
export function sizeOfSet(h: ReadUnit): Source[] {
  const { ends } = setOfHeader(h);
  const why = h.condition("short_term_ref_pic_set_sps_flag") ?? h.condition("nal_unit_type");
  if (ends === null) return sourcesOf(computed("0: the slice header has no st_ref_pic_set()"), why);
  return sourcesOf(
    computed("the length of st_ref_pic_set() in the slice header (7.3.7)"),
    h.span(ends[0], ends[1], "their length"),
    why,
  );
}

/** The bits of the long-term pictures in the slice header. */
export function sizeOfLongTerm({ sps }: Picture, h: ReadUnit): Source[] {
  const places = h.elements.flatMap(({ name }, place) => (longTerm.includes(name) ? [place] : []));
  const why = [sps.condition("long_term_ref_pics_present_flag"), h.condition("nal_unit_type")];
  const [first] = places;
  if (first === undefined) return sourcesOf(computed("0: the slice header has no long-term pictures"), why);
  return sourcesOf(
    computed("the length of the long-term pictures in the slice header (7.3.6.1)"),
    h.span(first, places.at(-1) ?? first, "their length"),
    why,
  );
}

const setsOfPictures = new WeakMap<Picture, Source[]>();

/** The elements that name the pictures of the reference picture set (7.4.7.1, 7.4.8), and those of the order count. */
export function setConditions(picture: Picture): Source[] {
  let found = setsOfPictures.get(picture);
  if (found === undefined) {
    found = conditions(orderCountSources(picture), setElements(picture));
    setsOfPictures.set(picture, found);
  }
  return found;
}

function setElements({ h, sps }: Picture): Source[] {
  const own = setOfHeader(h).all();
  const usesSps = h.value("short_term_ref_pic_set_sps_flag") === 1;
  const isPredicted = own.some(({ name, value }) => name === "inter_ref_pic_set_prediction_flag" && value === 1);
  const inSps = usesSps || isPredicted ? setsOfSps(sps).flatMap((set) => set.all()) : [];
  return conditions(
    h.element("nal_unit_type"),
    h.element("short_term_ref_pic_set_sps_flag"),
    h.element("short_term_ref_pic_set_idx"),
    own,
    h.allNamed(longTerm),
    sps.allNamed(
      "lt_ref_pic_poc_lsb_sps",
      "used_by_curr_pic_lt_sps_flag",
      "long_term_ref_pics_present_flag",
      "num_long_term_ref_pics_sps",
    ),
    inSps,
    sps.element("num_short_term_ref_pic_sets"),
  );
}

/** An entry of one of the three lists of indices. */
function setEntry(all: H265State, what: string, { value, at: [i = 0], field }: Place): Source[] {
  const { picture, frames } = all;
  const decides = setConditions(picture);
  if (Number(value) === 0xff)
    return sourcesOf(computed(`0xff: ${what} is shorter, or the picture is missing (8.3.2)`), decides);
  const frame = frames.get(field(`dpb[${Number(value)}].timestamp`));
  const stored =
    frame && state(frame.request, "the picture with this PicOrderCntVal", conditions(orderCountSources(frame)));
  return sourcesOf(computed(`the index of ${what}[${i}] in the DPB array (8.3.2)`), stored, decides);
}

function deltaPocsOfRef(picture: Picture): Source[] {
  const { h, sps } = picture;
  const set = setOfHeader(h);
  if (set.value("inter_ref_pic_set_prediction_flag") !== 1) {
    const why =
      set.at("inter_ref_pic_set_prediction_flag") ??
      h.element("short_term_ref_pic_set_sps_flag") ??
      h.element("nal_unit_type");
    return sourcesOf(computed("0: the slice header predicts no set (7.4.8)"), conditions(why));
  }
  return sourcesOf(
    computed("NumDeltaPocs[RefRpsIdx] (7-71, 7-59)"),
    conditions(
      set.at("delta_idx_minus1"),
      setsOfSps(sps).flatMap((each) => each.all()),
      sps.element("num_short_term_ref_pic_sets"),
    ),
    conditions(set.at("inter_ref_pic_set_prediction_flag")),
  );
}

function dpbRules(all: H265State): Rules {
  const { picture, frames } = all;
  const ofEntry =
    (rule: (frame: Picture) => Source[]): Rule =>
    ({ at: [i = 0], field }) => {
      const count = field("num_active_dpb_entries");
      const decides = setConditions(picture);
      if (i >= count) {
        const text = `0: no such entry, ${count} picture${count === 1 ? " is" : "s are"} kept for reference (8.3.2)`;
        return sourcesOf(constant(text), decides);
      }
      const frame = frames.get(field(`dpb[${i}].timestamp`));
      return frame === undefined ? undefined : sourcesOf(rule(frame), decides);
    };
  return {
    "dpb[].timestamp": ofEntry((frame) => [
      state(frame.request, "the timestamp of its CAPTURE buffer", conditions(orderCountSources(frame))),
    ]),
    "dpb[].pic_order_cnt_val": ofEntry((frame) => [state(frame.request, "PicOrderCntVal", orderCountSources(frame))]),
    "dpb[].field_pic": ofEntry((frame) => [state(frame.request, "pic_struct", picStructSources(frame))]),
    "dpb[].flags.V4L2_HEVC_DPB_ENTRY_LONG_TERM_REFERENCE": ofEntry((frame) => [
      computed("marked by the reference picture set, of this picture or of one before (8.3.2)"),
      state(frame.request, "the picture with this PicOrderCntVal", conditions(orderCountSources(frame))),
    ]),
  };
}

/** pic_struct of the picture timing SEI message. */
export function picStructSources({ timing, sps, h }: Link): Source[] {
  const own = timing?.element("pic_struct");
  if (own !== undefined) return [own];
  return sourcesOf(
    h.inferred("0: no picture timing SEI message with it (D.3.3)", "pic_struct"),
    sps.condition("frame_field_info_present_flag"),
  );
}
