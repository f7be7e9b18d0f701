import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fromText } from "../../fuzz/case.ts";
import { targetNamed } from "../../fuzz/targets/index.ts";
import { targetNames } from "../../fuzz/targets/names.ts";

const folder = fileURLToPath(new URL("../fixtures/crashes", import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

describe("what the fuzzer found once", () => {
  it.each(names)("breaks no promise any more: %s", async (name) => {
    const target = targetNamed(name.split("-")[0] as string);
    expect(await target.flaws(fromText(readFileSync(`${folder}/${name}`, "utf8")), "deep")).toEqual([]);
  });
});

describe("the seeds of the fuzzer", () => {
  const breakNothing = (most: number) => async (name: string) => {
    const target = targetNamed(name);
    const seeds = await target.seeds();
    expect(seeds.length).toBeGreaterThan(2);
    for (const seed of seeds.slice(0, most)) expect(await target.flaws(seed, "full")).toEqual([]);
  };
  it.each(targetNames)("%s: break no promise", breakNothing(2));
  it.each(targetNames)("%s: more of them", { tags: "long" }, breakNothing(8));
});
