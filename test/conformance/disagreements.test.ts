import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { comparators } from "../../conformance/payloads/comparators.ts";
import { outdatedFiles } from "../../conformance/payloads/disagreements.ts";
import { worstEffect } from "../../conformance/payloads/disagreements-text.ts";
import { upstreamReports } from "../../conformance/payloads/upstream-reports.ts";
import { verdictsOf } from "../../src/compare/rows.ts";
import { compileVerdict, effects, type Verdict } from "../../src/compare/rules.ts";
import { targets } from "../../src/targets/index.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** `"V4L2_CID_STATELESS_H264_PPS.flags.V4L2_H264_PPS_FLAG_WEIGHTED_PRED"` is `"H264_PPS.flags.WEIGHTED_PRED"`. */
function shortPath(path: string): string {
  return path.replace("V4L2_CID_STATELESS_", "").replace(/V4L2_\w+?_FLAG_/, "");
}

/** Whether a driver reads something of what a row is about: a field, or a control of which \`elements\` or \`sent\` differ. */
function isRead(driver: string, { codec, control, field }: Verdict): boolean {
  const reads = targets.find(({ name }) => name === driver)?.codecs[codec]?.reads;
  if (control === "@" || reads === "all") return reads !== undefined;
  const path = `${control}.${field}`.replace(/\[[*]?\]/g, "").replace(/[.](elements|sent)$/, "");
  const pattern = new RegExp(`^${path.replaceAll(".", "[.]").replaceAll("*", ".*")}([.]|$)`);
  return reads?.some((read) => pattern.test(shortPath(read))) ?? false;
}

describe("the rows of disagreements", () => {
  const codecs = Object.values(comparators);
  const rows = codecs.flatMap(({ codec }) => verdictsOf(codec));

  it("have ids of their own", () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });

  it("ask only for conditions that exist", () => {
    for (const { codec, conditions } of codecs) {
      for (const row of verdictsOf(codec)) expect(() => compileVerdict(row, conditions)).not.toThrow();
    }
  });

  it.each(codecs)("$codec: each condition is asked for", ({ codec, conditions }) => {
    const asked = new Set(verdictsOf(codec).flatMap(({ when }) => when.map((name) => name.replace(/^not /, ""))));
    expect(Object.keys(conditions).filter((name) => !asked.has(name))).toEqual([]);
  });

  it.each(rows)("$id names its authority", ({ authority, note }) => {
    expect(authority).not.toBe("");
    expect(note).not.toBe("");
  });

  it.each(rows.filter(({ right }) => right === "neither"))("$id has a unit test", ({ test }) => {
    expect(test).toBeDefined();
    expect(existsSync(root + test)).toBe(true);
  });

  it.each(rows)("$id matters only to drivers that read what differs", (row) => {
    expect(Object.keys(row.matters).filter((effect) => !effects.some((name) => name === effect))).toEqual([]);
    const drivers = Object.values(row.matters).flat();
    expect(drivers.filter((driver) => driver === "generic" || driver === "visl" || !isRead(driver, row))).toEqual([]);
    expect(new Set(drivers).size).toBe(drivers.length);
  });

  it.each(rows.filter((row) => worstEffect(row) !== undefined))("$id has a report", ({ reports: paths = [] }) => {
    expect(paths).not.toEqual([]);
  });

  it("are those that the reports name", () => {
    const named = upstreamReports().flatMap(({ path, ids }) => ids.map((id) => `${id} ${path.slice(root.length)}`));
    const naming = rows.flatMap(({ id, reports: paths = [] }) => paths.map((path) => `${id} ${path}`));
    expect(named.sort()).toEqual(naming.sort());
  });

  it("have reports whose streams are there", () => {
    const paths = upstreamReports().flatMap(({ text }) => text.match(/(?<![/\w])test\/fixtures\/[\w/.-]+\w/g) ?? []);
    expect(paths.length).toBeGreaterThan(50);
    expect(paths.filter((path) => !existsSync(root + path))).toEqual([]);
  });

  it("are what DISAGREEMENTS.md and docs/upstream say: run npx tsx conformance/payloads/disagreements.ts", () => {
    expect(outdatedFiles()).toEqual([]);
  });
});
