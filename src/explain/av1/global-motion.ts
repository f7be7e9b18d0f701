/** v4l2_av1_global_motion: 5.9.24 to 5.9.29. */
import type { Place, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, constant, type Source, sourcesOf, state as stateOf } from "../source.ts";
import {
  type Av1State,
  frameType,
  type HeaderUnits,
  isIntra,
  keptBy,
  primaryDecisions,
  referenceDecisions,
  ruled,
  storedBy,
} from "./state.ts";

const subexp: readonly string[] = ["subexp_more_bits", "subexp_bits", "subexp_final_bits"];

/** The elements that code a parameter. */
function codes(unit: ReadUnit, ref: number, idx: number): Source[] {
  return sourcesOf(
    unit.elements.flatMap(({ name, subscripts: [r, i] }, place) =>
      subexp.includes(name) && r === ref && i === idx ? [unit.at(place)] : [],
    ),
  );
}

/** The elements that decide which parameters of a reference are coded. */
function typeDecisions(unit: ReadUnit, ref: number): Source[] {
  return sourcesOf(["is_global", "is_rot_zoom", "is_translation"].map((name) => unit.condition(name, ref)));
}

/** The parameter that is coded for another one: ROTZOOM codes 2 and 3 for 4 and 5. */
function codedFor(unit: ReadUnit, ref: number, idx: number): number {
  return unit.value("is_rot_zoom", ref) === 1 && idx >= 4 ? 7 - idx : idx;
}

/** A parameter of a frame: 5.9.24. The one that it is predicted from is left out. */
function parameter(unit: ReadUnit, ref: number, idx: number): Source[] {
  const from = codedFor(unit, ref, idx);
  const own = codes(unit, ref, from);
  const type = typeDecisions(unit, ref);
  if (own.length === 0) return ruled("the identity: not coded (5.9.24)", type);
  // The precision of a translation depends on that of motion vectors.
  const isTranslation = unit.value("is_translation", ref) === 1;
  return sourcesOf(
    from === idx ? [] : computed(idx === 4 ? "-gm_params[ref][3] (5.9.24)" : "gm_params[ref][2] (5.9.24)"),
    computed("coded as a difference to PrevGmParams (5.9.25 to 5.9.29)"),
    own,
    type,
    isTranslation && idx < 2 ? unit.condition("allow_high_precision_mv") : [],
  );
}

/** Whether a parameter is coded as a difference. */
function isDifference(unit: ReadUnit, ref: number, idx: number): boolean {
  return codes(unit, ref, codedFor(unit, ref, idx)).length > 0;
}

/** So many frames are named whose parameters are made of each other: then the explanation ends. */
const mostFrames = 16;

/** The frames that a frame's parameters are made of, itself first: 7.20. @param before those of the frame that it inherits from. */
export function motionFrames(units: HeaderUnits, before: readonly HeaderUnits[] | undefined): readonly HeaderUnits[] {
  const isCoded = units.unit.elements.some(({ name, value }) => name === "is_global" && value === 1);
  return isCoded && before !== undefined ? [units, ...before.slice(0, mostFrames - 1)] : [units];
}

/** PrevGmParams: those of the frame that is inherited from, which may be made of those of another frame, and so on. */
function predicted(state: Av1State, ref: number, idx: number): Source[] {
  const { previous, unit } = state;
  if (previous === undefined) return primaryDecisions(state);
  const states: Source[] = [];
  let at = idx;
  for (const { request, unit: coder, sequence } of previous.saved.motion) {
    const isIntraFrame = isIntra(coder);
    const identity = () =>
      ruled("the identity: an intra frame (5.9.24)", frameType({ request, unit: coder, sequence }));
    const isLast = isIntraFrame || !isDifference(coder, ref, at);
    // A difference may be so large, or the bits of a parameter so few, that another prediction gives the same.
    const own = isIntraFrame ? identity() : conditions(parameter(coder, ref, at));
    states.push(
      stateOf(
        request,
        "PrevGmParams (7.20)",
        own,
        isLast ? [] : primaryDecisions({ request, unit: coder, sequence }),
        keptBy(coder),
      ),
    );
    if (isLast) break;
    at = codedFor(coder, ref, at);
  }
  return sourcesOf(
    states,
    conditions(storedBy(previous)),
    unit.condition("primary_ref_frame"),
    referenceDecisions(state, unit.value("primary_ref_frame") ?? 0),
  );
}

export function globalMotionRules(state: Av1State): Rules {
  const { unit } = state;
  const isIntraFrame = isIntra(unit);
  const flag = (name: string) => `global_motion.flags[].V4L2_AV1_GLOBAL_MOTION_FLAG_${name}`;
  const none = [constant("0: INTRA_FRAME has no motion")];
  const intra = () => ruled("none: an intra frame (5.9.24)", frameType(state));
  const copy =
    (name: string) =>
    ({ at: [ref = 0] }: Place) => {
      if (ref === 0) return none;
      if (isIntraFrame) return intra();
      const own = unit.element(name, ref);
      return own === undefined ? sourcesOf(unit.inferred("0 (5.9.24)", name, ref), typeDecisions(unit, ref)) : [own];
    };
  return {
    [flag("IS_GLOBAL")]: copy("is_global"),
    [flag("IS_ROT_ZOOM")]: copy("is_rot_zoom"),
    [flag("IS_TRANSLATION")]: copy("is_translation"),
    "global_motion.type[]": ({ at: [ref = 0] }) => {
      if (ref === 0) return none;
      if (isIntraFrame) return intra();
      return sourcesOf(
        computed("GmType (5.9.24)"),
        ["is_global", "is_rot_zoom", "is_translation"].map((name) => unit.element(name, ref)),
      );
    },
    "global_motion.params[][]": ({ at: [ref = 0, idx = 0] }) => {
      if (ref === 0) return none;
      if (isIntraFrame) return ruled("the identity: an intra frame (5.9.24)", frameType(state));
      const own = parameter(unit, ref, idx);
      if (!isDifference(unit, ref, idx)) return own;
      return sourcesOf(own, predicted(state, ref, codedFor(unit, ref, idx)));
    },
    "global_motion.invalid": () => {
      if (isIntraFrame) return intra();
      const warps = [1, 2, 3, 4, 5, 6, 7].filter((ref) =>
        [0, 1, 2, 3, 4, 5].some((idx) => isDifference(unit, ref, idx)),
      );
      return sourcesOf(
        computed("a bit for each warp that the warp process cannot use: warpValid (7.11.3.6)"),
        unit.allNamed("is_global", "is_rot_zoom", "is_translation", subexp),
        conditions(warps.map((ref) => [2, 3, 4, 5].map((idx) => predicted(state, ref, idx)))),
      );
    },
  };
}
