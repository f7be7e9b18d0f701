/** What a frame refers to: 5.9.2, 5.9.22, 7.8, 7.20, 7.21. */
import type { Rules } from "../field.ts";
import { computed, conditions, type Source, sourcesOf, state as stateOf } from "../source.ts";
import {
  type Av1State,
  coded,
  frameType,
  isIntra,
  orderHint,
  referenceDecisions,
  referenceHints,
  ruled,
  storedBy,
} from "./state.ts";

export function referenceRules(state: Av1State): Rules {
  const { unit, slots, timestamps, refFrameIdx } = state;
  const intra = (): Source[] => ruled("0: an intra frame has no references (5.9.2)", frameType(state));
  return {
    "ref_frame_idx[]": ({ at: [i = 0] }) => {
      if (isIntra(unit)) return intra();
      const own = unit.element("ref_frame_idx", i);
      if (own !== undefined) return [own];
      const direct = i === 0 ? "last_frame_idx" : i === 3 ? "gold_frame_idx" : undefined;
      if (direct !== undefined) return sourcesOf(unit.element(direct));
      return sourcesOf(computed("set_frame_refs: by the order hints of the slots (7.8)"), referenceDecisions(state, i));
    },
    "reference_frame_ts[]": ({ at: [i = 0] }) => {
      const frame = slots[i];
      if (frame === undefined) {
        const isEmpty = timestamps[i] === 0;
        return [computed(isEmpty ? "0: the slot is empty" : "the nearest frame: the one of the slot is missing")];
      }
      const how = frame.shown === undefined ? `decoded into slot ${i} (7.20)` : `shown again, into all slots (7.21)`;
      return [stateOf(frame.request, how, storedBy(frame))];
    },
    "order_hints[]": ({ at: [i = 0] }) => {
      if (isIntra(unit)) return intra();
      if (i === 0) return [computed("0: INTRA_FRAME has no order hint")];
      const slot = refFrameIdx[i - 1] as number;
      const decides = referenceDecisions(state, i - 1);
      const frame = slots[slot];
      if (frame === undefined) return sourcesOf(computed(`0: slot ${slot} is empty`), decides);
      const what = `OrderHint of the frame in slot ${slot} (7.20)`;
      return sourcesOf(stateOf(frame.request, what, orderHint(frame), storedBy(frame)), decides);
    },
    primary_ref_frame: () =>
      coded(
        unit,
        "7, PRIMARY_REF_NONE: an intra frame or an error resilient one (5.9.2)",
        "primary_ref_frame",
        frameType(state),
        unit.element("error_resilient_mode"),
      ),
    ...skipModeRules(state),
  };
}

/** 5.9.22. */
function skipModeRules(state: Av1State): Rules {
  const { unit, sequence } = state;
  const decides = (): Source[] =>
    isIntra(unit)
      ? frameType(state)
      : conditions(
          unit.element("reference_select"),
          sequence.element("enable_order_hint"),
          unit.element("order_hint"),
          unit.value("reference_select") === 1 ? referenceHints(state) : [],
        );
  const rule = "the nearest references before and after the frame, or the two nearest before it (5.9.22)";
  return {
    "skip_mode_frame[]": ({ value }) =>
      ruled(value === 0 ? "0: no skip mode (5.9.22)" : `SkipModeFrame: ${rule}`, decides()),
    "flags.V4L2_AV1_FRAME_FLAG_SKIP_MODE_ALLOWED": () =>
      ruled("skipModeAllowed: compound prediction, and references for it (5.9.22)", decides()),
    "flags.V4L2_AV1_FRAME_FLAG_SKIP_MODE_PRESENT": () => coded(unit, "0 (5.9.22)", "skip_mode_present", decides()),
  };
}
