import { describe, expect, it } from "vitest";
import { fixture, run } from "./command-line.ts";

describe("decode", () => {
  it.each([
    [
      ["decode", fixture("h264_high_bpyramid.264")],
      "decode: name a file for the frames with -o; -o - is standard output",
    ],
    [
      ["decode", "a", "-o", "b", "--target", "visl"],
      "decode does not take --target; record, inspect, validate, export, diff and explain do",
    ],
    [["devices", "a"], "devices takes no input"],
    [["devices", "-o", "a"], "devices does not take --output; record, capture, import, export and decode do"],
  ])("refuses %j in one line", async (argv, message) => {
    expect(await run(argv)).toEqual({ status: 2, stdout: "", stderr: `v4l2-stateless: ${message}\n` });
  });

  it("does not fill a terminal with pixels", async () => {
    const argv = ["decode", fixture("h264_high_bpyramid.264"), "-o", "-"];
    const { status, stderr } = await run(argv, { terminal: true });
    expect([status, stderr]).toEqual([
      2,
      "v4l2-stateless: standard output is a terminal; name a file for the frames with -o, or print checksums with --md5\n",
    ]);
  });

  it("has its help, without the targets that it does not take", async () => {
    const { stdout } = await run(["decode", "--help"]);
    expect(stdout).toContain("Usage: v4l2-stateless decode <input> [options]");
    expect(stdout).toContain("--device <path>");
    expect(stdout).not.toContain("--target");
    expect((await run(["devices", "--help"])).stdout).toContain("Usage: v4l2-stateless devices [options]");
  });
});
