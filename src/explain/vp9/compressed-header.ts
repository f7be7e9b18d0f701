/** V4L2_CID_STATELESS_VP9_COMPRESSED_HDR: 6.3. */
import type { Place, Rule, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, constant, type Source, sourcesOf } from "../source.ts";

/** The name in the specification of each array of the UAPI. */
const arrays: Readonly<Record<string, string>> = {
  tx8: "tx_probs_8x8",
  tx16: "tx_probs_16x16",
  tx32: "tx_probs_32x32",
  coef: "coef_probs",
  skip: "skip_prob",
  inter_mode: "inter_mode_probs",
  interp_filter: "interp_filter_probs",
  is_inter: "is_inter_prob",
  comp_mode: "comp_mode_prob",
  single_ref: "single_ref_prob",
  comp_ref: "comp_ref_prob",
  y_mode: "y_mode_probs",
  partition: "partition_probs",
  "mv.joint": "mv_joint_probs",
  "mv.sign": "mv_sign_prob",
  "mv.classes": "mv_class_probs",
  "mv.class0_bit": "mv_class0_bit_prob",
  "mv.bits": "mv_bits_prob",
  "mv.class0_fr": "mv_class0_fr_probs",
  "mv.fr": "mv_fr_probs",
  "mv.class0_hp": "mv_class0_hp_prob",
  "mv.hp": "mv_hp_prob",
};

/** The elements that code a new probability after its flag: 6.3.4, 6.3.17. */
const coded: readonly string[] = [
  "bit_1",
  "bit_2",
  "bit_3",
  "sub_exp_val",
  "sub_exp_val_minus_16",
  "sub_exp_val_minus_32",
  "v",
  "bit",
  "mv_prob",
];

export function compressedHeaderRules(unit: ReadUnit): Rules {
  const probability: Rule = ({ pattern, at }: Place) => {
    const path = pattern.replace(/[[\]]+$/, "");
    return probabilitySources(unit, `update_${arrays[path]}`, path, at);
  };
  return {
    "": probability,
    "uv_mode[][]": () => [constant("0, no update: the compressed header does not code it (6.3)")],
    tx_mode: () => {
      const own = sourcesOf(unit.element("tx_mode"), unit.element("tx_mode_select"));
      if (own.length > 0) return sourcesOf(computed("tx_mode + tx_mode_select (6.3.1)"), own);
      return sourcesOf(
        computed("0, ONLY_4X4: Lossless (6.3.1, 7.2.9)"),
        unit.condition("base_q_idx"),
        unit.allNamed("delta_coded"),
      );
    },
  };
}

function probabilitySources(unit: ReadUnit, flag: string, path: string, at: readonly number[]): Source[] {
  const place = unit.placeOf(flag, at);
  if (place < 0) return sourcesOf(computed("0, no update: not coded (6.3)"), whyNotCoded(unit, path, at));
  if (unit.elements[place]?.value !== 1)
    return sourcesOf(computed("0: no update (6.3.3)"), unit.at(place, "condition"));
  let end = place + 1;
  while (coded.includes(unit.elements[end]?.name ?? "")) end++;
  const rule = path.startsWith("mv.") ? "(mv_prob << 1) | 1 (6.3.17)" : "inv_map_table[deltaProb] (6.3.3, 6.3.4)";
  const elements = Array.from({ length: end - place - 1 }, (_, k) => unit.at(place + 1 + k));
  return sourcesOf(computed(rule), elements, unit.at(place, "condition"));
}

/** The elements that decide that the header has no such probability. */
function whyNotCoded(unit: ReadUnit, path: string, at: readonly number[]): Source[] {
  if (path === "coef") {
    const size = unit.condition("update_probs", at[0] as number);
    if (size?.value === 1) return [constant("a context that the first band does not have (6.3.7)")];
    return sourcesOf(size, size === undefined ? [unit.condition("tx_mode"), unit.condition("base_q_idx")] : []);
  }
  if (path.startsWith("tx"))
    return sourcesOf(unit.condition("tx_mode"), unit.condition("tx_mode_select"), unit.condition("base_q_idx"));
  const intra = [unit.condition("frame_type"), unit.condition("intra_only")];
  const own: Readonly<Record<string, readonly string[]>> = {
    interp_filter: ["is_filter_switchable"],
    comp_mode: ["non_single_reference", "reference_select"],
    single_ref: ["non_single_reference", "reference_select"],
    comp_ref: ["non_single_reference", "reference_select"],
    "mv.class0_hp": ["allow_high_precision_mv"],
    "mv.hp": ["allow_high_precision_mv"],
  };
  return sourcesOf(
    intra,
    (own[path] ?? []).map((name) => unit.condition(name)),
  );
}
