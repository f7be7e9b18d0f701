/** The text and the lines of JSON of `explain`. */
import type { ExplainedField, ExplainedRequest, Source } from "../../explain/index.ts";
import { decisionText, sourceTexts } from "../../explain/text.ts";
import { controlByName, valueName } from "../../uapi/index.ts";
import { leafFields } from "../../uapi/struct.ts";
import { shortFlag } from "./field-choice.ts";
import { fold, type Style } from "./terminal.ts";

/** Lines are made for this width where the output is no terminal. */
const width = 100;
/** The most columns for a field and its value, before the arrow. */
const widestField = 42;

/** A request with all its controls. @param columns of the terminal. */
export function explanationText(explained: ExplainedRequest, style: Style, columns: number = width): string {
  const lines = [`${style.bold(`request ${explained.request}`)}  timestamp ${explained.timestamp}`];
  for (const { control, fields } of explained.controls) {
    const rows = rowsOf(control, fields);
    const column = Math.min(
      rows.reduce((widest, { path, value }) => Math.max(widest, path.length + 2 + value.length), 0),
      widestField,
    );
    lines.push("", style.bold(control));
    let decided = "";
    for (const row of rows) {
      for (const line of rowLines(row, column, row.decision === decided, style)) {
        lines.push(fold(line, columns, Math.min(column + 6, columns >> 1)));
      }
      if (row.decision !== "") decided = row.decision;
    }
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** A field, or several with the same explanation. */
interface Row {
  readonly path: string;
  readonly value: string;
  readonly texts: readonly string[];
  readonly decision: string;
}

/** @param isRepeated the row before has the same decision. */
function rowLines({ path, value, texts, decision }: Row, column: number, isRepeated: boolean, style: Style): string[] {
  const indent = " ".repeat(column + 2);
  const own = /(\w+(\[\d+\])*)$/.exec(path)?.[1] ?? "";
  // The name of an element that is the field's name, too, need not be read twice.
  const said = texts.map((text) => (own !== "" && text.startsWith(`${own} `) ? withoutName(text, own) : text));
  const why = decision === "" ? [] : [isRepeated && decision.length > 60 ? "the same elements" : decision];
  const arrows = said.map((text) => `← ${text}`).concat(why.map((text) => style.dim(`decided by ${text}`)));
  const room = column - path.length - value.length;
  const left = room < 2 ? `  ${path}  ${value}` : `  ${path}${" ".repeat(room)}${value}`;
  const [first = "", ...more] = arrows;
  // A long path has a line of its own.
  const lines = room < 2 ? [left, `${indent}  ${first}`] : [`${left}  ${first}`];
  return [...lines, ...more.map((text) => `${indent}  ${text.startsWith("←") ? "" : "  "}${text}`)];
}

function withoutName(text: string, name: string): string {
  const rest = text.slice(name.length + 1);
  return /^([a-z]+\(|bool|not coded)/.test(rest) ? rest : text;
}

/** A field in the tree of its control: arrays and structs have children. */
interface Node {
  readonly key: string;
  readonly children: Node[];
  readonly field: ExplainedField | undefined;
}

function rowsOf(control: string, fields: readonly ExplainedField[]): Row[] {
  const root: Node = { key: "", children: [], field: undefined };
  for (const field of fields) {
    const keys = [...field.path.matchAll(/\[\d+\]|[^.[\]]+/g)].map(([key]) => key);
    if (field.flag !== undefined) keys.push(shortFlag(field.flag));
    let node = root;
    for (const [i, key] of keys.entries()) {
      let child = node.children.at(-1)?.key === key ? node.children.at(-1) : undefined;
      if (child === undefined) {
        child = { key, children: [], field: i === keys.length - 1 ? field : undefined };
        node.children.push(child);
      }
      node = child;
    }
    if (keys.length === 0) root.children.push({ key: "", children: [], field });
  }
  const names = enumerations(control);
  return root.children.length === 0 ? [] : childRows(root, "", names);
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

type Names = ReturnType<typeof enumerations>;

function joinPath(path: string, key: string): string {
  return path === "" || key.startsWith("[") || key === "" ? path + key : `${path}.${key}`;
}

function childRows(node: Node, path: string, names: Names): Row[] {
  const rows: Row[] = [];
  for (let i = 0; i < node.children.length; ) {
    const child = node.children[i] as Node;
    const same = child.key.startsWith("[") ? sameFrom(node.children, i) : 1;
    if (same > 1 || (child.field === undefined && hasSeveral(child) && uniformText(child) !== null)) {
      const last = node.children[i + same - 1] as Node;
      const key = same === 1 ? child.key : `[${numberOf(child)}..${numberOf(last)}]`;
      const leaves = node.children.slice(i, i + same).flatMap(leavesOf);
      rows.push(rowOf(joinPath(path, key), leaves, names));
    } else if (child.field !== undefined) rows.push(rowOf(joinPath(path, child.key), [child.field], names));
    else for (const row of childRows(child, joinPath(path, child.key), names)) rows.push(row);
    i += same;
  }
  return rows;
}

const numberOf = ({ key }: Node) => key.slice(1, -1);

/** Whether a node has more than one leaf. */
function hasSeveral({ children }: Node): boolean {
  const [first, second] = children;
  return second !== undefined || (first !== undefined && hasSeveral(first));
}

function leavesOf(node: Node): ExplainedField[] {
  return node.field === undefined ? node.children.flatMap(leavesOf) : [node.field];
}

const explanations = new WeakMap<readonly Source[], string>();

function explanationOf({ sources }: ExplainedField): string {
  let text = explanations.get(sources);
  if (text === undefined) {
    text = `${sourceTexts(sources).join("\n")}\n${decisionText(sources)}`;
    explanations.set(sources, text);
  }
  return text;
}

const isReserved = ({ path }: ExplainedField) => /(^|\.)(reserved\d?|padding)(\[\d+\])*$/.test(path);

/** What a node whose leaves are all reserved has for a text: they share a line with any others. */
const nothing = "";
const uniformTexts = new WeakMap<Node, string | null>();

/** The one explanation of all leaves of an array or struct; null where they have several. */
function uniformText(node: Node): string | null {
  let text = uniformTexts.get(node);
  if (text !== undefined) return text;
  if (node.field !== undefined) text = isReserved(node.field) ? nothing : explanationOf(node.field);
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

/** How many elements of an array from place `i` on share their explanation. */
function sameFrom(nodes: readonly Node[], i: number): number {
  const text = uniformText(nodes[i] as Node);
  let end = i + 1;
  while (text !== null && end < nodes.length && uniformText(nodes[end] as Node) === text) end++;
  return end - i;
}

const mostValues = 8;

function rowOf(path: string, leaves: readonly ExplainedField[], names: Names): Row {
  const [first] = leaves as [ExplainedField];
  const sample = leaves.find((field) => !isReserved(field)) ?? first;
  const values = leaves.filter((field) => field === sample || !isReserved(field)).map(({ value }) => String(value));
  const isOne = values.every((value) => value === values[0]);
  const name =
    leaves.length === 1 && sample.flag === undefined ? names.get(path.replace(/\[[^\]]*\]\.?/g, "")) : undefined;
  const word = name?.(sample.value);
  const many = values.length > mostValues ? `${values.slice(0, mostValues).join(" ")} …` : values.join(" ");
  const texts = sourceTexts(sample.sources);
  const flag = sample.flag === undefined || leaves.length > 1 ? undefined : sample.value === 1 ? "set" : "not set";
  return {
    path,
    value: flag ?? (isOne ? `${values[0]}` : many),
    texts: word === undefined ? texts : [word, ...texts],
    decision: decisionText(sample.sources),
  };
}

/** A line for each field. */
export function explanationJson({ request, controls }: ExplainedRequest): object[] {
  return controls.flatMap(({ control, fields }) =>
    fields.map(({ path, flag, value, sources }) => ({
      type: "explanation",
      request,
      control,
      path,
      ...(flag === undefined ? {} : { flag }),
      value,
      sources,
    })),
  );
}
