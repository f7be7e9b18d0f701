/** V4L2_CID_STATELESS_AV1_FRAME: 5.9.2. */
import type { Rules } from "../field.ts";
import { computed, conditions, constant, type Source, type SourceList, sourcesOf } from "../source.ts";
import { filterRules } from "./filters.ts";
import { globalMotionRules } from "./global-motion.ts";
import { loopFilterRules } from "./loop-filter.ts";
import { quantizationRules } from "./quantization.ts";
import { referenceRules } from "./references.ts";
import { segmentationRules } from "./segmentation.ts";
import { sizeRules } from "./size.ts";
import { type Av1State, coded, frameType, isIntra, losslessDecisions, ruled } from "./state.ts";
import { tileInfoRules } from "./tiles.ts";

export function frameRules(state: Av1State): Rules {
  const { unit, sequence } = state;
  return {
    ...flagRules(state),
    ...screenContentRules(state),
    ...tileInfoRules(state),
    ...quantizationRules(state),
    ...segmentationRules(state),
    ...loopFilterRules(state),
    ...filterRules(state),
    ...globalMotionRules(state),
    ...referenceRules(state),
    ...sizeRules(state),
    frame_type: () => coded(unit, "0, KEY_FRAME (5.9.2)", "frame_type", frameType(state)),
    order_hint: () => coded(unit, "0: no order hints (5.5.1)", "order_hint", sequence.element("enable_order_hint")),
    interpolation_filter: () => {
      if (isIntra(unit)) return ruled("0: an intra frame has none", frameType(state));
      const own = unit.element("interpolation_filter");
      if (own !== undefined) return sourcesOf(own, unit.condition("is_filter_switchable"));
      return sourcesOf(computed("4, SWITCHABLE (5.9.10)"), unit.element("is_filter_switchable"));
    },
    tx_mode: () => {
      const select = unit.element("tx_mode_select");
      if (select === undefined) return ruled("0, ONLY_4X4: CodedLossless (5.9.21)", losslessDecisions(state));
      return sourcesOf(computed("TX_MODE_LARGEST, or TX_MODE_SELECT with tx_mode_select (5.9.21)"), select);
    },
    current_frame_id: () =>
      coded(
        unit,
        "0: no frame ids (5.9.2)",
        "current_frame_id",
        sequence.element("frame_id_numbers_present_flag") ?? sequence.element("reduced_still_picture_header"),
      ),
    "buffer_removal_time[]": ({ at: [i = 0] }) => {
      const own = unit.element("buffer_removal_time", i);
      if (own !== undefined) return [own];
      return sourcesOf(unit.inferred("0 (5.9.2)", "buffer_removal_time", i), removalDecisions(state, i));
    },
    refresh_frame_flags: () =>
      coded(
        unit,
        "0xff: a switch frame, or a key frame that is shown (5.9.2)",
        "refresh_frame_flags",
        frameType(state),
        unit.element("show_frame"),
      ),
  };
}

/** What decides that an operating point has no buffer_removal_time: 5.9.2. */
function removalDecisions({ unit, sequence }: Av1State, i: number): Source[] {
  const present = unit.condition("buffer_removal_time_present_flag");
  if (present?.value !== 1) {
    return sourcesOf(
      present ??
        sequence.condition("decoder_model_info_present_flag") ??
        sequence.condition("timing_info_present_flag"),
    );
  }
  return sourcesOf(
    present,
    sequence.condition("operating_points_cnt_minus_1"),
    sequence.condition("decoder_model_present_for_this_op", i),
    sequence.condition("operating_point_idc", i),
    unit.allNamed("temporal_id", "spatial_id", "obu_extension_flag"),
  );
}

