/** SLICE_PARAMS and ENTRY_POINT_OFFSETS of HEVC: an element of the array for each slice segment of the request. */
import type { Place, Rule, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, type Source, sourcesOf, state } from "../source.ts";
import { orderCountSources, picStructSources, setConditions, sizeOfLongTerm, sizeOfSet } from "./decode-params.ts";
import type { H265State, Picture, Segment } from "./state.ts";

/** The elements that a dependent slice segment codes itself: 7.3.6.1. */
const ownElements: readonly string[] = [
  "nal_unit_type",
  "nuh_temporal_id_plus1",
  "dependent_slice_segment_flag",
  "slice_segment_address",
  "num_entry_point_offsets",
];

/** The elements of fields and flags that have another name. */
const elements: Readonly<Record<string, string>> = {
  slice_segment_addr: "slice_segment_address",
};

/** The element of the PPS that an element of the slice header is inferred from: 7.4.7.1. */
const fromPps: Readonly<Record<string, string>> = {
  slice_deblocking_filter_disabled_flag: "pps_deblocking_filter_disabled_flag",
  slice_beta_offset_div2: "pps_beta_offset_div2",
  slice_tc_offset_div2: "pps_tc_offset_div2",
  slice_loop_filter_across_slices_enabled_flag: "pps_loop_filter_across_slices_enabled_flag",
};

/** What decides that an element is not coded: 7.3.6.1. The elements are those of the header, else of the PPS, else of the SPS. */
const decides: Readonly<Record<string, readonly string[]>> = {
  slice_segment_address: ["first_slice_segment_in_pic_flag"],
  dependent_slice_segment_flag: ["first_slice_segment_in_pic_flag", "dependent_slice_segments_enabled_flag"],
  num_entry_point_offsets: ["tiles_enabled_flag", "entropy_coding_sync_enabled_flag"],
  colour_plane_id: ["separate_colour_plane_flag", "chroma_format_idc"],
  slice_temporal_mvp_enabled_flag: ["nal_unit_type", "sps_temporal_mvp_enabled_flag"],
  slice_sao_luma_flag: ["sample_adaptive_offset_enabled_flag"],
  slice_sao_chroma_flag: ["sample_adaptive_offset_enabled_flag", "chroma_format_idc"],
  collocated_ref_idx: ["slice_type", "slice_temporal_mvp_enabled_flag"],
  collocated_from_l0_flag: ["slice_type", "slice_temporal_mvp_enabled_flag"],
  cabac_init_flag: ["slice_type", "cabac_init_present_flag"],
  mvd_l1_zero_flag: ["slice_type"],
  five_minus_max_num_merge_cand: ["slice_type"],
  slice_cb_qp_offset: ["pps_slice_chroma_qp_offsets_present_flag"],
  slice_cr_qp_offset: ["pps_slice_chroma_qp_offsets_present_flag"],
  slice_act_y_qp_offset: [
    "pps_slice_act_qp_offsets_present_flag",
    "pps_scc_extension_flag",
    "pps_extension_present_flag",
  ],
  slice_act_cb_qp_offset: [
    "pps_slice_act_qp_offsets_present_flag",
    "pps_scc_extension_flag",
    "pps_extension_present_flag",
  ],
  slice_act_cr_qp_offset: [
    "pps_slice_act_qp_offsets_present_flag",
    "pps_scc_extension_flag",
    "pps_extension_present_flag",
  ],
};

