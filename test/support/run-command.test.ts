import { parseArgs } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { countOf, statusOf, UsageError } from "../../support/run-command.ts";

/** What a program of the repository prints, and its status. */
async function outcomeOf(words: readonly string[], main: () => Promise<number>) {
  const printed = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    });
  }
  const status = await statusOf("the usage", words, main);
  vi.restoreAllMocks();
  return { status, ...printed };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a program of the repository", () => {
  it("prints its usage where it is asked for, and does nothing", async () => {
    const main = vi.fn(async () => 1);
    expect(await outcomeOf(["--help"], main)).toEqual({ status: 0, stdout: "the usage\n", stderr: "" });
    expect(main).not.toHaveBeenCalled();
  });

  it("ends with what it gives", async () => {
    expect(await outcomeOf([], async () => 1)).toEqual({ status: 1, stdout: "", stderr: "" });
  });

  it("says in a line what is wrong with its words", async () => {
    const wrong = async () => {
      throw new UsageError("name a stream");
    };
    const said = { status: 2, stdout: "", stderr: "name a stream\n--help prints the options\n" };
    expect(await outcomeOf([], wrong)).toEqual(said);
    const unknown = async () => Object.keys(parseArgs({ args: ["--nope"], options: {} })).length;
    const { status, stderr } = await outcomeOf(["--nope"], unknown);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Unknown option '--nope'/);
  });

  it("throws its own faults on", async () => {
    const broken = async () => {
      throw new RangeError("a fault");
    };
    await expect(outcomeOf([], broken)).rejects.toThrow(RangeError);
  });

  it.each(["", "0", "-1", "1.5", "x", "1e3", "99999999999999999999"])("takes no %j for a number of rounds", (value) => {
    expect(() => countOf("rounds", value)).toThrow(UsageError);
  });

  it("takes whole numbers from the least on", () => {
    expect([countOf("rounds", "1"), countOf("limit", "0", 0), countOf("frames", "60000")]).toEqual([1, 0, 60000]);
    expect(() => countOf("rounds", "0")).toThrow("--rounds 0: give a whole number, 1 or more");
  });
});
