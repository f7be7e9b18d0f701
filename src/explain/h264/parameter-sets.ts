/** SPS, PPS and SCALING_MATRIX of H.264. */
import type { TraceElement } from "../../bitreader/index.ts";
import { zigzag4x4, zigzag8x8 } from "../../h264/tables.ts";
import { elementOfFlag, type Place, type Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, constant, oneOf, type Source, sourcesOf, theirSum } from "../source.ts";
import type { Picture } from "./state.ts";

/** The elements of the SPS that 7.4.2.1.1 infers not to be 0, and those that another element leaves out. */
const notCoded: Readonly<Record<string, string>> = {
  chroma_format_idc: "1, 4:2:0 (7.4.2.1.1)",
};

/** V4L2_CID_STATELESS_H264_SPS: every field has its element's name. */
export function spsRules({ sps }: Picture): Rules {
  const copy = (name: string, at: readonly number[] = []) =>
    sourcesOf(sps.elementOr(notCoded[name] ?? "0 (7.4.2.1.1)", name, at), whyAbsent(sps, name, at));
  return {
    "": ({ name, at, flag }) => {
      if (flag === undefined) return copy(name, at);
      return copy(elementOfFlag(flag, /^V4L2_H264_SPS_(FLAG_)?/));
    },
  };
}

/** The element that decides that another one is not coded: 7.3.2.1.1. */
function whyAbsent(sps: ReadUnit, name: string, at: readonly number[]): Source[] {
  if (sps.has(name, at)) return [];
  const because: Readonly<Record<string, string>> = {
    chroma_format_idc: "profile_idc",
    separate_colour_plane_flag: sps.has("chroma_format_idc") ? "chroma_format_idc" : "profile_idc",
    bit_depth_luma_minus8: "profile_idc",
    bit_depth_chroma_minus8: "profile_idc",
    qpprime_y_zero_transform_bypass_flag: "profile_idc",
    mb_adaptive_frame_field_flag: "frame_mbs_only_flag",
    offset_for_ref_frame: sps.has("num_ref_frames_in_pic_order_cnt_cycle")
      ? "num_ref_frames_in_pic_order_cnt_cycle"
      : "pic_order_cnt_type",
  };
  return sourcesOf(sps.condition(because[name] ?? "pic_order_cnt_type"));
}

/** V4L2_CID_STATELESS_H264_PPS. */
export function ppsRules({ sps, pps }: Picture): Rules {
  return {
    "": ({ name, flag }) => {
      const element = flag === undefined ? name : elementOfFlag(flag, /^V4L2_H264_PPS_FLAG_/);
      return [pps.elementOr("0 (7.4.2.2)", element)];
    },
    second_chroma_qp_index_offset: () => {
      const own = pps.element("second_chroma_qp_index_offset");
      if (own !== undefined) return [own];
      return sourcesOf(
        pps.inferred("chroma_qp_index_offset (7.4.2.2)", "second_chroma_qp_index_offset"),
        pps.element("chroma_qp_index_offset"),
      );
    },
    "flags.V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT": () =>
      sourcesOf(
        computed("the SPS or the PPS has lists (UAPI)"),
        oneOf((value) => value === 1, scalingFlags(sps, pps)),
      ),
  };
}

function scalingFlags(sps: ReadUnit, pps: ReadUnit): Source[] {
  return sourcesOf(
    sps.elementOr("0 (7.4.2.1.1)", "seq_scaling_matrix_present_flag"),
    pps.elementOr("0 (7.4.2.2)", "pic_scaling_matrix_present_flag"),
  );
}

/** V4L2_CID_STATELESS_H264_SCALING_MATRIX: Table 7-2 list by list, and 8.5.6 for the places in a list. */
export function scalingMatrixRules({ sps, pps }: Picture): Rules {
  const lists = new Map<number, ScalingListSources>();
  const ofList = (i: number): ScalingListSources => {
    let list = lists.get(i);
    if (list === undefined) {
      list = listSources(sps, pps, i);
      lists.set(i, list);
    }
    return list;
  };
  return {
    "": ({ name, at, field }: Place) => {
      const is8x8 = name === "scaling_list_8x8";
      const [list, place] = at as [number, number];
      const isUnused = is8x8 && list >= 2 && (sps.value("chroma_format_idc") ?? 1) !== 3;
      if (isUnused && field(`${name}[${list}][${place}]`) === 0) {
        const why = sps.elementOr("1 (7.4.2.1.1)", "chroma_format_idc");
        return sourcesOf(
          constant("the 8x8 lists of Cb and Cr are used with chroma_format_idc 3 only"),
          conditions(why),
          why.kind === "inferred" ? why : [],
        );
      }
      const index = (is8x8 ? zigzag8x8 : zigzag4x4).indexOf(place);
      return ofList(is8x8 ? list + 6 : list)(index);
    },
  };
}