/** V4L2_CID_STATELESS_HEVC_SLICE_PARAMS. */
export function sliceParamsRules(all: H265State): Rules {
  const { picture, segments } = all;
  const ofSegment =
    (rule: (segment: Segment, place: Place) => Source[] | undefined): Rule =>
    (place) => {
      const segment = segments[place.element];
      return segment === undefined ? undefined : rule(segment, place);
    };
  return {
    "": ofSegment((segment, { name, flag }) => {
      const element = flag === undefined ? (elements[name] ?? name) : flagElement(flag);
      return copyOf(picture, segment, element);
    }),
    ...placeRules(picture, ofSegment),
    slice_pic_order_cnt: () => orderCountSources(picture),
    pic_struct: () => picStructSources(picture),
    num_ref_idx_l0_active_minus1: ofSegment(({ header }) => countOf(picture, header, 0)),
    num_ref_idx_l1_active_minus1: ofSegment(({ header }) => countOf(picture, header, 1)),
    "ref_idx_l0[]": ofSegment(({ header }, place) => listEntry(all, header, 0, place)),
    "ref_idx_l1[]": ofSegment(({ header }, place) => listEntry(all, header, 1, place)),
    short_term_ref_pic_set_size: ofSegment(({ header }) => sizeOfSet(header)),
    long_term_ref_pic_set_size: ofSegment(({ header }) => sizeOfLongTerm(picture, header)),
    ...weightRules(picture, ofSegment),
    "flags.V4L2_HEVC_SLICE_PARAMS_FLAG_USE_INTEGER_MV": ofSegment(({ header }) => {
      const own = header.element("use_integer_mv_flag");
      if (own !== undefined) return [own];
      const control = picture.sps.element("motion_vector_resolution_control_idc");
      const rule = control === undefined ? "0 (7.4.7.1)" : "motion_vector_resolution_control_idc (7.4.7.1)";
      return sourcesOf(header.inferred(rule, "use_integer_mv_flag"), control, header.condition("slice_type"));
    }),
  };
}

function flagElement(flag: string): string {
  return `${flag.replace("V4L2_HEVC_SLICE_PARAMS_FLAG_", "").toLowerCase()}_flag`;
}

/** The element of the segment itself or, in a dependent segment, of the independent segment before it (7.4.7.1). */
function copyOf({ sps, pps }: Picture, { unit, header }: Segment, element: string): Source[] {
  const holder = ownElements.includes(element) ? unit : header;
  const dependent = holder === unit ? [] : conditions(unit.element("dependent_slice_segment_flag"));
  const own = holder.element(element);
  if (own !== undefined) return sourcesOf(own, dependent);
  const inferred = fromPps[element];
  const why = (decides[element] ?? []).map(
    (name) => holder.condition(name) ?? pps.condition(name) ?? sps.condition(name),
  );
  if (inferred === undefined) {
    const rule = element === "collocated_from_l0_flag" ? "1 (7.4.7.1)" : "0 (7.4.7.1)";
    return sourcesOf(holder.inferred(rule, element), why, dependent);
  }
  return sourcesOf(
    holder.inferred(`${inferred} of the PPS (7.4.7.1)`, element),
    pps.elementOr("0 (7.4.3.3.1)", inferred),
    holder.condition("deblocking_filter_override_flag"),
    holder.condition("slice_deblocking_filter_disabled_flag"),
    dependent,
  );
}

type OfSegment = (rule: (segment: Segment, place: Place) => Source[] | undefined) => Rule;

/** Where the segment's data lies. */
function placeRules(_picture: Picture, ofSegment: OfSegment): Rules {
  const whole = (unit: ReadUnit) => unit.span(0, unit.elements.length - 1, "their length");
  return {
    bit_size: ofSegment(({ unit }) =>
      sourcesOf(
        computed("8 times the bytes of the NAL unit and of the start code before it in the OUTPUT buffer"),
        whole(unit),
      ),
    ),
    data_byte_offset: ofSegment(({ unit }) =>
      sourcesOf(
        computed("the bytes of the start code and the header, emulation prevention bytes counted (7.3.6.1)"),
        whole(unit),
      ),
    ),
  };
}

function countOf({ pps }: Picture, h: ReadUnit, list: number): Source[] {
  const name = `num_ref_idx_l${list}_active_minus1`;
  const own = h.element(name);
  if (own !== undefined) return [own];
  if (!hasList(h, list))
    return sourcesOf(computed(`0: the slice has no list ${list} (Table 7-7)`), h.condition("slice_type"));
  return sourcesOf(
    h.inferred(`num_ref_idx_l${list}_default_active_minus1 of the PPS (7.4.7.1)`, name),
    pps.element(`num_ref_idx_l${list}_default_active_minus1`),
    h.condition("num_ref_idx_active_override_flag"),
  );
}

/** Whether slices of this type have list 0 or 1: Table 7-7. */
function hasList(h: ReadUnit, list: number): boolean {
  const type = h.value("slice_type") ?? 2;
  return type === 0 || (list === 0 && type === 1);
}

