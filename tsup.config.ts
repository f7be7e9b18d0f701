import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { defineConfig } from "tsup";
import { emitDeclarations } from "./etc/declarations.ts";
import { publicEntries } from "./etc/entries.ts";
import { manualPage } from "./src/cli/manual.ts";
import { version } from "./src/cli/version.ts";

/** One entry for each module of package.json's `exports`, and the command. */
export default defineConfig({
  entry: Object.fromEntries([...publicEntries, "cli/main"].map((name) => [name, `src/${name}.ts`])),
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: [/^node:/, "koffi", "fast-check"],
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
    await copyFile("src/cli/schema.json", "dist/cli/schema.json");
    await mkdir("man", { recursive: true });
    await writeFile("man/v4l2-stateless.1", manualPage(version));
    emitDeclarations(publicEntries);
  },
});
