import type { Codec, Control, DecodeEvent, RequestEvent, SequenceEvent } from "../events.ts";
import { controlsFor } from "./controls-for.ts";
import { primingControls } from "./priming-controls.ts";
import type { SessionQuirk, Target } from "./target.ts";

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
  /** By control, what a quirk makes of a payload in the course of the session. */
  readonly #rewrites = new Map<string, ReturnType<SessionQuirk["begin"]>>();

  constructor(target: Target, codec: Codec) {
    this.#target = target;
    this.#codec = codec;
    for (const [name, quirk] of Object.entries(target.codecs[codec]?.quirks ?? {})) {
      if ("begin" in quirk) this.#rewrites.set(name, quirk.begin());
    }
  }

  of(event: DecodeEvent): (DecodeEvent | SetEvent)[] {
    if (event.type !== "request" && event.type !== "sequence") return [event];
    const controls = this.#rewritten(controlsFor(this.#target, this.#codec, event), event);
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

  #rewritten(controls: Control[], event: RequestEvent | SequenceEvent): Control[] {
    if (this.#rewrites.size === 0 || event.type === "sequence") return controls;
    return controls.map((control): Control => {
      const rewrite = this.#rewrites.get(control.name);
      if (rewrite === undefined || typeof control.payload === "number") return control;
      return { ...control, payload: rewrite(control.payload, event) } as Control;
    });
  }
}
