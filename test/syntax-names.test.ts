import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { namedReads, nameFlaws, snakeCaseFunctions, tableFlaws } from "../support/syntax-names.ts";
import { syntaxTables } from "../support/syntax-tables.ts";

const src = fileURLToPath(new URL("../src", import.meta.url));
const sourceOf = (file: string) => readFileSync(`${src}/${file}`, "utf8");
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.startsWith("bitreader/"))
  .sort();
const syntaxFiles = files.filter((file) => /^\w+\/(syntax|compressed-header)\.ts$/.test(file));

describe("the string that names an element is the property it is read into", () => {
  const readers = files.filter((file) => namedReads(sourceOf(file)) > 0);

  it.each(readers)("in %s", (file) => expect(nameFlaws(sourceOf(file))).toEqual([]));

  it("in all files that read elements", () => {
    expect(readers).toEqual(expect.arrayContaining([...syntaxFiles, "h264/units.ts", "h265/units.ts"]));
    for (const file of syntaxFiles.filter((name) => name.endsWith("/syntax.ts"))) {
      // FWHT has one header of eight fields beside its flags.
      expect(namedReads(sourceOf(file)), file).toBeGreaterThan(file.startsWith("fwht/") ? 7 : 20);
    }
  });
});

describe("a function of a syntax file that is named in snake_case is a table of its specification, with its clause", () => {
  it.each(syntaxFiles)("in %s", (file) => {
    const source = sourceOf(file);
    expect(tableFlaws(source, syntaxTables[file.split("/")[0] as string] as Record<string, string>)).toEqual([]);
    expect(snakeCaseFunctions(source).length).toBeGreaterThan(file.startsWith("fwht/") ? 0 : 5);
  });

  it("in every codec's folder", () => {
    expect(syntaxFiles.map((file) => file.split("/")[0])).toEqual([
      "av1",
      "fwht",
      "h264",
      "h265",
      "mpeg2",
      "vp8",
      "vp9",
      "vp9",
    ]);
  });
});

describe("the check of names", () => {
  it.each([
    ['sps.profile_idc = r.u(8, "profile_idc");'],
    ['if (x) sps.level_idc = r.u(8, "level_idc");'],
    ['sps.offset_for_ref_frame[i] = r.se("offset_for_ref_frame", S32_MIN, S32_MAX, i);'],
    ['(w.weight[i] as number[])[j] = r.se("weight", -128, 127, i, j);'],
    ["w.luma_weight[i] = r.se(names.luma_weight, -128, 127, i);"],
    ['w.flag[i] = Chroma !== 0 ? r.flag("flag", i) : 0;'],
    ['w.flag[i] = isFirst ? 1 : r.flag("flag", i);'],
    ['h.idx = r.uMax(ceilLog2(count), count - 1, "idx");'],
    ['const v = b.u(7, "v");'],
    ["const present = r.flag(name, i);"],
    [
      'const t = {\n  l0: {\n    luma_weight: "luma_weight_l0",\n    luma_weight_flag: "luma_weight_l0_flag",\n  },\n};',
    ],
  ])("takes %s", (line) => expect(nameFlaws(`${line}\n`)).toEqual([]));

  it.each([
    ['sps.profile_idc = r.u(8, "level_idc");'],
    ['if (x) sps.level_idc = r.u(8, "level");'],
    ['const level_idc = r.u(8, "level");'],
    ['const lengthSize = r.u(2, "lengthSizeMinusOne") + 1;'],
    ['const value = b.u(7, "v");'],
    ['sps.offset_for_ref_frame[i] = r.se("offset_for_ref_frame", S32_MIN, S32_MAX);'],
    ['sps.offset_for_ref_frame[i] = r.se("offset_for_ref_frame", S32_MIN, S32_MAX, j);'],
    ['sps.offset_for_ref_frame[0] = r.se(\n  "offset_for_ref_fram",\n  0,\n  1,\n  0,\n);'],
    ['(w.weight[i] as number[])[j] = r.se("weight", -128, 127, j, i);'],
    ['w.flag[i] = Chroma !== 0 ? r.flag("flags", i) : 0;'],
    ['w.flag[i] = isFirst ? 1 : r.flag("flags", i);'],
    ['h.idx = r.uMax(ceilLog2(count), count - 1, "index");'],
    ["w.luma_weight[i] = r.se(names.luma_offset, -128, 127, i);"],
    ["sps.level_idc = r.u(8);"],
    ['const t = {\n  l1: {\n    luma_weight: "luma_weight_l0",\n  },\n};'],
  ])("refuses %s", (line) => expect(nameFlaws(`${line}\n`)).toHaveLength(1));
});

describe("the check of tables", () => {
  const tables = { slice_header: "7.3.3" };

  it.each([
    ["/** 7.3.3 Slice header syntax. */\nexport function slice_header(r: BitReader): void {}"],
    ["/**\n * 7.3.3: slice_header().\n * More.\n */\nfunction slice_header(r: BitReader): void {}"],
    ["/** Of 7.3.3. */\nfunction checkFirstMb(r: BitReader): void {}\nconst start_code = 1;\nconst has = (x_y) => 1;"],
  ])("takes %s", (source) => expect(tableFlaws(source, tables)).toEqual([]));

  it.each([
    ["/** 7.3.3 The part for P and B slices. */\nfunction inter_slice(r: BitReader): void {}"],
    ["/** The slice header of 7.3.3. */\nexport function slice_header(r: BitReader): void {}"],
    ["/** 7.3.3.1 List modification. */\nexport function slice_header(r: BitReader): void {}"],
    ["/** 7.3.3 Slice header. */\nconst other = 1;\nfunction slice_header(r: BitReader): void {}"],
    ["export function slice_header(r: BitReader): void {}"],
    ["/** 7.3.3 */\nconst pic_order = (r: BitReader): void => {};"],
    ["const pic_order = r => {};"],
    ["function* sei_units(r: BitReader) {}"],
  ])("refuses %s", (source) => expect(tableFlaws(`const a = 1;\n${source}\n`, tables)).toHaveLength(1));
});
