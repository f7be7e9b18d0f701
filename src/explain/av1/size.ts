/** The size of a frame: 5.9.5 to 5.9.8. */
import type { Rules } from "../field.ts";
import { computed, type Source, sourcesOf, state as stateOf } from "../source.ts";
import { type Av1State, coded, type HeaderUnits, keptBy, referenceDecisions, ruled } from "./state.ts";

/** The reference whose size the frame has, as it was found: 5.9.7. */
function foundDecisions(state: Av1State): Source[] {
  const flags = state.unit.allNamed("found_ref");
  const found = flags.find(({ value }) => value === 1)?.subscripts[0];
  return sourcesOf(flags, found === undefined ? [] : referenceDecisions(state, found));
}

/** What frame_size() of a frame is made of: UpscaledWidth - 1, FrameHeight - 1. */
function codedSize({ unit, sequence }: HeaderUnits, direction: "width" | "height"): Source[] {
  const own = unit.element(`frame_${direction}_minus_1`);
  return sourcesOf(
    own ?? sequence.element(`max_frame_${direction}_minus_1`),
    unit.condition("frame_size_override_flag") ?? unit.condition("frame_type"),
  );
}

/** The size of a frame, or of the reference that it has it from. */
function fromReference(state: Av1State, what: string, sources: (units: HeaderUnits) => Source[]): Source[] {
  const { request, unit } = state.saved.size;
  if (request === state.request) return sourcesOf(sources(state), foundDecisions(state));
  return sourcesOf(
    stateOf(request, `${what} of the frame that found_ref names (5.9.7)`, sources(state.saved.size), keptBy(unit)),
    state.unit.condition("frame_size_override_flag"),
    foundDecisions(state),
  );
}

/** UpscaledWidth, FrameHeight. */
function upscaled(state: Av1State, direction: "width" | "height"): Source[] {
  return fromReference(state, `the ${direction}`, (units) => codedSize(units, direction));
}

/** FrameWidth, FrameHeight: without superres, the same. */
export function sizeSources(state: Av1State, direction: "width" | "height"): Source[] {
  const { unit } = state;
  if (direction === "height" || unit.value("use_superres") !== 1) {
    return sourcesOf(upscaled(state, direction), direction === "width" ? unit.condition("use_superres") : []);
  }
  return sourcesOf(
    computed("FrameWidth: (UpscaledWidth * 8 + SuperresDenom / 2) / SuperresDenom (5.9.8)"),
    upscaled(state, "width"),
    unit.element("coded_denom"),
    unit.condition("use_superres"),
  );
}

export function sizeRules(state: Av1State): Rules {
  const { unit, sequence } = state;
  const render = (direction: "width" | "height") => () =>
    fromReference(state, `the render ${direction}`, (units) => {
      const different = units.unit.condition("render_and_frame_size_different");
      const own = units.unit.element(`render_${direction}_minus_1`);
      if (own !== undefined) return sourcesOf(own, different);
      const rule = direction === "width" ? "UpscaledWidth (5.9.6)" : "FrameHeight (5.9.6)";
      return sourcesOf(
        units.unit.inferred(rule, `render_${direction}_minus_1`),
        codedSize(units, direction),
        different,
      );
    });
  return {
    frame_width_minus_1: () => sizeSources(state, "width"),
    frame_height_minus_1: () => sizeSources(state, "height"),
    upscaled_width: () => sourcesOf(computed("UpscaledWidth: minus_1 + 1 (5.9.5, 5.9.8)"), upscaled(state, "width")),
    render_width_minus_1: render("width"),
    render_height_minus_1: render("height"),
    superres_denom: () => {
      const denom = unit.element("coded_denom");
      if (denom === undefined)
        return ruled(
          "8, SUPERRES_NUM: no superres (5.9.8)",
          unit.element("use_superres") ?? sequence.element("enable_superres"),
        );
      return sourcesOf(computed("coded_denom + 9 (5.9.8)"), denom, unit.condition("use_superres"));
    },
    "flags.V4L2_AV1_FRAME_FLAG_USE_SUPERRES": () =>
      coded(unit, "0 (5.9.8)", "use_superres", sequence.element("enable_superres")),
  };
}
