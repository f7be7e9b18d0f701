/**
 * The process that runs cases of one target: `fuzz/main.ts` bundles it with counters in src, starts it, and watches it. Before each
 * case it says on disk which one comes: so a case that kills it is known.
 */

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../support/random.ts";
import { type Case, type Effort, fromText, kindOf, nameOf, sizeOf, type Target, toText } from "./case.ts";
import { Coverage } from "./coverage-counters.ts";
import { minimised } from "./minimise.ts";
import { mutated } from "./mutate.ts";
import { targetNamed } from "./targets/index.ts";

/** Milliseconds a case may take, and more for each of its bytes: ten times of what the slowest takes. */
const MOST_TIME = 200;
const MOST_TIME_PER_BYTE = 0.05;

export interface WorkerArguments {
  readonly target: string;
  readonly seed: number;
  readonly seconds: number;
  /** Where the corpus is, and what is found. */
  readonly folder: string;
  /** Cases that are only run, not changed. */
  readonly only?: readonly string[];
}

/** What a worker tells when it ends. */
export interface WorkerReport {
  readonly executions: number;
  readonly corpus: number;
  readonly reached: number;
  readonly found: readonly { readonly flaw: string; readonly path: string }[];
}

class Worker {
  readonly #target: Target;
  readonly #arguments: WorkerArguments;
  readonly #coverage = new Coverage();
  readonly #corpus: Case[] = [];
  readonly #random: Random;
  readonly #found = new Map<string, string>();
  readonly #current: number;
  executions = 0;
  #told = 0;

  constructor(given: WorkerArguments) {
    this.#arguments = given;
    this.#target = targetNamed(given.target);
    this.#random = new Random(given.seed);
    for (const name of ["corpus", "failures"]) mkdirSync(join(given.folder, name), { recursive: true });
    this.#current = openSync(join(given.folder, "current"), "w");
  }

  get report(): WorkerReport {
    const found = [...this.#found].map(([flaw, path]) => ({ flaw, path }));
    return { executions: this.executions, corpus: this.#corpus.length, reached: this.#coverage.reached, found };
  }

  /** Cases are run without a break; here messages go out, and come in. */
  async #tell(): Promise<void> {
    const now = performance.now();
    if (now - this.#told < 500) return;
    this.#told = now;
    process.send?.({ type: "alive", executions: this.executions });
    await new Promise(setImmediate);
  }

  /** The first flaw; undefined where there is none. */
  async #flawOf(input: Case, effort: Effort): Promise<string | undefined> {
    await this.#tell();
    const text = toText(input);
    writeSync(this.#current, `${text.length}\n${text}`, 0);
    this.executions++;
    const start = performance.now();
    try {
      const [flaw] = await this.#target.flaws(input, effort);
      if (flaw !== undefined) return flaw;
    } catch (thrown) {
      return thrown instanceof Error
        ? `throws ${thrown.name}: ${thrown.message}${placeOf(thrown)}`
        : `throws ${String(thrown)}`;
    }
    const time = performance.now() - start;
    return effort !== "deep" && time > MOST_TIME + MOST_TIME_PER_BYTE * sizeOf(input) ? "takes too long" : undefined;
  }

  /** The smallest time of several decides: other work on the machine counts little. */
  async #shows(input: Case, effort: Effort, kind: string): Promise<boolean> {
    for (let tries = kind === "takes too long" ? 3 : 1; tries > 0; tries--) {
      const flaw = await this.#flawOf(input, effort);
      if (flaw === undefined || kindOf(flaw) !== kind) return false;
    }
    return true;
  }

  async #keep(input: Case, effort: Effort, flaw: string): Promise<void> {
    const kind = kindOf(flaw);
    if (this.#found.has(kind) || !(await this.#shows(input, effort, kind))) return;
    this.#found.set(kind, "");
    const smallest = await minimised(
      input,
      (smaller) => this.#shows(smaller, effort, kind),
      effort === "deep" ? 60 : 3000,
    );
    const path = join(this.#arguments.folder, "failures", `${nameOf(smallest)}.json`);
    writeFileSync(path, toText(smallest));
    this.#found.set(kind, path);
    const command = `npm run fuzz -- ${this.#target.name} --input ${path}`;
    Error.stackTraceLimit = 10;
    process.send?.({ type: "found", flaw: (await this.#flawOf(smallest, effort)) ?? flaw, command });
    Error.stackTraceLimit = 0;
  }

  async #run(input: Case, effort: Effort): Promise<void> {
    const flaw = await this.#flawOf(input, effort);
    if (flaw !== undefined) await this.#keep(input, effort, flaw);
    if (!this.#coverage.isNew()) return;
    this.#corpus.push(input);
    if (effort === "quick") await this.#run(input, "full");
    else writeFileSync(join(this.#arguments.folder, "corpus", `${nameOf(input)}.json`), toText(input));
  }

  /** Seeds, then what earlier runs kept. */
  async #begin(): Promise<void> {
    for (const input of await this.#target.seeds()) {
      await this.#run(input, "full");
      if (!this.#corpus.includes(input)) this.#corpus.push(input);
    }
    const folder = join(this.#arguments.folder, "corpus");
    for (const name of readdirSync(folder).sort()) {
      await this.#run(fromText(readFileSync(join(folder, name), "utf8")), "full");
    }
  }

  async fuzz(): Promise<void> {
    const end = performance.now() + this.#arguments.seconds * 1000;
    await this.#begin();
    const random = this.#random;
    // What was found last is changed more often than the rest.
    const pick = () => {
      const last = random.below(3) === 0 ? Math.min(50, this.#corpus.length) : this.#corpus.length;
      return this.#corpus[this.#corpus.length - 1 - random.below(last)] as Case;
    };
    while (performance.now() < end) {
      const input = mutated(this.#target, pick(), pick(), random);
      const dice = random.below(5000);
      await this.#run(input, dice === 0 ? "deep" : dice < 700 ? "full" : "quick");
    }
  }

  async replay(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const input = fromText(readFileSync(path, "utf8"));
      const flaw = await this.#flawOf(input, "deep");
      if (flaw !== undefined) this.#found.set(flaw, path);
    }
  }

  close(): void {
    closeSync(this.#current);
  }
}

/** Without the first line, which repeats the message. */
const placeOf = ({ stack = "" }: Error) => stack.split("\n").slice(1, 7).join("\n");

const given = JSON.parse(process.argv[2] as string) as WorkerArguments;
const worker = new Worker(given);
// Nobody reads the stacks of errors that become events, and they take more time than all the rest.
Error.stackTraceLimit = given.only ? 10 : 0;
await (given.only ? worker.replay(given.only) : worker.fuzz());
worker.close();
process.send?.({ type: "report", report: worker.report }, () => process.exit(0));
