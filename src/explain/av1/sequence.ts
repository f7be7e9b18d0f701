/** V4L2_CID_STATELESS_AV1_SEQUENCE: 5.5. */
import type { Rule, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, type Source, sourcesOf } from "../source.ts";
import { coded } from "./state.ts";

const prefix = "flags.V4L2_AV1_SEQUENCE_FLAG_";

/** What decides that an element is not coded, and is 0: 5.5.1. */
const decides: Readonly<Record<string, string>> = {
  enable_interintra_compound: "reduced_still_picture_header",
  enable_masked_compound: "reduced_still_picture_header",
  enable_warped_motion: "reduced_still_picture_header",
  enable_dual_filter: "reduced_still_picture_header",
  enable_order_hint: "reduced_still_picture_header",
  enable_jnt_comp: "enable_order_hint",
  enable_ref_frame_mvs: "enable_order_hint",
};

export function sequenceRules(unit: ReadUnit): Rules {
  const copy: Rule = ({ flag, name }) => {
    const element = flag === undefined ? name : flag.replace(/^V4L2_AV1_SEQUENCE_FLAG_/, "").toLowerCase();
    const why = decides[element] ?? "";
    const reduced = unit.element("reduced_still_picture_header");
    return coded(unit, "0 (5.5.1)", element, why === "" ? [] : (unit.element(why) ?? reduced));
  };
  return {
    "": copy,
    order_hint_bits: () => {
      const bits = unit.element("order_hint_bits_minus_1");
      if (bits !== undefined) return sourcesOf(computed("OrderHintBits: order_hint_bits_minus_1 + 1 (5.5.1)"), bits);
      return coded(
        unit,
        "OrderHintBits is 0: no order hints (5.5.1)",
        "order_hint_bits_minus_1",
        unit.element("enable_order_hint") ?? unit.element("reduced_still_picture_header"),
      );
    },
    bit_depth: () =>
      sourcesOf(
        computed("BitDepth: 8, 10 with high_bitdepth, 12 with twelve_bit in profile 2 (5.5.2)"),
        unit.element("high_bitdepth"),
        unit.element("twelve_bit"),
      ),
    ...colorRules(unit),
  };
}

/** 5.5.2. */
function colorRules(unit: ReadUnit): Rules {
  const why = (...names: readonly string[]): Source[] => conditions(names.map((name) => unit.element(name)));
  const colour = () => why("color_primaries", "transfer_characteristics", "matrix_coefficients");
  const isMono = unit.value("mono_chrome") === 1;
  const subsampling = (name: string) => () => {
    const monochrome = () => coded(unit, "1: without chroma (5.5.2)", name, why("mono_chrome"));
    if (isMono) return monochrome();
    const rule = "by the profile and the bit depth; 0 with RGB (5.5.2)";
    return coded(
      unit,
      rule,
      name,
      why("seq_profile", "mono_chrome", "high_bitdepth", "twelve_bit", "subsampling_x"),
      colour(),
    );
  };
  return {
    [`${prefix}MONO_CHROME`]: () => coded(unit, "0 in profile 1 (5.5.2)", "mono_chrome", why("seq_profile")),
    [`${prefix}COLOR_RANGE`]: () => coded(unit, "1: RGB (5.5.2)", "color_range", colour()),
    [`${prefix}SUBSAMPLING_X`]: subsampling("subsampling_x"),
    [`${prefix}SUBSAMPLING_Y`]: subsampling("subsampling_y"),
    [`${prefix}SEPARATE_UV_DELTA_Q`]: () =>
      coded(unit, "0: without chroma (5.5.2)", "separate_uv_delta_q", why("mono_chrome")),
  };
}
