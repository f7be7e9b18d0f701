/** `npm run wasm`: makes src/framing/start-code-wasm.ts from src/framing/start-code.wat. A test compares both. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const source = fileURLToPath(new URL("../src/framing/start-code.wat", import.meta.url));
const target = fileURLToPath(new URL("../src/framing/start-code-wasm.ts", import.meta.url));

/** The module's text, as TypeScript. */
export async function startCodeModule(): Promise<string> {
  const { parseWat } = await wabt();
  const module = parseWat("start-code.wat", readFileSync(source, "utf8"));
  const { buffer } = module.toBinary({});
  module.destroy();
  const lines =
    Buffer.from(buffer)
      .toString("hex")
      .match(/.{1,108}/g) ?? [];
  return [
    "/** start-code.wat in binary form, in hexadecimal. Made by `npm run wasm`. */",
    "export const startCodeWasm =",
    `${lines.map((line) => `  "${line}"`).join(" +\n")};`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, await startCodeModule());
