/** V4L2_CID_STATELESS_VP9_FRAME. */
import type { Place, Rule, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { inForce } from "../setting.ts";
import { computed, conditions, constant, type Source, sourcesOf, state as stateOf } from "../source.ts";
import type { Vp9State } from "./state.ts";

/** The elements of fields and flags that have another name. */
const elements: Readonly<Record<string, string>> = {
  "lf.level": "loop_filter_level",
  "lf.sharpness": "loop_filter_sharpness",
  "lf.flags.V4L2_VP9_LOOP_FILTER_FLAG_DELTA_ENABLED": "loop_filter_delta_enabled",
  "lf.flags.V4L2_VP9_LOOP_FILTER_FLAG_DELTA_UPDATE": "loop_filter_delta_update",
  "seg.flags.V4L2_VP9_SEGMENTATION_FLAG_ENABLED": "segmentation_enabled",
  "seg.flags.V4L2_VP9_SEGMENTATION_FLAG_UPDATE_MAP": "segmentation_update_map",
  "seg.flags.V4L2_VP9_SEGMENTATION_FLAG_TEMPORAL_UPDATE": "segmentation_temporal_update",
  "seg.flags.V4L2_VP9_SEGMENTATION_FLAG_UPDATE_DATA": "segmentation_update_data",
  "flags.V4L2_VP9_FRAME_FLAG_SHOW_FRAME": "show_frame",
  "flags.V4L2_VP9_FRAME_FLAG_ERROR_RESILIENT": "error_resilient_mode",
  "flags.V4L2_VP9_FRAME_FLAG_INTRA_ONLY": "intra_only",
  "flags.V4L2_VP9_FRAME_FLAG_ALLOW_HIGH_PREC_MV": "allow_high_precision_mv",
  "flags.V4L2_VP9_FRAME_FLAG_REFRESH_FRAME_CTX": "refresh_frame_context",
  "flags.V4L2_VP9_FRAME_FLAG_PARALLEL_DEC_MODE": "frame_parallel_decoding_mode",
  compressed_header_size: "header_size_in_bytes",
};

/** The value of an element that is not coded, where it is not 0: 7.2. */
const inferredValues: Readonly<Record<string, string>> = {
  refresh_frame_context: "0 (7.2: error_resilient_mode)",
  frame_parallel_decoding_mode: "1 (7.2: error_resilient_mode)",
};

/** What decides that an element is not coded: 6.2. */
const decides: Readonly<Record<string, readonly string[]>> = {
  refresh_frame_context: ["error_resilient_mode"],
  frame_parallel_decoding_mode: ["error_resilient_mode"],
  intra_only: ["frame_type", "show_frame"],
  reset_frame_context: ["frame_type", "error_resilient_mode"],
  loop_filter_delta_update: ["loop_filter_delta_enabled"],
  segmentation_update_map: ["segmentation_enabled"],
  segmentation_update_data: ["segmentation_enabled"],
  segmentation_temporal_update: ["segmentation_update_map", "segmentation_enabled"],
};

export function frameRules(state: Vp9State): Rules {
  const { unit } = state;
  const copyOf = (element: string): Source[] => {
    const own = unit.element(element);
    if (own !== undefined) return [own];
    return sourcesOf(
      unit.inferred(inferredValues[element] ?? "0 (7.2)", element),
      (decides[element] ?? ["frame_type", "intra_only"]).map((name) => unit.condition(name)),
    );
  };
  return {
    "": ({ pattern, name }) => copyOf(elements[pattern] ?? name),
    ...persistentRules(state),
    ...sizeRules(state),
    ...colorRules(state),
    ...modeRules(unit),
    "quant.delta_q_y_dc": () => deltaQ(unit, "delta_q_y_dc", 0),
    "quant.delta_q_uv_dc": () => deltaQ(unit, "delta_q_uv_dc", 1),
    "quant.delta_q_uv_ac": () => deltaQ(unit, "delta_q_uv_ac", 2),
    uncompressed_header_size: () => {
      const end = unit.elements.findIndex(({ descriptor }) => descriptor === "bool");
      return sourcesOf(
        computed("the bytes of uncompressed_header() with its trailing bits (6.2, 6.1.1)"),
        unit.span(0, end - 1, "their length"),
      );
    },
    last_frame_ts: (place) => reference(state, place, 0),
    golden_frame_ts: (place) => reference(state, place, 1),
    alt_frame_ts: (place) => reference(state, place, 2),
    "ref_frame_sign_bias.V4L2_VP9_SIGN_BIAS_LAST": () => signBias(unit, 1),
    "ref_frame_sign_bias.V4L2_VP9_SIGN_BIAS_GOLDEN": () => signBias(unit, 2),
    "ref_frame_sign_bias.V4L2_VP9_SIGN_BIAS_ALT": () => signBias(unit, 3),
    profile: () =>
      sourcesOf(
        computed("2 * profile_high_bit + profile_low_bit (6.2)"),
        unit.element("profile_high_bit"),
        unit.element("profile_low_bit"),
      ),
    "flags.V4L2_VP9_FRAME_FLAG_KEY_FRAME": () =>
      sourcesOf(computed("frame_type is 0, KEY_FRAME (7.2)"), unit.element("frame_type")),
  };
}

function signBias(unit: ReadUnit, i: number): Source[] {
  return sourcesOf(
    unit.elementOr("0: an intra frame (6.2)", "ref_frame_sign_bias", i),
    unit.has("ref_frame_sign_bias", i) ? [] : intra(unit),
  );
}

/** The elements that make a frame an intra frame: FrameIsIntra (7.2). */
function intra(unit: ReadUnit): Source[] {
  return sourcesOf(unit.condition("frame_type"), unit.condition("intra_only"));
}

/** 6.2.10: three flags of the same name, each with its delta. */
function deltaQ(unit: ReadUnit, name: string, i: number): Source[] {
  let place = -1;
  for (let count = 0; count <= i; count++) place = unit.placeOf("delta_coded", [], place + 1);
  const coded = unit.elements[place]?.value === 1;
  return coded
    ? sourcesOf(unit.element(name), unit.at(place, "condition"))
    : sourcesOf(constant("0 where it is not coded (6.2.10)"), unit.at(place, "condition"));
}

/** 7.2.8, 7.2.10: the parameters in force. They may come from an earlier frame. */
function persistentRules({ unit, request, params }: Vp9State): Rules {
  const of = (path: string, what: string, initial: string, ...flags: (Source | undefined)[]): Source[] => {
    const setting = params.get(path);
    return sourcesOf(setting === undefined ? constant(initial) : inForce(request, setting, what), conditions(flags));
  };
  const nearest = (...names: readonly string[]) =>
    names.map((name) => unit.element(name)).find((element) => element !== undefined);
  const segmentation = () => nearest("segmentation_update_data", "segmentation_enabled");
  const map = () => nearest("segmentation_update_map", "segmentation_enabled");
  const deltas = (flag: string, i: number) =>
    unit.element(flag, i) ?? nearest("loop_filter_delta_update", "loop_filter_delta_enabled");
  return {
    "lf.ref_deltas[]": ({ at: [i = 0] }) =>
      of(`ref_deltas[${i}]`, "the last update (7.2.8)", "the default (7.2)", deltas("update_ref_delta", i)),
    "lf.mode_deltas[]": ({ at: [i = 0] }) =>
      of(`mode_deltas[${i}]`, "the last update (7.2.8)", "the default (7.2)", deltas("update_mode_delta", i)),
    "seg.feature_data[][]": ({ at: [i = 0, j = 0] }) =>
      of(`feature_data[${i}][${j}]`, "the last update (7.2.10)", "0: never coded", segmentation()),
    "seg.feature_enabled[]": ({ at: [i = 0] }) =>
      sourcesOf(
        computed("a bit for each feature: feature_enabled[i][j] (6.2.11)"),
        [0, 1, 2, 3].map((j) =>
          of(`feature_enabled[${i}][${j}]`, "the last update (7.2.10)", "0: never coded", segmentation()),
        ),
      ),
    "seg.tree_probs[]": ({ at: [i = 0] }) =>
      of(`tree_probs[${i}]`, "the last map's (7.2.10)", "0: no segment map yet, so it is not used", map()),
    "seg.pred_probs[]": ({ at: [i = 0] }) =>
      of(`pred_probs[${i}]`, "the last map's (7.2.10)", "0: no segment map yet, so it is not used", map()),
    "seg.flags.V4L2_VP9_SEGMENTATION_FLAG_ABS_OR_DELTA_UPDATE": () =>
      of("abs_or_delta", "the last update (7.2.10)", "0: never coded", segmentation()),
  };
}

/** 6.2.3 to 6.2.5. */
function sizeRules({ unit, frames, timestamps }: Vp9State): Rules {
  const frame = (name: "width" | "height") => (): Source[] => {
    const own = unit.element(`frame_${name}_minus_1`);
    const flags = unit.allNamed("found_ref");
    if (own !== undefined) return sourcesOf(own, flags);
    const found = flags.findIndex(({ value }) => value === 1);
    const stored = frames.get(timestamps[found] ?? -1);
    const { request = null, unit: coded } = stored?.sized ?? {};
    const sources = sourcesOf(coded?.element(`frame_${name}_minus_1`));
    return sourcesOf(
      stateOf(request, `the ${name} of the frame that found_ref[${found}] names (6.2.5)`, sources),
      flags,
      conditions(unit.element("ref_frame_idx", found)),
    );
  };
  const render = (name: "width" | "height") => (): Source[] => {
    const different = unit.condition("render_and_frame_size_different");
    const own = unit.element(`render_${name}_minus_1`);
    if (own !== undefined) return sourcesOf(own, different);
    return sourcesOf(unit.inferred(`the frame's ${name} (7.2.4)`, `render_${name}_minus_1`), frame(name)(), different);
  };
  return {
    frame_width_minus_1: frame("width"),
    frame_height_minus_1: frame("height"),
    render_width_minus_1: render("width"),
    render_height_minus_1: render("height"),
  };
}

/** 6.2.2: the format is that of the last frame that codes one. */
function colorRules({ unit, request, color }: Vp9State): Rules {
  const of = (name: string, initial: string) => (): Source[] => {
    if (color === undefined) return [constant(initial)];
    const own = color.unit;
    const sources = () =>
      sourcesOf(
        own.elementOr(initial, name),
        own.has(name)
          ? []
          : conditions(own.element("profile_low_bit"), own.element("profile_high_bit"), own.element("color_space")),
      );
    return sourcesOf(
      inForce(request, { request: color.request, sources }, "color_config() in force (6.2.2)"),
      color.request === request ? [] : intra(unit),
    );
  };
  return {
    bit_depth: () =>
      sourcesOf(
        color?.unit.has("ten_or_twelve_bit") ? computed("10, or 12 with ten_or_twelve_bit (6.2.2)") : [],
        of("ten_or_twelve_bit", "8 in profiles 0 and 1 (7.2.2)")(),
      ),
    "flags.V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING": of("subsampling_x", "1, 4:2:0, in profiles 0 and 2; 0 with RGB (7.2.2)"),
    "flags.V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING": of("subsampling_y", "1, 4:2:0, in profiles 0 and 2; 0 with RGB (7.2.2)"),
    "flags.V4L2_VP9_FRAME_FLAG_COLOR_RANGE_FULL_SWING": of("color_range", "1 with RGB, else 0 (7.2.2)"),
  };
}

/** Fields that are computed from a few elements. */
function modeRules(unit: ReadUnit): Rules {
  const resetContext: Rule = () => {
    const own = unit.element("reset_frame_context");
    if (own === undefined)
      return sourcesOf(
        unit.inferred("0 (7.2)", "reset_frame_context"),
        intra(unit),
        unit.condition("error_resilient_mode"),
      );
    return sourcesOf(computed("0 and 1 reset nothing: V4L2_VP9_RESET_FRAME_CTX_NONE (7.2)"), own);
  };
  return {
    reset_frame_context: resetContext,
    interpolation_filter: () => {
      if (!unit.has("is_filter_switchable"))
        return sourcesOf(constant("0: an intra frame has none (as GStreamer and FFmpeg send it)"), intra(unit));
      const raw = unit.element("raw_interpolation_filter");
      if (raw === undefined) return sourcesOf(computed("SWITCHABLE (6.2.7)"), unit.element("is_filter_switchable"));
      return sourcesOf(
        computed("literal_to_type (6.2.7), in the UAPI's numbers"),
        raw,
        unit.condition("is_filter_switchable"),
      );
    },
    tile_cols_log2: () =>
      sourcesOf(
        computed("the least that the width allows, and one more for each increment_tile_cols_log2 (6.2.13)"),
        unit.allNamed("increment_tile_cols_log2").map((element) => ({ ...element, role: "value" as const })),
        unit.condition("frame_width_minus_1"),
        unit.allNamed("found_ref"),
      ),
    tile_rows_log2: () => sourcesOf(unit.element("tile_rows_log2"), unit.element("increment_tile_rows_log2")),
    reference_mode: () => {
      const own = sourcesOf(unit.element("non_single_reference"), unit.element("reference_select"));
      if (own.length > 0) return sourcesOf(computed("frame_reference_mode (6.3.12)"), own);
      const bias = [1, 2, 3].map((i) => unit.condition("ref_frame_sign_bias", i));
      return sourcesOf(computed("0, SINGLE_REFERENCE: no reference has another sign bias (6.3.12)"), bias, intra(unit));
    },
  };
}

/** 8.10: the frame in the slot that ref_frame_idx names. */
function reference({ unit, frames }: Vp9State, { value }: Place, i: number): Source[] {
  const index = unit.element("ref_frame_idx", i);
  if (index === undefined) return sourcesOf(computed("0: an intra frame has no references (6.2)"), intra(unit));
  const stored = frames.get(Number(value));
  if (stored === undefined) return sourcesOf(index, computed(`0: slot ${index.value} is empty`));
  const flags = conditions(stored.unit.element("refresh_frame_flags"), stored.unit.element("frame_type"));
  return sourcesOf(index, stateOf(stored.request, `decoded into slot ${index.value} (8.10)`, flags));
}