/** Flags that are an element, the value where it is not coded, and what decides that. */
function flagRules(state: Av1State): Rules {
  const { unit, sequence } = state;
  const reduced = () => sequence.element("reduced_still_picture_header");
  const inter = (...more: SourceList): SourceList => [frameType(state), ...(isIntra(unit) ? [] : more)];
  const resilient = unit.element("error_resilient_mode");
  const flags: Readonly<Record<string, readonly [rule: string, decides: () => SourceList, element?: string]>> = {
    SHOW_FRAME: ["1: a still picture (5.9.2)", () => [reduced()]],
    ERROR_RESILIENT_MODE: [
      "1: a switch frame, or a key frame that is shown; 0 in a reduced still picture (5.9.2)",
      () => [frameType(state), unit.element("show_frame")],
    ],
    DISABLE_CDF_UPDATE: ["", () => []],
    ALLOW_INTRABC: ["0 (5.9.2)", () => inter().concat(unit.allNamed("allow_screen_content_tools", "use_superres"))],
    ALLOW_HIGH_PRECISION_MV: ["0 (5.9.2)", () => inter(unit.element("force_integer_mv") ?? integerMvOfSequence(state))],
    IS_MOTION_MODE_SWITCHABLE: ["0: an intra frame (5.9.2)", () => inter()],
    USE_REF_FRAME_MVS: ["0 (5.9.2)", () => inter(resilient, sequence.element("enable_ref_frame_mvs"))],
    DISABLE_FRAME_END_UPDATE_CDF: ["1 (5.9.2)", () => [unit.element("disable_cdf_update"), reduced()]],
    ALLOW_WARPED_MOTION: ["0 (5.9.2)", () => inter(resilient, sequence.element("enable_warped_motion"))],
    REFERENCE_SELECT: ["0: an intra frame (5.9.23)", () => inter()],
    REDUCED_TX_SET: ["", () => []],
    FRAME_SIZE_OVERRIDE: ["1 in a switch frame, else 0 (5.9.2)", () => [frameType(state)], "frame_size_override_flag"],
    BUFFER_REMOVAL_TIME_PRESENT: [
      "0: no decoder model (5.9.2)",
      () => [sequence.element("decoder_model_info_present_flag") ?? sequence.element("timing_info_present_flag")],
      "buffer_removal_time_present_flag",
    ],
    FRAME_REFS_SHORT_SIGNALING: ["0 (5.9.2)", () => inter(sequence.element("enable_order_hint"))],
  };
  const rules = Object.entries(flags).map(([flag, [rule, decides, element = flag.toLowerCase()]]) => [
    `flags.V4L2_AV1_FRAME_FLAG_${flag}`,
    () => (unit.has(element) ? coded(unit, rule, element) : coded(unit, rule, element, decides())),
  ]);
  return {
    ...Object.fromEntries(rules),
    "flags.V4L2_AV1_FRAME_FLAG_SHOWABLE_FRAME": () => {
      const own = unit.element("showable_frame");
      if (own !== undefined) return [own];
      return sourcesOf(
        unit.inferred("of a frame that is shown: 0 of a key frame, else 1 (5.9.2)", "showable_frame"),
        frameType(state),
        unit.condition("show_frame"),
      );
    },
  };
}

function integerMvOfSequence({ unit, sequence }: Av1State): SourceList {
  return [
    unit.element("allow_screen_content_tools"),
    sequence.allNamed("seq_force_integer_mv", "seq_choose_integer_mv"),
  ];
}

/** The part of 5.9.2 from allow_screen_content_tools to force_integer_mv. */
function screenContentRules(state: Av1State): Rules {
  const { unit, sequence } = state;
  const tools = (): Source[] => {
    const own = unit.element("allow_screen_content_tools");
    if (own !== undefined) return [own];
    return sourcesOf(
      unit.inferred("seq_force_screen_content_tools (5.9.2)", "allow_screen_content_tools"),
      sequence.element("seq_force_screen_content_tools"),
      sequence.condition("seq_choose_screen_content_tools"),
    );
  };
  return {
    "flags.V4L2_AV1_FRAME_FLAG_ALLOW_SCREEN_CONTENT_TOOLS": tools,
    "flags.V4L2_AV1_FRAME_FLAG_FORCE_INTEGER_MV": () => {
      if (isIntra(unit)) return sourcesOf(constant("1: an intra frame (5.9.2)"), frameType(state));
      const own = unit.element("force_integer_mv");
      if (own !== undefined) return [own];
      const forced =
        unit.value("allow_screen_content_tools") === 0 ? undefined : sequence.element("seq_force_integer_mv");
      const rule = forced === undefined ? "0: no screen content tools (5.9.2)" : "seq_force_integer_mv (5.9.2)";
      return sourcesOf(unit.inferred(rule, "force_integer_mv"), forced, conditions(tools()));
    },
  };
}
