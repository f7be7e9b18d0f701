import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { corpusFolder } from "../../conformance/streams/corpus.ts";
import { compareTraces } from "../../conformance/trace/compare-trace.ts";
import { mpeg2 } from "../../conformance/trace/mpeg2-dialect.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a program of the repository without a corpus. */
function run(program: string, ...words: string[]) {
  const options = { cwd: root, encoding: "utf8", env: { ...process.env, V4L2_STATELESS_CORPUS: "" } } as const;
  return spawnSync(process.execPath, ["--import", "tsx", join(root, program), ...words], options);
}

describe("a comparison that compares nothing is none that passes", { tags: "long" }, () => {
  it.each([
    ["conformance/main.ts", ["h264", "--stream", "no-such-stream"], /no h264 stream has "no-such-stream"/],
    ["conformance/main.ts", ["fwht"], /^fwht: name one of h264, h265, vp8, vp9, av1, mpeg2$/m],
    ["conformance/main.ts", ["output", "av1"], /no av1 stream .* expected\/av1\/outputs[.]json/],
    ["conformance/main.ts", ["trace", "h264", "no-such-file"], /there is no file no-such-file/],
    ["conformance/main.ts", ["--nope"], /Unknown option '--nope'/],
    ["conformance/visl/run-visl.ts", ["--stream", "no-such-stream"], /no stream has "no-such-stream"/],
    ["conformance/visl/goldens.ts", ["--stream", "no-such-stream"], /no stream .* has "no-such-stream"/],
    ["conformance/visl/throughput.ts", ["--stream", "no-such-stream"], /no stream has "no-such-stream"/],
    ["conformance/drivers/run-drivers.ts", ["--stream", "no-such-stream"], /no stream with such a name/],
    ["conformance/drivers/run-drivers.ts", ["--faults", "--node", "no-such-node"], /the nodes are rk3399-vdec, /],
    ["conformance/drivers/run-drivers.ts", ["--corpus"], /there is no corpus/],
    ["conformance/drivers/fields/try-fields.ts", ["--quick", "no-such-node"], /no-such-node is no node/],
    ["conformance/drivers/fields/try-fields.ts", ["--codec", "h266"], /no such node takes h266/],
    ["conformance/drivers/fields/try-fields.ts", ["--quick", "--field", "dpb"], /leave out --presets and --field/],
    ["bench/damage.ts", ["no-such-damage"], /no damage has this name/],
    ["bench/main.ts", ["--rounds", "0"], /--rounds 0: give a whole number, 1 or more/],
    ["fuzz/main.ts", ["h264", "--jobs", "0"], /--jobs 0: give a whole number, 1 or more/],
    ["fuzz/main.ts", ["h264", "--executions", "-5"], /--executions/],
  ])("%s %j", (program, words, message) => {
    const { status, stderr } = run(program, ...words);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  it.each(["conformance/main.ts", "conformance/drivers/run-drivers.ts"])(
    "%s --help prints what it takes",
    (program) => {
      const { status, stdout, stderr } = run(program, "--help");
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^(npm run|npx tsx) .*\n(.*\n)+ {2}--\w+/);
    },
  );
});

describe("the corpus", () => {
  const of = (value: string | undefined) => {
    const before = process.env.V4L2_STATELESS_CORPUS;
    if (value === undefined) delete process.env.V4L2_STATELESS_CORPUS;
    else process.env.V4L2_STATELESS_CORPUS = value;
    try {
      return corpusFolder();
    } finally {
      if (before === undefined) delete process.env.V4L2_STATELESS_CORPUS;
      else process.env.V4L2_STATELESS_CORPUS = before;
    }
  };

  it("is what the variable names, and none where that is empty or not there", () => {
    expect(of(root)).toBe(root.replace(/\/$/, ""));
    expect(of("")).toBeUndefined();
    expect(of("/no/such/corpus")).toBeUndefined();
  });
});

it("a trace of an FFmpeg that did not end well is a difference, also where its packets are", () => {
  const trace = { packets: [], refusal: undefined };
  expect(compareTraces(mpeg2, new Uint8Array(), trace).differences).toEqual([]);
  const { differences } = compareTraces(mpeg2, new Uint8Array(), { ...trace, failure: "SIGSEGV ended it" });
  expect(differences).toEqual(["FFmpeg did not read to the end: SIGSEGV ended it"]);
});
