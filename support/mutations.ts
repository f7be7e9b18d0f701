/** The same stream with one syntax element changed, and what becomes of one of its requests. */
import { elementPath, type TraceElement } from "../src/bitreader/index.ts";
import type { Codec, DecodeEvent, RequestEvent } from "../src/events.ts";
import { piecesAtPictures } from "../src/explain/index.ts";
import { joined } from "../src/framing/bytes.ts";
import { openSession } from "../src/open-session.ts";
import type { SessionOptions } from "../src/options.ts";
import { rewrittenObu, withObu } from "../src/testing/rewritten-obu.ts";
import { controlByName, flagValue, payloadLeaves } from "../src/uapi/index.ts";
import { boolCounts, otherValues, withValue } from "./rewrite/one-element.ts";
import { type TracedUnit, TraceRecorder } from "./trace-recorder.ts";

/** A stream to be changed. */
export interface Original {
  readonly codec: Codec;
  readonly bytes: Uint8Array;
  readonly options: SessionOptions;
  /** The request that is looked at. */
  readonly request: number;
}

/** What a stream gives. */
export interface Outcome {
  /** The value of every field of the request, by control, path and flag. Undefined where there is no such request. */
  readonly fields: ReadonlyMap<string, number | bigint> | undefined;
  /** The codes and places of its errors. */
  readonly errors: string;
  /** The timestamps of its requests, and of how many units each consists. */
  readonly order: string;
}

/** A changed stream against the original. */
export interface Mutation {
  readonly unit: TracedUnit;
  readonly place: number;
  readonly element: TraceElement;
  readonly value: number;
  /** Something in the stream is refused that was not: there is an error, or fewer requests. */
  readonly isRefused: boolean;
  /** A picture begins or ends elsewhere, so that the request is another one. */
  readonly movesPictures: boolean;
  /** The fields whose values are others. */
  readonly changed: ReadonlySet<string>;
  /** Whether any other element of the stream is read with another name or value: computed when it is asked for. */
  readonly reshapes: () => boolean;
}

/** The key of a field. */
export function fieldKey(control: string, path: string, flag: string | undefined): string {
  return `${control} ${path}${flag === undefined ? "" : `.${flag}`}`;
}

/** Runs a session over a stream. */
export function outcomeOf({ codec, options, request }: Original, bytes: Uint8Array): Outcome {
  const controls = new Map<string, Uint8Array | number>();
  const errors: string[] = [];
  const order: string[] = [];
  let found: RequestEvent | undefined;
  for (const event of eventsOf(codec, bytes, options)) {
    if (event.type === "error") errors.push(`${event.code}@${event.byte}`);
    if (event.type === "sequence" && found === undefined)
      for (const { name, payload } of event.controls) controls.set(name, payload);
    if (event.type !== "request") continue;
    if (order.length === request) found = event;
    order.push(`${event.timestamp}:${event.bitstream.length}`);
  }
  const fields = found && new Map<string, number | bigint>();
  for (const { name, payload } of found?.controls ?? []) controls.set(name, payload);
  if (fields !== undefined) for (const [name, payload] of controls) addFields(fields, name, payload);
  return { fields, errors: errors.join(), order: order.join() };
}

function* eventsOf(codec: Codec, bytes: Uint8Array, options: SessionOptions): Generator<DecodeEvent, void, undefined> {
  const session = openSession(codec, options);
  for (const piece of codec === "mpeg2" ? piecesAtPictures(bytes) : [bytes]) yield* session.push(piece);
  yield* session.flush();
}

function addFields(fields: Map<string, number | bigint>, name: string, payload: Uint8Array | number): void {
  const definition = controlByName(name);
  if (typeof payload === "number" || definition === undefined || definition.type === "menu") return;
  for (const { path, type, value } of payloadLeaves(definition, payload)) {
    if (type.flags === undefined) fields.set(fieldKey(name, path, undefined), value);
    for (const [flag, mask] of Object.entries(type.flags ?? {})) {
      fields.set(fieldKey(name, path, flag), flagValue(value, mask));
    }
  }
}

/** Every unit of a stream with its elements, as a session reads it. */
export function tracedUnits({ codec, bytes, options }: Original): TracedUnit[] {
  const trace = new TraceRecorder();
  for (const _ of eventsOf(codec, bytes, { ...options, trace }));
  return trace.units;
}

/** All changes of one element of a stream. */
export function* mutationsOf(
  original: Original,
  units: readonly TracedUnit[],
  number: number,
  place: number,
  before: Outcome,
): Generator<Mutation, void, undefined> {
  const unit = units[number] as TracedUnit;
  const element = unit.elements[place] as TraceElement;
  const isEscaped = original.codec === "h264" || original.codec === "h265";
  const bools = boolCounts(unit.elements)[place] ?? 0;
  for (const value of otherValues(element, bools)) {
    const bytes =
      original.codec === "av1"
        ? withObu(original.bytes, unit.byte, unit.bytes.length, rewrittenObu(unit, element, value))
        : spliced(original.bytes, unit, withValue(unit, place, value, isEscaped));
    const after = outcomeOf(original, bytes);
    yield {
      ...{ unit, place, element, value },
      isRefused: after.fields === undefined || after.errors !== before.errors,
      movesPictures: after.order !== before.order,
      changed: changedFields(before, after),
      reshapes: () => !readsTheSame(units, tracedUnits({ ...original, bytes }), number, place),
    };
  }
}

function spliced(stream: Uint8Array, { byte, bytes }: TracedUnit, other: Uint8Array): Uint8Array {
  return joined([stream.subarray(0, byte), other, stream.subarray(byte + bytes.length)]);
}

function changedFields(before: Outcome, after: Outcome): Set<string> {
  const changed = new Set<string>();
  for (const key of [...(before.fields?.keys() ?? []), ...(after.fields?.keys() ?? [])]) {
    if (before.fields?.get(key) !== after.fields?.get(key)) changed.add(key);
  }
  return changed;
}

/** Whether two runs read the same elements with the same values, except the one that was changed and closing bits. */
function readsTheSame(a: readonly TracedUnit[], b: readonly TracedUnit[], number: number, place: number): boolean {
  const text = (units: readonly TracedUnit[]) =>
    units.map(({ name, elements }, unit) =>
      elements
        .filter(({ name }) => !/alignment|^zero_bit$|^trailing_/.test(name))
        .map(
          (each, i) => `${elementPath(each.name, each.subscripts)}=${unit === number && i === place ? "" : each.value}`,
        )
        .concat(name)
        .join(),
    );
  return text(a).join("|") === text(b).join("|");
}
