import { format } from "node:util";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { examples, writeExamples } from "../../etc/examples.ts";

beforeAll(writeExamples);
afterEach(() => vi.restoreAllMocks());

describe("the programs in the documents run and print what stands beside them", () => {
  it.each(examples)("$source", async ({ path, output }) => {
    const printed: string[] = [];
    vi.spyOn(console, "log").mockImplementation((...values) => {
      printed.push(...format(...values).split("\n"));
    });
    await import(path);
    if (output === null) return;
    if (output.at(-1) === "…") printed.splice(output.length - 1, printed.length, "…");
    expect(printed).toEqual(output);
  });

  it("has one for each public entry, and says the output of all but those that want a device", () => {
    expect(examples.length).toBeGreaterThan(12);
    expect(examples.filter(({ output }) => output === null).map(({ source }) => source)).toEqual([
      "src/submit/index.ts",
      "README.md",
    ]);
  });
});
