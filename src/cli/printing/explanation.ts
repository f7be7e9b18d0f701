/** The text and the lines of JSON of `explain`. */
import { flagWord } from "../../compare/values.ts";
import type { ExplainedField, ExplainedRequest, Source, SpanSource } from "../../explain/index.ts";
import { theirSum } from "../../explain/source.ts";
import { decisionText, sourceTexts } from "../../explain/text.ts";
import type { FieldReading } from "../../targets/index.ts";
import { controlByName, valueName } from "../../uapi/index.ts";
import { leafFields } from "../../uapi/struct.ts";
import {
  fieldTree,
  hasSeveral,
  isNext,
  joinPath,
  type LeafCounts,
  labelledParts,
  leafCounts,
  type Node,
  numberOf,
  type Part,
  partsOf,
} from "./field-tree.ts";
import { fold, type Style } from "./terminal.ts";

/** Lines are made for this width where the output is no terminal. */
const width = 100;
/** The most columns for a field and its value, before the arrow. */
const widestField = 42;

/** What is said beside the explanations. */
export interface ExplanationView {
  readonly style: Style;
  /** Of the terminal. */
  readonly columns?: number | undefined;
  /** Places are counted in the video that is in a container. */
  readonly isInside: boolean;
  /** The target that was named, and what its driver does with a field. */
  readonly target: string | undefined;
  readonly readingOf: (control: string, field: ExplainedField) => FieldReading | undefined;
}

/**
 * A request with all its controls.
 *
 * @param whole the request with all fields, where only some are shown: then an array says which of its elements, and a structure which
 * of its members.
 */
