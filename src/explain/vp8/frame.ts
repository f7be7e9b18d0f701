/** V4L2_CID_STATELESS_VP8_FRAME. */
import type { Place, Rule, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { inForce } from "../setting.ts";
import { computed, conditions, constant, type Source, sourcesOf, state as stateOf } from "../source.ts";
import type { Vp8State } from "./state.ts";
import { signed } from "./state.ts";

interface FrameUnits {
  readonly unit: ReadUnit;
  readonly request: number;
  readonly timestamp: number;
  readonly state: Vp8State;
  readonly references: ReadonlyMap<number, { readonly request: number; readonly unit: ReadUnit }>;
}

/** The elements of fields and flags that have another name. */
const elements: Readonly<Record<string, string>> = {
  "lf.level": "loop_filter_level",
  "segment.flags.V4L2_VP8_SEGMENT_FLAG_ENABLED": "segmentation_enabled",
  "segment.flags.V4L2_VP8_SEGMENT_FLAG_UPDATE_MAP": "update_mb_segmentation_map",
  "segment.flags.V4L2_VP8_SEGMENT_FLAG_UPDATE_FEATURE_DATA": "update_segment_feature_data",
  "lf.flags.V4L2_VP8_LF_ADJ_ENABLE": "loop_filter_adj_enable",
  "lf.flags.V4L2_VP8_LF_DELTA_UPDATE": "mode_ref_lf_delta_update",
  "lf.flags.V4L2_VP8_LF_FILTER_TYPE_SIMPLE": "filter_type",
  "flags.V4L2_VP8_FRAME_FLAG_SHOW_FRAME": "show_frame",
  "flags.V4L2_VP8_FRAME_FLAG_MB_NO_SKIP_COEFF": "mb_no_skip_coeff",
  "flags.V4L2_VP8_FRAME_FLAG_SIGN_BIAS_GOLDEN": "sign_bias_golden",
  "flags.V4L2_VP8_FRAME_FLAG_SIGN_BIAS_ALT": "sign_bias_alternate",
};

/** What decides that an element is not coded: 19.2. */
const decides: Readonly<Record<string, string>> = {
  update_mb_segmentation_map: "segmentation_enabled",
  update_segment_feature_data: "segmentation_enabled",
  mode_ref_lf_delta_update: "loop_filter_adj_enable",
  prob_skip_false: "mb_no_skip_coeff",
};

export function frameRules(input: FrameUnits): Rules {
  const { unit } = input;
  const copy: Rule = ({ pattern, name, at }) => {
    const element = elements[pattern] ?? name;
    const own = unit.element(element, at);
    if (own !== undefined) return [own];
    return sourcesOf(
      unit.inferred("0 where it is not coded (19.2)", element, at),
      unit.condition(decides[element] ?? "frame_type"),
    );
  };
  const delta: Rule = ({ name }) => signed(unit, unit.placeOf(`${name}_present`));
  return {
    "": copy,
    ...stateRules(input),
    ...partitionRules(unit),
    "quant.y_dc_delta": delta,
    "quant.y2_dc_delta": delta,
    "quant.y2_ac_delta": delta,
    "quant.uv_dc_delta": delta,
    "quant.uv_ac_delta": delta,
    width: (place) => keyElement(input, place.name),
    height: (place) => keyElement(input, place.name),
    last_frame_ts: (place) => reference(input, place, "last"),
    golden_frame_ts: (place) => reference(input, place, "golden"),
    alt_frame_ts: (place) => reference(input, place, "alternate"),
    "flags.V4L2_VP8_FRAME_FLAG_KEY_FRAME": () =>
      sourcesOf(computed("frame_type is 0 (9.1)"), unit.element("frame_type")),
    "flags.V4L2_VP8_FRAME_FLAG_EXPERIMENTAL": () =>
      sourcesOf(computed("version is above 3 (9.1: reserved)"), unit.element("version")),
  };
}

/** Sizes are those of the last key frame. */
function keyElement({ request, state, unit }: FrameUnits, name: string): Source[] {
  const { key } = state;
  if (key === undefined) return [];
  const setting = { request: key.request, sources: () => sourcesOf(key.unit.element(name)) };
  const type = key.request === request ? [] : conditions(unit.element("frame_type"));
  return sourcesOf(inForce(request, setting, `${name} of the last key frame (9.1)`), type);
}

/** What outlives a frame: 9.3, 9.4, 9.10, 9.11. */
function stateRules({ unit, request, state }: FrameUnits): Rules {
  const key = state.key;
  const start = (text: string): Source[] => {
    const type = conditions(key?.unit.element("frame_type"));
    if (key === undefined || key.request === request) return sourcesOf(constant(text), type);
    return [stateOf(key.request, "set by the last key frame", constant(text), type)];
  };
  const inForceOr =
    (map: "probabilities" | "others", what: string, initial: string): Rule =>
    ({ name, at }) => {
      const setting = state[map].get(`${name}${at.map((i) => `[${i}]`).join("")}`);
      const why = conditions(updateConditions(unit, name, at));
      if (map === "probabilities" && setting !== undefined && setting.request !== request) {
        const kept = setting.unit.condition("refresh_entropy_probs");
        if (kept !== undefined) why.push(kept);
      }
      return sourcesOf(setting === undefined ? start(initial) : inForce(request, setting, what), why);
    };
  const isKey = unit.value("frame_type") === 0;
  const modes = (fixed: string, initial: string): Rule =>
    isKey
      ? () => sourcesOf(constant(fixed), conditions(unit.element("frame_type")))
      : inForceOr("probabilities", "the last update (16.1)", initial);
  return {
    "segment.quant_update[]": inForceOr("others", "the last quantizer update (9.3)", "0 (9.3)"),
    "segment.lf_update[]": inForceOr("others", "the last loop filter update (9.3)", "0 (9.3)"),
    "segment.segment_probs[]": inForceOr(
      "others",
      "the last segment map's (9.3)",
      "0: no segment map yet, so none is read",
    ),
    "segment.flags.V4L2_VP8_SEGMENT_FLAG_DELTA_VALUE_MODE": () => {
      const setting = state.others.get("mode");
      const mode = "segment_feature_mode is 0: deltas (9.3)";
      if (setting === undefined)
        return sourcesOf(
          start("set: deltas, until a frame codes segment_feature_mode (9.3)"),
          conditions(updateConditions(unit, "mode", [])),
        );
      return sourcesOf(
        computed(mode),
        inForce(request, setting, "the last segment_feature_mode"),
        conditions(updateConditions(unit, "mode", [])),
      );
    },
    "lf.ref_frm_delta[]": inForceOr("others", "the last update (9.4)", "0 (9.4)"),
    "lf.mb_mode_delta[]": inForceOr("others", "the last update (9.4)", "0 (9.4)"),
    "entropy.coeff_probs[][][][]": inForceOr("probabilities", "the last update (13.4)", "default_coeff_probs (13.5)"),
    "entropy.mv_probs[][]": inForceOr("probabilities", "the last update (17.2)", "default_mv_context (17.2)"),
    "entropy.y_mode_probs[]": modes(
      "kf_ymode_prob: the fixed probabilities of key frames (11.2)",
      "the default of ymode_prob (16.1)",
    ),
    "entropy.uv_mode_probs[]": modes(
      "kf_uv_mode_prob: the fixed probabilities of key frames (11.4)",
      "the default of uv_mode_prob (16.1)",
    ),
  };
}

/** The elements of the frame itself that say whether it changes a value: 19.2. */
function updateConditions(unit: ReadUnit, name: string, at: readonly number[]): (Source | undefined)[] {
  const flags: Readonly<Record<string, string>> = {
    coeff_probs: "coeff_prob_update_flag",
    mv_probs: "mv_prob_update_flag",
    ref_frm_delta: "ref_frame_delta_update_flag",
    mb_mode_delta: "mb_mode_delta_update_flag",
    quant_update: "quantizer_update",
    lf_update: "loop_filter_update",
    segment_probs: "segment_prob_update",
  };
  const flag = flags[name];
  const own = flag === undefined ? undefined : unit.element(flag, at);
  if (own !== undefined) return [own];
  const outer: Readonly<Record<string, string[]>> = {
    y_mode_probs: ["intra_16x16_prob_update_flag"],
    uv_mode_probs: ["intra_chroma_prob_update_flag"],
    ref_frm_delta: ["mode_ref_lf_delta_update", "loop_filter_adj_enable"],
    mb_mode_delta: ["mode_ref_lf_delta_update", "loop_filter_adj_enable"],
    segment_probs: ["update_mb_segmentation_map", "segmentation_enabled"],
  };
  const around = outer[name] ?? ["update_segment_feature_data", "segmentation_enabled"];
  return [around.map((element) => unit.element(element)).find((element) => element !== undefined)];
}

/** Where the header of the first partition ends, and where the partitions lie: 9.5, 9.11. */
function partitionRules(unit: ReadUnit): Rules {
  const first = unit.elements.findIndex(({ descriptor }) => descriptor === "bool");
  let last = first;
  while (unit.elements[last + 1]?.descriptor === "bool") last++;
  const coder: Rule = ({ name }) =>
    sourcesOf(
      computed(`${name} of the boolean decoder after the header of the first partition (7.3, 20.2)`),
      unit.span(first, last, "all their bools"),
    );
  return {
    "coder_state.range": coder,
    "coder_state.value": coder,
    "coder_state.bit_count": coder,
    first_part_header_bits: () =>
      sourcesOf(
        computed("the bits that the header of the first partition takes up (19.2)"),
        unit.span(first, last, "all their bools"),
      ),
    num_dct_parts: () =>
      sourcesOf(
        computed("2 to the power of log2_nbr_of_dct_partitions (9.5)"),
        unit.element("log2_nbr_of_dct_partitions"),
      ),
    "dct_part_sizes[]": ({ at, field }: Place) => {
      const [i] = at as [number];
      const count = field("num_dct_parts");
      const log2 = unit.condition("log2_nbr_of_dct_partitions");
      if (i >= count)
        return sourcesOf(constant(`0: the frame has ${count} DCT partition${count === 1 ? "" : "s"} (9.5)`), log2);
      const own = unit.element("partition_size", i) ?? unit.at(nth(unit, "partition_size", i));
      if (i < count - 1) return sourcesOf(own, conditions(unit.element("first_part_size")), log2);
      return sourcesOf(
        computed("the rest of the frame: its bytes less those of all that comes before (9.5)"),
        unit.element("first_part_size"),
        unit.elements.flatMap(({ name }, place) => (name === "partition_size" ? [unit.at(place)] : [])),
        log2,
      );
    },
  };
}

/** The place of the element that has this name for the (i + 1)th time. */
function nth(unit: ReadUnit, name: string, i: number): number {
  let place = -1;
  for (let count = 0; count <= i; count++)
    place = unit.elements.findIndex((each, k) => k > place && each.name === name);
  return place;
}

/** 9.7: the buffers that a frame refers to, as they were before it. */
function reference({ unit, references }: FrameUnits, { value }: Place, buffer: string): Source[] {
  const found = references.get(Number(value));
  if (found === undefined)
    return sourcesOf(computed(`0: there is no ${buffer} frame yet (9.7)`), conditions(unit.element("frame_type")));
  const names = [
    "frame_type",
    "refresh_golden_frame",
    "refresh_alternate_frame",
    "refresh_last",
    "copy_buffer_to_golden",
    "copy_buffer_to_alternate",
  ];
  return [
    stateOf(
      found.request,
      `decoded into the ${buffer} buffer, or copied there since (9.7)`,
      found.unit.allNamed(names),
    ),
  ];
}
