import type { Target } from "../case.ts";
import { sessionTarget } from "./sessions.ts";
import { type TargetName, targetNames } from "./names.ts";

const targets: Readonly<Partial<Record<TargetName, () => Target>>> = {
  h264: () => sessionTarget("h264"),
  h265: () => sessionTarget("h265"),
  vp8: () => sessionTarget("vp8"),
  vp9: () => sessionTarget("vp9"),
  mpeg2: () => sessionTarget("mpeg2"),
};

/** @throws RangeError where there is none of this name. */
export function targetNamed(name: string): Target {
  const target = targetNames.find((known) => known === name);
  const make = target && targets[target];
  if (make === undefined) throw new RangeError(`there is no target ${name}`);
  return make();
}
