/**
 * The process that runs cases of one target: `fuzz/main.ts` bundles it with counters in src, starts it, and watches it. Before each
 * case it says on disk which one comes: so a case that kills it is known.
 */

import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../support/random.ts";
import { type Case, type Effort, fromText, kindOf, nameOf, sizeOf, type Target, toBytes, toText } from "./case.ts";
import { Corpus, crashesOf } from "./corpus.ts";
import { Coverage } from "./coverage-counters.ts";
import { minimised } from "./minimise.ts";
import { mutated } from "./mutate.ts";
import { targetNamed } from "./targets/index.ts";

/** Milliseconds of the processor a case may take, and more for each of its bytes: many times of what the slowest takes. */
const MOST_TIME = 500;
const MOST_TIME_PER_BYTE = 0.05;
/** One case in so many is looked at in full, beside each that reaches a new place; one in so many deeply. */
const FULL = 8;
const DEEP = 20_000;
/** What is taken so often is read with a trace, which takes as long as several runs. */
const LEARNT_AT = 3;
/** So many times a case that reaches a new place is tried to be made smaller. */
const TRIALS = 24;

export interface WorkerArguments {
  readonly target: string;
  readonly seed: number;
  readonly seconds: number;
  /** Counted instead of the seconds. */
  readonly executions?: number;
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
  readonly #corpus: Corpus;
  /** How often each case was taken to be changed. */
  readonly #picks = new WeakMap<Case, number>();
  readonly #random: Random;
  readonly #found = new Map<string, string>();
  readonly #current: number;
  /** Changed inputs that were run through the target; what is run again to compare or to make it smaller does not count. */
  executions = 0;
  /** All that was run: it grows as long as nothing hangs. */
  #runs = 0;
  #told = 0;

  constructor(given: WorkerArguments) {
    this.#arguments = given;
    this.#target = targetNamed(given.target);
    this.#random = new Random(given.seed);
    this.#corpus = new Corpus(given.folder);
    mkdirSync(join(given.folder, "failures"), { recursive: true });
    this.#current = openSync(join(given.folder, "current"), "w");
  }

