/** v4l2_av1_loop_filter: 5.9.11, 5.9.18. */
import type { Rules } from "../field.ts";
import { constant, sourcesOf } from "../source.ts";
import {
  type Av1State,
  coded,
  type HeaderUnits,
  inherited,
  losslessDecisions,
  primaryDecisions,
  ruled,
  type Saved,
  type Setting,
} from "./state.ts";

/** The deltas in force after a frame's header. @param before those of the frame that it inherits from. */
export function loopFilterSettings(
  units: HeaderUnits,
  before: Saved | undefined,
): Pick<Saved, "refDeltas" | "modeDeltas"> {
  const { unit } = units;
  const defaults = (text: string): Setting => ({
    frame: units,
    sources: () => sourcesOf(constant(text), primaryDecisions(units)),
  });
  const setting = (i: number, name: "ref" | "mode", old: Setting | undefined): Setting => {
    const place = unit.placeOf(`update_${name}_delta`, [i]);
    if (unit.elements[place]?.value === 1) {
      return { frame: units, sources: () => sourcesOf(unit.at(place + 1), unit.at(place, "condition")) };
    }
    // Lossless frames and those with intra block copy have the defaults.
    if (!unit.has("loop_filter_delta_enabled")) {
      const text = "the default: the frame has no loop filter (5.9.11)";
      return { frame: units, sources: () => ruled(text, unit.allNamed("allow_intrabc", "base_q_idx")) };
    }
    return old ?? defaults("the default of setup_past_independence (6.8.2)");
  };
  return {
    refDeltas: [0, 1, 2, 3, 4, 5, 6, 7].map((i) => setting(i, "ref", before?.refDeltas[i])),
    modeDeltas: [0, 1].map((i) => setting(i, "mode", before?.modeDeltas[i])),
  };
}

/** What decides that a frame has no loop filter, and no CDEF. */
export function unfiltered(state: Av1State) {
  return [losslessDecisions(state), state.unit.element("allow_intrabc")];
}

export function loopFilterRules(state: Av1State): Rules {
  const { unit, saved } = state;
  const flag = (name: string) => `loop_filter.flags.V4L2_AV1_LOOP_FILTER_FLAG_${name}`;
  const deltas = (settings: readonly Setting[], name: string) => (i: number) =>
    sourcesOf(
      inherited(state, settings[i] as Setting, "the last update (7.20)"),
      unit.condition(`update_${name}_delta`, i) ??
        unit.condition("loop_filter_delta_update") ??
        unit.condition("loop_filter_delta_enabled") ??
        unfiltered(state),
    );
  const refDelta = deltas(saved.refDeltas, "ref");
  const modeDelta = deltas(saved.modeDeltas, "mode");
  return {
    "loop_filter.level[]": ({ at: [i = 0] }) =>
      sourcesOf(
        unit.element("loop_filter_level", i) ?? [
          unit.inferred("0 (5.9.11)", "loop_filter_level", i),
          i >= 2 && unit.has("loop_filter_level", 0)
            ? [unit.allNamed("loop_filter_level"), state.sequence.condition("mono_chrome")]
            : unfiltered(state),
        ],
      ),
    "loop_filter.sharpness": () => coded(unit, "0 (5.9.11)", "loop_filter_sharpness", unfiltered(state)),
    "loop_filter.ref_deltas[]": ({ at: [i = 0] }) => refDelta(i),
    "loop_filter.mode_deltas[]": ({ at: [i = 0] }) => modeDelta(i),
    "loop_filter.delta_lf_res": () =>
      coded(unit, "0 (5.9.18)", "delta_lf_res", unit.allNamed("delta_lf_present", "delta_q_present", "base_q_idx")),
    [flag("DELTA_ENABLED")]: () =>
      coded(
        unit,
        "1 after setup_past_independence, else 0 (6.8.2)",
        "loop_filter_delta_enabled",
        unfiltered(state),
        primaryDecisions(state),
      ),
    [flag("DELTA_UPDATE")]: () =>
      coded(
        unit,
        "0 (5.9.11)",
        "loop_filter_delta_update",
        unit.element("loop_filter_delta_enabled") ?? unfiltered(state),
      ),
    [flag("DELTA_LF_PRESENT")]: () =>
      coded(unit, "0 (5.9.18)", "delta_lf_present", unit.allNamed("delta_q_present", "allow_intrabc", "base_q_idx")),
    [flag("DELTA_LF_MULTI")]: () =>
      coded(unit, "0 (5.9.18)", "delta_lf_multi", unit.allNamed("delta_lf_present", "delta_q_present", "base_q_idx")),
  };
}
