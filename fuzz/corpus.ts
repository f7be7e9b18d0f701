/** The cases that changes begin with, in memory and on disk, and what is known to be reached by them. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Below, type Case, fromText, nameOf, sizeOf, toText } from "./case.ts";
import type { Coverage } from "./coverage-counters.ts";

/** A piece costs as much time as so many bytes. */
const PIECE = 40;
/** So many of the newest are changed more often than the rest. */
const NEWEST = 50;
/** Of so many that are drawn, the cheapest is taken. */
const DRAWN = 4;

const crashes = fileURLToPath(new URL("../test/fixtures/crashes", import.meta.url));

/** What was found once for a target. */
export function crashesOf(target: string): Case[] {
  return readdirSync(crashes)
    .filter((name) => name.startsWith(`${target}-`))
    .sort()
    .map((name) => fromText(readFileSync(join(crashes, name), "utf8")));
}

const costOf = (input: Case) => sizeOf(input) + PIECE * input.pieces.length;

export class Corpus {
  readonly #cases: Case[] = [];
  readonly #costs: number[] = [];
  readonly #folder: string;
  readonly #coverageFile: string;

  /** @param folder where they are kept. */
  constructor(folder: string) {
    this.#folder = join(folder, "corpus");
    this.#coverageFile = join(folder, "coverage");
    mkdirSync(this.#folder, { recursive: true });
  }

  get size(): number {
    return this.#cases.length;
  }

  add(input: Case): void {
    this.#cases.push(input);
    this.#costs.push(costOf(input));
  }

  write(input: Case): void {
    writeFileSync(join(this.#folder, `${nameOf(input)}.json`), toText(input));
  }

  /** What earlier processes wrote, the cheapest first. */
  read(): Case[] {
    return readdirSync(this.#folder)
      .sort()
      .map((name) => fromText(readFileSync(join(this.#folder, name), "utf8")))
      .sort((a, b) => costOf(a) - costOf(b));
  }

  /** A case to change. Cheap ones are taken more often: more of them run in the same time, and a change hits what matters. */
  pick(random: Below): Case {
    const last = random.below(3) === 0 ? Math.min(NEWEST, this.size) : this.size;
    let best = this.size - 1 - random.below(last);
    // Now and then any, so that the long ones have their turn.
    for (let drawn = random.below(DRAWN); drawn > 0; drawn--) {
      const other = this.size - 1 - random.below(last);
      if ((this.#costs[other] as number) < (this.#costs[best] as number)) best = other;
    }
    return this.#cases[best] as Case;
  }

  /** Whether the coverage of this bundle is known from earlier: then nothing of the corpus must be run to learn it. */
  recall(coverage: Coverage, bundle: string): boolean {
    if (!existsSync(this.#coverageFile)) return false;
    const bytes = new Uint8Array(readFileSync(this.#coverageFile));
    if (Buffer.compare(bytes.subarray(0, 20), digestOf(bundle)) !== 0) return false;
    coverage.remember(bytes.subarray(20));
    return true;
  }

  keepCoverage({ seen }: Coverage, bundle: string): void {
    writeFileSync(this.#coverageFile, Buffer.concat([digestOf(bundle), seen]));
  }
}

const digestOf = (path: string) => createHash("sha1").update(readFileSync(path)).digest();
