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

/** SGR parameters of ECMA-48: on, off. */
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

/** Colours for a terminal; none elsewhere, and none when NO_COLOR is set (no-color.org). */
export function styleFor({ stdout, environment }: Io): Style {
  const coloured = stdout.isTerminal && (environment.NO_COLOR ?? "") === "" && environment.TERM !== "dumb";
  const paint = (name: keyof typeof codes) => (text: string) =>
    coloured && text !== "" ? `\u001b[${codes[name][0]}m${text}\u001b[${codes[name][1]}m` : text;
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    red: paint("red"),
    green: paint("green"),
    yellow: paint("yellow"),
    cyan: paint("cyan"),
  };
}

/** A column of a table that is printed while its rows come: wider cells push the rest of their row to the right. */
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

/** How far long work has come, on stderr: only when that is a terminal, stdout is none, and a second has passed. */
export class Progress {
  readonly #io: Io;
  readonly #size: number | undefined;
  readonly #shown: boolean;
  #next = Date.now() + progressDelay;
  #bytes = 0;
  #visible = false;

  /** @param size of the input in bytes, when it is known. */
  constructor(io: Io, size: number | undefined) {
    this.#io = io;
    this.#size = size;
    this.#shown = io.stderr.isTerminal && !io.stdout.isTerminal;
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

  /** Takes the line away. */
  async clear(): Promise<void> {
    if (this.#visible) await this.#io.stderr.write("\r\u001b[K");
    this.#visible = false;
  }
}
