/** Whether `explain` names the right elements: elements of a stream are changed one by one, and the request is made again. */
import type { Codec } from "../src/events.ts";
import { elementsIn, explainRequest, piecesAtPictures } from "../src/explain/index.ts";
import { theirSum } from "../src/explain/source.ts";
import { openSession } from "../src/open-session.ts";
import type { SessionOptions } from "../src/options.ts";
import { fieldKey, type Mutation, mutationsOf, type Original, outcomeOf, tracedUnits } from "./mutations.ts";
import { Random } from "./random.ts";
import type { TracedUnit } from "./trace-recorder.ts";

/** What the check has found. */
export interface MutationFindings {
  /** How many streams were made. */
  readonly mutations: number;
  /** Elements that a field names, of which no change changes the field or is refused. */
  readonly idle: readonly string[];
  /** Elements that a field does not name, of a unit that it does name, whose change changes the field. */
  readonly unnamed: readonly string[];
}

/** A case in which a named element has no effect, or one that is not named has one, and why that is right. */
interface Exception {
  readonly finding: "idle" | "unnamed";
  readonly element: RegExp;
  /** The fields that it is about. Default: all. */
  readonly field?: RegExp;
  /**
   * Whether the case is there.
   *
   * @param unit the element's unit.
   * @param before the units before it.
   * @param isOwn the request sends this unit.
   */
  readonly isThere: (unit: TracedUnit, before: readonly TracedUnit[], isOwn: boolean) => boolean;
  readonly reason: string;
}

const idOf = ({ elements }: TracedUnit, name: RegExp) => elements.find((element) => name.test(element.name))?.value;

const setId = /^(seq|pic|sps_seq|pps_pic)_parameter_set_id$/;

/** The exceptions to "an element that is named has an effect, and another one of its unit has none". */
export const exceptions: readonly Exception[] = [
  {
    finding: "unnamed",
    element: setId,
    isThere: ({ name }) => /parameter_set_rbsp/.test(name),
    reason: "the id of a set says which set the unit is: with another one, the request is made of another unit",
  },
  {
    finding: "idle",
    element: setId,
    isThere: (unit, before) => {
      const id = /^((sps_)?seq|(pps_)?pic)_parameter_set_id$/;
      return before.some((other) => other.name === unit.name && idOf(other, id) === idOf(unit, id));
    },
    reason: "the set was sent before with the same id: without the repetition, the older one is used",
  },
  {
    finding: "idle",
    element: /^update_grain$/,
    isThere: ({ elements }) => elements.some(({ name, value }) => name === "update_grain" && value === 1),
    reason: "with 0, the flag is loaded with the film grain of a reference, which may have 1",
  },
  {
    finding: "idle",
    element: /^lr_unit_shift$/,
    isThere: ({ elements }) => elements.some(({ name }) => name === "lr_unit_extra_shift"),
    reason: "with 0, lr_unit_extra_shift is not coded, and its bit is read as lr_uv_shift, which can make up for it",
  },
  {
    finding: "idle",
    element: /^used_by_curr_pic_flag$/,
    field: / \[\d+\]\.use_delta_flag/,
    isThere: ({ elements }) => elements.some(({ name, value }) => name === "used_by_curr_pic_flag" && value === 1),
    reason: "with 0, use_delta_flag is coded, and the bit that is read as it may be 1",
  },
  {
    finding: "unnamed",
    element: /^(primary_ref_frame|ref_frame_idx|last_frame_idx|gold_frame_idx|film_grain_params_ref_idx)$/,
    field: / (loop_filter\.(ref|mode)_deltas|segmentation\.)/,
    isThere: ({ name }, _, isOwn) => name.startsWith("OBU_") && !isOwn,
    reason: "a frame that hands on what it has inherited is not named: in a long stream there are thousands",
  },
];

/** What decides about the work. */
export interface MutationChoice {
  /** How many elements of each unit are changed, by chance; all of them where there are no more. */
  readonly elements: number;
}

/**
 * Changes the elements of every unit that a field of the request names.
 *
 * A change that the stream is refused for, that moves the boundaries of pictures, or after which other elements are read differently
 * says nothing about what is not named: then the request is made of another stream.
 */
export function explainedMutations(original: Original, { elements: most }: MutationChoice): MutationFindings {
  const explained = explainRequest(original.codec, original.bytes, original.request, original.options);
  if (explained === undefined) throw new RangeError(`there is no request ${original.request}`);
  const units = tracedUnits(original);
  const named = new NamedElements(units);
  for (const { control, fields } of explained.controls) {
    for (const { path, flag, sources } of fields) {
      for (const source of elementsIn(sources)) named.add(fieldKey(control, path, flag), source);
    }
  }
  const own = ownUnits(explained);
  const before = outcomeOf(original, original.bytes);
  const idle = new Set<string>();
  const unnamed = new Set<string>();
  let count = 0;
  for (const number of named.units) {
    for (const place of chosen(units[number] as TracedUnit, most, number)) {
      const changes: Mutation[] = [];
      for (const mutation of mutationsOf(original, units, number, place, before)) {
        count++;
        changes.push(mutation);
        const before = units.slice(0, number);
        for (const field of unnamedFields(mutation, named, number, place)) {
          if (isException("unnamed", mutation, field, before, own.has(number))) continue;
          unnamed.add(
            `${field} changes with ${mutation.element.name} of unit ${number}, ${mutation.element.value} to ${mutation.value}`,
          );
        }
      }
      for (const field of idleFields(changes, named, number, place)) {
        const [first] = changes as [Mutation];
        if (isException("idle", first, field, units.slice(0, number), own.has(number))) continue;
        const { element } = first;
        idle.add(`${field} names ${element.name} of unit ${number}, ${element.value}`);
      }
    }
  }
  return { mutations: count, idle: [...idle], unnamed: [...unnamed] };
}

