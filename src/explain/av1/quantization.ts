/** v4l2_av1_quantization: 5.9.12, 5.9.13, 5.9.17. */
import type { Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, constant, type Source, sourcesOf } from "../source.ts";
import { type Av1State, coded, ruled } from "./state.ts";

/** The delta that is read as the (n + 1)th one: its flag, and after it the value. */
function delta(unit: ReadUnit, n: number): Source[] {
  let place = -1;
  for (let i = 0; i <= n; i++) place = unit.placeOf("delta_coded", [], place + 1);
  const flag = unit.at(place, "condition");
  if (flag === undefined) return [];
  return flag.value === 1
    ? sourcesOf(unit.at(place + 1), flag)
    : sourcesOf(constant("0 where it is not coded (5.9.13)"), flag);
}

export function quantizationRules({ unit, sequence }: Av1State): Rules {
  const flag = (name: string) => `quantization.flags.V4L2_AV1_QUANTIZATION_FLAG_${name}`;
  const monochrome = () => ruled("0: without chroma (5.9.12)", sequence.element("mono_chrome"));
  const chroma = (n: number) => () => (sequence.value("mono_chrome") === 1 ? monochrome() : delta(unit, n));
  const ofV = (n: number) => (): Source[] => {
    if (sequence.value("mono_chrome") === 1) return monochrome();
    if (unit.value("diff_uv_delta") === 1) return sourcesOf(delta(unit, n + 2), unit.condition("diff_uv_delta"));
    const decides = unit.condition("diff_uv_delta") ?? sequence.condition("separate_uv_delta_q");
    return sourcesOf(computed("that of U: diff_uv_delta is 0 (5.9.12)"), delta(unit, n), decides);
  };
  const matrix = (name: string) => () => coded(unit, "0: no matrices (5.9.12)", name, unit.element("using_qmatrix"));
  return {
    "quantization.base_q_idx": () => sourcesOf(unit.element("base_q_idx")),
    "quantization.delta_q_y_dc": () => delta(unit, 0),
    "quantization.delta_q_u_dc": chroma(1),
    "quantization.delta_q_u_ac": chroma(2),
    "quantization.delta_q_v_dc": ofV(1),
    "quantization.delta_q_v_ac": ofV(2),
    "quantization.qm_y": matrix("qm_y"),
    "quantization.qm_u": matrix("qm_u"),
    "quantization.qm_v": () => {
      if (unit.has("qm_v") || !unit.has("qm_u")) return matrix("qm_v")();
      return sourcesOf(
        unit.inferred("qm_u (5.9.12)", "qm_v"),
        unit.element("qm_u"),
        sequence.condition("separate_uv_delta_q"),
      );
    },
    "quantization.delta_q_res": () =>
      coded(unit, "0 (5.9.17)", "delta_q_res", unit.element("delta_q_present") ?? unit.element("base_q_idx")),
    [flag("DIFF_UV_DELTA")]: () =>
      coded(
        unit,
        "0 (5.9.12)",
        "diff_uv_delta",
        sequence.element("separate_uv_delta_q") ?? sequence.element("mono_chrome"),
      ),
    [flag("USING_QMATRIX")]: () => sourcesOf(unit.element("using_qmatrix")),
    [flag("DELTA_Q_PRESENT")]: () => coded(unit, "0 (5.9.17)", "delta_q_present", unit.element("base_q_idx")),
  };
}
