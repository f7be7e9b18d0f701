import type { Codec, Control, DecodeEvent } from "../events.ts";
import { controlsFor } from "./controls-for.ts";
import { primingControls } from "./priming-controls.ts";
import type { Target } from "./target.ts";

/** Controls that are set outside of a request. */
export interface SetEvent {
  readonly type: "set";
  readonly controls: readonly Control[];
}

/** A session's events as a target takes them: its controls only, and before them those that prime it (`primingControls`). */
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
    // A sequence begins on queues that were stopped: what was sent before may count for nothing.
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
