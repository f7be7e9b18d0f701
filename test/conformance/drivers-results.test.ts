import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { CorpusResult } from "../../conformance/drivers/corpus-result.ts";
import { KeptResults } from "../../conformance/drivers/kept-results.ts";
import { idleRows, judge, type KnownProblem } from "../../conformance/drivers/known-problems.ts";
import { readOptions } from "../../conformance/drivers/options.ts";
import { summarise, takeResults } from "../../conformance/drivers/whole-corpus.ts";
import { UsageError } from "../../support/run-command.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

function result(id: string, changes: Partial<CorpusResult> = {}): CorpusResult {
  return {
    id,
    requests: 5,
    frames: 5,
    errors: 0,
    passedOver: [],
    problems: [],
    messages: [],
    milliseconds: 7,
    ...changes,
  };
}

describe("kept results", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  const maker = { kernel: "Linux 7.2.13", build: "0123", force: false };
  const idsOf = (results: KeptResults) => [...results.byId.keys()];

  it("go on after a line that was cut, however often", () => {
    const first = new KeptResults(maker, folder);
    first.add(result("a"));
    appendFileSync(join(folder, "corpus.jsonl"), '{"maker":{"kern');
    const second = new KeptResults(maker, folder);
    expect(idsOf(second)).toEqual(["a"]);
    second.add(result("b"));
    expect(idsOf(new KeptResults(maker, folder))).toEqual(["a", "b"]);
    expect(readFileSync(join(folder, "corpus.jsonl"), "utf8").split("\n")).toHaveLength(3);
  });

  it("begin anew where the only line was cut", () => {
    appendFileSync(join(folder, "corpus.jsonl"), '{"maker":');
    new KeptResults(maker, folder).add(result("a"));
    expect(idsOf(new KeptResults(maker, folder))).toEqual(["a"]);
  });

  it("that are forgotten are there again only where they were not run again", () => {
    const first = new KeptResults(maker, folder);
    for (const id of ["a", "b"]) first.add(result(id));
    const second = new KeptResults(maker, folder);
    second.forget(({ id }) => id === "a");
    expect(idsOf(second)).toEqual(["b"]);
    expect(idsOf(new KeptResults(maker, folder))).toEqual(["a", "b"]);
    second.add({ ...result("a"), requests: 77 });
    expect(new KeptResults(maker, folder).byId.get("a")?.requests).toBe(77);
  });

  it("are not those of another kernel, another build, or with --force", () => {
    new KeptResults(maker, folder).add(result("a"));
    for (const other of [{ kernel: "Linux 7.3.0" }, { build: "4567" }, { force: true }]) {
      const results = new KeptResults({ ...maker, ...other }, folder);
      expect(idsOf(results)).toEqual([]);
      results.add(result(JSON.stringify(other)));
    }
    expect(idsOf(new KeptResults(maker, folder))).toEqual(["a"]);
  });

  it("are not those of a file that does not say what they are of", () => {
    appendFileSync(join(folder, "corpus.jsonl"), `${JSON.stringify(result("a"))}\n`);
    expect(idsOf(new KeptResults(maker, folder))).toEqual([]);
  });

  it("take the last of two with the same id", () => {
    const results = new KeptResults(maker, folder);
    results.add(result("a"));
    results.add(result("a", { problems: ["machine: it ended"] }));
    expect(new KeptResults(maker, folder).byId.get("a")?.problems).toEqual(["machine: it ended"]);
  });
});

describe("a machine's lines", () => {
  async function taken(...lines: (string | Error)[]): Promise<CorpusResult[]> {
    async function* machine(): AsyncGenerator<string, void, undefined> {
      for (const line of lines) {
        if (line instanceof Error) throw line;
        yield line;
      }
    }
    const results: CorpusResult[] = [];
    await takeResults(machine(), (each) => results.push(each));
    return results;
  }
  const ended = new Error("the machine ended with status 124: …\nmore");
  const lineOf = (id: string) => JSON.stringify(result(id));

  it("are results", async () => {
    expect(await taken("begin a b", lineOf("a b"), "begin c", lineOf("c"))).toEqual([result("a b"), result("c")]);
  });

  it("blame the stream that a machine ended at", async () => {
    const [, second, third] = await taken("begin a", lineOf("a"), "begin c", ended);
    expect(second).toMatchObject({
      id: "c",
      requests: 0,
      problems: ["machine: the machine ended with status 124: …"],
    });
    expect(third).toBeUndefined();
  });

  it("blame the stream before where a machine ended between two", async () => {
    const [first, second] = await taken("begin a", lineOf("a"), ended);
    expect(first).toEqual(result("a"));
    expect(second).toEqual(result("a", { problems: ["machine: the machine ended with status 124: …"] }));
  });

  it("blame no stream where there is none yet", async () => {
    await expect(taken(ended)).rejects.toBe(ended);
  });
});

