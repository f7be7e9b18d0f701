import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as uapi from "../src/uapi/index.ts";

/** What the witness found; `ok` is false only when the header contradicts `src/uapi`. */
export interface HeaderReport {
  ok: boolean;
  /** For people: a summary first, then what differs, then what this header does not have. */
  lines: string[];
}

/** One thing to ask of the header, and what `src/uapi` says of it. */
interface Question {
  /** `"sizeof(struct v4l2_ctrl_h264_sps)"`, also the C expression. */
  expression: string;
  expected: number;
}

const run = promisify(execFile);
const headers = "#include <stddef.h>\n#include <linux/version.h>\n#include <linux/videodev2.h>\n";

/**
 * Compares offsets, sizes and constants of `src/uapi` with this machine's own linux/v4l2-controls.h and linux/videodev2.h
 * through its C compiler. What an older header does not have is listed and is no failure, nor is a missing compiler.
 */
export async function kernelHeader(): Promise<HeaderReport> {
  const folder = await mkdtemp(join(tmpdir(), "kernel-header-"));
  try {
    const source = join(folder, "header.c");
    await writeFile(source, headers);
    let text: string;
    try {
      text = (await run("cc", ["-E", "-dD", source], { maxBuffer: 1 << 26 })).stdout;
    } catch (error) {
      return { ok: true, lines: [`kernel header not checked: ${reasonOf(error)}`] };
    }
    const { questions, lacking } = whatToAsk(text);
    return await compare(folder, questions, lacking);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function reasonOf(error: unknown): string {
  const { code, stderr } = error as { code?: unknown; stderr?: string };
  if (code === "ENOENT") return "no C compiler called cc";
  return (stderr ?? String(error)).split("\n").find((line) => line.includes("error")) ?? "cc fails";
}

/** Asks only for what stands in the preprocessed header, since one unknown name would spoil the whole program. */
function whatToAsk(header: string): { questions: Question[]; lacking: string[] } {
  const words = new Set(header.match(/\w+/g));
  const questions: Question[] = [];
  const lacking: string[] = [];
  for (const [name, value] of Object.entries(uapi)) {
    if (typeof value === "number") {
      if (words.has(name)) questions.push({ expression: name, expected: value });
      else lacking.push(name);
    } else if (typeof value === "object" && "kind" in value && value.kind === "struct") {
      askForStruct(value, header, questions, lacking);
    }
  }
  return { questions, lacking };
}

function askForStruct(def: uapi.Struct, header: string, questions: Question[], lacking: string[]): void {
  const body = new RegExp(`struct\\s+${def.name}\\s*\\{([^}]*)\\}`).exec(header)?.[1];
  if (body === undefined) {
    lacking.push(`struct ${def.name}`);
    return;
  }
  const words = new Set(body.match(/\w+/g));
  questions.push({ expression: `sizeof(struct ${def.name})`, expected: def.size });
  for (const { name, offset, size } of def.fields) {
    if (words.has(name)) {
      questions.push({ expression: `offsetof(struct ${def.name}, ${name})`, expected: offset });
      questions.push({ expression: `sizeof(((struct ${def.name} *)0)->${name})`, expected: size });
    } else {
      lacking.push(`${def.name}.${name}`);
    }
  }
}

async function compare(folder: string, questions: Question[], lacking: string[]): Promise<HeaderReport> {
  const program = join(folder, "ask");
  const prints = ["LINUX_VERSION_CODE", ...questions.map(({ expression }) => expression)].map(
    (expression) => `  printf("%lld\\n", (long long)(${expression}));\n`,
  );
  await writeFile(
    `${program}.c`,
    `#include <stdio.h>\n${headers}int main(void)\n{\n${prints.join("")}  return 0;\n}\n`,
  );
  await run("cc", ["-o", program, `${program}.c`]);
  const [version = 0, ...answers] = (await run(program)).stdout.trim().split("\n").map(Number);
  const wrong = questions.flatMap(({ expression, expected }, i) =>
    answers[i] === expected ? [] : [`${expression} is ${answers[i]} in the header and ${expected} in src/uapi`],
  );
  const release = `${version >> 16}.${(version >> 8) & 0xff}`;
  const summary = `kernel header ${release}: ${questions.length - wrong.length} of ${questions.length} facts are equal`;
  return {
    ok: wrong.length === 0,
    lines: [summary, ...wrong, ...lacking.map((name) => `not in this header: ${name}`)],
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { ok, lines } = await kernelHeader();
  console.log(lines.join("\n"));
  process.exitCode = ok ? 0 : 1;
}
