import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { openSession } from "v4l2-stateless";
import { validate } from "v4l2-stateless/kernel";
import { RecordWriter } from "v4l2-stateless/record";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Device,
  refusesHostileControls,
  survivesEdits,
  takesValidControls,
  takesValidRequests,
} from "./driver-tests.ts";
import { matchesGolden } from "./golden-test.ts";

const stream = readFileSync(fileURLToPath(new URL("../test/fixtures/h264_mbaff_tff.264", import.meta.url)));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "v4l2-stateless-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A record of the stream's requests; `change` may change a line. */
async function recorded(name: string, change = (line: string) => line): Promise<string> {
  const path = join(folder, name);
  const writer = new RecordWriter({ codec: "h264" });
  const session = openSession("h264");
  const lines = [writer.head, ...[...session.push(stream), ...session.flush()].map((event) => writer.write(event))];
  writeFileSync(path, lines.join("").split("\n").map(change).join("\n"));
  return path;
}

/** Request 5 has another frame_num: bytes 514 and 515 of its decode parameters. */
const withOtherFrameNum = (line: string) => {
  if (!line.startsWith('{"request":5,')) return line;
  return line.replace(/("V4L2_CID_STATELESS_H264_DECODE_PARAMS":"[0-9a-f]{1028})([0-9a-f]{4})/, "$1abcd");
};

describe("golden-test.ts", () => {
  it("fails where a field differs that the driver reads", async () => {
    const golden = join(folder, "golden.jsonl");
    const own = await recorded("own.jsonl");
    const saved = process.env.CI;
    delete process.env.CI;
    await matchesGolden(own, golden);
    if (saved !== undefined) process.env.CI = saved;
    await matchesGolden(own, golden);
    const other = await recorded("other.jsonl", withOtherFrameNum);
    await expect(matchesGolden(other, golden)).rejects.toThrow(
      /request 5 of a, 5 of b\n {2}H264_DECODE_PARAMS frame_num/,
    );
  });
});

describe("goldens-elsewhere/compare.py", () => {
  const script = fileURLToPath(new URL("goldens-elsewhere/compare.py", import.meta.url));
  const compare = (...paths: string[]) => spawnSync("python3", [script, ...paths], { encoding: "utf8" });
  const hasPython = spawnSync("python3", ["--version"]).status === 0;

  it.runIf(hasPython)("names the request and the control that differ", async () => {
    const golden = await recorded("theirs.jsonl");
    const own = await recorded("ours.jsonl");
    expect(compare(golden, own)).toMatchObject({ status: 0, stdout: "\n" });
    const other = await recorded("changed.jsonl", withOtherFrameNum);
    expect(compare(golden, other)).toMatchObject({
      status: 1,
      stdout: "request 5: V4L2_CID_STATELESS_H264_DECODE_PARAMS\n",
    });
    writeFileSync(join(folder, "fewer.jsonl"), readFileSync(own, "utf8").replace(/^\{"request":19,.*\n/m, ""));
    expect(compare(golden, join(folder, "fewer.jsonl")).stdout).toBe("19 requests, not 20\n");
    writeFileSync(join(folder, "none.jsonl"), readFileSync(own, "utf8").split("\n", 1).join());
    const none = join(folder, "none.jsonl");
    expect(compare(none, none)).toMatchObject({ status: 1, stdout: "the golden has no request\n" });
    expect(compare(golden)).toMatchObject({ status: 1, stderr: expect.stringContaining("usage: compare.py") });
  });

  it("has 20 lines of code", () => {
    const code = readFileSync(script, "utf8")
      .split(/""".*?"""/s)
      .join("")
      .split("\n");
    expect(code.filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(20);
  });
});

describe("driver-tests.ts", () => {
  /** As the kernel's rules say. */
  const kernel: Device = {
    set: (controls) => (controls.some(({ name, payload }) => validate(name, payload).length > 0) ? 22 : 0),
  };
  const runs = { numRuns: 20, seed: 1 };

  it("finds nothing in the kernel's own rules", () => {
    fc.assert(takesValidControls(kernel, "V4L2_CID_STATELESS_H264_PPS"), runs);
    fc.assert(refusesHostileControls(kernel, "V4L2_CID_STATELESS_H264_PPS"), runs);
    fc.assert(takesValidRequests(kernel, "mpeg2"), runs);
  });

  it("finds a driver that takes everything, or nothing", () => {
    expect(fc.check(refusesHostileControls({ set: () => 0 }, "V4L2_CID_STATELESS_VP8_FRAME"), runs).failed).toBe(true);
    expect(fc.check(takesValidControls({ set: () => 22 }, "V4L2_CID_STATELESS_VP8_FRAME"), runs).failed).toBe(true);
    expect(fc.check(takesValidRequests({ set: () => 22 }, "vp9"), runs).failed).toBe(true);
  });

  it("finds a parser that trusts its input", async () => {
    const own = (bytes: Uint8Array) => {
      for (const event of openSession("h264").push(bytes)) void event;
    };
    fc.assert(survivesEdits(own, stream), runs);
    const trusting = (bytes: Uint8Array) => {
      for (const event of openSession("h264").push(bytes)) if (event.type === "error") throw event.error;
    };
    expect(fc.check(survivesEdits(trusting, stream), { numRuns: 50, seed: 1 }).failed).toBe(true);
  });
});
