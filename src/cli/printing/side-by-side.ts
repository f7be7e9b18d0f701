import type { ComparedPair, ComparedRequest } from "../../compare/index.ts";
import { controlByName, elementSize } from "../../uapi/index.ts";
import { type FieldLine, fieldLines, menuName } from "./fields.ts";
import { fold, printable, type Style } from "./terminal.ts";

/** A line of a control on both sides; undefined where one has no such line. */
interface Row {
  readonly path: string;
  readonly a: FieldLine | undefined;
  readonly b: FieldLine | undefined;
}

/** The width where the output is no terminal. */
const width = 100;

/** Two requests whole: every control, field by field, with a mark where the fields are not the same. */
export function sideBySide({ requests, differences }: ComparedPair, style: Style, columns = width): string {
  const [a, b] = requests;
  const heading = style.bold(`request ${a.request} of a, ${b.request} of b`);
  const facts = [`  timestamp  ${a.timestamp} / ${b.timestamp}`, `  OUTPUT     ${buffer(a)} / ${buffer(b)}`];
  const known = differences.flatMap((difference) =>
    difference.known === undefined ? [] : [`  ${difference.path || difference.control}: ${difference.known.id}`],
  );
  const names = [...new Set([...a.controls.keys(), ...b.controls.keys()])];
  const controls = names.flatMap((name) => ["", ...controlText(name, requests, style, columns)]);
  const lines = [heading, ...facts, ...new Set(known), ...controls];
  return lines.map((line) => `${fold(line, columns, 4)}\n`).join("");
}

function buffer({ bitstream: { bytes, crc32 } }: ComparedRequest): string {
  const size = bytes === undefined ? "unknown" : `${bytes} bytes`;
  return crc32 === undefined ? size : `${size}, crc32 ${crc32.toString(16).padStart(8, "0")}`;
}

function controlText(name: string, requests: readonly ComparedRequest[], style: Style, columns: number): string[] {
  const payloads = requests.map(({ controls }) => controls.get(name));
  const title = style.bold(printable(name));
  const [a, b] = payloads.map((payload) => wholeText(name, payload));
  const lists = payloads.map((payload) => linesOf(name, payload));
  const rows = rowsOf(lists[0] ?? [], lists[1] ?? []);
  const isSame = a === b && rows.every((row) => row.a?.value === row.b?.value);
  if (isSame && rows.length === 0) return [`${title}  ${a}`];
  const path = rows.reduce((longest, row) => Math.max(longest, row.path.length), 0);
  const cell = Math.max(8, Math.floor((columns - path - 10) / 2));
  const lines = rows.map((row) => {
    const cells = [cellText(row.a, cell).padEnd(cell), cellText(row.b, cell)];
    const differs = row.a?.value !== row.b?.value;
    const line = `${differs ? "≠" : " "} ${row.path.padEnd(path)}  ${cells.join("  ")}`.trimEnd();
    return differs ? style.red(line) : line;
  });
  return [`${title}  ${a === b ? a : `${a} / ${b}`}`, ...lines];
}

function wholeText(name: string, payload: Uint8Array | number | undefined): string {
  if (payload === undefined) return "absent";
  if (typeof payload !== "number") return `${payload.length} bytes`;
  return [payload, menuName(name, payload)].filter((part) => part !== undefined).join(" ");
}

/** None for what cannot be read field by field. */
function linesOf(name: string, payload: Uint8Array | number | undefined): FieldLine[] {
  const control = controlByName(name);
  if (!(payload instanceof Uint8Array) || control === undefined || control.type === "menu") return [];
  const size = elementSize(control);
  const isWhole = control.dynamicArray === undefined ? payload.length === size : payload.length % size === 0;
  return isWhole ? fieldLines(control, payload, () => "") : [];
}

/** The lines of both in the order of the bytes. */
function rowsOf(a: readonly FieldLine[], b: readonly FieldLine[]): Row[] {
  const [byPathA, byPathB] = [new Map(a.map((line) => [line.path, line])), new Map(b.map((line) => [line.path, line]))];
  const rows: Row[] = [];
  let next = 0;
  for (const line of a) {
    const at = byPathB.get(line.path);
    // What only b has before this line.
    while (at !== undefined && next < b.length && b[next] !== at) rows.push(rowOf(b[next++], byPathA, byPathB));
    if (at !== undefined) next++;
    rows.push({ path: line.path, a: line, b: at });
  }
  while (next < b.length) rows.push(rowOf(b[next++], byPathA, byPathB));
  return rows;
}

function rowOf(line: FieldLine | undefined, a: ReadonlyMap<string, FieldLine>, b: ReadonlyMap<string, FieldLine>): Row {
  const path = line?.path ?? "";
  return { path, a: a.get(path), b: b.get(path) };
}

function cellText(line: FieldLine | undefined, columns: number): string {
  if (line === undefined) return "-";
  const note = line.note.replace(/V4L2_[A-Z0-9_]*?_FLAG_/g, "");
  const text = [line.value, note].filter((part) => part !== "").join("  ");
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}
