import type { Codec, Control, SequenceEvent } from "../events.ts";
import { exceedsTiles, refusalText, targetRefusals } from "../targets/refusals.ts";
import type { TargetLimits } from "../targets/target.ts";
import type { DeviceInfo } from "./devices/devices.ts";
import { RefusedStream } from "./errors.ts";

/** Parameter sets that a picture may activate without a new sequence. */
const laterSets: readonly string[] = ["V4L2_CID_STATELESS_H264_PPS", "V4L2_CID_STATELESS_HEVC_PPS"];

/**
 * Finds in a stream's controls what the device's driver is known not to decode. Drivers refuse only some of it: what the rest
 * gives looks like pictures (hantro-g2 decodes 4:2:2 as 4:2:0), or fails one by one (VP9 profile 2 on rk3399).
 */
export class KnownLimits {
  readonly #device: DeviceInfo;
  readonly #isOff: boolean;
  readonly #av1Limits: TargetLimits | undefined;
  /** Parameter sets are made once for many requests. */
  readonly #seen = new WeakSet<Uint8Array>();

  /** @param isOff nothing is refused. */
  constructor(device: DeviceInfo, isOff: boolean) {
    this.#device = device;
    this.#isOff = isOff;
    this.#av1Limits = device.target.codecs.av1?.limits;
  }

  /** Whether a request has controls that must be checked although its sequence was. */
  needsCheck(controls: readonly Control[]): boolean {
    if (this.#isOff) return false;
    for (const control of controls) if (this.#mustBeChecked(control)) return true;
    return false;
  }

  /** Those that must be checked: parameter sets that were not yet, and AV1 frames with more tiles than the driver takes. */
  controlsToCheck(controls: readonly Control[]): Control[] {
    return controls.filter((control) => this.#mustBeChecked(control));
  }

  #mustBeChecked({ name, payload }: Control): boolean {
    if (typeof payload === "number") return false;
    if (laterSets.includes(name)) return !this.#seen.has(payload);
    return this.#av1Limits !== undefined && exceedsTiles(this.#av1Limits, name, payload);
  }

  /** The reasons not to decode what has these controls; undefined where there are none. */
  refusalOf(codec: Codec, controls: readonly Control[]): RefusedStream | undefined {
    if (this.#isOff) return undefined;
    for (const { payload } of controls) if (typeof payload !== "number") this.#seen.add(payload);
    const { path, driver, target } = this.#device;
    const byName = new Map(controls.map(({ name, payload }) => [name, payload]));
    // Controls and modes that the driver does not have are not sent, or refused by the kernel.
    const refusals = targetRefusals(target, codec, byName).filter(({ path: field }) => field !== "");
    if (refusals.length === 0) return undefined;
    const reasons = refusals.map(refusalText).join(", ");
    return new RefusedStream(`${path} (${driver}) does not decode this stream: ${reasons}`, refusals);
  }
}

/** A line for a person about a change of size or buffers for which the queues must be made anew, although references should stay. */
export function lostReferences(
  { path, driver }: Pick<DeviceInfo, "path" | "driver">,
  { codedWidth, codedHeight, captureBuffers }: Pick<SequenceEvent, "codedWidth" | "codedHeight" | "captureBuffers">,
): string {
  return `${path} (${driver}) cannot keep references over a change to ${captureBuffers} buffers of ${codedWidth}x${codedHeight}: pictures that refer to earlier ones are wrong until the next key frame`;
}
