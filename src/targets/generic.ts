import { type Codec, type ControlDefinition, codecs } from "../uapi/index.ts";
import { bothModes, noModes } from "./control-sets.ts";
import type { Target, TargetCodec } from "./target.ts";

function everythingOf(codec: Codec, since: string): TargetCodec {
  const { controls, modes } = codecs[codec];
  return {
    since,
    ...(modes === null ? noModes : bothModes),
    controls: Object.fromEntries(Object.values(controls).map((control) => [control.name, mostElements(control)])),
    limits: {},
    reads: "all",
    missingReferences: "mark",
  };
}

function mostElements(control: ControlDefinition): number {
  return "dynamicArray" in control ? (control.dynamicArray ?? 1) : 1;
}

/** No driver in particular: it has every control of the UAPI, and no limits. */
export const generic: Target = {
  name: "generic",
  source: "include/uapi/linux/v4l2-controls.h",
  codecs: {
    h264: everythingOf("h264", "5.11"),
    h265: everythingOf("h265", "6.0"),
    vp8: everythingOf("vp8", "5.13"),
    vp9: everythingOf("vp9", "5.17"),
    av1: everythingOf("av1", "6.5"),
    mpeg2: everythingOf("mpeg2", "5.14"),
    fwht: everythingOf("fwht", "5.11"),
  },
};