describe("known problems", () => {
  const limit = "V4L2_CID_STATELESS_AV1_FRAME tile_info.tile_cols = 64 (512 tiles: hantro-vpu takes 128 at most)";
  const rows: KnownProblem[] = [
    { id: "tiles", node: "^vpu$", problem: "^failed: ", passedOver: "\\d+ tiles: ", reason: "" },
    { id: "warns", node: "^ve$", problem: "^kernel: WARNING", reason: "" },
  ];
  const failed = ["failed: the driver gave up 500 of 500 jobs"];
  const forced = { node: "vpu", result: result("a", { problems: failed, passedOver: [limit] }) };

  it("explain what a limit leads to that was passed over, on their node", () => {
    expect(judge(forced, rows)).toEqual({ known: new Set(["tiles"]), unknown: [] });
    expect(judge({ ...forced, node: "other" }, rows).unknown).toEqual(failed);
  });

  it("do not explain the same of a stream within the limits, nor something else", () => {
    expect(judge({ node: "vpu", result: result("a", { problems: failed }) }, rows).unknown).toEqual(failed);
    const leak = { ...forced, result: { ...forced.result, problems: ["leak: 1 mappings are left"] } };
    expect(judge(leak, rows)).toEqual({ known: new Set(), unknown: ["leak: 1 mappings are left"] });
  });

  it("are idle where they explain nothing of the streams that they are about", () => {
    const fine = { ...forced, result: { ...forced.result, problems: [] } };
    expect(idleRows([forced], false, rows)).toEqual([]);
    expect(idleRows([fine], false, rows)).toEqual(["tiles"]);
    expect(idleRows([{ node: "vpu", result: result("a") }], true, rows)).toEqual([]);
    const other = { node: "ve", result: result("b") };
    expect(idleRows([other], true, rows)).toEqual(["warns"]);
    expect(idleRows([other], false, rows)).toEqual([]);
  });

  it("change the verdict where they are idle, as unknown ones do", () => {
    const lines: string[] = [];
    const verdict = (...results: Partial<CorpusResult>[]) =>
      summarise(
        results.map((changes, i) => ({ node: "vpu", result: result(String(i), changes) })),
        true,
        (line) => lines.push(line),
        rows,
      );
    expect(verdict({}, { problems: failed, passedOver: [limit] })).toBe(false);
    expect(verdict({ passedOver: [limit] })).toBe(true);
    expect(lines.join("\n")).toContain("row tiles of known-problems.json explained nothing");
    expect(verdict({ problems: failed })).toBe(true);
    expect(lines.at(-2)).toBe("failed: 1 streams and nodes");
  });

  it("are counted beside streams that are decoded, refused, or have nothing to send", () => {
    const lines: string[] = [];
    const kinds = [
      {},
      { requests: 0, frames: 0, errors: 3 },
      { requests: 0, frames: 0, refusal: "too deep" },
      { requests: 2, frames: 2, refusal: "too many tiles", messages: ["hello"] },
    ];
    summarise(
      kinds.map((changes, i) => ({ node: "n", result: result(String(i), changes) })),
      true,
      (line) => lines.push(line),
      rows,
    );
    expect(lines).toEqual([
      "4 streams and nodes: 1 decoded, 1 with nothing to send, 2 refused by known limits, 1 of them after some requests; " +
        "7 requests, 7 frames; the kernel said something in 1; 0 with unknown problems",
    ]);
  });
});

describe("the command's options", () => {
  it("name what it does", () => {
    expect(readOptions([]).mode).toBe("programs");
    expect(readOptions(["--write", "--fixtures", "--node", "a", "--node", "b"])).toMatchObject({
      mode: "programs",
      values: { write: true, node: ["a", "b"], stream: [""] },
    });
    expect(readOptions(["--gstreamer", "--keep", "x"]).mode).toBe("gstreamer");
    expect(readOptions(["--corpus", "--force", "--stream", "x"]).mode).toBe("corpus");
    expect(readOptions(["--frames", "20", "--faults"]).mode).toBe("faults");
    expect(readOptions(["--frames", "20"]).mode).toBe("faults");
  });

  it.each([
    [["--force"], "--force means nothing without --corpus"],
    [["--corpus", "--write"], "--write means nothing with --corpus: leave out one of the two"],
    [["--gstreamer", "--corpus"], "--gstreamer means nothing with --corpus: leave out one of the two"],
    [["--corpus", "--fixtures"], "--fixtures means nothing with --corpus: leave out one of the two"],
    [["--gstreamer", "--write"], "--write means nothing with --gstreamer: leave out one of the two"],
    [["--faults", "--corpus"], "--corpus means nothing with --faults: leave out one of the two"],
    [["--frames", "few"], "--frames few: give the number of frames, 1 or more"],
    [["--frames", "0"], "--frames 0: give the number of frames, 1 or more"],
  ])("are refused where one would be ignored: %j", (words, message) => {
    expect(() => readOptions(words)).toThrow(new UsageError(message));
  });
});
