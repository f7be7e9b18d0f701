import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { CorpusFirst } from "./support/corpus-first.ts";

const src = fileURLToPath(new URL("./src", import.meta.url));
const include = ["test/**/*.test.ts", "examples/**/*.test.ts"];
/** Those that replace modules (`vi.mock`): they need modules of their own. */
const mocking = ["test/cli/decode-device.test.ts", "test/cli/devices.test.ts", "test/submit/decoder.test.ts"];

export default defineConfig({
  resolve: {
    // The examples import the package by its name, as a user would.
    alias: [
      { find: /^v4l2-stateless$/, replacement: `${src}/index.ts` },
      { find: /^v4l2-stateless\/(.+)$/, replacement: `${src}/$1/index.ts` },
    ],
  },
  test: {
    projects: [
      // The library keeps no state, so its modules are loaded once for many test files.
      { extends: true, test: { name: "tests", include, exclude: mocking, isolate: false } },
      { extends: true, test: { name: "mocking", include: mocking } },
    ],
    sequence: { sequencer: CorpusFirst },
    testTimeout: 30_000,
    globalSetup: ["support/temporary-folder.ts"],
    setupFiles: ["support/byte-equality.ts"],
    tags: [
      {
        name: "long",
        description:
          "Reads the corpus, or takes half a second and more. `npm test` leaves it out, `npm run test:long` does not.",
        timeout: 600_000,
      },
    ],
    maxWorkers: "100%",
    // Most of what a test makes dies young: with more room for it the collector runs less often, and a run takes a sixth less time.
    execArgv: ["--min-semi-space-size=32", "--max-semi-space-size=64"],
    // Compiled test files are kept in node_modules: each run after the first one takes 10 seconds less.
    experimental: { fsModuleCache: true },
    reporters: process.env.CI ? ["default", ["json", { outputFile: ".ci/report.json" }]] : ["default"],
  },
});