export function explanationText(
  explained: ExplainedRequest,
  view: ExplanationView,
  whole: ExplainedRequest | undefined,
): string {
  const { style, columns = width, isInside } = view;
  const title = `${style.bold(`request ${explained.request}`)}  timestamp ${explained.timestamp}`;
  const lines = [isInside ? `${title}  places are those in the video's bytes, not in the file's` : title];
  for (const { control, fields } of explained.controls) {
    const all = whole?.controls.find((each) => each.control === control)?.fields;
    const rows = rowsOf(control, fields, view, all && leafCounts(all));
    const column = Math.min(
      rows.reduce((widest, { path, value }) => Math.max(widest, path.length + 2 + value.length), 0),
      widestField,
    );
    const columnOfWord = rows.reduce((widest, { word }) => Math.max(widest, word.length), 0);
    const wordRoom = columnOfWord === 0 ? 0 : columnOfWord + 2;
    lines.push("", style.bold(control));
    let decided = "";
    for (const row of rows) {
      for (const line of rowLines(row, column, columnOfWord, row.decision === decided, style)) {
        lines.push(
          fold(line, columns, Math.min(column + wordRoom + 6, Math.floor(columns * (wordRoom === 0 ? 0.5 : 0.6)))),
        );
      }
      if (row.decision !== "") decided = row.decision;
    }
    for (const quirk of quirksOf(control, fields, view)) lines.push(fold(`  ${quirk}`, columns, 4));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** What the driver expects in fields that it reads differently. */
function quirksOf(
  control: string,
  fields: readonly ExplainedField[],
  { target, readingOf }: ExplanationView,
): string[] {
  const quirks = fields.flatMap((field) => readingOf(control, field)?.quirk ?? []);
  return [...new Set(quirks)].map((quirk) => `${target} reads it differently: ${quirk}`);
}

/** `"read, tried"`: see `FieldReading`. */
function wordOf(reading: FieldReading | undefined): string {
  switch (reading?.how) {
    case undefined:
      return "";
    case "unread":
      return "not read";
    case "no-control":
      return "no control";
    case "differently":
      return "differently";
    default:
      return reading?.evidence?.by === "both" ? "read, tried" : "read";
  }
}

/** A field, or several with the same explanation. */
interface Row {
  readonly path: string;
  readonly value: string;
  /** Whether the target's driver reads it; empty without a target. */
  readonly word: string;
  readonly texts: readonly string[];
  readonly decision: string;
}

/** @param isRepeated the row before has the same decision. */
function rowLines(
  { path, value, word, texts, decision }: Row,
  column: number,
  columnOfWord: number,
  isRepeated: boolean,
  style: Style,
): string[] {
  const worded = columnOfWord === 0 ? "" : `  ${word.padEnd(columnOfWord)}`;
  const inner = " ".repeat(column + 2);
  const indent = `${inner}${" ".repeat(worded.length)}`;
  const own = /(\w+(\[\d+\])*)$/.exec(path)?.[1] ?? "";
  // The name of an element that is the field's name, too, need not be read twice.
  const said = texts.map((text) => (own !== "" && text.startsWith(`${own} `) ? withoutName(text, own) : text));
  const why = decision === "" ? [] : [isRepeated && decision.length > 60 ? "the same elements" : decision];
  const arrows = said.map((text) => `← ${text}`).concat(why.map((text) => style.dim(`decided by ${text}`)));
  const room = column - path.length - value.length;
  const left = room < 2 ? `  ${path}  ${value}` : `  ${path}${" ".repeat(room)}${value}`;
  const [first = "", ...more] = arrows;
  // A long path has a line of its own.
  const lines = room < 2 ? [left, `${inner}${worded}  ${first}`] : [`${left}${worded}  ${first}`];
  return [...lines, ...more.map((text) => `${indent}  ${text.startsWith("←") ? "" : "  "}${text}`)];
}

function withoutName(text: string, name: string): string {
  const rest = text.slice(name.length + 1);
  return /^([a-z]+\(|bool|not coded)/.test(rest) ? rest : text;
}

function rowsOf(
  control: string,
  fields: readonly ExplainedField[],
  { readingOf }: ExplanationView,
  counts: LeafCounts | undefined,
): Row[] {
  const root = fieldTree(fields, (field) => wordOf(readingOf(control, field)));
  const names = enumerations(control);
  return root.children.length === 0 ? [] : childRows(root, "", { names, counts });
}

/** The enumerations of a control by the path of their fields, without indices. */
function enumerations(control: string): ReadonlyMap<string, (value: number | bigint) => string | undefined> {
  const definition = controlByName(control);
  if (definition?.type === "menu") {
    const menu = Object.entries(definition.menu);
    return new Map([["", (value) => menu.find(([, each]) => each === value)?.[0]]]);
  }
  if (definition?.type !== "struct") return new Map();
  return new Map(
    leafFields(definition.struct).map(({ path, type }) => [
      path.replace(/\[\d+\]/g, ""),
      (value) => (type.values === undefined ? undefined : valueName(type, value)),
    ]),
  );
}

/** What rows are made with. */
interface RowContext {
  readonly names: ReturnType<typeof enumerations>;
  /** Where only some fields are shown: the leaves that there are. */
  readonly counts: LeafCounts | undefined;
}

function childRows(node: Node, path: string, context: RowContext): Row[] {
  const rows: Row[] = [];
  for (let i = 0; i < node.children.length; ) {
    const child = node.children[i] as Node;
    const same = child.key.startsWith("[") ? sameFrom(node.children, i, context) : 1;
    if (same > 1) {
      const group = node.children.slice(i, i + same);
      const key = `[${numberOf(child)}..${numberOf(group.at(-1) as Node)}]`;
      const parts = group.map((each) => partsOf(each, context.counts));
      for (const [at, { suffix }] of (parts[0] as Part[]).entries()) {
        const leaves = parts.flatMap((each) => each[at]?.leaves ?? []);
        rows.push(rowOf(joinPath(joinPath(path, key), suffix), child.word, leaves, context));
      }
    } else if (child.field === undefined && hasSeveral(child) && uniformText(child) !== null) {
      const [part, ...others] = labelledParts(child, context.counts);
      const place = joinPath(path, child.key);
      if (part !== undefined && others.length === 0) {
        rows.push(rowOf(joinPath(place, part.suffix), child.word, part.leaves, context));
      } else for (const row of childRows(child, place, context)) rows.push(row);
    } else if (child.field !== undefined) {
      rows.push(rowOf(joinPath(path, child.key), child.word, [child.field], context));
    } else for (const row of childRows(child, joinPath(path, child.key), context)) rows.push(row);
    i += same;
  }
  return rows;
}

/** Sums that begin at the same element are one text: each is made of more elements than the one before. */
function groupText({ sources }: ExplainedField): string {
  const begun = sources.map((source) => (isSum(source) ? { ...source, last: source.first } : source));
  return `${sourceTexts(begun).join("\n")}\n${decisionText(sources)}`;
}

const isSum = (source: Source): source is SpanSource => source.kind === "span" && source.what === theirSum;

/** How far the sums of a field reach. */
function reach({ sources }: ExplainedField): number {
  return sources.filter(isSum).reduce((bit, { last }) => Math.max(bit, last.bit), 0);
}

const isReserved = ({ path }: ExplainedField) => /(^|\.)(reserved\d?|padding)(\[\d+\])*$/.test(path);

/** What a node whose leaves are all reserved has for a text: they share a line with any others. */
const nothing = "";
const uniformTexts = new WeakMap<Node, string | null>();

/** The one explanation of all leaves of an array or struct; null where they have several. */
function uniformText(node: Node): string | null {
  let text = uniformTexts.get(node);
  if (text !== undefined) return text;
  if (node.field !== undefined) text = isReserved(node.field) ? nothing : `${node.word}\n${groupText(node.field)}`;
  else {
    text = nothing;
    for (const child of node.children) {
      const other = uniformText(child);
      if (other === nothing) continue;
      if (other === null || (text !== nothing && other !== text)) {
        text = null;
        break;
      }
      text = other;
    }
  }
  uniformTexts.set(node, text);
  return text;
}

/** How many elements of an array from place `i` on share their explanation, and show the same of themselves. */
function sameFrom(nodes: readonly Node[], i: number, context: RowContext): number {
  const first = nodes[i] as Node;
  const text = uniformText(first);
  const shape = shapeOf(first, context);
  const isSame = (node: Node | undefined, before: Node): boolean =>
    node !== undefined && isNext(before, node) && uniformText(node) === text && shapeOf(node, context) === shape;
  let end = i + 1;
  while (text !== null && isSame(nodes[end], nodes[end - 1] as Node)) end++;
  return end - i;
}

function shapeOf(node: Node, context: RowContext): string {
  if (context.counts === undefined) return "";
  return partsOf(node, context.counts)
    .map(({ suffix }) => suffix)
    .join(" ");
}

const mostValues = 8;

function rowOf(path: string, word: string, leaves: readonly ExplainedField[], { names }: RowContext): Row {
  const [first] = leaves as [ExplainedField];
  const shown = leaves.filter((field) => !isReserved(field));
  const sample = shown.reduce((far, field) => (reach(field) > reach(far) ? field : far), shown[0] ?? first);
  const values = leaves.filter((field) => field === sample || !isReserved(field)).map(({ value }) => String(value));
  const isOne = values.every((value) => value === values[0]);
  const name =
    leaves.length === 1 && sample.flag === undefined ? names.get(path.replace(/\[[^\]]*\]\.?/g, "")) : undefined;
  const meaning = name?.(sample.value);
  const many = values.length > mostValues ? `${values.slice(0, mostValues).join(" ")} …` : values.join(" ");
  const texts = sourceTexts(sample.sources);
  const flag = sample.flag === undefined || leaves.length > 1 ? undefined : flagWord(sample.flag, Number(sample.value));
  return {
    path,
    word,
    value: flag ?? (isOne ? `${values[0]}` : many),
    texts: meaning === undefined ? texts : [meaning, ...texts],
    decision: decisionText(sample.sources),
  };
}

/** A line for each field. */
export function explanationJson(
  { request, controls }: ExplainedRequest,
  { target, readingOf }: Pick<ExplanationView, "target" | "readingOf">,
): object[] {
  return controls.flatMap(({ control, fields }) =>
    fields.map((field) => {
      const { path, flag, value, sources } = field;
      const reading = readingOf(control, field);
      return {
        type: "explanation",
        request,
        control,
        path,
        ...(flag === undefined ? {} : { flag }),
        value,
        ...(reading === undefined ? {} : { reading: readingJson(target, reading) }),
        sources,
      };
    }),
  );
}

function readingJson(target: string | undefined, { how, evidence, quirk }: FieldReading): object {
  return { target, how, ...evidence, ...(quirk === undefined ? {} : { quirk }) };
}
