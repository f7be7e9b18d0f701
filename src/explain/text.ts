/** Sources in words. */
import { elementPath } from "../bitreader/index.ts";
import type { ElementSource, Source, SpanSource } from "./source.ts";

/** `"u(4)"`, `"ue(v)"`, `"bool"`. */
function descriptorText({ descriptor, length }: ElementSource): string {
  if (descriptor === "bool") return "bool";
  if (descriptor === "ue" || descriptor === "se" || descriptor === "te") return `${descriptor}(v)`;
  // The sign of s(n) is not counted.
  if (descriptor === "s") return `s(${length - 1})`;
  return descriptor === "le" ? `u(${length})` : `${descriptor}(${length})`;
}

/** `"1043:2"`; in a configuration record, which is not part of the stream, the bit in the unit. */
function placeText({ byte, bitOfByte, bit }: ElementSource): string {
  return byte === null ? `bit ${bit} (configuration record)` : `${byte}:${bitOfByte}`;
}

function nameText({ name, subscripts }: ElementSource): string {
  return elementPath(name, subscripts);
}

/** `"frame_num u(4) at 1043:2 of unit 17"`. */
export function elementText(element: ElementSource): string {
  return `${nameText(element)} ${descriptorText(element)} at ${placeText(element)} of unit ${element.unit}`;
}

/** The element with its coded bits and its value: `"frame_num u(4) at 1043:2 of unit 17: 0101 = 5"`. */
function codedText(element: ElementSource): string {
  const { descriptor, length, bits, value } = element;
  const coded = descriptor === "bool" || length > 32 || (length === 1 && bits === String(value)) ? "" : ` ${bits} =`;
  return `${elementText(element)}:${coded} ${value}`;
}

function spanText({ first, last, unit, what }: SpanSource): string {
  const from = `${nameText(first)} at ${placeText(first)}`;
  const to = first.bit === last.bit ? "" : ` to ${nameText(last)} at ${placeText(last)}`;
  return `${from}${to} of unit ${unit}: ${what}`;
}

/** Elements of one array that follow each other are said together. */
function valueTexts(sources: readonly Source[]): string[] {
  const values = sources.filter((source) => source.kind === "element" && source.role === "value") as ElementSource[];
  const texts: string[] = [];
  for (let i = 0; i < values.length; ) {
    const first = values[i] as ElementSource;
    let end = i + 1;
    while (values[end]?.name === first.name && values[end]?.unit === first.unit) end++;
    const last = values[end - 1] as ElementSource;
    if (end - i < 4) for (const value of values.slice(i, end)) texts.push(codedText(value));
    else {
      const sum = `${end - i} elements`;
      texts.push(
        `${nameText(first)} at ${placeText(first)} to ${nameText(last)} at ${placeText(last)} of unit ${first.unit}: ${sum}`,
      );
    }
    i = end;
  }
  return texts;
}

/**
 * What a field was made of, in lines: the rule, then the elements, inferences and states that the value comes from. What only
 * decides which way is left out: `decisionText` has it.
 */
export function sourceTexts(sources: readonly Source[]): string[] {
  const rules = sources.flatMap((source) => {
    switch (source.kind) {
      case "computed":
        return [source.rule];
      case "constant":
        return [source.authority];
      case "kernel":
        return [`the kernel: ${source.rule}`];
      default:
        return [];
    }
  });
  const inferred = sources.flatMap((source) =>
    source.kind === "inferred"
      ? [`${source.name.replace(/\[.*/, "")} not coded in unit ${source.unit} (${source.unitKind}): ${source.rule}`]
      : [],
  );
  const spans = sources.flatMap((source) =>
    source.kind === "span" && source.role === "value" ? [spanText(source)] : [],
  );
  const states = sources.flatMap((source) => {
    if (source.kind !== "state") return [];
    const inner = sourceTexts(source.sources);
    // A state that only decides has no value of its own.
    if (inner.length === 0 && source.isDecision) return [];
    const who = source.request === null ? "" : `request ${source.request}: `;
    // What has the name of the element that it is needs no other words.
    const what = inner[0]?.startsWith(`${source.what} `) ? [] : [source.what];
    return [`${who}${[...what, ...inner].join(", ")}`];
  });
  return [...rules, ...inferred, ...valueTexts(sources), ...spans, ...states];
}

const mostDecisions = 8;

/** The elements that decide which way the value was made: `"nal_unit_type 1, frame_num 3 (unit 9); pic_order_cnt_type 0 (unit 0)"`. */
export function decisionText(sources: readonly Source[]): string {
  const byUnit = new Map<number, Map<string, ElementSource[]>>();
  const add = (list: readonly Source[]): void => {
    for (const source of list) {
      if (source.kind === "state") add(source.sources);
      if (source.kind !== "element" || source.role !== "condition") continue;
      const names = byUnit.get(source.unit) ?? new Map<string, ElementSource[]>();
      byUnit.set(source.unit, names);
      const same = names.get(source.name) ?? [];
      if (same.every(({ bit }) => bit !== source.bit)) names.set(source.name, [...same, source]);
    }
  };
  add(sources);
  const units = [...byUnit]
    .sort(([a], [b]) => b - a)
    .map(([unit, names]) => {
      const texts = [...names.values()].sort(([a], [b]) => (a?.bit ?? 0) - (b?.bit ?? 0)).map(decision);
      const more = texts.length - mostDecisions;
      const shown = more > 0 ? [...texts.slice(0, mostDecisions), `${more} more`] : texts;
      return `${shown.join(", ")} (unit ${unit})`;
    });
  return units.join("; ");
}

function decision(elements: readonly ElementSource[]): string {
  const [first] = elements as [ElementSource];
  // The subscripts are those of the field: without them, the elements of an array have one text.
  return elements.length === 1 ? `${first.name} ${first.value}` : `${elements.length} × ${first.name}`;
}

const mostShort = 3;

/**
 * The sources in one line, without what only decides: `"frame_num u(4) at 1043:2 of unit 17, FrameNumWrap (8-27)"`.
 */
export function shortText(sources: readonly Source[]): string {
  const elements: string[] = [];
  const rules: string[] = [];
  collect(sources, elements, rules);
  const more = elements.length - mostShort;
  const shown = more > 0 ? [...elements.slice(0, mostShort), `… ${more} more`] : elements;
  // Several parts of a field may have one rule.
  const all = [...shown, ...new Set(rules)];
  return all.length > 0 ? all.join(", ") : decisionText(sources);
}

function collect(sources: readonly Source[], elements: string[], rules: string[]): void {
  for (const source of sources) {
    switch (source.kind) {
      case "element":
        if (source.role === "value") elements.push(elementText(source));
        break;
      case "span":
        if (source.role === "value") elements.push(spanText(source));
        break;
      case "inferred":
        rules.push(`${source.name} is not coded: ${source.rule}`);
        break;
      case "state": {
        const before = elements.length;
        collect(source.sources, elements, rules);
        if (elements.length > before || source.isDecision) break;
        rules.push(source.request === null ? source.what : `${source.what} (request ${source.request})`);
        break;
      }
      case "constant":
        rules.push(source.authority);
        break;
      case "kernel":
        rules.push(`the kernel: ${source.rule}`);
        break;
      default:
        rules.push(source.rule);
    }
  }
}
