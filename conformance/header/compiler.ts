import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Struct } from "../../src/uapi/struct.ts";

/** One thing to ask of a header, and what the library says of it. */
export interface Question {
  /** `"sizeof(struct v4l2_ctrl_h264_sps)"`, also the C expression. */
  readonly expression: string;
  readonly expected: number;
}

/** This machine's C compiler with some headers, in a folder for its files. */
export interface Compiler {
  readonly folder: string;
  /** `#include` lines. */
  readonly headers: string;
  readonly flags: readonly string[];
}

const run = promisify(execFile);

/** The headers with all that they include, definitions kept; or why there is no compiler for this. */
export async function preprocess({ folder, headers, flags }: Compiler): Promise<{ text: string } | { reason: string }> {
  const source = join(folder, "header.c");
  await writeFile(source, headers);
  try {
    return { text: (await run("cc", [...flags, "-E", "-dD", source], { maxBuffer: 1 << 26 })).stdout };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** What the expressions are in the headers. */
export async function evaluate(
  { folder, headers, flags }: Compiler,
  expressions: readonly string[],
): Promise<number[]> {
  const program = join(folder, "ask");
  const prints = expressions.map((expression) => `  printf("%lld\\n", (long long)(${expression}));\n`);
  await writeFile(
    `${program}.c`,
    `#include <stdio.h>\n${headers}int main(void)\n{\n${prints.join("")}  return 0;\n}\n`,
  );
  await run("cc", [...flags, "-o", program, `${program}.c`]);
  return (await run(program)).stdout.trim().split("\n").map(Number);
}

/**
 * Asks for a struct's size, offsets and fields' sizes, as far as they stand in the preprocessed header: one unknown name
 * would spoil the whole program. Where the header lacks a field, those that are reserved differ.
 */
export function askForStruct(def: Struct, header: string, questions: Question[], lacking: string[]): void {
  const body = bodyOf(def.name, header);
  if (body === undefined) {
    lacking.push(`struct ${def.name}`);
    return;
  }
  const words = new Set(body.match(/\w+/g));
  questions.push({ expression: `sizeof(struct ${def.name})`, expected: def.size });
  const named = def.fields.filter(({ name }) => !name.startsWith("_"));
  const absent = named.filter(({ name }) => !words.has(name));
  lacking.push(...absent.map(({ name }) => `${def.name}.${name}`));
  for (const { name, offset, size } of named) {
    if (!words.has(name) || (absent.length > 0 && name.startsWith("reserved"))) continue;
    questions.push({ expression: `offsetof(struct ${def.name}, ${name})`, expected: offset });
    questions.push({ expression: `sizeof(((struct ${def.name} *)0)->${name})`, expected: size });
  }
}

/** What stands between a struct's braces. */
function bodyOf(name: string, header: string): string | undefined {
  const start = new RegExp(`struct\\s+${name}\\s*\\{`).exec(header);
  if (start === null) return undefined;
  const first = start.index + start[0].length;
  for (let at = first, depth = 1; at < header.length; at++) {
    if (header[at] === "{") depth++;
    if (header[at] === "}") depth--;
    if (depth === 0) return header.slice(first, at);
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  const { code, stderr } = error as { code?: unknown; stderr?: string };
  if (code === "ENOENT") return "no C compiler called cc";
  return (stderr ?? String(error)).split("\n").find((line) => line.includes("error")) ?? "cc fails";
}
