import type { Control, DecodeEvent } from "../events.ts";
import { explainControl } from "../explain/field.ts";
import type { ExplainedControl, ExplainedRequest } from "../explain/index.ts";
import { computed } from "../explain/source.ts";
import type { Target } from "../targets/index.ts";
import { TargetEvents } from "../targets/target-events.ts";
import type { Codec } from "../uapi/index.ts";

/** What a target gets where it reads a control differently: explained requests get the values that are sent to it. */
export class TargetValues {
  readonly #name: string;
  readonly #events: TargetEvents;
  #requests = 0;
  /** Of the requests of the last call, by their numbers: the controls that the target changes. */
  readonly #changed = new Map<number, readonly Control[]>();

  constructor(target: Target, codec: Codec) {
    this.#name = target.name;
    this.#events = new TargetEvents(target, codec);
  }

  /** Takes the events of one call of the session, before the explanations of its requests. */
  take(events: readonly DecodeEvent[]): void {
    this.#changed.clear();
    for (const event of events) {
      const sent = this.#events.of(event).find(({ type }) => type === "request");
      if (event.type !== "request" || sent?.type !== "request") continue;
      const own = new Set(event.controls.map(({ payload }) => payload));
      const changed = sent.controls.filter(({ payload }) => !own.has(payload));
      this.#changed.set(this.#requests++, changed);
    }
  }

  /** The explanation, with the values that are sent to the target. */
  of(explained: ExplainedRequest): ExplainedRequest {
    const changed = this.#changed.get(explained.request) ?? [];
    if (changed.length === 0) return explained;
    const controls = explained.controls.map((control) => {
      const sent = changed.find(({ name }) => name === control.control);
      return sent === undefined ? control : this.#withValues(control, sent.payload);
    });
    return { ...explained, controls };
  }

  #withValues({ control, fields }: ExplainedControl, payload: Uint8Array | number): ExplainedControl {
    const sent = explainControl(control, payload, {}).fields;
    return {
      control,
      fields: fields.map((field, i) => {
        const value = sent[i]?.value ?? field.value;
        if (value === field.value) return field;
        const reason = computed(`for ${this.#name}, which reads it differently; others get ${field.value}`);
        return { ...field, value, sources: [reason, ...field.sources] };
      }),
    };
  }
}
