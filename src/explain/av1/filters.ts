/** v4l2_av1_cdef (5.9.19), v4l2_av1_loop_restoration (5.9.20). */
import type { Rule, Rules } from "../field.ts";
import { computed, conditions, type Source, sourcesOf } from "../source.ts";
import { unfiltered } from "./loop-filter.ts";
import { type Av1State, coded, ruled } from "./state.ts";

export function filterRules(state: Av1State): Rules {
  return { ...cdefRules(state), ...restorationRules(state) };
}

function cdefRules(state: Av1State): Rules {
  const { unit, sequence } = state;
  const isOff = !unit.has("cdef_bits");
  const off = () => [sequence.element("enable_cdef"), unfiltered(state)];
  const strength =
    (name: string): Rule =>
    ({ at: [i = 0], value }) => {
      if (isOff) return ruled("0: no CDEF (5.9.19)", off());
      const own = unit.element(name, i);
      if (own !== undefined)
        return sourcesOf(own.value === value ? [] : computed("4: a coded 3 means 4 (5.9.19)"), own);
      if (i >= 1 << (unit.value("cdef_bits") ?? 0)) return ruled("0: no such strength", unit.element("cdef_bits"));
      return ruled("0: without chroma (5.9.19)", sequence.element("mono_chrome"));
    };
  return {
    "cdef.damping_minus_3": () => coded(unit, "0: no CDEF (5.9.19)", "cdef_damping_minus_3", off()),
    "cdef.bits": () => coded(unit, "0: no CDEF (5.9.19)", "cdef_bits", off()),
    "cdef.y_pri_strength[]": strength("cdef_y_pri_strength"),
    "cdef.y_sec_strength[]": strength("cdef_y_sec_strength"),
    "cdef.uv_pri_strength[]": strength("cdef_uv_pri_strength"),
    "cdef.uv_sec_strength[]": strength("cdef_uv_sec_strength"),
  };
}

function restorationRules(state: Av1State): Rules {
  const { unit, sequence } = state;
  const types = (from: number): Source[] =>
    unit.elements.flatMap(({ name, subscripts: [i = 0] }, place) =>
      name === "lr_type" && i >= from ? sourcesOf(unit.at(place)) : [],
    );
  const isOff = !unit.has("lr_type", 0);
  const none = () =>
    isOff
      ? ruled("0: no restoration (5.9.20)", sequence.element("enable_restoration"), unfiltered(state), superres(state))
      : ruled("0: nothing is restored (5.9.20)", types(0));
  const uses = (from: number) => () => {
    const own = types(from);
    if (own.length === 0) return isOff ? none() : ruled("0: without chroma (5.9.20)", sequence.element("mono_chrome"));
    return ruled(`whether some lr_type${from === 0 ? "" : " of chroma"} is not 0 (5.9.20)`, own);
  };
  const shift = (): Source[] =>
    sourcesOf(
      unit.element("lr_unit_shift"),
      unit.element("lr_unit_extra_shift"),
      sequence.condition("use_128x128_superblock"),
    );
  const flag = (name: string) => `loop_restoration.flags.V4L2_AV1_LOOP_RESTORATION_FLAG_${name}`;
  return {
    [flag("USES_LR")]: uses(0),
    [flag("USES_CHROMA_LR")]: uses(1),
    "loop_restoration.lr_unit_shift": () =>
      unit.has("lr_unit_shift")
        ? sourcesOf(computed("with lr_unit_extra_shift, or 1 more with 128x128 superblocks (5.9.20)"), shift())
        : none(),
    "loop_restoration.lr_uv_shift": () =>
      coded(
        unit,
        "0 (5.9.20)",
        "lr_uv_shift",
        isOff ? none() : types(0),
        ["subsampling_x", "subsampling_y", "mono_chrome", "seq_profile"].map((name) => sequence.element(name)),
      ),
    "loop_restoration.frame_restoration_type[]": ({ at: [i = 0] }) => {
      const own = unit.element("lr_type", i);
      if (own !== undefined) return sourcesOf(computed("FrameRestorationType: Remap_Lr_Type[lr_type] (5.9.20)"), own);
      return isOff ? none() : ruled("0: without chroma (5.9.20)", sequence.element("mono_chrome"));
    },
    "loop_restoration.loop_restoration_size[]": ({ at: [i = 0] }) => {
      if (!unit.has("lr_unit_shift")) return none();
      return sourcesOf(
        computed(`LoopRestorationSize: 64 << lr_unit_shift${i === 0 ? "" : " >> lr_uv_shift"} (5.9.20)`),
        shift(),
        i === 0 ? [] : unit.element("lr_uv_shift"),
      );
    },
  };
}

/** AllLossless: a lossless frame with superres is restored (5.9.2). */
function superres({ unit }: Av1State): Source[] {
  return conditions(unit.element("use_superres"), unit.element("coded_denom"));
}
