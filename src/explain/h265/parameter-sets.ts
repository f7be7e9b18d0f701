/** SPS, PPS and the reference picture sets of the SPS of HEVC. */
import { elementOfFlag, type Place, type Rule, type Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, kernel, type Source, sourcesOf } from "../source.ts";
import { setsOfSps } from "./ref-pic-sets.ts";
import type { Picture } from "./state.ts";

/** The elements of fields and flags that have another name. */
const spsElements: Readonly<Record<string, string>> = {
  video_parameter_set_id: "sps_video_parameter_set_id",
  seq_parameter_set_id: "sps_seq_parameter_set_id",
  V4L2_HEVC_SPS_FLAG_SAMPLE_ADAPTIVE_OFFSET: "sample_adaptive_offset_enabled_flag",
};

/** What decides that an element is not coded: 7.3.2.2.1. */
const spsDecides: Readonly<Record<string, string>> = {
  separate_colour_plane_flag: "chroma_format_idc",
  num_long_term_ref_pics_sps: "long_term_ref_pics_present_flag",
};

/** V4L2_CID_STATELESS_HEVC_SPS. */
export function spsRules(sps: ReadUnit): Rules {
  const copy: Rule = ({ name, flag }) => {
    const element =
      flag === undefined
        ? (spsElements[name] ?? name)
        : (spsElements[flag] ?? elementOfFlag(flag, /^V4L2_HEVC_SPS_FLAG_/));
    const own = sps.element(element);
    if (own !== undefined) return [own];
    return sourcesOf(sps.inferred("0 (7.4.3.2.1)", element), sps.condition(spsDecides[element] ?? "pcm_enabled_flag"));
  };
  const ofHighest: Rule = ({ name }) => {
    const HighestTid = sps.value("sps_max_sub_layers_minus1") ?? 0;
    return sourcesOf(sps.element(name, HighestTid), sps.condition("sps_max_sub_layers_minus1"));
  };
  return {
    "": copy,
    sps_max_dec_pic_buffering_minus1: ofHighest,
    sps_max_num_reorder_pics: ofHighest,
    sps_max_latency_increase_plus1: (place) =>
      sourcesOf(ofHighest(place), place.value === 255 ? computed("255 stands for all larger values") : []),
  };
}

const ppsElements: Readonly<Record<string, string>> = {
  pic_parameter_set_id: "pps_pic_parameter_set_id",
  V4L2_HEVC_PPS_FLAG_DEPENDENT_SLICE_SEGMENT_ENABLED: "dependent_slice_segments_enabled_flag",
  V4L2_HEVC_PPS_FLAG_PPS_DISABLE_DEBLOCKING_FILTER: "pps_deblocking_filter_disabled_flag",
};

/** What decides that an element is not coded: 7.3.2.3.1. */
const ppsDecides: Readonly<Record<string, string>> = {
  diff_cu_qp_delta_depth: "cu_qp_delta_enabled_flag",
  num_tile_columns_minus1: "tiles_enabled_flag",
  num_tile_rows_minus1: "tiles_enabled_flag",
  pps_deblocking_filter_disabled_flag: "deblocking_filter_control_present_flag",
  deblocking_filter_override_enabled_flag: "deblocking_filter_control_present_flag",
};

/** V4L2_CID_STATELESS_HEVC_PPS. */
export function ppsRules(picture: Picture): Rules {
  const { pps } = picture;
  const copyOf = (element: string): Source[] => {
    const own = pps.element(element);
    if (own !== undefined) return [own];
    const why = ppsDecides[element];
    return sourcesOf(
      pps.inferred("0 (7.4.3.3.1)", element),
      why === undefined
        ? (pps.condition("pps_deblocking_filter_disabled_flag") ??
            pps.condition("deblocking_filter_control_present_flag"))
        : pps.condition(why),
    );
  };
  return {
    "": ({ name, flag }) =>
      copyOf(
        flag === undefined
          ? (ppsElements[name] ?? name)
          : (ppsElements[flag] ?? elementOfFlag(flag, /^V4L2_HEVC_PPS_FLAG_/)),
      ),
    "column_width_minus1[]": (place) => tileSize(picture, "column", place),
    "row_height_minus1[]": (place) => tileSize(picture, "row", place),
    "flags.V4L2_HEVC_PPS_FLAG_UNIFORM_SPACING": () => {
      const own = pps.element("uniform_spacing_flag");
      return own === undefined
        ? sourcesOf(pps.inferred("1 (7.4.3.3.1)", "uniform_spacing_flag"), pps.condition("tiles_enabled_flag"))
        : [own];
    },
    "flags.V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED": ({ value }) => {
      const own = pps.element("loop_filter_across_tiles_enabled_flag");
      if (own !== undefined) return [own];
      const cleared = "cleared without tiles (std_validate_compound), although 7.4.3.3.1 infers 1";
      const why =
        value === 0 ? kernel(cleared) : pps.inferred("1 (7.4.3.3.1)", "loop_filter_across_tiles_enabled_flag");
      return sourcesOf(why, pps.condition("tiles_enabled_flag"));
    },
  };
}

