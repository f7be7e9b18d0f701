/** Makes variants of a request: one field of one control is another, and `validate` still accepts it. */
import type { Codec, Control } from "../../../src/events.ts";
import { validate } from "../../../src/kernel/index.ts";
import { openSession } from "../../../src/open-session.ts";
import { controlsFor } from "../../../src/targets/index.ts";
import type { Target } from "../../../src/targets/target.ts";
import { controlByName, type LeafField, leafFields, viewOf } from "../../../src/uapi/index.ts";
import type { Random } from "../../../support/random.ts";
import type { Setting } from "./bases.ts";

/** A request with all controls that are in force for it. */
export interface ScriptRequest {
  readonly timestamp: number;
  readonly hold: boolean;
  readonly controls: readonly Control[];
  readonly bitstream: Uint8Array;
}

/** A request with a field that is another; `field` is as in `TargetCodec.reads`. */
export interface Variant {
  readonly field: string;
  /** The control by its index, and its payload. */
  readonly changes: readonly (readonly [control: number, payload: Uint8Array])[];
}

export interface Script {
  readonly pixelFormat: number;
  readonly width: number;
  readonly height: number;
  readonly requests: readonly ScriptRequest[];
}

/** The requests of a stream up to that one, and the one after it. */
export function scriptOf(target: Target, codec: Codec, bytes: Uint8Array, last: number): Script {
  const taken = target.codecs[codec]!;
  const session = openSession(codec, {
    decodeMode: taken.decodeModes[0],
    startCode: taken.startCodes[0],
    missingReferences: taken.missingReferences,
  });
  const inForce = new Map<string, Control>();
  const requests: ScriptRequest[] = [];
  let format: Omit<Script, "requests"> | undefined;
  for (const event of [...session.push(bytes), ...session.flush()]) {
    if (event.type === "sequence") {
      format ??= { pixelFormat: event.pixelFormat, width: event.codedWidth, height: event.codedHeight };
    }
    if (event.type !== "sequence" && event.type !== "request") continue;
    const sent = controlsFor(target, codec, event).filter(({ payload }) => typeof payload !== "number");
    const own = new Map([...inForce, ...sent.map((control) => [control.name, control] as const)]);
    for (const control of sent)
      if (!/SLICE_PARAMS|PRED_WEIGHTS|ENTRY_POINT/.test(control.name)) inForce.set(control.name, control);
    if (event.type !== "request") continue;
    const bitstream = Buffer.concat(event.bitstream);
    requests.push({ timestamp: event.timestamp, hold: event.hold, controls: [...own.values()], bitstream });
    if (requests.length === last + 2) break;
  }
  return { ...format!, requests };
}

/**
 * What decides formats and sizes of buffers, or is an index or count that drivers take unchecked, or names a picture (G2 never completes
 * a request whose references it does not find, so that each variant of it costs the replay's patience): only varied alone.
 */
const notAtRandom =
  /pic_order_cnt_val|width|height|size|tile_|bit_depth|chroma_format|profile|timestamp|_ts$|num_|index|idx|picture_structure|picture_coding_type|offset$|addr|log2|FRAME_MBS_ONLY|FIELD|PIC_SET_PRED|poc_(st|lt)_curr|delta_poc|KEY_FRAME|INTRA_ONLY|IDR|IRAP/;
/** The most that may stand in an index or a count, also alone: drivers follow them without a check. */
const caps: readonly (readonly [pattern: RegExp, most: number])[] = [
  [/ref_idx_l[01]$|poc_(st|lt)_curr|ref_pic_list[01]\.index/, 2],
  [/num_ref_idx|num_poc_|num_active_dpb|num_entry|num_negative|num_positive/, 2],
  [/num_tile_(columns|rows)_minus1|tile_(cols|rows)$/, 2],
  [/column_width_minus1|row_height_minus1/, 3],
  [/pic_width|pic_height|frame_width|frame_height|_size$|^(width|height)$/, 4096],
];