  get report(): WorkerReport {
    const found = [...this.#found].map(([flaw, path]) => ({ flaw, path }));
    return { executions: this.executions, corpus: this.#corpus.size, reached: this.#coverage.reached, found };
  }

  /** Cases are run without a break; here messages go out, and come in. */
  async #tell(): Promise<void> {
    const now = performance.now();
    if (now - this.#told < 500) return;
    this.#told = now;
    process.send?.({ type: "alive", executions: this.executions, runs: this.#runs });
    await new Promise(setImmediate);
  }

  /** The first flaw; undefined where there is none. */
  async #flawOf(input: Case, effort: Effort): Promise<string | undefined> {
    await this.#tell();
    this.#runs++;
    writeSync(this.#current, toBytes(input), 0, undefined, 0);
    const start = performance.now();
    try {
      const [flaw] = await this.#target.flaws(input, effort);
      if (flaw !== undefined) return flaw;
    } catch (thrown) {
      return thrown instanceof Error
        ? `throws ${thrown.name}: ${thrown.message}${placeOf(thrown)}`
        : `throws ${String(thrown)}`;
    }
    const most = MOST_TIME + MOST_TIME_PER_BYTE * sizeOf(input);
    if (effort === "deep" || performance.now() - start < most) return undefined;
    return (await this.#processorTime(input, effort)) < most ? undefined : "takes too long";
  }

  /** Milliseconds of the processor: unlike a clock's, they hardly count what else the machine does, but they take longer to ask for. */
  async #processorTime(input: Case, effort: Effort): Promise<number> {
    const start = process.cpuUsage();
    await this.#target.flaws(input, effort);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
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
    if (this.#found.has(kind)) return;
    if (!(await this.#shows(input, effort, kind))) return this.#tellOnce(input, effort, flaw);
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

  /** A flaw that does not show again: what came before it may have caused it. Times and memory (deep) are not the same twice. */
  #tellOnce(input: Case, effort: Effort, flaw: string): void {
    if (effort === "deep" || flaw === "takes too long") return;
    const folder = join(this.#arguments.folder, "once");
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${nameOf(input)}.json`);
    writeFileSync(path, toText(input));
    process.send?.({ type: "once", flaw, path });
  }

  /** Runs a case; undefined where it has a flaw, else the places that it was the first to reach. */
  async #run(input: Case, effort: Effort): Promise<readonly number[] | undefined> {
    const flaw = await this.#flawOf(input, effort);
    const places = this.#coverage.taken();
    if (flaw === undefined) return places;
    await this.#keep(input, effort, flaw);
    return undefined;
  }

  /** The smallest part of a case that still reaches these places becomes part of the corpus, after all checks. */
  async #grow(input: Case, effort: Effort, places: readonly number[]): Promise<void> {
    const again: Effort = effort === "quick" ? "quick" : "full";
    const doesReach = async (smaller: Case) => {
      const flaw = await this.#flawOf(smaller, again);
      const isReached = this.#coverage.reaches(places);
      if (flaw !== undefined) await this.#keep(smaller, again, flaw);
      return isReached && flaw === undefined;
    };
    const smallest = await minimised(input, doesReach, TRIALS);
    this.#corpus.add(smallest);
    this.#corpus.write(smallest);
    if (again === "quick") await this.#run(smallest, "full");
  }

  async #runAndGrow(input: Case, effort: Effort): Promise<void> {
    const places = await this.#run(input, effort);
    if (places !== undefined && places.length > 0) await this.#grow(input, effort, places);
  }

  /** Seeds, then what earlier runs kept. Nothing is run again whose places are known. */
  async #begin(): Promise<void> {
    const corpus = this.#corpus;
    const isKnown = corpus.recall(this.#coverage, bundle);
    for (const seed of [...(await this.#target.seeds()), ...crashesOf(this.#target.name)]) {
      if (!isKnown) await this.#run(seed, "full");
      corpus.add(seed);
    }
    for (const input of corpus.read()) {
      if (isKnown || ((await this.#run(input, "full"))?.length ?? 0) > 0) corpus.add(input);
    }
  }

  async #pick(): Promise<Case> {
    const input = this.#corpus.pick(this.#random);
    const picks = (this.#picks.get(input) ?? 0) + 1;
    this.#picks.set(input, picks);
    if (picks === LEARNT_AT) await this.#unlessFlawed([input], () => this.#target.learn?.(input));
    return input;
  }

  /**
   * What is done with cases beside running them: it reads them, too, and throws what their flaws throw. These are found by running them.
   *
   * @throws what `body` throws where none of them has a flaw: that is a fault of the fuzzer.
   */
  async #unlessFlawed<T>(inputs: readonly Case[], body: () => T): Promise<T | undefined> {
    try {
      return body();
    } catch (thrown) {
      for (const input of inputs) if ((await this.#run(input, "full")) === undefined) return undefined;
      throw thrown;
    }
  }

  async fuzz(): Promise<void> {
    const { seconds, executions } = this.#arguments;
    const end = performance.now() + seconds * 1000;
    const goesOn = () => (executions === undefined ? performance.now() < end : this.executions < executions);
    await this.#begin();
    let kept = performance.now();
    while (goesOn()) {
      const [one, other] = [await this.#pick(), await this.#pick()];
      const input = await this.#unlessFlawed([one, other], () => mutated(this.#target, one, other, this.#random));
      const dice = this.#random.below(DEEP);
      this.executions++;
      if (input !== undefined)
        await this.#runAndGrow(input, dice === 0 ? "deep" : dice % FULL === 0 ? "full" : "quick");
      if (performance.now() - kept < 10_000) continue;
      this.#corpus.keepCoverage(this.#coverage, bundle);
      kept = performance.now();
    }
    this.#corpus.keepCoverage(this.#coverage, bundle);
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

/** This program, with its counters. */
const bundle = process.argv[1] as string;
const given = JSON.parse(process.argv[2] as string) as WorkerArguments;
const worker = new Worker(given);
// Nobody reads the stacks of errors that become events, and they take more time than all the rest.
Error.stackTraceLimit = given.only ? 10 : 0;
await (given.only ? worker.replay(given.only) : worker.fuzz());
worker.close();
process.send?.({ type: "report", report: worker.report }, () => process.exit(0));
