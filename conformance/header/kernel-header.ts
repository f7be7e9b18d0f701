import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { abis } from "../../src/submit/layout/abi.ts";
import * as constants from "../../src/submit/layout/constants.ts";
import { type IoctlName, ioctlNumber, ioctls } from "../../src/submit/layout/ioctls.ts";
import { structsOf } from "../../src/submit/layout/structs.ts";
import * as uapi from "../../src/uapi/index.ts";
import { askForStruct, type Compiler, evaluate, preprocess, type Question } from "./compiler.ts";

/** What the witness found; `ok` is false only when the header contradicts the library. */
export interface HeaderReport {
  ok: boolean;
  /** How many facts were compared. */
  facts: number;
  /** For people: a summary first, then what differs, then what this header does not have. */
  lines: string[];
}

/** What to ask of the preprocessed headers, and what of it they do not have. */
type Asker = (header: string) => { readonly questions: readonly Question[]; readonly lacking: readonly string[] };

/** The header uses GENMASK for FWHT, which only the kernel itself defines. */
const genmask = "#ifndef GENMASK\n#define GENMASK(high, low) ((2ul << (high)) - (1ul << (low)))\n#endif\n";
const controlHeaders = `#include <stddef.h>\n#include <linux/version.h>\n#include <linux/videodev2.h>\n${genmask}`;
const deviceHeaders = `${controlHeaders}#include <linux/media.h>\n`;

/**
 * Compares offsets, sizes and constants of `src/uapi` with this machine's own linux/v4l2-controls.h and linux/videodev2.h
 * through its C compiler. What an older header does not have is listed and is no failure, nor is a missing compiler.
 */
export async function kernelHeader(): Promise<HeaderReport> {
  return compare("kernel header", controlHeaders, [], askForControls);
}

/** The compilers' options for each ABI. Only alignment tells ia32 from other 32-bit processors, and gcc can be told of it. */
const optionsOfAbi = {
  lp64: ["-m64"],
  ilp32: ["-m32", "-malign-double", "-D_TIME_BITS=64", "-D_FILE_OFFSET_BITS=64"],
  ia32: ["-m32", "-D_TIME_BITS=64", "-D_FILE_OFFSET_BITS=64"],
} as const;

/** Does the same for the structs, ioctl numbers and constants of `src/submit`, on each ABI. */
export async function deviceHeader(name: keyof typeof abis): Promise<HeaderReport> {
  return compare(`device header, ${name}`, deviceHeaders, optionsOfAbi[name], (header) => {
    const words = wordsOf(header);
    const questions: Question[] = [];
    const lacking: string[] = [];
    for (const def of Object.values(structsOf(abis[name]))) askForStruct(def, header, questions, lacking);
    const numbers = Object.keys(ioctls).map((ioctl) => [ioctl, ioctlNumber(ioctl as IoctlName, abis[name])] as const);
    for (const [expression, expected] of [...numbers, ...Object.entries(constants)]) {
      if (words.has(expression)) questions.push({ expression: `(unsigned int)${expression}`, expected });
      else lacking.push(expression);
    }
    return { questions, lacking };
  });
}

async function compare(
  name: string,
  headers: string,
  flags: readonly string[],
  whatToAsk: Asker,
): Promise<HeaderReport> {
  const folder = await mkdtemp(join(tmpdir(), "kernel-header-"));
  try {
    const compiler: Compiler = { folder, headers, flags };
    const found = await preprocess(compiler);
    if ("reason" in found) return { ok: true, facts: 0, lines: [`${name} not checked: ${found.reason}`] };
    const { questions, lacking } = whatToAsk(found.text);
    const expressions = ["LINUX_VERSION_CODE", ...questions.map(({ expression }) => expression)];
    const [version = 0, ...answers] = await evaluate(compiler, expressions);
    const wrong = questions.flatMap(({ expression, expected }, i) =>
      answers[i] === expected ? [] : [`${expression} is ${answers[i]} in the header and ${expected} here`],
    );
    const release = `${version >> 16}.${(version >> 8) & 0xff}`;
    const summary = `${name} ${release}: ${questions.length - wrong.length} of ${questions.length} facts are equal`;
    return {
      ok: wrong.length === 0,
      facts: questions.length,
      lines: [summary, ...wrong, ...lacking.map((item) => `not in this header: ${item}`)],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function wordsOf(header: string): ReadonlySet<string> {
  return new Set(header.match(/\w+/g));
}

function askForControls(header: string): ReturnType<Asker> {
  const words = wordsOf(header);
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

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const reports = [await kernelHeader()];
  for (const name of ["lp64", "ilp32", "ia32"] as const) reports.push(await deviceHeader(name));
  for (const { lines } of reports) console.log(lines.join("\n"));
  // An ABI that the compiler does not make may be left out, but not all of them.
  const isChecked = reports.some(({ facts }) => facts > 0);
  process.exitCode = isChecked && reports.every(({ ok }) => ok) ? 0 : 1;
}
