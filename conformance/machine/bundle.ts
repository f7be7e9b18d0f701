import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

/**
 * Makes one JavaScript file of a script of a machine's folder (`visl`, `drivers`), for the machine's Node: Debian's does not read TypeScript, and one file
 * starts sooner. It lies as deep in the checkout as the script, so that relative paths hold.
 *
 * @returns its path in the machine.
 */
export async function bundleForMachine(folder: string, script: string): Promise<string> {
  const name = `${folder}-${script}`;
  await build({
    entry: { [name]: fileURLToPath(new URL(`../${folder}/${script}.ts`, import.meta.url)) },
    outDir: fileURLToPath(new URL("../../node_modules/.cache", import.meta.url)),
    format: "esm",
    target: "node24",
    external: ["koffi", "mediabunny"],
    splitting: false,
    config: false,
    silent: true,
  });
  return `/project/node_modules/.cache/${name}.js`;
}

/** A hash of such a file, by its path in the machine: another one where the script or what it imports is another. */
export function bundleHash(path: string): string {
  const bytes = readFileSync(new URL(path.replace(/^\/project\//, "../../"), import.meta.url));
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}
