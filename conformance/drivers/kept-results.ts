import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { CorpusResult } from "./corpus-result.ts";

/** What results are of. Results of something else say nothing about it. */
export interface Maker {
  readonly kernel: string;
  /** A hash of what runs in the machine: our submitter, and what watches it. */
  readonly build: string;
  /** Also what the drivers are known not to decode was sent. */
  readonly force: boolean;
}

/** A line of the file. */
interface KeptResult {
  readonly maker: Maker;
  readonly result: CorpusResult;
}

const isSame = (a: Maker, b: Maker) => a.kernel === b.kernel && a.build === b.build && a.force === b.force;

/** The results of a folder that are of the same kernel, build and mode, and of what is run now. */
export class KeptResults {
  readonly byId = new Map<string, CorpusResult>();
  readonly #maker: Maker;
  readonly #path: string | undefined;

  /** @param folder keeps the results in corpus.jsonl, a line for each, those of other makers too. */
  constructor(maker: Maker, folder?: string) {
    this.#maker = maker;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, "corpus.jsonl");
    if (!existsSync(this.#path)) return;
    const bytes = readFileSync(this.#path);
    // Where the command was stopped while it wrote, the last line is not whole, and the next one must not be appended to it.
    const end = bytes.lastIndexOf("\n") + 1;
    if (end < bytes.length) truncateSync(this.#path, end);
    for (const line of bytes.toString("utf8", 0, end).split("\n").slice(0, -1)) this.#read(line);
  }

  /** Notes a result, in place of an earlier one with the same id. */
  add(result: CorpusResult): void {
    this.byId.set(result.id, result);
    if (this.#path === undefined) return;
    const kept: KeptResult = { maker: this.#maker, result };
    appendFileSync(this.#path, `${JSON.stringify(kept)}\n`);
  }

  /** Leaves out results, which are then run again. The folder keeps them until there are new ones. */
  forget(isWrong: (result: CorpusResult) => boolean): void {
    for (const result of this.byId.values()) if (isWrong(result)) this.byId.delete(result.id);
  }

  #read(line: string): void {
    const { maker, result } = JSON.parse(line) as Partial<KeptResult>;
    if (maker !== undefined && result !== undefined && isSame(maker, this.#maker)) this.byId.set(result.id, result);
  }
}
