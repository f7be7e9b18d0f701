import { copyFile } from "node:fs/promises";
import { defineConfig } from "tsup";
import { emitDeclarations } from "./etc/declarations.ts";
import { publicEntries } from "./etc/entries.ts";

/** One entry for each module of package.json's `exports`, and the command. */
export default defineConfig({
  entry: Object.fromEntries([...publicEntries, "cli/main"].map((name) => [name, `src/${name}.ts`])),
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: [/^node:/, "koffi"],
  splitting: true,
  clean: true,
  sourcemap: true,
  // The package has the sources, so the maps only name them.
  esbuildOptions: (options) => {
    options.sourcesContent = false;
  },
  // Deno and Workers know modules of Node by this name only.
  removeNodeProtocol: false,
  publicDir: false,
  onSuccess: async () => {
    await copyFile("src/record/schema.json", "dist/record/schema.json");
    emitDeclarations(publicEntries);
  },
});