/** 8.3.4: an entry of a list, as an index in the DPB array. */
function listEntry({ picture, frames }: H265State, h: ReadUnit, list: number, { value, at: [i = 0] }: Place): Source[] {
  const type = h.condition("slice_type");
  if (!hasList(h, list)) return sourcesOf(computed(`0xff: the slice has no list ${list} (Table 7-7)`), type);
  const decidedBy = sourcesOf(
    type,
    conditions(countOf(picture, h, list)),
    h.condition(`ref_pic_list_modification_flag_l${list}`),
    h.allNamed(`list_entry_l${list}`),
    setConditions(picture),
  );
  if (Number(value) === 0xff)
    return sourcesOf(computed("0xff: the list is shorter, or its picture is missing (8.3.4)"), decidedBy);
  const entry = picture.params.dpb[Number(value)];
  const frame = entry && frames.get(Number(entry.timestamp));
  const stored =
    frame && state(frame.request, "the picture with this PicOrderCntVal", conditions(orderCountSources(frame)));
  return sourcesOf(computed(`RefPicList${list}[${i}] (8.3.4)`), stored, decidedBy);
}

/** 7.3.6.3. */
function weightRules({ sps }: Picture, ofSegment: OfSegment): Rules {
  const table = (name: string): Rule => ofSegment(({ header }) => notCodedOr(header, name));
  const weight = ofSegment(({ header }, { name, at }) => {
    const [i = 0] = at;
    const list = name.slice(-2);
    const kind = name.includes("luma") ? "luma" : "chroma";
    return sourcesOf(notCodedOr(header, name, at), header.condition(`${kind}_weight_${list}_flag`, i));
  });
  const chromaOffset = ofSegment(({ header: h }, { name, at }) => {
    const [i = 0, j = 0] = at;
    const list = name.slice(-2);
    const own = h.element(`delta_chroma_offset_${list}`, i, j);
    const flag = h.condition(`chroma_weight_${list}_flag`, i);
    if (own === undefined) return sourcesOf(notCodedOr(h, `delta_chroma_offset_${list}`, [i, j]), flag);
    return sourcesOf(
      computed("ChromaOffset from delta_chroma_offset and the weight (7-56)"),
      own,
      conditions(
        h.element(`delta_chroma_weight_${list}`, i, j),
        h.element("luma_log2_weight_denom"),
        h.element("delta_chroma_log2_weight_denom"),
        sps.element("high_precision_offsets_enabled_flag"),
        sps.element("bit_depth_chroma_minus8"),
      ),
      flag,
    );
  });
  const prefix = "pred_weight_table";
  return {
    [`${prefix}.luma_log2_weight_denom`]: table("luma_log2_weight_denom"),
    [`${prefix}.delta_chroma_log2_weight_denom`]: table("delta_chroma_log2_weight_denom"),
    ...Object.fromEntries(
      ["l0", "l1"].flatMap((list) => [
        [`${prefix}.delta_luma_weight_${list}[]`, weight],
        [`${prefix}.luma_offset_${list}[]`, weight],
        [`${prefix}.delta_chroma_weight_${list}[][]`, weight],
        [`${prefix}.chroma_offset_${list}[][]`, chromaOffset],
      ]),
    ),
  };
}

function notCodedOr(h: ReadUnit, name: string, at: readonly number[] = []): Source[] {
  const own = h.element(name, at);
  if (own !== undefined) return [own];
  return sourcesOf(
    h.inferred("0 (7.4.7.3)", name, at),
    h.condition("slice_type"),
    h.condition("num_ref_idx_active_override_flag"),
  );
}

/** V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS: those of all segments of the request, one after the other. */
export function entryPointRules({ segments }: H265State): Rules {
  return {
    "": ({ element }) => {
      let before = 0;
      for (const { unit } of segments) {
        const count = unit.value("num_entry_point_offsets") ?? 0;
        if (element < before + count) {
          const own = unit.element("entry_point_offset_minus1", element - before);
          return sourcesOf(
            computed("entry_point_offset_minus1 + 1 (7.4.7.1)"),
            own,
            unit.condition("num_entry_point_offsets"),
            unit.condition("offset_len_minus1"),
          );
        }
        before += count;
      }
      return undefined;
    },
  };
}
