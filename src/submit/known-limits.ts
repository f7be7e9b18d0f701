import type { Codec, Control } from "../events.ts";
import { refusalText, targetRefusals } from "../targets/refusals.ts";
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
  /** Parameter sets are made once for many requests. */
  readonly #seen = new WeakSet<Uint8Array>();

  /** @param isOff nothing is refused. */
  constructor(device: DeviceInfo, isOff: boolean) {
    this.#device = device;
    this.#isOff = isOff;
  }

  /** Whether the controls of a request have a parameter set that was not checked. */
  hasNewSet(controls: readonly Control[]): boolean {
    if (this.#isOff) return false;
    for (const { name, payload } of controls) {
      if (typeof payload !== "number" && laterSets.includes(name) && !this.#seen.has(payload)) return true;
    }
    return false;
  }

  /** The parameter sets among the controls of a request. */
  setsOf(controls: readonly Control[]): Control[] {
    return controls.filter(({ name }) => laterSets.includes(name));
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
