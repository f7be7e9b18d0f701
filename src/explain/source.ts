/** What a field of a request can be made of. */
import type { Descriptor } from "../bitreader/index.ts";

/**
 * What a syntax element is to a field. `"value"`: the field's value is made of it. `"condition"`: it decides which way the value is
 * made, or whether there is one.
 */
export type Role = "value" | "condition";

/** A syntax element of the stream. */
export interface ElementSource {
  readonly kind: "element";
  /** What it is to the field. */
  readonly role: Role;
  /** The number of its unit, as `trace` counts them. */
  readonly unit: number;
  /** `"sps"`, `"slice"`, `"frame"` …: the words of `trace --unit`. */
  readonly unitKind: string;
  /** Spelled as in the specification, without subscripts. */
  readonly name: string;
  /** The subscripts, outermost first. */
  readonly subscripts: readonly number[];
  /** How it is coded. */
  readonly descriptor: Descriptor;
  /** Its first byte in all the bytes of the stream, as coded; null in a configuration record. */
  readonly byte: number | null;
  /** Its first bit in that byte; 0 is the most significant one. */
  readonly bitOfByte: number;
  /** Its first bit in the unit without emulation prevention bytes, as in a trace. */
  readonly bit: number;
  /** In bits, emulation prevention bytes not counted. */
  readonly length: number;
  /** The coded bits: `"00101"`. Of a bool of VP8 or VP9 those that the decoder takes in, which may be none. */
  readonly bits: string;
  /** As coded: of x_minus1 the coded value, not x. */
  readonly value: number;
}

/** Many elements that follow each other, where only their length or all of them together count. */
export interface SpanSource {
  readonly kind: "span";
  readonly role: Role;
  readonly unit: number;
  readonly unitKind: string;
  /** The first and the last of them. */
  readonly first: ElementSource;
  readonly last: ElementSource;
  /** What counts: `"their length"`, `"all their values"`, `"their sum"`. */
  readonly what: string;
}

/** Of a span: each of its elements changes the value. */
export const theirSum = "their sum";

/** The stream does not code the element. The specification says which value it has then. */
export interface InferredSource {
  readonly kind: "inferred";
  /** The element that is not coded. */
  readonly name: string;
  /** What the value is then, and the clause: `"0 (7.4.3)"`. */
  readonly rule: string;
  /** The unit that could have coded it. */
  readonly unit: number;
  readonly unitKind: string;
}

/** State of the decoder: it was set with an earlier picture, or with this one. */
export interface StateSource {
  readonly kind: "state";
  /** The request that set it; null where it was set at the start. */
  readonly request: number | null;
  /** What it is, with its clause: `"TopFieldOrderCnt (8.2.1)"`. */
  readonly what: string;
  /** What it was made of there. */
  readonly sources: readonly Source[];
  /** It decides about the field, and is not its value. */
  readonly isDecision: boolean;
}

/** Computed as a clause or an equation says. */
export interface ComputedSource {
  readonly kind: "computed";
  /** `"FrameNumWrap (8-27)"`. */
  readonly rule: string;
}

/** A value that no stream changes, by the kernel's text or by a table of the specification. */
export interface ConstantSource {
  readonly kind: "constant";
  /** Who says so, and why. */
  readonly authority: string;
}

/** The kernel rewrites the field when it takes the control (std_validate_compound), or the UAPI's text asks for another value. */
export interface KernelSource {
  readonly kind: "kernel";
  readonly rule: string;
}

/** What a field was made of. */
export type Source =
  | ElementSource
  | SpanSource
  | InferredSource
  | StateSource
  | ComputedSource
  | ConstantSource
  | KernelSource;

/** A list in which absent and nested lists are allowed, for rules that are written down in one expression. */
export type SourceList = readonly (Source | SourceList | undefined)[];

/** The sources of a list, one after the other, each once. */
export function sourcesOf(...list: SourceList): Source[] {
  const found: Source[] = [];
  const places = new Map<string, number>();
  const add = (each: Source | SourceList | undefined): void => {
    if (each === undefined) return;
    if (Array.isArray(each)) {
      for (const inner of each as SourceList) add(inner);
      return;
    }
    const source = each as Source;
    if (source.kind !== "element") {
      found.push(source);
      return;
    }
    const key = `${source.unit}:${source.bit}:${source.length}:${source.name}`;
    const place = places.get(key);
    if (place === undefined) {
      places.set(key, found.length);
      found.push(source);
    } else if (source.role === "value") found[place] = source;
  };
  add(list);
  return found;
}

export const constant = (authority: string): ConstantSource => ({ kind: "constant", authority });
export const computed = (rule: string): ComputedSource => ({ kind: "computed", rule });
export const kernel = (rule: string): KernelSource => ({ kind: "kernel", rule });
/** State that is the field's value. */
export const state = (request: number | null, what: string, ...sources: SourceList): StateSource => ({
  kind: "state",
  request,
  what,
  sources: sourcesOf(sources),
  isDecision: false,
});

/**
 * The elements of some sources as conditions: what decides about a field, and is not its value. Rules and inferences are left out:
 * they are about the value.
 */
export function conditions(...list: SourceList): Source[] {
  return sourcesOf(list).flatMap((source): Source[] => {
    if (source.kind === "element" || source.kind === "span") {
      return [source.role === "condition" ? source : { ...source, role: "condition" }];
    }
    if (source.kind !== "state") return [];
    return [source.isDecision ? source : { ...source, sources: conditions(source.sources), isDecision: true }];
  });
}

/**
 * Elements of which one that `fits` is enough. Where several fit, none of them alone changes the field, so all are conditions; where
 * one does, it is the value.
 */
export function oneOf(fits: (value: number) => boolean, ...list: SourceList): Source[] {
  const sources = sourcesOf(list);
  const fitting = sources.filter((source) => source.kind === "element" && fits(source.value));
  if (fitting.length === 0) return sources;
  return sources.flatMap((source) => (fitting.length === 1 && source === fitting[0] ? [source] : conditions(source)));
}

/** All elements and spans among sources, those inside states too. */
export function* elementsIn(sources: readonly Source[]): Generator<ElementSource | SpanSource, void, undefined> {
  for (const source of sources) {
    if (source.kind === "element" || source.kind === "span") yield source;
    else if (source.kind === "state") yield* elementsIn(source.sources);
  }
}
