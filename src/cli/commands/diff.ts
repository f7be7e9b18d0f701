import { setFlagsFromString } from "node:v8";
import { hasStreamRows } from "../../compare/byte-stream.ts";
import {
  type ComparedPair,
  type ComparedRequest,
  type Comparison,
  ComparisonSummary,
  compare,
  isUnexplained,
} from "../../compare/index.ts";
import type { Arguments } from "../arguments.ts";
import { type DiffSide, diffSides, mostKept } from "../diff-sides.ts";
import { codecOf, withInput } from "../input.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { comparisonJson, resultJson } from "../printing/diff-json.ts";
import { DifferenceText, type Explain } from "../printing/differences.ts";
import { errorText } from "../printing/errors.ts";
import { jsonLine } from "../printing/json.ts";
import { sideBySide } from "../printing/side-by-side.ts";
import { printable, styleFor } from "../printing/terminal.ts";
import { SeenRequests } from "../request-set.ts";
import { chooseTarget } from "../targets.ts";

/** Pairs whose differences are shown without --all. */
const shownPairs = 3;
/** Errors of a stream that are shown. */
const shownErrors = 10;

/** What two inputs differ in. Returns the exit status: 1 when there is something. */
export async function diff(io: Io, args: Arguments): Promise<number> {
  // Requests are kept until their partners can have come, so their garbage is old. V8 would collect it only when it takes several
  // times what is in use.
  setFlagsFromString("--heap-growing-percent=60");
  const [a, b] = args.inputs as [string, string];
  return withInput(io, { input: a, codec: args.codec }, (first) =>
    withInput(io, { input: b, codec: args.codec }, async (second) => {
      const target = await chooseTarget(io, args, codecOf(first));
      const sides = await diffSides(first, second, args.targetName === undefined ? undefined : target);
      const printer = new Printer(io.stdout);
      if (args.json) {
        for (const { name, kind } of [first, second]) {
          printer.add(jsonLine({ type: "input", input: name, kind, codec: codecOf(first) }));
        }
      }
      const options = { target: args.targetName === undefined ? undefined : target, raw: args.raw };
      const found = compare([sides[0].side, sides[1].side], options);
      const difference = new Difference(io, args, sides, printer);
      const status = await difference.show(found);
      await printer.flush();
      for (const side of sides) {
        if (side.isTooLong && !args.raw && !difference.isExplained && hasStreamRows(codecOf(first)))
          await sayTooLong(io, side);
        await sayErrors(io, side);
      }
      return status;
    }),
  );
}

/** `"a ← frame_num u(4) at 1043:2 of unit 17"`, where a side is a stream. */
function explainOf(sides: readonly [DiffSide, DiffSide]): Explain {
  const at = sides.findIndex(({ explanations }) => explanations !== undefined);
  const explanations = sides[at]?.explanations;
  return (difference, { requests }) => {
    const path = at === 0 ? difference.path : difference.otherPath;
    if (explanations === undefined || path === undefined) return undefined;
    const made = explanations.of((requests[at] as ComparedRequest).request, { ...difference, path });
    return made === undefined ? undefined : `${at === 0 ? "a" : "b"} ← ${made}`;
  };
}

/** Says what was not looked for. */
async function sayTooLong(io: Io, { name }: DiffSide): Promise<void> {
  const reason = `it has more than ${mostKept >> 20} MiB, and is read only once`;
  const effect =
    "known faults that depend on slice or frame headers count as unexplained; compare a shorter part of it";
  await io.stderr.write(`${printable(name)}: ${reason}: ${effect}\n`);
}

async function sayErrors(io: Io, { name, errors }: DiffSide): Promise<void> {
  for (const error of errors.slice(0, shownErrors)) await io.stderr.write(`${printable(name)}: ${errorText(error)}\n`);
  const more = errors.length - shownErrors;
  if (more > 0) await io.stderr.write(`${printable(name)}: ${more} more error${more === 1 ? "" : "s"}\n`);
}

