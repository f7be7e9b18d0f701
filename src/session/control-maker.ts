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
  /** The id of each control that the kernel has. */
  readonly #ids: Readonly<Partial<Record<ControlName, number>>>;
  readonly #rules: KernelRules;
  readonly #rawControls: boolean;

  constructor(
    definitions: Readonly<Record<Name, ControlDefinition>>,
    rules: KernelRules,
    options: Pick<ResolvedOptions, "rawControls" | "has">,
  ) {
    this.#definitions = definitions;
    const all = Object.entries<ControlDefinition>(definitions);
    this.#ids = Object.fromEntries(all.flatMap(([name, it]) => (options.has(it) ? [[name, it.id]] : [])));
    this.#rules = rules;
    this.#rawControls = options.rawControls;
  }

  /**
   * Adds a control to `controls`, unless the kernel lacks it. `payload` is rewritten in place, as the kernel would rewrite it.
   */
  add<N extends Name>(controls: Control[], name: N, payload: ControlPayload<N>): void {
    const definition = this.#definitions[name];
    const rule = this.#rules[name];
    if (typeof payload !== "number" && definition.type !== "menu" && rule && !this.#rawControls) {
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

  /** The list of one control in whose payload the kernel rewrites nothing; empty where the kernel lacks it. */
  only<N extends Name>(name: N, payload: ControlPayload<N>): Control[] {
    const id = this.#ids[name];
    return id === undefined ? [] : [{ name, id, payload } as Control];
  }

  /** These controls, and after them one in whose payload the kernel rewrites nothing. An array of the exact size is cheaper. */
  with<N extends Name>(controls: readonly Control[], name: N, payload: ControlPayload<N>): Control[] {
    const id = this.#ids[name];
    if (id === undefined) return controls.slice();
    const { length } = controls;
    const all = new Array<Control>(length + 1);
    for (let i = 0; i < length; i++) all[i] = controls[i] as Control;
    all[length] = { name, id, payload } as Control;
    return all;
  }

  /** `add` for a payload in which the kernel rewrites nothing. */
  addUnchanged<N extends Name>(controls: Control[], name: N, payload: ControlPayload<N>): void {
    const id = this.#ids[name];
    if (id !== undefined) controls.push({ name, id, payload } as Control);
  }
}
