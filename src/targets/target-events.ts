import type { Codec, Control, DecodeEvent } from "../events.ts";
import { firstSets } from "./first-sets.ts";
import { takenControls } from "./taken-controls.ts";
import type { Target } from "./target.ts";

/** Controls that are set outside of a request. */
export interface SetEvent {
  readonly type: "set";
  readonly controls: readonly Control[];
}

/** A session's events as a target takes them: without the controls that it does not have, and with what it must be told first. */
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
    const controls = takenControls(this.#target, this.#codec, event);
    if (this.#target.codecs[this.#codec]?.mustDifferFirst === undefined) return [{ ...event, controls }];
    // A sequence begins on queues that were stopped: what was sent before may count for nothing.
    const first = firstSets(this.#target, this.#codec, controls, event.type === "request" ? this.#sent : undefined);
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
