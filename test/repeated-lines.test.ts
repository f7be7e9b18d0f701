import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** From so many lines on, lines that stand in two places are a repeated run. Shorter ones are often just syntax. */
const MIN_LINES = 6;

/** Files that share runs because the specifications that they follow do: how many, and which tables these are. */
const parallelTables: Readonly<Record<string, readonly [runs: number, tables: string]>> = {
  "src/av1/syntax.ts ~ src/vp9/syntax.ts": [1, "render_size: AV1 5.9.6, VP9 6.2.4"],
  "src/bitreader/bit-reader.ts ~ src/bitreader/obu-reader.ts": [1, "the descriptors of H.264 7.2 and of AV1 4.10"],
  "src/h264/structures.ts ~ src/h265/structures.ts": [1, "VUI parameters: E.1.1 of H.264, E.2.1 of H.265"],
  "src/h264/syntax.ts ~ src/h265/syntax.ts": [1, "VUI parameters: E.1.1 of H.264, E.2.1 of H.265"],
};

interface Line {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** Lines that stand in two places. */
interface Run {
  readonly files: string;
  readonly places: string;
}

/**
 * The lines of a file that count: without comments, imports and lists of exports, and lines that have only brackets. Lists of imports
 * and exports begin at the margin, and end with the first semicolon.
 */
function linesOf(file: string, source: string): Line[] {
  const blank = (list: string) => list.replace(/.+/g, "");
  const code = source.replace(/^(?:import\b|export (?:type )?[{*])[^;]*;/gm, blank);
  return code
    .split("\n")
    .map((line, i) => ({ file, number: i + 1, text: line.trim() }))
    .filter(({ text }) => /\w/.test(text) && !/^(?:\/\/|\/\*|\*(?:[ /]|$))/.test(text));
}

/** The longest runs of at least `MIN_LINES` lines that stand in two places. */
function repeatedRuns(files: readonly (readonly Line[])[]): Run[] {
  const lines = files.flat();
  const isSame = (a: number, b: number) => lines[a]?.text === lines[b]?.text;
  /** Whether the lines with these indices are of one file. */
  const areTogether = (a: number, b: number) => lines[a] !== undefined && lines[a].file === lines[b]?.file;
  const placesOf = new Map<string, number[]>();
  const runs: Run[] = [];
  for (let second = 0; areTogether(second, second); second++) {
    if (!areTogether(second, second + MIN_LINES - 1)) continue;
    const texts = lines.slice(second, second + MIN_LINES).map(({ text }) => text);
    const places = placesOf.get(texts.join("\n")) ?? [];
    for (const first of places) {
      const continues = (n: number) =>
        isSame(first + n, second + n) && areTogether(first, first + n) && areTogether(second, second + n);
      if (continues(-1)) continue; // A part of a run that has been found.
      let count = MIN_LINES;
      while (continues(count)) count++;
      // Lines that repeat themselves: a run does not overlap its other place.
      if (areTogether(first, second)) count = Math.min(count, second - first);
      if (count >= MIN_LINES) runs.push(runAt(lines, first, second, count));
    }
    places.push(second);
    placesOf.set(texts.join("\n"), places);
  }
  return runs;
}

function runAt(lines: readonly Line[], first: number, second: number, count: number): Run {
  const placeOf = (at: number) => {
    const [from, to] = [lines[at], lines[at + count - 1]] as [Line, Line];
    return { file: from.file, text: `${from.file}:${from.number}-${to.number}` };
  };
  const [a, b] = [placeOf(first), placeOf(second)];
  return { files: `${a.file} ~ ${b.file}`, places: `${a.text} ~ ${b.text}` };
}

describe("repeated lines", () => {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `src/${name}`)
    .sort();
  const runs = repeatedRuns(files.map((file) => linesOf(file, readFileSync(join(root, file), "utf8"))));

  it("of src are parallel tables of two specifications", () => {
    const others = runs.filter((run) => parallelTables[run.files] === undefined);
    expect(others.map((run) => run.places)).toEqual([]);
  });

  it.each(Object.entries(parallelTables))("are in %s as often as their tables have them", (pair, [count]) => {
    expect(runs.filter((run) => run.files === pair)).toHaveLength(count);
  });
});

describe("the search for repeated lines", () => {
  const steps = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `  step(${from + i});`);
  const placesIn = (...sources: (readonly string[])[]) =>
    repeatedRuns(sources.map((source, i) => linesOf("abc"[i] as string, source.join("\n")))).map((run) => run.places);

  it("finds a run in two files, as long as it is", () => {
    expect(placesIn(["one();", ...steps(8), "two();"], ["three();", ...steps(8), "four();"])).toEqual([
      "a:2-9 ~ b:2-9",
    ]);
    expect(placesIn(steps(5), steps(5))).toEqual([]);
  });

  it("finds a run in one file, and in three", () => {
    expect(placesIn([...steps(6), "one();", ...steps(6)])).toEqual(["a:1-6 ~ a:8-13"]);
    expect(placesIn(steps(6), steps(6), steps(6))).toEqual(["a:1-6 ~ b:1-6", "a:1-6 ~ c:1-6", "b:1-6 ~ c:1-6"]);
  });

  it("finds two runs apart from each other", () => {
    const [before, after] = [steps(6), steps(6, 6)];
    expect(placesIn([...before, "one();", ...after], [...before, "two();", ...after])).toEqual([
      "a:1-6 ~ b:1-6",
      "a:8-13 ~ b:8-13",
    ]);
  });

  it("finds lines that repeat themselves when that makes two runs", () => {
    const same = (count: number) => new Array<string>(count).fill("step();");
    expect(placesIn(same(11))).toEqual([]);
    expect(placesIn(same(12))).toEqual(["a:1-6 ~ a:7-12"]);
  });

  it("sees through indentation, blank lines, comments and brackets", () => {
    const spread = steps(6).flatMap((step) => ["    {", `    ${step}`, "    }", "", "    /** Why. */", "    // How."]);
    expect(placesIn(steps(6), spread)).toEqual(["a:1-6 ~ b:2-32"]);
  });

  it("passes over imports and lists of exports, and nothing after them", () => {
    const names = ["one,", "two,", "three,", "four,", "five,", "six,", "seven,"];
    const lists = ["import {", ...names, '} from "./a.ts";', "export type {", ...names, '} from "./b.ts";'];
    expect(placesIn(lists, lists)).toEqual([]);
    expect(placesIn([...lists, ...steps(6)], [...lists, ...steps(6)])).toEqual(["a:19-24 ~ b:19-24"]);
    expect(placesIn(["export const a = {", ...names], ["export const a = {", ...names])).toEqual(["a:1-8 ~ b:1-8"]);
  });
});
