import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture, run } from "./command-line.ts";

const program = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const MB = 1024;

/** Prints the most memory that a process had, in KiB, when it ends. */
const tellsMemory =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("\\n"+process.resourceUsage().maxRSS))';

/** The most memory that the program takes, in KiB. */
function peakOf(argv: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ["--import", "tsx", "--import", tellsMemory, program, ...argv], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on("close", () => resolve(Number(stderr.split("\n").at(-1)))));
}

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);

/** A record of a stream so many times, and one that differs from it in each request. */
async function makeRecords(name: string, times: number): Promise<void> {
  const stream = readFileSync(fixture("h264_high_bpyramid.264"));
  writeFileSync(path("stream.264"), Buffer.concat(Array.from({ length: times }, () => stream)));
  expect(await run(["record", path("stream.264"), "-o", path(`${name}-a.jsonl`)])).toMatchObject({ status: 0 });
  const record = readFileSync(path(`${name}-a.jsonl`), "utf8");
  writeFileSync(path(`${name}-b.jsonl`), record.replace(/("V4L2_CID_STATELESS_H264_PPS":"0000)00/g, "$101"));
}

beforeAll(async () => {
  await makeRecords("small", 40);
  await makeRecords("large", 320);
}, 300_000);

// Two records of 100 MB may take 128 MB over an empty Node.
it("diff keeps a few requests of each record, however many there are", { tags: "long" }, async () => {
  const [empty, small, large] = [
    await peakOf(["--version"]),
    await peakOf(["diff", path("small-a.jsonl"), path("small-b.jsonl")]),
    await peakOf(["diff", path("large-a.jsonl"), path("large-b.jsonl")]),
  ];
  expect(empty).toBeGreaterThan(0);
  expect(large - empty).toBeLessThan(128 * MB);
  expect(large - small).toBeLessThan(48 * MB);
});