/** The units that fields of controls of one picture are made of, but for what earlier requests set. */
function ownUnits({ controls }: NonNullable<ReturnType<typeof explainRequest>>): ReadonlySet<number> {
  const ofPicture = controls.filter(({ control }) => !/_(?:SEQUENCE|SPS|PPS)$/.test(control));
  return new Set(
    ofPicture
      .flatMap(({ fields }) => fields.flatMap(({ sources }) => sources))
      .flatMap((source) => (source.kind === "element" || source.kind === "span" ? [source.unit] : [])),
  );
}

function isException(
  finding: Exception["finding"],
  { unit, element }: Mutation,
  field: string,
  before: readonly TracedUnit[],
  isOwn: boolean,
): boolean {
  return exceptions.some(
    (each) =>
      each.finding === finding &&
      each.element.test(element.name) &&
      each.field?.test(field) !== false &&
      each.isThere(unit, before, isOwn),
  );
}

const isOther = ({ isRefused, movesPictures }: Mutation) => isRefused || movesPictures;

function unnamedFields(mutation: Mutation, named: NamedElements, number: number, place: number): string[] {
  if (isOther(mutation)) return [];
  const fields = [...mutation.changed].filter(
    (field) => named.hasUnit(field, number) && !named.has(field, number, place),
  );
  return fields.length > 0 && mutation.reshapes() ? [] : fields;
}

function idleFields(changes: readonly Mutation[], named: NamedElements, number: number, place: number): string[] {
  if (changes.length === 0 || changes.some(isOther)) return [];
  return named.valuesOf(number, place).filter((field) => changes.every(({ changed }) => !changed.has(field)));
}

/** Closing bits have no meaning: they are what lies between the header and the data. */
const closing = /^(rbsp_|alignment_|forbidden_zero_bit|zero_bit|trailing_|obu_forbidden_bit)/;

function chosen({ elements }: TracedUnit, most: number, seed: number): number[] {
  const places = elements.flatMap(({ name }, place) => (closing.test(name) ? [] : [place]));
  if (places.length <= most) return places;
  const random = new Random(seed + 1);
  return places.filter(() => random.below(places.length) < most);
}

/** Which fields name which elements. */
class NamedElements {
  readonly #units: readonly TracedUnit[];
  readonly #unitsOf = new Map<string, Set<number>>();
  readonly #elementsOf = new Map<string, Set<string>>();
  readonly #values = new Map<string, string[]>();

  constructor(units: readonly TracedUnit[]) {
    this.#units = units;
  }

  add(field: string, source: ReturnType<typeof elementsIn> extends Iterable<infer S> ? S : never): void {
    put(this.#unitsOf, field, source.unit);
    const { elements } = this.#units[source.unit] as TracedUnit;
    const [first, last] = source.kind === "span" ? [source.first, source.last] : [source, source];
    const placeOf = ({ bit, name, length }: typeof first) =>
      elements.findIndex((element) => element.bit === bit && element.name === name && element.length === length);
    for (let place = placeOf(first); place <= placeOf(last); place++) {
      const key = `${source.unit}:${place}`;
      put(this.#elementsOf, field, key);
      // Each of them changes a sum.
      if (source.kind === "span" && source.role === "value" && source.what === theirSum) {
        this.#values.set(key, [...(this.#values.get(key) ?? []), field]);
      }
    }
    if (source.kind !== "element" || source.role !== "value") return;
    const key = `${source.unit}:${elements.findIndex(
      (element) =>
        element.bit === source.bit &&
        element.name === source.name &&
        String(element.subscripts) === String(source.subscripts),
    )}`;
    this.#values.set(key, [...(this.#values.get(key) ?? []), field]);
    put(this.#elementsOf, field, key);
  }

  /** The units that any field names, in their order. */
  get units(): number[] {
    return [...new Set([...this.#unitsOf.values()].flatMap((units) => [...units]))].sort((a, b) => a - b);
  }

  hasUnit(field: string, unit: number): boolean {
    return this.#unitsOf.get(field)?.has(unit) === true;
  }

  has(field: string, unit: number, place: number): boolean {
    return this.#elementsOf.get(field)?.has(`${unit}:${place}`) === true;
  }

  /** The fields whose value is made of an element. */
  valuesOf(unit: number, place: number): readonly string[] {
    return this.#values.get(`${unit}:${place}`) ?? [];
  }
}

function put<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key) ?? new Set<T>();
  map.set(key, set.add(value));
}

/** The beginning of a stream, as far as it is needed for some requests. */
export function beginningOf(codec: Codec, bytes: Uint8Array, options: SessionOptions, requests: number): Uint8Array {
  const session = openSession(codec, options);
  let seen = 0;
  let end = 0;
  for (const piece of codec === "mpeg2" ? piecesAtPictures(bytes) : chunksOf(bytes)) {
    end += piece.length;
    for (const { type } of session.push(piece)) if (type === "request") seen++;
    if (seen >= requests) break;
  }
  return bytes.subarray(0, end);
}

function* chunksOf(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096);
}
