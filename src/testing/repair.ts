/** Payloads that the kernel takes, made of any bytes. */
import { validate } from "../kernel/index.ts";
import type { StructControl } from "../uapi/control.ts";
import { type LeafField, leafFields, type Scalar, viewOf } from "../uapi/index.ts";

/** Rules of one control: more changes than fields are never needed. */
const mostChanges = 256;

/** The element's bytes, changed until the kernel takes them: field by field, and as little as possible. */
export function repaired(control: StructControl, element: Uint8Array): Uint8Array {
  const bytes = element.slice();
  for (let changes = 0; changes < mostChanges; changes++) {
    const [refusal] = refusalsOf(control, bytes);
    if (refusal === undefined) return bytes;
    change(control, bytes, leafAt(control, refusal));
  }
  return basis(control);
}

const bases = new Map<string, Uint8Array>();

/** The zeros that the kernel takes: nothing is set that need not be. */
export function basis(control: StructControl): Uint8Array {
  let base = bases.get(control.name);
  if (base === undefined) {
    const zeros = new Uint8Array(control.struct.size);
    // Were this endless, no bytes could be repaired.
    while (refusalsOf(control, zeros).length > 0) {
      change(control, zeros, leafAt(control, refusalsOf(control, zeros)[0] as string));
    }
    base = zeros;
    bases.set(control.name, base);
  }
  return base.slice();
}

/** The paths of the fields that the kernel refuses in one element. */
function refusalsOf({ name, dynamicArray }: StructControl, element: Uint8Array): string[] {
  const paths = validate(name, element).map(({ path }) => path);
  return dynamicArray === undefined ? paths : paths.map((path) => path.replace("[0].", ""));
}

function leafAt({ struct }: StructControl, path: string): LeafField {
  const leaf = leafFields(struct).find((each) => each.path === path);
  if (leaf === undefined) throw new Error(`${struct.name} has no ${path}`);
  return leaf;
}

/** Gives a refused field the first value that is taken there; zero where none of them is. */
function change(control: StructControl, bytes: Uint8Array, { path, type, offset }: LeafField): void {
  const view = viewOf(bytes);
  const before = leafFields(control.struct).find(
    (each) => each.path === path.replace(/\[(\d+)\]$/, (_, index: string) => `[${Number(index) - 1}]`),
  );
  const previous = before === undefined || before.path === path ? 0n : BigInt(before.type.read(view, before.offset));
  for (const value of others(type, type.read(view, offset), previous)) {
    write(type, view, offset, value);
    if (!refusalsOf(control, bytes).includes(path)) return;
  }
  write(type, view, offset, 0n);
}

/**
 * Values that come from the refused one, the nearest ones first.
 *
 * @param previous the entry before it, in a list: some lists grow.
 */
function* others(type: Scalar, refused: number | bigint, previous: bigint): Generator<bigint, void, undefined> {
  const value = BigInt(refused);
  if (type.flags !== undefined) {
    const flags = Object.values(type.flags).map(BigInt);
    const named = flags.reduce((mask, flag) => mask | flag, 0n) & value;
    yield named;
    for (const flag of flags) yield named ^ flag;
    for (const a of flags) for (const b of flags) yield named | a | b;
    return;
  }
  const size = value < 0n ? -value : value;
  for (const bound of bounds) yield value % bound;
  for (const bound of bounds) yield 1n + (size % bound);
  yield previous + 1n + (size % 3n);
  yield previous + 1n;
  for (let step = 0n; step < 3n; step++) yield 8n + 2n * ((size + step) % 3n);
}

/** Limits that fields have, and smaller numbers. */
const bounds: readonly bigint[] = [128n, 64n, 33n, 32n, 26n, 17n, 16n, 13n, 8n, 7n, 4n, 3n, 2n, 1n];

export function write({ min, max, write: set }: Scalar, view: DataView, offset: number, value: bigint): void {
  const [least, most] = [BigInt(min), BigInt(max)];
  const kept = value < least ? least : value > most ? most : value;
  (set as (view: DataView, offset: number, value: number | bigint) => void)(
    view,
    offset,
    typeof min === "bigint" ? kept : Number(kept),
  );
}
