import { type LeafField, leafFields, type Struct } from "../uapi/struct.ts";

/** A value that VIDIOC_S_EXT_CTRLS and VIDIOC_TRY_EXT_CTRLS refuse. */
export interface Refusal {
  /** `"lf.ref_deltas[3]"`, in a dynamic array `"[0].flags"`; empty when a payload's size or a menu's value is wrong. */
  readonly path: string;
  /** The value that the kernel sees after its own rewriting. When the size is wrong, the number of bytes. */
  readonly value: number | bigint;
  /** Which values are allowed. */
  readonly reason: string;
}

/**
 * What the V4L2 core does to one control's payload, or to each element of a dynamic array. The views that the functions take
 * are exactly one struct long.
 */
export interface KernelRule {
  /** Rewrites the struct in place: unused fields become 0, so that payloads with the same meaning are equal. */
  normalise(view: DataView): void;
  /**
   * What the core refuses with -EINVAL, in the kernel's order; the kernel itself stops at the first. The result does not depend
   * on whether the struct has been normalised: like the kernel's checks, these see rewritten values. Changes nothing.
   */
  validate(view: DataView): Refusal[];
}

/** The rules of a codec's compound controls by control name. */
export type KernelRules = Readonly<Record<string, KernelRule>>;

const leavesByPath = /* @__PURE__ */ new WeakMap<Struct, ReadonlyMap<string, LeafField>>();

/**
 * Collects the refusals of one struct. Paths are those of `leafFields`; an unknown path is a bug in the rule, and throws an
 * Error.
 */
export class Checks {
  readonly refusals: Refusal[] = [];
  readonly #def: Struct;
  readonly #view: DataView;

  constructor(def: Struct, view: DataView) {
    this.#def = def;
    this.#view = view;
  }

  #leaf(path: string): LeafField {
    let leaves = leavesByPath.get(this.#def);
    if (leaves === undefined) {
      leaves = new Map(leafFields(this.#def).map((leaf) => [leaf.path, leaf]));
      leavesByPath.set(this.#def, leaves);
    }
    const leaf = leaves.get(path);
    if (leaf === undefined) throw new Error(`struct ${this.#def.name} has no ${path}`);
    return leaf;
  }

  /** The value of a field of at most 32 bits. */
  get(path: string): number {
    const { type, offset } = this.#leaf(path);
    return Number(type.read(this.#view, offset));
  }

  refuse(path: string, reason: string): void {
    this.refusals.push({ path, value: this.get(path), reason });
  }

  /** Refuses values outside of `min` … `max` (inclusive). `because` tells the reason for the range. */
  range(path: string, min: number, max: number, because = ""): void {
    const value = this.get(path);
    if (value < min || value > max) this.refuse(path, `not in ${min}..${max}${because}`);
  }

  oneOf(path: string, values: readonly number[], because = ""): void {
    if (!values.includes(this.get(path))) this.refuse(path, `not ${values.join(" or ")}${because}`);
  }

  /** Refuses bits that have no name in the kernel's header. */
  namedBits(path: string): void {
    const known = Object.values(this.#leaf(path).type.flags ?? {}).reduce((mask, flag) => mask | flag, 0);
    const unknown = (this.get(path) & ~known) >>> 0;
    if (unknown !== 0) this.refuse(path, `unknown flags 0x${unknown.toString(16)}`);
  }
}

/**
 * Makes a rule from a rewriting and a checking part. In std_validate_compound they alternate, but no check there sees a value
 * before its rewriting, so doing all rewriting first has the same effect.
 */
/* @__NO_SIDE_EFFECTS__ */
export function kernelRule(
  def: Struct,
  normalise: (view: DataView) => void,
  check: (checks: Checks) => void,
): KernelRule {
  return {
    normalise,
    validate(view) {
      const seen = copyOf(view);
      normalise(seen);
      const checks = new Checks(def, seen);
      check(checks);
      return checks.refusals;
    },
  };
}

function copyOf(view: DataView): DataView {
  return new DataView(new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice().buffer);
}

/** The part of a rule that does nothing. */
export function nothing(): void {}

/** memset(…, 0, …) */
export function zero(view: DataView, offset: number, bytes: number): void {
  for (let i = 0; i < bytes; i++) view.setUint8(offset + i, 0);
}

/** Clears bits of a `__u32`, or of the lower half of a `__u64`. */
export function clearBits(view: DataView, offset: number, bits: number): void {
  view.setUint32(offset, view.getUint32(offset, true) & ~bits, true);
}