type Value = number | bigint;
const big = (like: Value, value: number): Value => (typeof like === "bigint" ? BigInt(value) : value);

/** The paths of an array's elements that are varied: the first of each dimension, and a later one. */
function isSampled(path: string): boolean {
  const subscripts = Array.from(path.matchAll(/\[(\d+)\]/g), ([, digits]) => Number(digits));
  return (
    subscripts.every((subscript, i) => subscript < (i === 0 ? 4 : 2) || subscript === 7) || subscripts.join() === "15"
  );
}

function valuesOf(leaf: LeafField, now: Value, timestamps: readonly number[]): Value[] {
  if (/(timestamp|_ts)$/.test(leaf.path)) {
    return [...timestamps, 999000]
      .map(BigInt)
      .filter((value) => value !== now)
      .slice(-3);
  }
  const { min, max } = leaf.type as unknown as { readonly min: Value; readonly max: Value };
  const cap = caps.find(([pattern]) => pattern.test(leaf.path))?.[1];
  const number = Number(now);
  const near = [number + 1, number - 1, 0, 1, number ^ 4, number ^ 16];
  const wanted = (/bit_depth$/.test(leaf.path) ? [8, 10, 12] : near).map((value) => big(now, value));
  const fits = wanted.filter((value) => value >= min && value <= max && value !== now);
  return [...new Set(fits)].filter((value) => cap === undefined || Number(value) <= cap).slice(0, 3);
}

function changed(payload: Uint8Array, leaf: LeafField, base: number, value: Value): Uint8Array {
  const copy = Uint8Array.from(payload);
  (leaf.type as { write(view: DataView, offset: number, value: Value): void }).write(
    viewOf(copy),
    base + leaf.offset,
    value,
  );
  return copy;
}

/** The field's path without subscripts. */
const fieldOf = (control: string, path: string) => `${control}.${path.replace(/\[\d+\]/g, "")}`;

