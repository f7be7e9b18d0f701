import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { commands } from "../../src/cli/options.ts";
import { fold, widthOf } from "../../src/cli/printing/terminal.ts";
import { bytesOf, fixture, goldenText, run } from "./command-line.ts";

const streams = [
  "h264_mbaff_tff.264",
  "h264_high422_interlaced.264",
  "h264_baseline_slices.264",
  "h265_default_ra.265",
  "h265_main10_wpp_slices.265",
  "vp8_altref.ivf",
  "vp9_altref_superframes.ivf",
  "mpeg2_interlaced.m2v",
  "containers/h264_mbaff_tff.mp4",
];

/** The lines that are wider than a terminal. */
async function tooWide(argv: readonly string[], columns: number): Promise<string[]> {
  const { stdout } = await run(argv, { columns });
  expect(stdout).not.toBe("");
  return stdout.split("\n").filter((line) => widthOf(line) > columns);
}

describe.each([80, 100, 200])("at %d columns no line is wider", (columns) => {
  const tags = columns === 80 ? [] : ["long"];

  it.each(streams)("than the terminal: %s", { tags }, async (name) => {
    const path = fixture(name);
    const found = await Promise.all([
      tooWide(["inspect", path], columns),
      tooWide(["inspect", "--request", "0..3", path], columns),
      tooWide(["inspect", "--summary", path], columns),
      tooWide(["trace", "--request", "0..1", path], columns),
    ]);
    expect(found.flat()).toEqual([]);
  });

  it("than the terminal: refusals, help", async () => {
    const found = [
      await tooWide(["validate", "--target", "tegra-vde", fixture("h264_mbaff_tff.264")], columns),
      await tooWide(["--help"], columns),
      ...(await Promise.all(commands.map((command) => tooWide([command, "--help"], columns)))),
    ];
    expect(found.flat()).toEqual([]);
  });
});

const oneLine = "each element of %s is one line, also at 80 columns";
it.each(["h265_default_ra.265", "mpeg2_ipb.m2v"])(oneLine, isOneLine);
it.each(["vp8_altref.ivf", "vp9_altref_superframes.ivf"])(oneLine, { tags: "long" }, isOneLine);

async function isOneLine(name: string): Promise<void> {
  const path = fixture(name);
  const elements = (stdout: string) => stdout.split("\n").filter((line) => /^ +\d+ +\d+:\d /.test(line));
  const others = (stdout: string) => stdout.split("\n").filter((line) => /^ {10}/.test(line));
  const [pipe, narrow] = [await run(["trace", path]), await run(["trace", path, "--color=never"], { columns: 80 })];
  expect(elements(narrow.stdout)).toHaveLength(elements(pipe.stdout).length);
  expect(others(narrow.stdout)).toEqual([]);
}

it("a row stays one line where numbers are large and references many", async () => {
  const text = goldenText("h264_high_bpyramid.264.gst-frame").replace(
    /"request":(\d+),"timestamp":(\d+)/g,
    (_, a, b) => {
      return `"request":${1e6 + Number(a)},"timestamp":${b}`;
    },
  );
  const inspect = (columns?: number) =>
    run(["inspect", "-"], { stdin: bytesOf(text), ...(columns === undefined ? {} : { columns }) });
  const rows = (stdout: string) => stdout.split("\n").filter((line) => /^ *10000\d\d /.test(line));
  const wide = rows((await inspect()).stdout);
  const { stdout } = await inspect(60);
  expect(wide).toHaveLength(20);
  expect(wide.some((line) => line.includes("1000000 1000001 1000002 "))).toBe(true);
  expect(stdout.split("\n").filter((line) => widthOf(line) > 60)).toEqual([]);
  // Cut, with how many more there are.
  expect(rows(stripVTControlCharacters(stdout)).some((line) => / \+\d/.test(line))).toBe(true);
  expect(rows(stripVTControlCharacters(stdout))).toHaveLength(20);
});

it("a narrow table explains itself; in a pipe nothing is shortened", async () => {
  const path = fixture("h264_mbaff_tff.264");
  const { stdout } = await run(["inspect", "--color", "never", path], { columns: 80 });
  expect(stdout).toContain("M mbaff");
  expect(stdout).toContain("ord order");
  expect(stdout.replace(/\n/g, " ")).toMatch(/not shown at 80 columns: timestamp/);
  expect((await run(["inspect", path])).stdout).toMatch(/ mbaff cabac 8x8$/m);
  expect((await run(["inspect", "--color", "never", path], { columns: 200 })).stdout).toBe(
    (await run(["inspect", path])).stdout,
  );
});

it("a line that is too long is broken between words, and loses nothing", () => {
  expect(fold("one two three", 8, 2)).toBe("one two\n  three");
  expect(fold("one two", undefined, 2)).toBe("one two");
  expect(fold("\u001b[1mone two\u001b[22m", 7, 2)).toBe("\u001b[1mone two\u001b[22m");
  expect(fold("abcdefghij", 4, 1)).toBe("abcd\n efg\n hij");
  const text = readFileSync(new URL("../../LICENSE", import.meta.url), "utf8")
    .replace(/\s+/g, " ")
    .trim();
  expect(fold(text, 30, 3).replace(/\s+/g, " ")).toBe(text);
});
