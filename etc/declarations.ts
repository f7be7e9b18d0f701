import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const project = fileURLToPath(new URL("../tsconfig.build.json", import.meta.url));

/** The module names in a declaration file that lead to files of the package. */
const relativeModule = /(\bfrom |\bimport\()"(\.\.?\/[^"]+)\.ts"/g;

/**
 * Writes the declarations of the public entries into `dist`, one file for each source file that they name.
 *
 * tsc leaves the extension `.ts` in the module names of declarations. Not every reader of declarations knows it, so it
 * becomes `.js` here.
 */
export function emitDeclarations(entries: readonly string[]): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" });

  const needed = new Set(entries.map((entry) => join(dist, `${entry}.d.ts`)));
  for (const file of needed) {
    const text = readFileSync(file, "utf8");
    for (const [, , name] of text.matchAll(relativeModule)) needed.add(join(dirname(file), `${name}.d.ts`));
    writeFileSync(file, text.replace(relativeModule, '$1"$2.js"'));
  }
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const file = join(dist, name.replace(/[.]map$/, ""));
    if (file.endsWith(".d.ts") && !needed.has(file)) rmSync(join(dist, name));
  }
}