/** Variants of one control. */
function* controlVariants(
  control: Control,
  timestamps: readonly number[],
): Generator<{ field: string; payload: Uint8Array }> {
  const { name } = control;
  const payload = control.payload as Uint8Array;
  const definition = controlByName(name)!;
  if (definition.type !== "struct") {
    for (const at of [0, 4]) {
      if (at >= payload.length) continue;
      const copy = Uint8Array.from(payload);
      copy[at] = (copy[at] ?? 0) ^ 1;
      yield { field: name, payload: copy };
    }
    return;
  }
  const { size } = definition.struct;
  for (let element = 0; element < Math.min(2, payload.length / size); element++) {
    for (const leaf of leafFields(definition.struct)) {
      if (leaf.path.includes("reserved") || !isSampled(leaf.path)) continue;
      const now = leaf.type.read(viewOf(payload), element * size + leaf.offset) as Value;
      const flags = Object.entries(leaf.type.flags ?? {});
      for (const [flag, bit] of flags) {
        const value = typeof now === "bigint" ? now ^ BigInt(bit) : (now ^ bit) >>> 0;
        yield { field: `${fieldOf(name, leaf.path)}.${flag}`, payload: changed(payload, leaf, element * size, value) };
      }
      if (flags.length > 0 && leaf.path !== "constraint_set_flags") continue;
      // Of an array's later elements one value will do.
      const values = valuesOf(leaf, now, timestamps);
      for (const value of /\[[1-9]/.test(leaf.path) ? values.slice(0, 1) : values) {
        yield { field: fieldOf(name, leaf.path), payload: changed(payload, leaf, element * size, value) };
      }
    }
  }
}

/** A base in which about a third of the fields have other values: most fields are read only where others are set. */
export function atRandom(control: Control, random: Random): Control {
  const definition = controlByName(control.name)!;
  if (definition.type !== "struct") return control;
  let payload = control.payload as Uint8Array;
  for (let base = 0; base < payload.length; base += definition.struct.size) {
    for (const leaf of leafFields(definition.struct)) {
      if (random.below(3) !== 0 || leaf.path.includes("reserved")) continue;
      const now = leaf.type.read(viewOf(payload), base + leaf.offset) as Value;
      let value: Value = now;
      if (leaf.type.flags !== undefined) {
        for (const [flag, bit] of Object.entries(leaf.type.flags)) {
          if (notAtRandom.test(flag) || random.below(2) === 0) continue;
          value = typeof value === "bigint" ? value ^ BigInt(bit) : (value ^ bit) >>> 0;
        }
      } else if (!notAtRandom.test(leaf.path)) {
        value = big(now, random.below([2, 4, 8, 16, 128][random.below(5)]!));
      }
      const next = value === now ? payload : changed(payload, leaf, base, value);
      if (validate(control.name, next).length === 0) payload = next;
    }
  }
  return { ...control, payload } as Control;
}

/** A request's controls with other values in some fields; null where a control is not sent or refused by the kernel's rules. */
export function preset(request: ScriptRequest, settings: readonly Setting[]): readonly Control[] | null {
  const controls = [...request.controls];
  for (const [field, value, cleared = 0] of settings) {
    const [, name = "", element, path = ""] = /^(\w+)(?:\[(\d+)\])?\.(.+)$/.exec(field) ?? [];
    const definition = controlByName(name);
    const index = controls.findIndex((control) => control.name === name);
    if (index < 0 || definition?.type !== "struct") return null;
    const leaf = leafFields(definition.struct).find((each) => each.path === path);
    const payload = controls[index]!.payload as Uint8Array;
    const base = Number(element ?? 0) * definition.struct.size;
    if (leaf === undefined || base >= payload.length) return null;
    const now = leaf.type.read(viewOf(payload), base + leaf.offset) as Value;
    const isFlags = leaf.type.flags !== undefined;
    const wanted = isFlags ? big(now, (Number(now) & ~cleared) | value) : big(now, value);
    const next = changed(payload, leaf, base, wanted);
    controls[index] = { ...controls[index]!, payload: next } as Control;
  }
  return controls.every(({ name, payload }) => validate(name, payload).length === 0) ? controls : null;
}

/** One base: what it changes of the script's request, and its variants. */
export function variantsOf(
  request: ScriptRequest,
  timestamps: readonly number[],
  controls: readonly Control[],
): { readonly plain: Variant; readonly variants: readonly Variant[] } {
  const whole = controls.flatMap((control, i) =>
    control === request.controls[i] ? [] : [[i, control.payload as Uint8Array] as const],
  );
  const variants: Variant[] = [];
  for (const [i, control] of controls.entries()) {
    for (const { field, payload } of controlVariants(control, timestamps)) {
      if (validate(control.name, payload).length > 0) continue;
      variants.push({ field, changes: [...whole.filter(([index]) => index !== i), [i, payload]] });
    }
  }
  return { plain: { field: "", changes: whole }, variants };
}

/** The script in replay.c's form. Labels are the variants' numbers. */
export function encodeScript(
  { pixelFormat, width, height, requests }: Script,
  changedRequest: number,
  variants: readonly Variant[],
): Buffer {
  const parts: Uint8Array[] = [];
  const words = (...values: number[]) => parts.push(new Uint8Array(Uint32Array.from(values).buffer));
  const bytes = (data: Uint8Array) => parts.push(data, new Uint8Array((4 - (data.length % 4)) % 4));
  words(pixelFormat, width, height, requests.length, variants.length);
  for (const request of requests) {
    words(request.timestamp, Math.floor(request.timestamp / 2 ** 32), Number(request.hold), request.bitstream.length);
    bytes(request.bitstream);
    words(request.controls.length);
    for (const { id, payload } of request.controls) {
      words(id, (payload as Uint8Array).length);
      bytes(payload as Uint8Array);
    }
  }
  for (const [number, { changes }] of variants.entries()) {
    const label = Buffer.from(String(number));
    words(changedRequest, label.length, changes.length);
    bytes(label);
    for (const [index, payload] of changes) {
      words(index, payload.length);
      bytes(payload);
    }
  }
  return Buffer.concat(parts);
}
