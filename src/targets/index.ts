/**
 * What drivers accept, as data: controls, modes, limits, the fields they read, and the fields that they read differently than
 * the kernel's documentation says (`quirks`).
 *
 * @example
 * ```ts
 * import { cedrus, rk3399, targets } from "v4l2-stateless/targets";
 *
 * console.log(targets.filter(({ codecs }) => codecs.vp9).map(({ name }) => name)); // [ 'generic', 'visl', 'rk3399', 'hantro-g2', 'mediatek' ]
 * console.log(rk3399.codecs.h264?.decodeModes, cedrus.codecs.h264?.decodeModes); // [ 'frame' ] [ 'slice' ]
 * console.log(rk3399.codecs.h265?.limits.maxWidth); // 4096
 * ```
 *
 * @module
 */
import { cedrus } from "./cedrus.ts";
import { generic } from "./generic.ts";
import { hantroG1, hantroG2 } from "./hantro.ts";
import { mediatek } from "./mediatek.ts";
import { rk3399, vdpu381, vdpu383 } from "./rkvdec.ts";
import { rpiHevcDec } from "./rpi-hevc-dec.ts";
import type { Target } from "./target.ts";
import { tegraVde } from "./tegra-vde.ts";
import { vicodec } from "./vicodec.ts";
import { visl } from "./visl.ts";
import { rk3588Av1 } from "./vpu981.ts";

export { cedrus } from "./cedrus.ts";
export { controlsFor } from "./controls-for.ts";
export { evidenceOf, type ReadEvidence } from "./evidence.ts";
export { generic } from "./generic.ts";
export { hantroG1, hantroG2 } from "./hantro.ts";
export { mediatek } from "./mediatek.ts";
export { primingControls } from "./priming-controls.ts";
export { type FieldReading, fieldReading } from "./reading.ts";
export { targetRefusals } from "./refusals.ts";
export { rk3399, vdpu381, vdpu383 } from "./rkvdec.ts";
export { rpiHevcDec } from "./rpi-hevc-dec.ts";
export type {
  PayloadQuirk,
  Quirk,
  QuirkText,
  SessionQuirk,
  Target,
  TargetCodec,
  TargetLimits,
  TargetRefusal,
} from "./target.ts";
export type { SetEvent } from "./target-events.ts";
export { tegraVde } from "./tegra-vde.ts";
export { vicodec } from "./vicodec.ts";
export { visl } from "./visl.ts";
export { rk3588Av1 } from "./vpu981.ts";

/** All targets. `generic` is the first. */
export const targets: readonly Target[] = [
  generic,
  visl,
  vicodec,
  rk3399,
  vdpu381,
  vdpu383,
  hantroG1,
  hantroG2,
  rk3588Av1,
  mediatek,
  cedrus,
  tegraVde,
  rpiHevcDec,
];

/** The target called `name`, or undefined when there is none. */
export function targetByName(name: string): Target | undefined {
  return targets.find((target) => target.name === name);
}
