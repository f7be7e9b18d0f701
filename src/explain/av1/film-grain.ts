/** V4L2_CID_STATELESS_AV1_FILM_GRAIN: 5.9.30. */
import type { Place, Rules } from "../field.ts";
import { computed, type Source, sourcesOf, state as stateOf } from "../source.ts";
import { type Av1State, coded, frameType, type HeaderUnits, keptBy, ruled } from "./state.ts";

/** The count that decides how many of an array's elements are coded. */
const counts: Readonly<Record<string, string>> = {
  point_y_value: "num_y_points",
  point_y_scaling: "num_y_points",
  point_cb_value: "num_cb_points",
  point_cb_scaling: "num_cb_points",
  point_cr_value: "num_cr_points",
  point_cr_scaling: "num_cr_points",
};

/** What decides whether an element is coded: 5.9.30. */
const decides: Readonly<Record<string, readonly string[]>> = {
  num_cb_points: ["chroma_scaling_from_luma", "num_y_points"],
  num_cr_points: ["chroma_scaling_from_luma", "num_y_points"],
  ar_coeffs_y_plus_128: ["num_y_points", "ar_coeff_lag"],
  ar_coeffs_cb_plus_128: ["num_cb_points", "chroma_scaling_from_luma", "num_y_points", "ar_coeff_lag"],
  ar_coeffs_cr_plus_128: ["num_cr_points", "chroma_scaling_from_luma", "num_y_points", "ar_coeff_lag"],
  cb_mult: ["num_cb_points"],
  cb_luma_mult: ["num_cb_points"],
  cb_offset: ["num_cb_points"],
  cr_mult: ["num_cr_points"],
  cr_luma_mult: ["num_cr_points"],
  cr_offset: ["num_cr_points"],
};

/** What the film grain of a frame is made of in its own header. */
function ownGrain(frame: HeaderUnits, name: string, subscripts: readonly number[]): Source[] {
  const { unit, sequence } = frame;
  if (unit.value("apply_grain") !== 1) {
    const why = unit.element("apply_grain") ?? sequence.element("film_grain_params_present");
    const hidden = unit.has("apply_grain") ? [] : [unit.element("show_frame"), unit.element("showable_frame")];
    return ruled("0: no film grain (5.9.30)", why, hidden);
  }
  const own = unit.element(name, subscripts);
  if (own !== undefined) return [own];
  if (name === "update_grain") return coded(unit, "1: no inter frame (5.9.30)", name, frameType(frame));
  const why = decides[name] ?? [counts[name] ?? "update_grain"];
  const points = /(?:^|_)cb_/.test(name) ? "num_cb_points" : /(?:^|_)cr_/.test(name) ? "num_cr_points" : undefined;
  // The count is not coded either, and what decides that decides the element.
  const whyNoPoints = points !== undefined && !unit.has(points) ? (decides[points] ?? []) : [];
  const isOfChroma = points !== undefined || name === "chroma_scaling_from_luma";
  return sourcesOf(
    unit.inferred("0 (5.9.30)", name, subscripts),
    [...new Set([...why, ...whyNoPoints])].map((each) => unit.condition(each)),
    isOfChroma ? sequence.condition("mono_chrome") : [],
    points === undefined ? [] : subsampling(sequence),
  );
}

/**
 * With 4:2:0 there is no grain of Cb and Cr without grain of Y. Where the flags are not coded, the profile decides it, and in profile 2
 * the bit depth (5.5.2).
 */
function subsampling(sequence: HeaderUnits["sequence"]): Source[] {
  const ofDepth = sequence.value("seq_profile") === 2 ? ["high_bitdepth", "twelve_bit"] : [];
  const names = ["seq_profile", ...ofDepth, "subsampling_x", "subsampling_y"];
  return sourcesOf(names.map((each) => sequence.condition(each)));
}

const prefix = "V4L2_AV1_FILM_GRAIN_FLAG_";

export function filmGrainRules(state: Av1State): Rules {
  const { unit, saved, request } = state;
  const grain = saved.grain;
  const rule = ({ name, at, flag }: Place): Source[] => {
    const element = flag === undefined ? name : elementOfFlag(flag.slice(prefix.length));
    // load_grain_params: all but the seed comes from the reference (6.8.20).
    if (grain.request === request || element === "grain_seed") return ownGrain(state, element, at);
    return sourcesOf(
      stateOf(grain.request, "load_grain_params (6.8.20)", ownGrain(grain, element, at), keptBy(grain.unit)),
      ["apply_grain", "update_grain", "film_grain_params_ref_idx"].map((each) => unit.condition(each)),
    );
  };
  return {
    "": rule,
    film_grain_params_ref_idx: (place) =>
      grain.request === request && unit.value("update_grain") === 1
        ? ruled("0: the frame has grain of its own (5.9.30)", unit.element("update_grain"))
        : sourcesOf(
            grain.request === request ? [] : computed("as the loaded parameters have it (6.8.20)"),
            rule(place),
          ),
  };
}

function elementOfFlag(flag: string): string {
  return flag === "OVERLAP" ? "overlap_flag" : flag.toLowerCase();
}
