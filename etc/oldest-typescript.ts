/**
 * Compiles a program that imports every entry of the package, with the oldest TypeScript that README.md names, without the DOM, and
 * with the declarations themselves checked. Part of `npm run package-checks`, after `npm run build`.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { getLibFiles, ts } from "@ts-morph/common";
import { publicEntries, requireBuild } from "./entries.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const program = `${root}oldest-typescript-program.ts`;

/** Each entry, used a little: what is not imported is not checked. */
const text = [
  ...publicEntries.map((entry, i) => `import * as entry${i} from "./dist/${entry}.js";`),
  `export const all = [${publicEntries.map((_, i) => `entry${i}`).join(", ")}];`,
  `const session: entry0.Session = entry0.openSession("h264");`,
  "for (const event of session.push(new DataView(new ArrayBuffer(8)))) {",
  `  if (event.type === "request") {`,
  "    for (const control of event.controls) {",
  `      if (control.name === "V4L2_CID_STATELESS_H264_DECODE_MODE") control.payload.toFixed();`,
  "    }",
  "  }",
  "}",
].join("\n");

const options: import("@ts-morph/common").ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.es2022.d.ts"],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: false,
};

const libs = new Map(getLibFiles().map(({ fileName, text: lib }) => [fileName, lib]));
const host = ts.createCompilerHost(options);
const read = (path: string): string | undefined =>
  path === program ? text : (libs.get(path.split("/").at(-1) as string) ?? ts.sys.readFile(path));
host.getDefaultLibLocation = () => "/lib";
host.getDefaultLibFileName = () => "/lib/lib.d.ts";
host.readFile = read;
host.fileExists = (path) => path === program || path.startsWith("/lib/") || ts.sys.fileExists(path);
host.getSourceFile = (path, version) => {
  const source = read(path);
  return source === undefined ? undefined : ts.createSourceFile(path, source, version);
};

const version = ts.version.split(".").slice(0, 2).join(".");
const said = /TypeScript ≥ (\d+\.\d+)/.exec(readFileSync(`${root}README.md`, "utf8"))?.[1];
if (said !== version) throw new Error(`README.md names TypeScript ${said}; this is ${version}`);
requireBuild();
const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([program], options, host));
for (const diagnostic of diagnostics) {
  const place = diagnostic.file?.fileName.replace(root, "") ?? "";
  const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
  console.error(`${place}:${line + 1} ${ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")}`);
}
if (diagnostics.length > 0) process.exit(1);
console.log(`TypeScript ${ts.version} compiles the declarations of ${publicEntries.length} entries`);
