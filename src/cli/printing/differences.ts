import { bufferParts } from "../../compare/difference.ts";
import type {
  ComparedGap,
  ComparedPair,
  Comparison,
  ComparisonSummary,
  Difference,
  FieldSummary,
  KnownFault,
} from "../../compare/index.ts";
import { shortFlag } from "../../compare/values.ts";
import { fold, printable, type Style, widthOf } from "./terminal.ts";

/** What an input is called in the text. */
const letters = ["a", "b"] as const;

/** A side for the heading. */
interface NamedSide {
  readonly name: string;
  readonly side: { readonly codec: string; readonly producer?: string | undefined };
  readonly count: number;
}

/** Lines are made for this width where the output is no terminal. */
const width = 100;

/** What a side's field was made of, in a line; undefined where that is not known. */
export type Explain = (difference: Difference, pair: ComparedPair) => string | undefined;

interface Section {
  readonly title: string;
  readonly fields: readonly FieldSummary[];
  readonly paint: (text: string) => string;
}

/** The text of `diff`. */
export class DifferenceText {
  readonly #style: Style;
  readonly #columns: number;
  readonly #target: string | undefined;

  readonly #explain: Explain;

  /** @param columns of the terminal. @param target its name, where one was given. */
  constructor(style: Style, columns: number | undefined, target: string | undefined, explain: Explain) {
    this.#style = style;
    this.#explain = explain;
    this.#columns = columns ?? width;
    this.#target = target;
  }

