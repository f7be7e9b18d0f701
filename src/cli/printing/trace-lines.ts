import { elementPath, type Trace, type TraceElement, type TraceUnit } from "../../bitreader/index.ts";
import type { Codec } from "../../events.ts";
import { unitKind } from "../../explain/unit-kinds.ts";
import type { Job } from "../arguments.ts";
import { jsonLine } from "./json.ts";
import { type Layout, layoutOf, rowOf, type TableColumn } from "./table.ts";
import { type Column, fold, type Style } from "./terminal.ts";

const columns: readonly TableColumn[] = [
  { title: "bit", align: "right", width: 7, narrow: { title: "bit", width: 6 } },
  { title: "byte:bit", align: "right", width: 10, narrow: { title: "byte:bit", width: 9 } },
  { title: "length", align: "right", width: 6, narrow: { title: "len", width: 4 } },
  { title: "", align: "left", width: 2 },
  { title: "element", align: "left", width: 44, narrow: { title: "element", width: 40 } },
  { title: "value", align: "right", width: 10 },
];

/** The columns for a boolean decoder's state, on terminals that are too narrow for words. */
const coderColumns: readonly TableColumn[] = [
  { title: "bit", align: "right", width: 5 },
  { title: "byte:bit", align: "right", width: 8 },
  { title: "len", align: "right", width: 3 },
  { title: "", align: "left", width: 4 },
  { title: "element", align: "left", width: 44, narrow: { title: "element", width: 36 } },
  { title: "value", align: "right", width: 5 },
  { title: "p", align: "right", width: 3 },
  { title: "rng", align: "right", width: 3 },
  { title: "val", align: "right", width: 3 },
  { title: "n", align: "right", width: 1 },
];
const coderLegend = "Of a bool: p probability; the decoder before it: rng range, val value, n bit_count";
/** The width of a line with the state in words. */
const widestLine = 150;

/** A unit of the stream, and its lines. */
export interface TracedUnit {
  readonly number: number;
  readonly kind: string;
  /** Its bytes: a request that holds them holds this very array. */
  readonly bytes: Uint8Array;
  /** Where it begins in the stream; -1 in a configuration record. */
  readonly byte: number;
  /** With line feeds. */
  readonly lines: string[];
}

/** Collects what the session reads: a heading for each unit, and a line for each element. */
export class TraceLines implements Trace {
  units = 0;
  readonly #codec: Codec;
  readonly #args: Pick<Job, "json" | "units" | "errors">;
  readonly #style: Style;
  readonly #width: number | undefined;
  readonly #onUnit: (unit: TracedUnit) => void;
  readonly #columns: readonly TableColumn[];
  readonly #layout: Layout;
  #isExplained = false;
  #byte: number | undefined;
  #unit: TracedUnit | undefined;
  #isWanted = true;

  /**
   * @param width of the terminal. @param onUnit called with each unit when it begins. Its lines are added until the next unit
   * begins.
   */
  constructor(
    codec: Codec,
    args: Pick<Job, "json" | "units" | "errors">,
    style: Style,
    width: number | undefined,
    onUnit: (unit: TracedUnit) => void,
  ) {
    this.#codec = codec;
    this.#args = args;
    this.#style = style;
    this.#width = width;
    this.#onUnit = onUnit;
    const hasCoder = codec === "vp8" || codec === "vp9";
    this.#columns = hasCoder && width !== undefined && width < widestLine ? coderColumns : columns;
    this.#layout = layoutOf(this.#columns, width, { full: 0, narrow: 0 });
  }

  unit({ name, byte, bytes }: TraceUnit): void {
    const kind = unitKind(this.#codec, name);
    const number = this.units++;
    const { units, errors, json } = this.#args;
    this.#isWanted = errors !== "only" && (units?.includes(kind) ?? true);
    this.#byte = byte < 0 ? undefined : byte;
    const unit = { number, kind, bytes, byte, lines: [] };
    this.#unit = unit;
    this.#onUnit(unit);
    if (!this.#isWanted) return;
    if (json) {
      const place = byte < 0 ? null : byte;
      this.#add({ type: "unit", unit: number, kind, name, byte: place, bytes: bytes.length });
    } else this.#addHeading(`unit ${number}  ${name}`, byte, bytes.length);
  }

  #addHeading(title: string, byte: number, length: number): void {
    const place = byte < 0 ? "in the configuration record" : `byte ${byte}`;
    const heading = fold(`${this.#style.bold(title)}  ${place}, ${length} bytes`, this.#width, 8);
    const titles = this.#layout.columns.map(({ title }) => title);
    if (this.#columns === coderColumns && !this.#isExplained) {
      this.#unit?.lines.push(`${this.#style.dim(fold(coderLegend, this.#width, 2))}\n`);
      this.#isExplained = true;
    }
    this.#unit?.lines.push(`${heading}\n`, `${this.#style.dim(rowOf(this.#layout, titles))}\n`);
  }

  element(element: TraceElement): void {
    if (!this.#isWanted || this.#unit === undefined) return;
    const { name, subscripts, descriptor, bit, codedBit, length, value, coder } = element;
    const byte = (this.#byte ?? 0) + (codedBit >> 3);
    const bitOfByte = codedBit & 7;
    if (this.#args.json) {
      const { number: unit } = this.#unit;
      const place = this.#byte === undefined ? null : byte;
      this.#add({
        ...{ type: "element", unit, name, subscripts, descriptor, bit, byte: place, bitOfByte, length, value },
        ...(coder === undefined ? {} : { coder }),
      });
      return;
    }
    const place = `${byte}:${bitOfByte}`;
    const cells = [String(bit), place, String(length), descriptor, elementPath(name, subscripts), String(value)];
    const isInColumns = this.#columns === coderColumns;
    if (isInColumns && coder !== undefined) {
      cells.push(...[coder.probability, coder.range, coder.value, coder.bit_count].map(String));
    }
    const words = coder === undefined || isInColumns ? "" : coderText(coder);
    const line = `${this.#row(cells)}${words}`;
    this.#unit.lines.push(`${fold(line, this.#width, 20)}\n`);
  }

  /** Large offsets use the blanks after the name. */
  #row(cells: readonly string[]): string {
    const layout = this.#layout;
    const line = rowOf(layout, cells);
    const excess = this.#width === undefined ? 0 : line.length - this.#width;
    if (excess <= 0) return line;
    const squeezed = (column: Column) =>
      column.title === "element" ? { ...column, title: "", width: Math.max(0, column.width - excess) } : column;
    return rowOf({ ...layout, columns: layout.columns.map(squeezed) }, cells);
  }

  #add(value: object): void {
    this.#unit?.lines.push(jsonLine(value));
  }
}

/** A boolean decoder's state before the element. */
function coderText({ range, value, bit_count, probability }: NonNullable<TraceElement["coder"]>): string {
  return `  probability ${probability}, range ${range}, value ${value}, bit_count ${bit_count}`;
}
