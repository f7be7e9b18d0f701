import { UnsupportedError } from "../errors.ts";
import type { Control } from "../events.ts";
import type { KernelRules } from "../kernel/rules.ts";
import type { ResolvedOptions } from "../options.ts";
import { type ControlDefinition, elementSize } from "../uapi/control.ts";
import type { ControlName, ControlPayload } from "../uapi/index.ts";
import { viewOf } from "../uapi/struct.ts";

/**
 * Makes a codec's controls as the options demand: without controls that the kernel lacks, and with the values that the kernel
 * would store.
 */
export class ControlMaker<Name extends ControlName> {
  readonly #definitions: Readonly<Record<Name, ControlDefinition>>;
  readonly #rules: KernelRules;
  readonly #options: Pick<ResolvedOptions, "rawControls" | "has">;

  constructor(
    definitions: Readonly<Record<Name, ControlDefinition>>,
    rules: KernelRules,
    options: Pick<ResolvedOptions, "rawControls" | "has">,
  ) {
    this.#definitions = definitions;
    this.#rules = rules;
    this.#options = options;
  }

  /**
   * Adds a control to `controls`, unless the kernel lacks it. `payload` is rewritten in place, as the kernel would rewrite it.
   */
  add<N extends Name>(controls: Control[], name: N, payload: ControlPayload<N>): void {
    const definition = this.#definitions[name];
    const rule = this.#rules[name];
    if (typeof payload !== "number" && definition.type !== "menu" && rule && !this.#options.rawControls) {
      const size = elementSize(definition);
      for (let at = 0; at < payload.byteLength; at += size) {
        rule.normalise(new DataView(payload.buffer, payload.byteOffset + at, size));
      }
    }
    this.addUnchanged(controls, name, payload);
  }

  /** Why the kernel would refuse these controls, as an error; null where it accepts them. */
  refusalOf(controls: readonly Control[]): UnsupportedError | null {
    for (const { name, payload } of controls) {
      const rule = this.#rules[name];
      if (rule === undefined || typeof payload === "number") continue;
      const [refusal] = rule.validate(viewOf(payload));
      if (refusal === undefined) continue;
      const { path, value, reason } = refusal;
      return new UnsupportedError("kernel-limit", `the kernel refuses ${value}: it is ${reason}`, { element: path });
    }
    return null;
  }

  /** `add` for a payload in which the kernel rewrites nothing. */
  addUnchanged<N extends Name>(controls: Control[], name: N, payload: ControlPayload<N>): void {
    const definition = this.#definitions[name];
    if (this.#options.has(definition)) controls.push({ name, id: definition.id, payload } as Control);
  }
}
