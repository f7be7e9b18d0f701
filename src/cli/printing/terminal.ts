import { stripVTControlCharacters, styleText } from "node:util";
import type { ColorChoice } from "../arguments.ts";
import type { Io } from "../io.ts";

/** Puts colour around text, or not. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const styles = ["bold", "dim", "red", "green", "yellow", "cyan"] as const;

const same = (text: string): string => text;
/** No colours. */
export const plain: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

/** Colours where they are wanted: see `--color`. */
export function styleFor(io: Pick<Io, "stdout" | "environment">, choice: ColorChoice = "auto"): Style {
  const isColoured = choice === "auto" ? wantsColour(io) : choice === "always";
  // Node would check the process's own standard output, but the text may go elsewhere.
  const paint = (name: (typeof styles)[number]) => (text: string) =>
    isColoured && text !== "" ? styleText(name, text, { validateStream: false }) : text;
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    red: paint("red"),
    green: paint("green"),
    yellow: paint("yellow"),
    cyan: paint("cyan"),
  };
}

/** As Node decides it: FORCE_COLOR before NO_COLOR (no-color.org), and without both a terminal that can. */
function wantsColour({ stdout, environment }: Pick<Io, "stdout" | "environment">): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: unwanted = "", TERM: terminal } = environment;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return unwanted === "" && stdout.isTerminal && terminal !== "dumb";
}

/** How many places a text takes on a line. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/**
 * A line that fits a terminal: broken between words where it is too long, and further lines indented.
 *
 * @param columns of the terminal; undefined: the line stays as it is.
 */
export function fold(line: string, columns: number | undefined, indent: number): string {
  if (columns === undefined || widthOf(line) <= columns) return line;
  const longest = line.split(" ").reduce((widest, word) => Math.max(widest, widthOf(word)), 0);
  // A smaller margin is better than a broken word.
  const margin = " ".repeat(Math.min(indent, Math.max(Math.min(2, columns >> 1), columns - longest)));
  const lines: string[] = [];
  let current = "";
  for (const piece of line.split(/(?<= )(?=[^ ])/)) {
    const isFull = widthOf(`${current}${piece.trimEnd()}`) > columns;
    if (isFull && current.trim() !== "") {
      lines.push(current.trimEnd());
      current = margin;
    }
    current += piece;
    // A word that is longer than a line.
    while (widthOf(current.trimEnd()) > columns) {
      const plain = stripVTControlCharacters(current);
      lines.push(plain.slice(0, columns));
      current = margin + plain.slice(columns);
    }
  }
  return [...lines, current.trimEnd()].join("\n");
}

/** A column of a table that is printed while its rows come: a wide cell moves the rest of its row to the right. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  /** At least the title's. */
  readonly width: number;
}

/** One row without a line feed. The last cell is not filled up. */
export function alignRow(
  columns: readonly Column[],
  cells: readonly string[],
  paint: readonly ((text: string) => string)[] = [],
): string {
  const texts = columns.map(({ title, align, width }, i) => {
    const cell = cells[i] ?? "";
    const wide = Math.max(width, title.length);
    const text = align === "right" ? cell.padStart(wide) : cell.padEnd(wide);
    return (paint[i] ?? ((plain) => plain))(i === columns.length - 1 ? text.trimEnd() : text);
  });
  return texts.join("  ").trimEnd();
}

/** Makes control characters visible, so that text from an input cannot steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

const progressDelay = 1000;
const progressInterval = 200;

/**
 * Shows the progress of long work on stderr. Only when stderr is a terminal, nothing else is printed on one meanwhile, and a second
 * has passed.
 */
export class Progress {
  readonly #io: Io;
  readonly #size: number | undefined;
  readonly #shown: boolean;
  #next = Date.now() + progressDelay;
  #bytes = 0;
  #visible = false;

  /**
   * @param size of the input in bytes, when it is known.
   * @param printsNothing stdout is not written to meanwhile, so it may be a terminal, too. Default false.
   */
  constructor(io: Io, size: number | undefined, printsNothing = false) {
    this.#io = io;
    this.#size = size;
    this.#shown = io.stderr.isTerminal && (printsNothing || !io.stdout.isTerminal);
  }

  async advance(bytes: number): Promise<void> {
    this.#bytes += bytes;
    if (!this.#shown || Date.now() < this.#next) return;
    this.#next = Date.now() + progressInterval;
    this.#visible = true;
    const megabytes = `${(this.#bytes / 1e6).toFixed(1)} MB`;
    const share =
      this.#size === undefined || this.#size === 0 ? "" : `, ${Math.floor((100 * this.#bytes) / this.#size)} %`;
    await this.#io.stderr.write(`\r${megabytes}${share}\u001b[K`);
  }

  /** Removes the line. */
  async clear(): Promise<void> {
    if (this.#visible) await this.#io.stderr.write("\r\u001b[K");
    this.#visible = false;
  }
}