/** The sources of a list's value by its place in coded order. */
type ScalingListSources = (index: number) => Source[];

function listSources(sps: ReadUnit, pps: ReadUnit, i: number): ScalingListSources {
  const flags = conditions(scalingFlags(sps, pps));
  const inSps = () => fromUnit(sps, "seq_scaling_list_present_flag", i, defaultList);
  const hasSps = sps.value("seq_scaling_matrix_present_flag") === 1;
  let list: ScalingListSources;
  if (pps.value("pic_scaling_matrix_present_flag") === 1) {
    // 7.4.2.2: fall-back rule set B refers to the SPS's list of the same place.
    const ofSps = (head: number) => fromUnit(sps, "seq_scaling_list_present_flag", head, defaultList);
    list = fromUnit(pps, "pic_scaling_list_present_flag", i, hasSps ? ofSps : defaultList);
  } else if (hasSps) list = inSps();
  else list = () => [constant("Flat_4x4_16 or Flat_8x8_16 (7.4.2.1.1)")];
  return (index) => sourcesOf(list(index), flags);
}

/** Table 7-2 for a unit's lists. */
function fromUnit(
  unit: ReadUnit,
  flag: string,
  i: number,
  fallBack: (head: number) => ScalingListSources,
): ScalingListSources {
  const place = unit.placeOf(flag, [i]);
  const present = unit.at(place, "condition");
  if (unit.elements[place]?.value === 1) {
    return (index) => {
      const deltas = deltasOf(unit, place);
      if (deltas.length === 1 && deltas[0]?.value === -8) {
        return sourcesOf(
          computed("useDefaultScalingMatrixFlag (7.3.2.1.1.1)"),
          unit.at(place + 1),
          present,
          defaultList(i)(0),
        );
      }
      const places = hasEnd(deltas) ? deltas.length - 1 : deltas.length;
      const last = Math.min(index, places - 1);
      const from = computed("lastScale, the sum of 8 and delta_scale (7.3.2.1.1.1)");
      return sourcesOf(
        from,
        unit.span(place + 1, place + 1 + last, theirSum),
        present,
        last < index
          ? [computed("nextScale is 0: the last value is repeated"), unit.at(place + 1 + places, "condition")]
          : [],
      );
    };
  }
  const isHead = i === 0 || i === 3 || i === 6 || i === 7;
  const before = i < 6 ? i - 1 : i - 2;
  const list = isHead ? fallBack(i) : fromUnit(unit, flag, before, fallBack);
  const rule = isHead ? "fall-back rule (Table 7-2)" : `the list before it, ${before} (Table 7-2)`;
  return (index) => sourcesOf(computed(rule), list(index), present);
}

/** Tables 7-3 and 7-4. */
const defaultList = (list: number): ScalingListSources => {
  const table =
    list < 6
      ? `Default_4x4_${list < 3 ? "Intra" : "Inter"} (Table 7-3)`
      : `Default_8x8_${list % 2 === 0 ? "Intra" : "Inter"} (Table 7-4)`;
  return () => [constant(table)];
};

/** Whether the last delta_scale makes nextScale 0: it ends the list, and is not part of a value. */
function hasEnd(deltas: readonly TraceElement[]): boolean {
  return deltas.reduce((scale, { value }) => (scale + value) & 0xff, 8) === 0;
}

/** The delta_scale elements right after a list's flag. */
function deltasOf(unit: ReadUnit, place: number): TraceElement[] {
  const deltas: TraceElement[] = [];
  for (
    let k = place + 1;
    unit.elements[k]?.name === "delta_scale" && unit.elements[k]?.subscripts[0] === k - place - 1;
    k++
  ) {
    deltas.push(unit.elements[k] as TraceElement);
  }
  return deltas;
}
