import { stripVTControlCharacters } from "node:util";
import { type Column, type Style, widthOf } from "./terminal.ts";

/** A column of a table that can become narrower. */
export interface TableColumn extends Column {
  /** The form on a terminal that is too narrow for the full width. */
  readonly narrow?: { readonly title: string; readonly width: number };
  /** Where even the narrow table is too wide, columns with the highest rank are left out first. Absent means never. */
  readonly rank?: number;
}

/** How the columns fit a terminal. */
export interface Layout {
  readonly columns: readonly Column[];
  /** For each of `columns`, its place among all. */
  readonly places: readonly number[];
  readonly isNarrow: boolean;
  /** Explains to people what the short titles mean, and what is left out. */
  readonly legend: readonly string[];
}

/** Between columns; a narrow table has half of it. */
const gap = 2;

/**
 * Chooses the widest layout that fits.
 *
 * @param columns of the terminal; undefined: all at full width.
 * @param rest the width that the last column needs in addition to its title, at full and at narrow width.
 */
export function layoutOf(
  all: readonly TableColumn[],
  columns: number | undefined,
  rest: { readonly full: number; readonly narrow: number },
): Layout {
  const full = { columns: all, places: all.map((_, i) => i), isNarrow: false, legend: [] };
  if (columns === undefined || totalOf(all, gap) + rest.full <= columns) return full;
  const narrowed = all.map((column) => ({ ...column, ...column.narrow }));
  const ranks = narrowed.flatMap(({ rank }) => (rank === undefined ? [] : [rank])).sort((a, b) => b - a);
  const isKept = (limit: number) => narrowed.map(({ rank = 0 }) => rank < limit);
  const limits = [Infinity, ...ranks];
  const fits = (limit: number) =>
    totalOf(
      narrowed.filter((_, i) => isKept(limit)[i]),
      gap / 2,
    ) +
      rest.narrow <=
    columns;
  const limit = limits.find(fits) ?? (limits.at(-1) as number);
  const kept = isKept(limit);
  const places = full.places.filter((i) => kept[i]);
  const short = places.flatMap((i) => {
    const [title, long] = [narrowed[i]?.title, all[i]?.title];
    return title === long ? [] : [`${title} ${long}`];
  });
  const omitted = full.places.filter((i) => !kept[i]).map((i) => all[i]?.title);
  return {
    columns: places.map((i) => narrowed[i] as Column),
    places,
    isNarrow: true,
    legend: [...short, ...(omitted.length === 0 ? [] : [`not shown at ${columns} columns: ${omitted.join(", ")}`])],
  };
}

function totalOf(columns: readonly Column[], between: number): number {
  return columns.reduce((total, { title, width }) => total + Math.max(title.length, width) + between, 0);
}

/** One row without a line feed, by a layout. The last cell is not filled up. */
export function rowOf({ columns, places, isNarrow }: Layout, cells: readonly string[], style?: Painter): string {
  const texts = columns.map(({ title, align, width }, i) => {
    const place = places[i] as number;
    const cell = cells[place] ?? "";
    const wide = Math.max(width, title.length);
    const text = align === "right" ? cell.padStart(wide) : cell.padEnd(wide);
    const last = i === columns.length - 1;
    return style === undefined ? text : style(last ? text.trimEnd() : text, place);
  });
  return texts.join(" ".repeat(isNarrow ? gap / 2 : gap)).trimEnd();
}

/** Paints the cell in this place. */
export type Painter = (text: string, place: number) => string;

/** The words that fit into a width, and how many more there are: `0 1 2 +13`. */
export function fitWords(words: readonly string[], width: number): string {
  const all = words.join(" ");
  if (all.length <= width) return all;
  for (let count = words.length - 1; count > 0; count--) {
    const text = `${words.slice(0, count).join(" ")} +${words.length - count}`;
    if (text.length <= width) return text;
  }
  return `+${words.length}`.slice(0, Math.max(0, width));
}

/** A line cut to a width: the last resort of a table. */
export function clip(line: string, columns: number | undefined): string {
  if (columns === undefined || widthOf(line) <= columns) return line;
  return `${stripVTControlCharacters(line).slice(0, columns - 1)}…`;
}

/** A legend's lines, dim. */
export function legendText(style: Style, parts: readonly string[], columns: number): string {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + part.length <= columns) lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(part);
  }
  return lines.map((line) => `${style.dim(line)}\n`).join("");
}