/** Prints what `compare` finds. */
class Difference {
  readonly #io: Io;
  readonly #args: Arguments;
  readonly #sides: readonly [DiffSide, DiffSide];
  readonly #printer: Printer;
  readonly #text: DifferenceText;
  readonly #summary = new ComparisonSummary();
  /** Pairs of which --unexplained left something out. */
  #shortened = 0;
  /** The first pairs with something that nothing explains, and the first of the others. */
  readonly #unexplained: ComparedPair[] = [];
  readonly #others: ComparedPair[] = [];

  constructor(io: Io, args: Arguments, sides: readonly [DiffSide, DiffSide], printer: Printer) {
    this.#io = io;
    this.#args = args;
    this.#sides = sides;
    this.#printer = printer;
    const style = styleFor(io, args.color);
    this.#text = new DifferenceText(style, io.stdout.columns, args.targetName, explainOf(sides));
  }

  async show(found: AsyncIterable<Comparison>): Promise<number> {
    const seen = new SeenRequests();
    for await (const each of found) {
      const shown = this.#wanted(each);
      if (shown.type === "pair") seen.add(shown.requests[0].request);
      if (this.#args.request !== undefined) this.#showWhole(shown);
      else this.#take(shown);
      this.#summary.add(shown);
      await this.#printer.drain();
    }
    // A side without requests is worth a look only where a row says why.
    const isExplained = this.#summary.gaps.some(({ known }) => known !== undefined);
    const empty = isExplained ? undefined : this.#sides.find(({ count }) => count === 0);
    if (empty !== undefined) throw new CliError(`${empty.name}: it has no request that could be compared`);
    this.#args.request?.checkReached(this.#sides[0].name, seen);
    if (this.#args.json) this.#printer.add(resultJson(this.#summary));
    else if (this.#args.request === undefined) this.#showSummary();
    return this.#status;
  }

  /** Nothing is left that no row or rule explains. */
  get isExplained(): boolean {
    return this.#summary.unexplained === 0;
  }

  get #status(): number {
    const ended = this.#summary.gaps.length > 0;
    const isSame = this.#args.unexplained ? this.isExplained && !ended : this.#summary.isEqual;
    return isSame ? 0 : 1;
  }

  /** With --unexplained, what is known or seen by no driver is left out. */
  #wanted(found: Comparison): Comparison {
    if (!this.#args.unexplained || found.type !== "pair") return found;
    const differences = found.differences.filter(isUnexplained);
    if (differences.length < found.differences.length) this.#shortened++;
    return { ...found, differences };
  }

  #take(found: Comparison): void {
    if (this.#args.json) {
      for (const line of comparisonJson(found)) this.#printer.add(line);
      return;
    }
    if (found.type === "note" || (found.type === "pair" && found.differences.length === 0)) return;
    if (this.#args.all) this.#printer.add(this.#text.details(found));
    else if (found.type === "pair") {
      const list = found.differences.some(isUnexplained) ? this.#unexplained : this.#others;
      if (list.length < shownPairs) list.push(found);
    }
  }

  #showWhole(found: Comparison): void {
    if (found.type !== "pair" || this.#args.request?.has(found.requests[0].request) !== true) return;
    if (this.#args.json) for (const line of comparisonJson(found)) this.#printer.add(line);
    else this.#printer.add(sideBySide(found, styleFor(this.#io, this.#args.color), this.#io.stdout.columns));
  }

  #showSummary(): void {
    if (this.#args.all && !this.#summary.isEqual) this.#printer.add("\n");
    this.#printer.add(this.#text.summary(this.#sides, this.#summary, this.#shortened));
    if (this.#args.all) return;
    const pairs = this.#unexplained.length > 0 ? this.#unexplained : this.#others.slice(0, 1);
    for (const pair of pairs) this.#printer.add(`\n${this.#text.details(pair)}`);
    const more = this.#summary.differing - pairs.length;
    if (pairs.length > 0 && more > 0) this.#printer.add(this.#text.more(more));
  }
}
