/** What a difference means: whether a driver reads the field, and what is refused. */
import { validate } from "../kernel/index.ts";
import { type Target, targetRefusals, targets } from "../targets/index.ts";
import type { Codec } from "../uapi/codecs.ts";
import { type ControlDefinition, controlByName } from "../uapi/index.ts";
import type { Payload } from "./request.ts";

/** Why a value is refused, and which. */
export interface PathRefusal {
  readonly path: string;
  readonly by: string;
  readonly reason: string;
}

/** Drivers whose fields are known one by one: `generic` is none, and `visl` prints every field. */
const drivers = targets.filter(({ codecs }) => Object.values(codecs).some(({ reads }) => reads !== "all"));

/** Asks about the fields of one codec, for one target or for all drivers. */
export class FieldClasses {
  readonly #codec: Codec;
  readonly #target: Target | undefined;
  readonly #readsAll: boolean;
  /** The paths that drivers read, and what they are in: `control.dpb`, `control`. */
  readonly #reads = new Set<string>();
  readonly #inside = new Set<string>();
  readonly #refusals = new WeakMap<Uint8Array, readonly PathRefusal[]>();

  /** @param target undefined: any driver. */
  constructor(codec: Codec, target: Target | undefined) {
    this.#codec = codec;
    this.#target = target;
    const asked = target === undefined ? drivers : [target];
    const lists = asked.flatMap(({ codecs }) => codecs[codec]?.reads ?? []);
    this.#readsAll = lists.includes("all");
    for (const path of lists) {
      this.#reads.add(path);
      for (const outer of outerPaths(path)) this.#inside.add(outer);
    }
  }

  /** Whether a driver reads the field, or something in it. @param flag where the field is a set of flags. */
  isRead(control: string, path: string, flag: string | undefined): boolean {
    // A menu decides how the driver reads the rest.
    if (this.#readsAll || path === "bitstream" || controlByName(control)?.type === "menu") return true;
    const parts = [control, ...path.replace(/\[\d*\]/g, "").split("."), flag ?? ""];
    const field = parts.filter((part) => part !== "").join(".");
    return (
      this.#reads.has(field) || this.#inside.has(field) || outerPaths(field).some((outer) => this.#reads.has(outer))
    );
  }

  /** What the kernel and the target refuse in a control. */
  refusals(control: string, payload: Payload): readonly PathRefusal[] {
    if (typeof payload === "number") return this.#ask(control, payload);
    let refusals = this.#refusals.get(payload);
    if (refusals === undefined) {
      refusals = this.#ask(control, payload);
      this.#refusals.set(payload, refusals);
    }
    return refusals;
  }

  #ask(control: string, payload: Payload): PathRefusal[] {
    const definition = controlByName(control);
    const byKernel = definition === undefined ? [] : kernelRefusals(definition, payload);
    if (this.#target === undefined) return byKernel;
    const by = this.#target.name;
    const byTarget = targetRefusals(this.#target, this.#codec, new Map([[control, payload]]));
    return [...byKernel, ...byTarget.map(({ path, reason }) => ({ path, by, reason }))];
  }
}

/** `"control.dpb"` and `"control"` of `"control.dpb.pic_num"`. */
function outerPaths(path: string): string[] {
  const parts = path.split(".");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("."));
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
