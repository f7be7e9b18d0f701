import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { damagedFiles } from "../../bench/damaged-files.ts";
import { damagedInput } from "../../bench/damaged-input.ts";
import { hasDecoder } from "../../conformance/visl/gstreamer-runs.ts";
import { disagreementStreams, fixtures, runsOf } from "../../conformance/visl/visl-streams.ts";
import { targetNames } from "../../fuzz/targets/names.ts";

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const security = textOf("SECURITY.md");

describe("figures in the documents are those of the sources", () => {
  it("the kinds of damage that bench/damage.ts measures", () => {
    const makers = [...Object.values(damagedInput), ...Object.values(damagedFiles).map(({ kinds }) => kinds)];
    const count = makers.reduce((sum, kinds) => sum + Object.keys(kinds()).length, 0);
    expect(security).toContain(`of ${count} kinds of damage`);
  });

  it("the targets of the fuzzer", () => {
    expect(targetNames).toHaveLength(13);
    expect(security).toContain("`npm run fuzz -- all` has thirteen targets");
  });

  it("the recordings of npm run goldens", () => {
    const streams = [...fixtures(), ...disagreementStreams()].filter(({ codec }) => hasDecoder(codec));
    const count = streams.flatMap(runsOf).length;
    expect(textOf("conformance/visl/README.md")).toContain(`Of the ${count} recordings of \`npm run goldens\``);
  });
});
