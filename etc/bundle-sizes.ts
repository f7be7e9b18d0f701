/**
 * What a parser or a session costs a program that imports nothing else: bundled from `dist`, minified, gzip. Part of `npm run package-checks`,
 * after `npm run build`. A budget is what is needed now, rounded up: raise it only for what a reader of the parser gets.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { requireBuild } from "./entries.ts";

/** Bytes, by entry and export; `"."` is the package's own entry, with the sessions of all codecs. */
const budgets: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ".": { openSession: 108_920 },
  h264: { parseSps: 5465, parsePps: 4415, parseSliceHeader: 5720, openH264Session: 32_140 },
  h265: {
    parseSps: 9065,
    parseSpsUntilVui: 6590,
    parsePps: 5750,
    parseSliceSegmentHeader: 7380,
    openH265Session: 38_050,
  },
  mpeg2: { parseSequenceHeader: 3055, openMpeg2Session: 17_085 },
  vp8: { parseFrame: 4260, openVp8Session: 13_845 },
  vp9: { parseFrame: 7255, openVp9Session: 17_545 },
  fwht: { parseFrameHeader: 3680, openFwhtSession: 9715 },
  av1: { parseSequenceHeader: 4570, parseFrameHeader: 10_540, openAv1Session: 29_750 },
};

async function sizeOf(entry: string, name: string): Promise<number> {
  const resolveDir = fileURLToPath(new URL("../dist", import.meta.url));
  const { outputFiles } = await build({
    stdin: { contents: `export { ${name} } from "./${entry}/index.js";`, resolveDir },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    logLevel: "error",
    write: false,
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error(`esbuild made nothing of ${entry} ${name}`);
  return gzipSync(bundle.contents, { level: 9 }).length;
}

requireBuild();
let isOver = false;
for (const [entry, names] of Object.entries(budgets)) {
  for (const [name, budget] of Object.entries(names)) {
    const size = await sizeOf(entry, name);
    const verdict = size > budget ? `more than its ${budget}` : `of ${budget}`;
    console.log(`${entry} ${name}: ${size} bytes, ${verdict}`);
    isOver ||= size > budget;
  }
}
if (isOver) process.exitCode = 1;
