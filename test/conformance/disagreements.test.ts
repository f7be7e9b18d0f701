import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { comparators } from "../../conformance/payloads/comparators.ts";
import { disagreementsAreCurrent } from "../../conformance/payloads/disagreements.ts";
import { compileVerdict, readVerdicts } from "../../conformance/payloads/verdicts.ts";

describe("disagreements.json", () => {
  const codecs = Object.values(comparators);
  const rows = codecs.flatMap(({ codec }) => readVerdicts(codec));

  it("has rows with ids of their own", () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });

  it("asks only for conditions that exist", () => {
    for (const { codec, conditions } of codecs) {
      for (const row of readVerdicts(codec)) expect(() => compileVerdict(row, conditions)).not.toThrow();
    }
  });

  it.each(rows)("$id names its authority", ({ authority, note }) => {
    expect(authority).not.toBe("");
    expect(note).not.toBe("");
  });

  it.each(rows.filter(({ right }) => right === "neither"))("$id has a unit test", ({ test }) => {
    expect(test).toBeDefined();
    expect(existsSync(fileURLToPath(new URL(`../../${test}`, import.meta.url)))).toBe(true);
  });

  it("is what DISAGREEMENTS.md says: run npx tsx conformance/payloads/disagreements.ts", () => {
    expect(disagreementsAreCurrent()).toBe(true);
  });
});
