import type { Codec, Control, DecodeEvent } from "../events.ts";
import { controlsFor } from "./controls-for.ts";
import { primingControls } from "./priming-controls.ts";
import type { Target } from "./target.ts";

/** Controls to set outside of a request. */
export interface SetEvent {
  readonly type: "set";
  readonly controls: readonly Control[];
}

/**
 * Turns a session's events into those for a target: only the controls that its driver has, after those that prime it
 * (`primingControls`).
 */
export class TargetEvents {
  readonly #target: Target;
  readonly #codec: Codec;
  readonly #sent = new Map<string, Uint8Array | number>();

  constructor(target: Target, codec: Codec) {
    this.#target = target;
    this.#codec = codec;
  }

  of(event: DecodeEvent): (DecodeEvent | SetEvent)[] {
    if (event.type !== "request" && event.type !== "sequence") return [event];
    const controls = controlsFor(this.#target, this.#codec, event);
    if (this.#target.codecs[this.#codec]?.needsPriming === undefined) return [{ ...event, controls }];
    // A sequence begins on stopped queues, and the driver may have forgotten what was sent before.
    const first = primingControls(
      this.#target,
      this.#codec,
      controls,
      event.type === "request" ? this.#sent : undefined,
    );
    for (const { name, payload } of controls) this.#sent.set(name, payload);
    if (first.length === 0) return [{ ...event, controls }];
    if (event.type === "sequence")
      return [
        { ...event, controls: first },
        { type: "set", controls },
      ];
    const names = new Set(first.map(({ name }) => name));
    const second = controls.filter(({ name }) => names.has(name));
    return [
      { type: "set", controls: first },
      { type: "set", controls: second },
      { ...event, controls },
    ];
  }
}