  /** Both sides, what is seen through, the gaps, and a line for each field. @param shortened pairs of which something was left out. */
  summary(sides: readonly NamedSide[], summary: ComparisonSummary, shortened = 0): string {
    const { pairs, differing, notes, gaps, moreGaps } = summary;
    const names = sides.map(({ name, side, count }, i) => {
      const facts = [side.codec, side.producer, `${count} request${count === 1 ? "" : "s"}`].filter(Boolean).join(", ");
      return `${this.#style.bold(letters[i] ?? "")}  ${printable(name)}: ${printable(facts)}`;
    });
    const counts = `${pairs} pair${pairs === 1 ? "" : "s"}, ${differing} differ${differing === 1 ? "s" : ""}`;
    let verdict = counts;
    if (shortened > 0) verdict += ` without an explanation; explained differences of ${shortened} are left out`;
    else if (summary.isEqual && summary.isComplete)
      verdict += summary.isKnown ? ": a driver gets the same" : ": what both sides have is the same";
    const lines = [verdict];
    const unequal = unequalBuffers(sides, summary);
    if (unequal !== undefined) {
      const cause = summary.fields.some(({ control }) => control.endsWith("_START_CODE"))
        ? "one side has start codes in them, and the other has none"
        : "another stream, or the same one cut into requests differently";
      lines.push(this.#style.red(`  ${unequal}: ${cause}`));
    }
    for (const { text, known } of notes)
      lines.push(`  ${inLetters(text)}${known === undefined ? "" : ` (${known.id})`}`);
    for (const gap of gaps.slice(0, mostGaps)) lines.push(`  ${this.#gapText(gap)}`);
    for (const text of faultTexts(gaps.slice(0, mostGaps))) lines.push(text);
    const more = gaps.length - mostGaps + moreGaps;
    if (more > 0) lines.push(`  … and ${more} more places where one side has requests that the other lacks`);
    const sections = this.#sections(summary.fields).flatMap((section) => this.#section(section));
    const folded = [...lines, ...sections].map((line) => fold(line, this.#columns, 4));
    // A side stays one line, however long its path is.
    return [...names, ...folded].map((line) => `${line}\n`).join("");
  }

  #gapText({ of, first, last, count, reason, line, known }: ComparedGap): string {
    const [who, other] = [letters[of], letters[1 - of]];
    const numbers = first === last ? `request ${first}` : `requests ${first} to ${last}`;
    const row = known === undefined ? "" : ` (${known.id})`;
    const paint = known === undefined && reason !== "lost" ? this.#style.red : this.#style.yellow;
    const said = {
      lost: `lost in the capture of ${other} (line ${line}): only ${who} has ${numbers}`,
      twice: `${who} has the request before it twice: ${numbers}`,
      end: `${other} ends early: ${who} has ${count} more, ${numbers}`,
      start: `${other} begins later: ${who} has ${count} before, ${numbers}`,
      slices: `${who} has more slices: ${numbers}`,
    };
    const text = reason === undefined ? `only ${who} has ${numbers}` : said[reason];
    return paint(`${text}${row}`);
  }

  #sections(fields: readonly FieldSummary[]): Section[] {
    const { red, yellow, dim } = this.#style;
    const rest = fields.filter(({ isUnexplained, known }) => !isUnexplained && known === undefined);
    const unread = this.#target === undefined ? "no driver reads" : `${this.#target} does not read`;
    return [
      { title: "unexplained", fields: fields.filter(({ isUnexplained }) => isUnexplained), paint: red },
      { title: "known faults", fields: fields.filter(({ known }) => known !== undefined), paint: yellow },
      { title: unread, fields: rest.filter((field) => field.class === "unread"), paint: dim },
      { title: "the kernel rewrites", fields: rest.filter((field) => field.class === "normalised"), paint: dim },
    ].filter((section) => section.fields.length > 0);
  }

  #section({ title, fields, paint }: Section): string[] {
    const names = fields.map((field) => fieldName(field));
    const column = Math.min(longest(names), 52);
    const head = `  ${"pairs".padStart(6)}  ${"first".padStart(6)}  ${"field".padEnd(column)}  a / b`;
    const rows = fields.map((field, i) => {
      const first = field.first[0] === field.first[1] ? `${field.first[0]}` : field.first.join("/");
      const values = valuesText(field, this.#columns - column - 26);
      const name = (names[i] ?? "").padEnd(column);
      return `  ${String(field.requests).padStart(6)}  ${first.padStart(6)}  ${name}  ${values}${reasonText(field)}`;
    });
    return [
      "",
      this.#style.bold(`${title}: ${fields.length} field${fields.length === 1 ? "" : "s"}`),
      this.#style.dim(head),
    ]
      .concat(rows.map((row) => paint(row)))
      .concat(faultTexts(fields));
  }

  /** The differences of one pair, or a gap. */
  details(found: Exclude<Comparison, { readonly type: "note" }> | ComparedPair): string {
    if (found.type === "gap") return `${fold(this.#gapText(found), this.#columns, 2)}\n`;
    const [a, b] = found.requests;
    const lines = [this.#style.bold(`request ${a.request} of a, ${b.request} of b`)];
    const details = foldedDetails(found.differences, (difference) => this.#explain(difference, found));
    const column = Math.min(longest(details.map(({ name }) => name)), 52);
    for (const { name, difference, made } of details) {
      lines.push(this.#detail(name, difference, column));
      if (made !== undefined) lines.push(this.#style.dim(`${" ".repeat(column + 4)}${printable(made)}`));
    }
    return lines.map((line) => `${fold(line, this.#columns, column + 4)}\n`).join("");
  }

  #detail(name: string, difference: Difference, column: number): string {
    const { known, refusals } = difference;
    const values = valuesText(difference, this.#columns - column - 24);
    const why = known?.id ?? difference.class;
    const reasons = refusals.map(
      ({ side, by, reason }) => ` (${letters[side === 0 ? 0 : 1]}: ${by === "kernel" ? "kernel: " : ""}${reason})`,
    );
    const line = `  ${name.padEnd(column)}  ${values}  ${why}${reasons.join("")}`;
    if (known !== undefined) return this.#style.yellow(line);
    return difference.class === "read" || difference.class === "refused"
      ? this.#style.red(line)
      : this.#style.dim(line);
  }

  /** The line after the first pairs. */
  more(count: number): string {
    const pairs = `${count} more pair${count === 1 ? " differs" : "s differ"}`;
    return `\n${fold(`${pairs}: --all shows every one, --request N a pair whole`, this.#columns, 2)}\n`;
  }
}

/** What is said where at least half of the OUTPUT buffers are not the same, or no request is in both. */
function unequalBuffers(sides: readonly NamedSide[], { pairs, fields }: ComparisonSummary): string | undefined {
  if (pairs === 0)
    return sides.every(({ count }) => count > 0) ? "no request of one side is one of the other" : undefined;
  const unequal = fields.find(({ path }) => path === "bitstream")?.requests ?? 0;
  if (unequal < pairs / 2) return undefined;
  const share = unequal === pairs ? "no OUTPUT buffer is" : `of ${pairs} OUTPUT buffers, ${pairs - unequal} are`;
  return `${share} the same on both sides`;
}

const outputBufferNames: Readonly<Record<(typeof bufferParts)[number], string>> = {
  bitstream: "OUTPUT buffer",
  hold: "OUTPUT buffer hold flag",
  timestamp: "OUTPUT buffer timestamp",
};

const mostGaps = 10;

function longest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 5);
}

/** Notes speak of the first side and the other side. */
function inLetters(text: string): string {
  return text
    .replace("the first side", "a")
    .replace("the other side", "b")
    .replace(/\bthe other\b/, "b");
}

/** `"H264_DECODE_PARAMS dpb[3].pic_num"`, flags by their short name. */
function fieldName({ control, path, flag }: Pick<Difference, "control" | "path" | "flag">): string {
  const part = bufferParts.find((each) => each === path);
  if (control === "" && part !== undefined) return outputBufferNames[part];
  const short = flag && shortFlag(flag);
  const field = [path, short].filter((part) => part !== undefined && part !== "").join(".");
  return printable([control.replace("V4L2_CID_STATELESS_", ""), field].filter(Boolean).join(" "));
}

/** Differences that have a line together. */
interface Detail {
  readonly name: string;
  readonly difference: Difference;
  /** What the field was made of. */
  readonly made: string | undefined;
}

/** `"ref_pic_list0[3].index"` around its last index. */
const aroundIndex = /^(.*\[)(\d+)(\][^[]*)$/;

/** One line for the entries of an array that differ in the same way, in the place of the first one. */
function foldedDetails(
  differences: readonly Difference[],
  explain: (difference: Difference) => string | undefined,
): Detail[] {
  const groups = new Map<string, Detail & { readonly indices: number[] }>();
  for (const difference of differences) {
    const name = fieldName(difference);
    const made = explain(difference);
    const [, before = name, index, after = ""] = aroundIndex.exec(name) ?? [];
    const { values, class: kind, known, refusals } = difference;
    const key = JSON.stringify([before, after, values.map(({ text }) => text), kind, known?.id, refusals, made]);
    const group = groups.get(key) ?? { name, difference, made, indices: [] };
    if (index !== undefined) group.indices.push(Number(index));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ name, difference, made, indices }) => ({
    name: indices.length > 1 ? name.replace(aroundIndex, `$1${rangesText(indices)}$3`) : name,
    difference,
    made,
  }));
}

/** `"0..3, 7"`. @param indices ascending. */
function rangesText(indices: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const index of indices) {
    const range = ranges.at(-1);
    if (range !== undefined && index === range[1] + 1) range[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}..${last}`)).join(", ");
}

function valuesText({ values }: Pick<Difference, "values">, room: number): string {
  const each = Math.max(12, Math.floor((room - 3) / 2));
  // A menu's value is known by its control.
  const short = ({ text }: Difference["values"][0]): string => text.replace(/V4L2_STATELESS_\w+?_(MODE|CODE)_/, "");
  const texts = values.map((value) => printable(short(value)));
  const fits = texts.every((text) => widthOf(text) <= each);
  return (fits ? texts : withoutPrefix(texts)).map((text) => clipped(text, each)).join(" / ");
}

/** `0 (…_B)` and `1 (…_P)`: names of constants, without the words that both begin with. */
function withoutPrefix(texts: readonly string[]): readonly string[] {
  const [a = [], b = []] = texts.map((text) => /^(?:-?\d+) \((V4L2_\w+)\)$/.exec(text)?.[1]?.split("_"));
  const same = a.findIndex((word, i) => word !== b[i]);
  if (same < 1 || same >= b.length) return texts;
  return texts.map((text) => text.replace(/\(.*\)/, (name) => `(…_${name.slice(1).split("_").slice(same).join("_")}`));
}

function clipped(text: string, columns: number): string {
  return widthOf(text) <= columns ? text : `${text.slice(0, columns - 1)}…`;
}

/** What the rows say that explain some of these, each once. */
function faultTexts(found: readonly { readonly known?: KnownFault | undefined }[]): string[] {
  const faults = new Map(found.flatMap(({ known }) => (known === undefined ? [] : [[known.id, known] as const])));
  return [...faults.values()].map((known) => `  ${faultText(known)}`);
}

function reasonText({ known, reason }: FieldSummary): string {
  if (known !== undefined) return `  ${known.id}`;
  return reason === undefined ? "" : `  refused (${reason})`;
}

/** A row of DISAGREEMENTS.md in a paragraph. */
function faultText({ id, note, effect, side }: KnownFault): string {
  return `${id} (${letters[side === 0 ? 0 : 1]}): ${note} Effect: ${effect}.`;
}
