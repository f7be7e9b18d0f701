/** Sources in words. */
import { elementPath } from "../bitreader/index.ts";
import type { ElementSource, Source, SpanSource } from "./source.ts";

/** `"frame_num u(4) at 1043:2 of unit 17"`. Bools of VP8 and VP9 have no length of their own. */
export function elementText(element: ElementSource): string {
  const { name, subscripts, unit } = element;
  return `${elementPath(name, subscripts)} ${descriptorText(element)} at ${placeText(element)} of unit ${unit}`;
}

/** `"u(4)"`, `"ue(v)"`, `"bool"`. */
function descriptorText({ descriptor, length }: ElementSource): string {
  if (descriptor === "bool") return "bool";
  if (descriptor === "ue" || descriptor === "se" || descriptor === "te") return `${descriptor}(v)`;
  // The sign of s(n) is not counted.
  if (descriptor === "s") return `s(${length - 1})`;
  return descriptor === "le" ? `u(${length})` : `${descriptor}(${length})`;
}

/** `"1043:2"`; in a configuration record, which is not part of the stream, the bit in the unit. */
export function placeText({ byte, bitOfByte, bit }: ElementSource): string {
  return byte === null ? `bit ${bit} (configuration record)` : `${byte}:${bitOfByte}`;
}

function spanText({ first, last, unit }: SpanSource): string {
  return `${elementPath(first.name, first.subscripts)} at ${placeText(first)} to ${elementPath(last.name, last.subscripts)} at ${placeText(last)} of unit ${unit}`;
}

/** The sources in one line, without what only decides: `"frame_num u(4) at 1043:2 of unit 17, FrameNumWrap (8-27)"`. */
export function shortText(sources: readonly Source[]): string {
  const elements: string[] = [];
  const rules: string[] = [];
  collect(sources, elements, rules, undefined);
  const few =
    elements.length <= mostElements
      ? elements
      : [...elements.slice(0, mostElements - 1), `… and ${elements.length - mostElements + 1} more`];
  const all = [...few, ...rules];
  if (all.length > 0) return all.join(", ");
  return sources
    .flatMap((source) => (source.kind === "element" ? [elementText(source)] : []))
    .slice(0, 1)
    .join();
}

const mostElements = 3;

function collect(sources: readonly Source[], elements: string[], rules: string[], request: number | undefined): void {
  const there = request === undefined ? "" : ` (request ${request})`;
  for (const source of sources) {
    switch (source.kind) {
      case "element":
        if (source.role === "value") elements.push(`${elementText(source)}${there}`);
        break;
      case "span":
        if (source.role === "value") elements.push(spanText(source));
        break;
      case "inferred":
        rules.push(`${source.name} is not coded: ${source.rule}`);
        break;
      case "state": {
        const before = elements.length;
        const inner: string[] = [];
        collect(source.sources, elements, inner, source.request ?? undefined);
        if (elements.length === before)
          rules.push(source.request === null ? source.what : `${source.what}, request ${source.request}`);
        else rules.push(...inner);
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
