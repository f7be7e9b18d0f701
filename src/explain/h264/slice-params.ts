/** SLICE_PARAMS and PRED_WEIGHTS of H.264. */
import type { Place, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, type Source, sourcesOf } from "../source.ts";
import { markingOf, sliceElement } from "./decode-params.ts";
import { orderCountSources } from "./order-count.ts";
import { firstSlice, type H264State, type Picture } from "./state.ts";

/** V4L2_CID_STATELESS_H264_SLICE_PARAMS. */
export function sliceParamsRules(all: H264State): Rules {
  const { slice: h, picture } = all;
  const copy = (name: string) => sliceElement(picture, h, name);
  const count = (name: string, list: number) => () => {
    const own = h.element(name);
    if (own !== undefined) return [own];
    const isUsed = hasList(h, list);
    if (!isUsed) return sourcesOf(computed(`0: the slice has no list ${list} (Table 7-6)`), h.condition("slice_type"));
    return sourcesOf(
      h.inferred(`num_ref_idx_l${list}_default_active_minus1 of the PPS (7.4.3)`, name),
      picture.pps.element(`num_ref_idx_l${list}_default_active_minus1`),
      h.condition("num_ref_idx_active_override_flag"),
    );
  };
  // Made once for all entries of a list.
  const orders = new Map<number, Source[]>();
  const inList = (list: number) => (place: Place) => {
    const sources = orders.get(list) ?? order(all, list);
    orders.set(list, sources);
    return listEntry(all, list, place, sources);
  };
  return {
    "": ({ name, flag }) =>
      copy(flag === undefined ? name : `${flag.replace("V4L2_H264_SLICE_FLAG_", "").toLowerCase()}_flag`),
    "flags.V4L2_H264_SLICE_FLAG_DIRECT_SPATIAL_MV_PRED": () => copy("direct_spatial_mv_pred_flag"),
    header_bit_size: () =>
      sourcesOf(
        computed("the length of the NAL unit header and slice_header() (7.3.1, 7.3.3)"),
        h.span(0, h.elements.length - 1, "their length"),
      ),
    slice_type: () => sourcesOf(computed("slice_type % 5 (Table 7-6)"), h.element("slice_type")),
    num_ref_idx_l0_active_minus1: count("num_ref_idx_l0_active_minus1", 0),
    num_ref_idx_l1_active_minus1: count("num_ref_idx_l1_active_minus1", 1),
    "ref_pic_list0[].fields": inList(0),
    "ref_pic_list0[].index": inList(0),
    "ref_pic_list1[].fields": inList(1),
    "ref_pic_list1[].index": inList(1),
  };
}

/** Whether slices of this type have list 0 or 1: Table 7-6. */
function hasList(h: ReadUnit, list: number): boolean {
  const type = (h.value("slice_type") ?? 2) % 5;
  return type === 1 || (list === 0 && (type === 0 || type === 3));
}

/** 8.2.4: an entry of a list, as an index in the DPB array. */
function listEntry(
  all: H264State,
  list: number,
  { at, name, field, pattern }: Place,
  ordered: readonly Source[],
): Source[] {
  const { slice: h, picture, frames } = all;
  const count = `num_ref_idx_l${list}_active_minus1`;
  const length = sourcesOf(
    h.condition("slice_type"),
    h.condition(count) ?? picture.pps.condition(`num_ref_idx_l${list}_default_active_minus1`),
    h.condition("num_ref_idx_active_override_flag"),
  );
  const [i] = at as [number];
  const array = pattern.split("[")[0];
  if (!hasList(h, list))
    return sourcesOf(computed(`0: the slice has no list ${list} (Table 7-6)`), h.condition("slice_type"));
  const fields = field(`${array}[${i}].fields`);
  if (fields === 0) {
    const rule = "no entry: fields 0, and the index of an unused DPB entry, so that it is valid (8.2.4)";
    return sourcesOf(computed(rule), length, ordered);
  }
  const entry = picture.params.dpb[field(`${array}[${i}].index`)];
  const frame = entry && frames.get(Number(entry.reference_ts));
  const rule = listRule(h, list);
  const from = frame && computed(`the picture of request ${frame.pictures[0]?.request}`);
  return sourcesOf(computed(name === "fields" ? `the fields of ${rule}` : rule), from, length, ordered);
}

function listRule(h: ReadUnit, list: number): string {
  const isB = (h.value("slice_type") ?? 0) % 5 === 1;
  const isField = h.value("field_pic_flag") === 1;
  const clause = isField ? (isB ? "8.2.4.2.4" : "8.2.4.2.2") : isB ? "8.2.4.2.3" : "8.2.4.2.1";
  const modified = h.value(`ref_pic_list_modification_flag_l${list}`) === 1 ? ", modified (8.2.4.3)" : "";
  return `RefPicList${list} by ${isB ? "PicOrderCnt" : "PicNum"} (${clause})${modified}`;
}

/** The elements that the order of a list depends on: of the slice and its picture, and of all reference frames. */
function order({ slice: h, picture, frames }: H264State, list: number): Source[] {
  const modification = ["modification_of_pic_nums_idc", "abs_diff_pic_num_minus1", "long_term_pic_num"];
  const numbers = (each: Picture) => [
    firstSlice(each).element("frame_num"),
    orderCountSources(each, "top"),
    orderCountSources(each, "bottom"),
    markingOf(each),
  ];
  const references = picture.params.dpb.flatMap(({ flags, reference_ts }) =>
    flags === 0 ? [] : (frames.get(Number(reference_ts))?.pictures ?? []),
  );
  return sourcesOf(
    h.condition(`ref_pic_list_modification_flag_l${list}`),
    h.allNamed(modification),
    conditions(numbers(picture), references.map(numbers)),
    picture.sps.condition("log2_max_frame_num_minus4"),
    picture.sps.condition("max_num_ref_frames"),
    picture.sps.condition("gaps_in_frame_num_value_allowed_flag"),
  );
}

/** V4L2_CID_STATELESS_H264_PRED_WEIGHTS. */
export function predWeightsRules({ slice: h }: H264State): Rules {
  const weight = (kind: "luma" | "chroma", what: "weight" | "offset") => {
    return ({ at }: Place): Source[] => {
      const [list, i, ...component] = at as [number, number, number?];
      const name = `${kind}_${what}_l${list}`;
      const flag = h.condition(`${kind}_weight_l${list}_flag`, i);
      const own = h.element(name, i, component as number[]);
      if (own !== undefined) return sourcesOf(own, flag);
      if (!h.has(`luma_weight_l${list}_flag`, i))
        return sourcesOf(
          computed(`0: list ${list} is shorter (7.3.3.2)`),
          conditions(
            h.element("slice_type"),
            h.element(`num_ref_idx_l${list}_active_minus1`),
            h.element("num_ref_idx_active_override_flag"),
          ),
        );
      if (what === "offset") return sourcesOf(h.inferred("0 (7.4.3.2)", name, i), flag);
      const denominator = `${kind}_log2_weight_denom`;
      return sourcesOf(
        h.inferred(`2 to the power of ${denominator} (7.4.3.2)`, name, i),
        h.elementOr("0: no chroma", denominator),
        flag,
      );
    };
  };
  return {
    "": ({ name }) => [h.elementOr("0 (7.4.3.2)", name)],
    "weight_factors[].luma_weight[]": weight("luma", "weight"),
    "weight_factors[].luma_offset[]": weight("luma", "offset"),
    "weight_factors[].chroma_weight[][]": weight("chroma", "weight"),
    "weight_factors[].chroma_offset[][]": weight("chroma", "offset"),
  };
}