/** 6.5.1: coded, or computed from the size of the picture. */
function tileSize({ sps, pps }: Picture, kind: "column" | "row", { at: [i = 0] }: Place): Source[] {
  const [element, number, size, equation] =
    kind === "column"
      ? ["column_width_minus1", "num_tile_columns_minus1", "pic_width_in_luma_samples", "(6-3)"]
      : ["row_height_minus1", "num_tile_rows_minus1", "pic_height_in_luma_samples", "(6-4)"];
  const own = pps.element(element, i);
  const count = pps.value(number) ?? 0;
  const tiles = pps.condition("tiles_enabled_flag");
  if (own !== undefined) return sourcesOf(own, pps.condition("uniform_spacing_flag"));
  if (pps.value("tiles_enabled_flag") !== 1)
    return sourcesOf(computed("0: the pictures have no tiles (7.4.3.3.1)"), tiles);
  if (i > count) return sourcesOf(computed(`0: there are ${count + 1} tile ${kind}s`), pps.condition(number), tiles);
  return sourcesOf(
    computed(
      pps.value("uniform_spacing_flag") === 1
        ? `uniform spacing ${equation}`
        : `what the other ${kind}s leave ${equation}`,
    ),
    sps.element(size),
    sps.condition("log2_min_luma_coding_block_size_minus3"),
    sps.condition("log2_diff_max_min_luma_coding_block_size"),
    pps.element(number),
    pps.condition("uniform_spacing_flag"),
    pps.value("uniform_spacing_flag") === 1 ? [] : pps.allNamed(element),
  );
}

/** V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: an element of the array for each set, its elements as coded (7.3.7). */
export function extSpsStRpsRules(sps: ReadUnit): Rules {
  const sets = setsOfSps(sps);
  const rule: Rule = ({ pattern, name, at, element }) => {
    const set = sets[element];
    if (set === undefined) return undefined;
    const first = conditions(set.at("inter_ref_pic_set_prediction_flag"));
    const isPredicted = set.value("inter_ref_pic_set_prediction_flag") === 1;
    if (pattern.startsWith("flags.")) {
      return set.has("inter_ref_pic_set_prediction_flag")
        ? sourcesOf(set.at("inter_ref_pic_set_prediction_flag"))
        : [set.unit.inferred("0 in the first set (7.4.8)", "inter_ref_pic_set_prediction_flag")];
    }
    if (name === "used_by_curr_pic") {
      const flags = isPredicted ? ["used_by_curr_pic_flag"] : ["used_by_curr_pic_s0_flag", "used_by_curr_pic_s1_flag"];
      const rule = isPredicted ? "a bit for each used_by_curr_pic_flag[j]" : "bits of S0, then of S1";
      return sourcesOf(
        computed(`${rule} (7.3.7)`),
        set.all(flags),
        conditions(set.at("num_negative_pics"), set.at("num_positive_pics")),
        first,
      );
    }
    if (name === "use_delta_flag") {
      const flags = isPredicted ? set.all(["use_delta_flag", "used_by_curr_pic_flag"]) : [];
      return sourcesOf(
        computed("a bit for each use_delta_flag[j], inferred 1 where used_by_curr_pic_flag[j] is 1 (7.4.8)"),
        flags,
        first,
      );
    }
    const own = set.at(name, at);
    if (own !== undefined) return sourcesOf(own, first);
    const counts = name.startsWith("delta_poc_s")
      ? conditions(set.at(name.includes("s0") ? "num_negative_pics" : "num_positive_pics"))
      : [];
    return sourcesOf(set.unit.inferred("0 (7.4.8)", name, at), counts, first);
  };
  return { "": rule };
}

/** V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS. */
export function extSpsLtRpsRules(sps: ReadUnit): Rules {
  return {
    "": ({ flag, element }) =>
      sourcesOf(sps.element(flag === undefined ? "lt_ref_pic_poc_lsb_sps" : "used_by_curr_pic_lt_sps_flag", element)),
  };
}
