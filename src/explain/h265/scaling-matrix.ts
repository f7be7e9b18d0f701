/** V4L2_CID_STATELESS_HEVC_SCALING_MATRIX: 7.3.4, 7.4.5. */
import { diagonal4x4, diagonal8x8 } from "../../h265/tables.ts";
import type { Place, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, constant, type Source, sourcesOf, theirSum } from "../source.ts";
import type { Picture } from "./state.ts";

const sizes: readonly string[] = ["scaling_list_4x4", "scaling_list_8x8", "scaling_list_16x16", "scaling_list_32x32"];

export function scalingMatrixRules({ sps, pps }: Picture): Rules {
  const flags = [
    pps.condition("pps_scaling_list_data_present_flag"),
    sps.condition("sps_scaling_list_data_present_flag"),
    sps.condition("scaling_list_enabled_flag"),
  ];
  const unit =
    pps.value("pps_scaling_list_data_present_flag") === 1
      ? pps
      : sps.value("sps_scaling_list_data_present_flag") === 1
        ? sps
        : undefined;
  const factor = ({ name, at: [list = 0, place = 0] }: Place) => {
    const sizeId = sizes.indexOf(name);
    const index = (sizeId === 0 ? diagonal4x4 : diagonal8x8).indexOf(place);
    return sourcesOf(listValue(unit, sizeId, sizeId === 3 ? 3 * list : list, index), flags);
  };
  const dc = ({ name, at: [list = 0] }: Place) => {
    const sizeId = name === "scaling_list_dc_coef_16x16" ? 2 : 3;
    return sourcesOf(listValue(unit, sizeId, sizeId === 3 ? 3 * list : list, -1), flags);
  };
  return {
    ...Object.fromEntries(sizes.map((name) => [`${name}[][]`, factor])),
    "scaling_list_dc_coef_16x16[]": dc,
    "scaling_list_dc_coef_32x32[]": dc,
  };
}

/** @param index the place in coded order; -1 for the DC value. */
function listValue(unit: ReadUnit | undefined, sizeId: number, matrixId: number, index: number): Source[] {
  const table = index < 0 ? "16 (7.4.5)" : sizeId === 0 ? "16 (Table 7-5)" : "the default list (Table 7-6)";
  if (unit === undefined) return [constant(`${table}: no lists are coded (7.4.5)`)];
  const mode = unit.condition("scaling_list_pred_mode_flag", sizeId, matrixId);
  if (mode?.value !== 1) {
    const delta = unit.element("scaling_list_pred_matrix_id_delta", sizeId, matrixId);
    if (delta === undefined || delta.value === 0) return sourcesOf(computed(`${table}: no list is coded`), delta, mode);
    const from = matrixId - delta.value * (sizeId === 3 ? 3 : 1);
    return sourcesOf(
      computed(`the list of matrixId ${from} (7-42)`),
      { ...delta, role: "condition" },
      mode,
      listValue(unit, sizeId, from, index),
    );
  }
  const dc = unit.element("scaling_list_dc_coef_minus8", sizeId - 2, matrixId);
  if (index < 0) return sourcesOf(computed("scaling_list_dc_coef_minus8 + 8 (7.4.5)"), dc, mode);
  const delta = (i: number) => unit.placeOf("scaling_list_delta_coef", [sizeId, matrixId, i]);
  const deltas = unit.span(delta(0), delta(index), theirSum);
  return sourcesOf(computed("nextCoef, the sum of the deltas so far (7.3.4)"), dc, deltas, mode);
}
