/** What a difference means: whether a driver reads the field, and what is refused. */
import { validate } from "../kernel/index.ts";
import { type Target, targetRefusals, targets } from "../targets/index.ts";
import { ReadFields } from "../targets/reading.ts";
import { refusalText } from "../targets/refusals.ts";
import type { Codec } from "../uapi/codecs.ts";
import { type ControlDefinition, controlByName } from "../uapi/index.ts";
import type { Payload } from "./request.ts";
import type { ComparedRequest } from "./sides.ts";

/** Why a value is refused, and which. */
export interface PathRefusal {
  readonly path: string;
  readonly by: string;
  readonly reason: string;
}

type Controls = ComparedRequest["controls"];

/** Drivers whose fields are known one by one: `generic` is none, and `visl` prints every field. */
const drivers = targets.filter(({ codecs }) => Object.values(codecs).some(({ reads }) => reads !== "all"));

/** Asks about the fields of one codec, for one target or for all drivers. */
export class FieldClasses {
  readonly #codec: Codec;
  readonly #target: Target | undefined;
  readonly #reads: ReadFields;
  readonly #refusals = new WeakMap<Controls, ReadonlyMap<string, readonly PathRefusal[]>>();

  /** @param target undefined: any driver. */
  constructor(codec: Codec, target: Target | undefined) {
    this.#codec = codec;
    this.#target = target;
    this.#reads = new ReadFields(codec, target === undefined ? drivers : [target]);
  }

  /** Whether a driver reads the field, or something in it. @param flag where the field is a set of flags. */
  isRead(control: string, path: string, flag: string | undefined): boolean {
    return this.#reads.has(control, path, flag);
  }

  /** What the kernel and the target refuse in a control of a request, and what does not fit the control's fields in another one. */
  refusals(control: string, controls: Controls): readonly PathRefusal[] {
    let byControl = this.#refusals.get(controls);
    if (byControl === undefined) {
      byControl = this.#ask(controls);
      this.#refusals.set(controls, byControl);
    }
    return byControl.get(control) ?? [];
  }

  #ask(controls: Controls): Map<string, PathRefusal[]> {
    const byControl = new Map<string, PathRefusal[]>();
    for (const [control, payload] of controls) {
      const definition = controlByName(control);
      byControl.set(control, definition === undefined ? [] : kernelRefusals(definition, payload));
    }
    if (this.#target === undefined) return byControl;
    const by = this.#target.name;
    for (const refusal of targetRefusals(this.#target, this.#codec, controls)) {
      const { control, path, reason, unfit = [] } = refusal;
      byControl.get(control)?.push({ path, by, reason });
      for (const other of unfit) {
        byControl.get(other.control)?.push({ path: other.path, by, reason: refusalText(refusal) });
      }
    }
    return byControl;
  }
}

function kernelRefusals(definition: ControlDefinition, payload: Payload): PathRefusal[] {
  if ((definition.type === "menu") !== (typeof payload === "number")) {
    return [
      { path: "", by: "kernel", reason: definition.type === "menu" ? "bytes for a menu" : "a number for a struct" },
    ];
  }
  return validate(definition.name, payload).map(({ path, reason }) => ({ path, by: "kernel", reason }));
}

/** Whether a refusal is about a field: about it, about something in it, or about what it is in. */
export function isAbout(refusal: string, path: string): boolean {
  const isIn = (inner: string, outer: string): boolean =>
    outer === "" || inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
  return isIn(refusal, path) || isIn(path, refusal);
}
