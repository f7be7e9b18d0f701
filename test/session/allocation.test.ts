import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Codec } from "../../src/events.ts";

/**
 * The most bytes of heap that a picture may take: three in a hundred more than it took when this was written (Node 20). A picture that
 * goes well needs no closures, copies of objects or short-lived lists; whoever adds some finds it here, and not in a benchmark. Lower
 * a number where less is needed.
 */
const limits: readonly [Codec, string, number][] = [
  ["h264", "h264_high_bpyramid.264", 6_950],
  ["h264", "h264_baseline_slices.264", 8_650],
  ["h265", "h265_default_ra.265", 13_300],
  ["h265", "h265_main10_wpp_slices.265", 18_100],
  ["mpeg2", "mpeg2_ipb.m2v", 4_950],
  ["vp8", "vp8_altref.ivf", 7_500],
  ["vp9", "vp9_altref_superframes.ivf", 13_900],
  ["av1", "av1_8bit.ivf", 9_750],
  ["av1", "av1_grain.ivf", 13_850],
];

const script = fileURLToPath(new URL("../../support/allocation.ts", import.meta.url));
// biome-ignore format: the options are explained in the script
const options = ["--expose-gc", "--no-opt", "--no-sparkplug", "--min-semi-space-size=256", "--max-semi-space-size=256", "--import", "tsx"];

describe("a picture's objects", { tags: ["long"] }, () => {
  it.each(limits)("of %s, %s, take at most %d bytes", (codec, name, limit) => {
    const path = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
    const printed = execFileSync(process.execPath, [...options, script, codec, path], { encoding: "utf8" });
    const { [path]: bytes } = JSON.parse(printed) as Record<string, number>;
    expect(bytes).toBeGreaterThan(1000);
    expect(bytes).toBeLessThanOrEqual(limit);
  });
});
