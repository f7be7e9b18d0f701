import type { Target } from "../case.ts";
import { captureTarget } from "./capture.ts";
import { cliTarget } from "./cli.ts";
import { containerTarget } from "./container.ts";
import { demuxTarget } from "./demux.ts";
import { type TargetName, targetNames } from "./names.ts";
import { recordTarget } from "./record.ts";
import { sessionTarget } from "./sessions.ts";
import { submitTarget } from "./submit.ts";

const targets: Readonly<Record<TargetName, () => Target>> = {
  h264: () => sessionTarget("h264"),
  h265: () => sessionTarget("h265"),
  vp8: () => sessionTarget("vp8"),
  vp9: () => sessionTarget("vp9"),
  av1: () => sessionTarget("av1"),
  mpeg2: () => sessionTarget("mpeg2"),
  fwht: () => sessionTarget("fwht"),
  demux: demuxTarget,
  container: containerTarget,
  record: recordTarget,
  capture: captureTarget,
  submit: submitTarget,
  cli: cliTarget,
};

/** @throws RangeError where there is none of this name. */
export function targetNamed(name: string): Target {
  const target = targetNames.find((known) => known === name);
  if (target === undefined) throw new RangeError(`there is no target ${name}`);
  return targets[target]();
}
