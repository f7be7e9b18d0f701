import {
  type ControlDefinition,
  h264Controls,
  h265Controls,
  mpeg2Controls,
  vp8Controls,
  vp9Controls,
} from "../uapi/index.ts";
import type { Target, TargetCodec } from "./target.ts";

type Controls = Readonly<Record<string, ControlDefinition>>;

const bothModes = { decodeModes: ["frame", "slice"], startCodes: ["annexb", "none"] } as const;
const noModes = { decodeModes: [], startCodes: [] } as const;

function everything(
  since: string,
  controls: Controls,
  modes: Pick<TargetCodec, "decodeModes" | "startCodes">,
): TargetCodec {
  return {
    since,
    ...modes,
    controls: Object.fromEntries(Object.values(controls).map((control) => [control.name, mostElements(control)])),
    limits: {},
    reads: "all",
    missingReferences: "mark",
  };
}

function mostElements(control: ControlDefinition): number {
  return "dynamicArray" in control ? (control.dynamicArray ?? 1) : 1;
}

/** No driver in particular: every control that the UAPI has, and nothing that only a driver would refuse. */
export const generic: Target = {
  name: "generic",
  source: "include/uapi/linux/v4l2-controls.h",
  codecs: {
    h264: everything("5.11", h264Controls, bothModes),
    h265: everything("6.0", h265Controls, bothModes),
    vp8: everything("5.13", vp8Controls, noModes),
    vp9: everything("5.17", vp9Controls, noModes),
    mpeg2: everything("5.14", mpeg2Controls, noModes),
  },
};
