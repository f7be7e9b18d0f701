/**
 * Counts the instructions that each function takes for a frame:
 *
 *     npx tsx bench/instructions.ts CODEC FILE [--warm-up FRAMES] [--callers PART] [--top N]
 *
 * The times of a shared machine differ by half from one minute to the next; these counts do not. They say nothing about caches, and count
 * a copy by its vector instructions. valgrind runs the session 50 times slower, so a clip of a few thousand small frames is enough. With a
 * `--warm-up` of fewer frames than the default's 20,000, V8's compiler takes the most. `*` before
 * a function is optimised code, `^` and `~` are what ran before it. With `--callers`, what calls the functions with PART in their
 * name: a builtin with IC in its name that optimised code calls is an access to objects of several shapes.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { sessionCodecs } from "../src/open-session.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "warm-up": { type: "string", default: "20000" },
    callers: { type: "string" },
    top: { type: "string", default: "40" },
  },
});

/** Finds the function that compiled code at an address belongs to, by the list that V8 writes. A later function takes the place of an earlier one. */
function functionFinder(list: string): (address: number) => string | undefined {
  const byPage = new Map<number, { from: number; to: number; name: string }[]>();
  for (const line of list.split("\n")) {
    const [, start, size, name] = /^([\da-f]+) ([\da-f]+) (.*)$/.exec(line) ?? [];
    if (start === undefined || size === undefined || name === undefined) continue;
    const from = Number.parseInt(start, 16);
    const to = from + Number.parseInt(size, 16);
    const code = { from, to, name: name.replace(/ file:\S*\//, " ") };
    for (let page = from >>> 12; page <= to >>> 12; page++) byPage.set(page, [code, ...(byPage.get(page) ?? [])]);
  }
  return (address) => byPage.get(address >>> 12)?.find(({ from, to }) => from <= address && address < to)?.name;
}

/** What a file of callgrind says, with positions of instructions: https://valgrind.org/docs/manual/cl-format.html. */
interface Counts {
  readonly byFunction: Map<string, number>;
  readonly calls: Map<string, { calls: number; instructions: number }>;
}

function readCallgrind(text: string, nameAt: (address: number) => string | undefined): Counts {
  const byFunction = new Map<string, number>();
  const calls = new Map<string, { calls: number; instructions: number }>();
  const names = new Map<string, string>();
  /** A name is written out once, and named by its number after that. */
  const nameOf = (field: string): string => {
    const [, id, name] = /^(\(\d+\))(?: (.*))?$/.exec(field) ?? [];
    if (id !== undefined && name !== undefined) names.set(id, name);
    return (id === undefined ? field : (names.get(id) ?? field)).slice(0, 90);
  };
  const move = (from: number, step: string) =>
    step.startsWith("0x") ? Number.parseInt(step, 16) : step === "*" ? from : from + Number(step);
  let own = "";
  let called = "";
  let address = 0;
  let call: { count: number; target: string } | null = null;
  for (const line of text.split("\n")) {
    if (line.startsWith("fn=")) own = nameOf(line.slice(3));
    else if (line.startsWith("cfn=")) called = nameOf(line.slice(4));
    else if (line.startsWith("calls=")) {
      const [count = "", target = "*"] = line.slice(6).split(" ");
      call = { count: Number(count), target };
    }
    const [, step, cost] = /^(0x[\da-f]+|[+-]\d+|\*) \S+ (\d+)$/.exec(line) ?? [];
    if (step === undefined) continue;
    address = move(address, step);
    const here = nameAt(address) ?? own;
    if (call === null) byFunction.set(here, (byFunction.get(here) ?? 0) + Number(cost));
    else {
      const edge = `${here} -> ${nameAt(move(address, call.target)) ?? called}`;
      const sum = calls.get(edge) ?? { calls: 0, instructions: 0 };
      calls.set(edge, { calls: sum.calls + call.count, instructions: sum.instructions + Number(cost) });
      call = null;
    }
  }
  return { byFunction, calls };
}

/** Ends with a line that says what is wrong: valgrind would take a minute to come to it. */
function check(isRight: boolean, message: string): asserts isRight {
  if (isRight) return;
  console.error(message);
  process.exit(1);
}

const [codec = "", clip = ""] = positionals;
check(
  (sessionCodecs as readonly string[]).includes(codec),
  `the first argument must be one of ${sessionCodecs.join(", ")}, not "${codec}"`,
);
check(existsSync(clip), `the second argument must be a file: "${clip}" does not exist`);
for (const name of ["warm-up", "top"] as const) {
  check(
    Number.isInteger(Number(values[name])) && Number(values[name]) > 0,
    `--${name} must be a number above 0, not "${values[name]}"`,
  );
}
const folder = mkdtempSync(join(tmpdir(), "v4l2-stateless-instructions-"));
try {
  const out = join(folder, "callgrind");
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const script = fileURLToPath(new URL("counted.ts", import.meta.url));
  const valgrind = ["-q", "--tool=callgrind", "--dump-instr=yes", `--callgrind-out-file=${out}`];
  const node = ["--perf-basic-prof", "--interpreted-frames-native-stack", "--import", tsx];
  const args = [...valgrind, process.execPath, ...node, script, codec, resolve(clip), values["warm-up"]];
  // V8 writes a log into the working folder.
  const { stdout, stderr, status, error, pid } = spawnSync("valgrind", args, { encoding: "utf8", cwd: folder });
  if (error) throw new Error(`valgrind does not run (${error.message}): it is a package of most distributions`);
  // V8 writes its list there, and nowhere else.
  const list = `/tmp/perf-${pid}.map`;
  const names = existsSync(list) ? readFileSync(list, "utf8") : "";
  rmSync(list, { force: true });
  if (status !== 0) throw new Error(stderr);
  const frames = Number(stdout.trim().split("\n").at(-1));
  const { byFunction, calls } = readCallgrind(readFileSync(`${out}.1`, "utf8"), functionFinder(names));
  const top = Number(values.top);
  const total = [...byFunction.values()].reduce((sum, cost) => sum + cost, 0);
  console.log(`${frames} frames, ${Math.round(total / frames)} instructions for each`);
  const { callers } = values;
  if (callers === undefined) {
    for (const [name, cost] of [...byFunction].sort((a, b) => b[1] - a[1]).slice(0, top)) {
      console.log(
        `${(cost / frames).toFixed(1).padStart(9)} ${((100 * cost) / total).toFixed(1).padStart(5)} %  ${name}`,
      );
    }
  } else {
    const found = [...calls].filter(([edge]) => edge.split(" -> ")[1]?.includes(callers));
    for (const [edge, sum] of found.sort((a, b) => b[1].instructions - a[1].instructions).slice(0, top)) {
      console.log(
        `${(sum.calls / frames).toFixed(2).padStart(9)} calls, ${(sum.instructions / frames).toFixed(1)} instructions: ${edge}`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
