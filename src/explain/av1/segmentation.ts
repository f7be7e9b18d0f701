/** v4l2_av1_segmentation: 5.9.14. */
import type { Rules } from "../field.ts";
import { computed, type Source, sourcesOf } from "../source.ts";
import { type Av1State, coded, inherited, primaryDecisions, ruled } from "./state.ts";

const features: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7];

export function segmentationRules(state: Av1State): Rules {
  const { unit, saved } = state;
  const frame = saved.features;
  const flag = (name: string) => `segmentation.flags.V4L2_AV1_SEGMENTATION_FLAG_${name}`;
  const isOff = unit.value("segmentation_enabled") !== 1;
  const enabled = () => unit.element("segmentation_enabled");
  /** Of a feature in force: what it is made of in the frame that codes it. */
  const inForce = (sources: () => Source[]): Source[] =>
    isOff
      ? ruled("0: segmentation is off (5.9.14)", enabled())
      : sourcesOf(
          inherited(state, { frame, sources }, "the features of the primary reference frame (7.20)"),
          unit.condition("segmentation_update_data"),
        );
  const neverCoded = () => ruled("0: segmentation was off there (5.9.14)", frame.unit.element("segmentation_enabled"));
  const isCoded = frame.unit.has("feature_enabled", 0, 0);
  const updated = (name: string, rule: string) => () =>
    coded(unit, isOff ? "0 (5.9.14)" : rule, name, enabled(), isOff ? [] : primaryDecisions(state));
  return {
    [flag("ENABLED")]: () => sourcesOf(enabled()),
    [flag("UPDATE_MAP")]: updated("segmentation_update_map", "1 without a primary reference frame (5.9.14)"),
    [flag("UPDATE_DATA")]: updated("segmentation_update_data", "1 without a primary reference frame (5.9.14)"),
    [flag("TEMPORAL_UPDATE")]: () =>
      coded(
        unit,
        "0 (5.9.14)",
        "segmentation_temporal_update",
        unit.element("segmentation_update_map"),
        enabled(),
        primaryDecisions(state),
      ),
    [flag("SEG_ID_PRE_SKIP")]: () =>
      inForce(() =>
        isCoded
          ? ruled(
              "1 where a segment has a feature from SEG_LVL_REF_FRAME on (5.9.14)",
              frame.unit.allNamed("feature_enabled").filter(({ subscripts }) => (subscripts[1] ?? 0) >= 5),
            )
          : neverCoded(),
      ),
    "segmentation.last_active_seg_id": () =>
      inForce(() =>
        isCoded
          ? ruled("the last segment with a feature (5.9.14)", frame.unit.allNamed("feature_enabled"))
          : neverCoded(),
      ),
    "segmentation.feature_enabled[]": ({ at: [i = 0] }) =>
      inForce(() =>
        isCoded
          ? sourcesOf(
              computed("a bit for each feature: feature_enabled[i][j] (5.9.14)"),
              features.map((j) => frame.unit.element("feature_enabled", i, j)),
            )
          : neverCoded(),
      ),
    "segmentation.feature_data[][]": ({ at: [i = 0, j = 0], value }) =>
      inForce(() => {
        if (!isCoded) return neverCoded();
        const own = frame.unit.element("feature_value", i, j);
        const isEnabled = frame.unit.condition("feature_enabled", i, j);
        if (own === undefined) return sourcesOf(computed("0: no value is coded (5.9.14)"), isEnabled);
        return sourcesOf(own.value === value ? [] : computed("Clip3 to the feature's limit (5.9.14)"), own, isEnabled);
      }),
  };
}
