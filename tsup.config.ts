import { copyFile } from "node:fs/promises";
import { defineConfig } from "tsup";

/** One entry per `exports` key of package.json, and the command. */
export default defineConfig({
  entry: {
    index: "src/index.ts",
    "h264/index": "src/h264/index.ts",
    "h265/index": "src/h265/index.ts",
    "mpeg2/index": "src/mpeg2/index.ts",
    "vp8/index": "src/vp8/index.ts",
    "vp9/index": "src/vp9/index.ts",
    "bitreader/index": "src/bitreader/index.ts",
    "uapi/index": "src/uapi/index.ts",
    "kernel/index": "src/kernel/index.ts",
    "record/index": "src/record/index.ts",
    "targets/index": "src/targets/index.ts",
    "submit/index": "src/submit/index.ts",
    "cli/main": "src/cli/main.ts",
  },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: [/^node:/, "koffi"],
  splitting: true,
  clean: true,
  dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
  // Deno and Workers know modules of Node by this name only.
  removeNodeProtocol: false,
  publicDir: false,
  onSuccess: () => copyFile("src/record/schema.json", "dist/record/schema.json"),
});
