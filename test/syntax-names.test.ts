import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { namedReads, nameFlaws } from "../support/syntax-names.ts";

const src = fileURLToPath(new URL("../src", import.meta.url));
const files = readdirSync(src)
  .map((folder) => `${src}/${folder}/syntax.ts`)
  .filter(existsSync);

describe("the string that names an element is the property it is read into", () => {
  it.each(files)("in %s", (file) => {
    const source = readFileSync(file, "utf8");
    expect(nameFlaws(source)).toEqual([]);
    expect(namedReads(source)).toBeGreaterThan(20);
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
    ["const present = r.flag(name, i);"],
    [
      'const t = {\n  l0: {\n    luma_weight: "luma_weight_l0",\n    luma_weight_flag: "luma_weight_l0_flag",\n  },\n};',
    ],
  ])("takes %s", (line) => expect(nameFlaws(`${line}\n`)).toEqual([]));

  it.each([
    ['sps.profile_idc = r.u(8, "level_idc");'],
    ['if (x) sps.level_idc = r.u(8, "level");'],
    ['const level_idc = r.u(8, "level");'],
    ['sps.offset_for_ref_frame[i] = r.se("offset_for_ref_frame", S32_MIN, S32_MAX);'],
    ['sps.offset_for_ref_frame[i] = r.se("offset_for_ref_frame", S32_MIN, S32_MAX, j);'],
    ['sps.offset_for_ref_frame[0] = r.se(\n  "offset_for_ref_fram",\n  0,\n  1,\n  0,\n);'],
    ['(w.weight[i] as number[])[j] = r.se("weight", -128, 127, j, i);'],
    ['w.flag[i] = Chroma !== 0 ? r.flag("flags", i) : 0;'],
    ["w.luma_weight[i] = r.se(names.luma_offset, -128, 127, i);"],
    ["sps.level_idc = r.u(8);"],
    ['const t = {\n  l1: {\n    luma_weight: "luma_weight_l0",\n  },\n};'],
  ])("refuses %s", (line) => expect(nameFlaws(`${line}\n`)).toHaveLength(1));
});
