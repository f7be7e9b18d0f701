/** The command line: any options, any bytes on standard input. */

import { options as cliOptions } from "../../src/cli/options.ts";
import { main } from "../../src/cli/run.ts";
import type { Case, OptionValue, Target } from "../case.ts";
import { fileOf, fixtureFiles, pieces } from "./bytes.ts";
import { recordTarget } from "./record.ts";
import { sessionSeeds } from "./session-seeds.ts";

const commands = ["inspect", "validate", "trace", "record"];
/** Values for options that take any text. */
const texts: readonly string[] = [
  "0",
  "1",
  "0..3",
  "2..",
  "..1",
  "1,4..6",
  "9..2",
  "x",
  "6.1",
  "sps,pps,slice",
  "sei",
  "--",
  "rk3588",
];
/** They touch this machine, or end before anything is read. */
const leftOut: ReadonlySet<string> = new Set(["output", "device", "help", "version", "md5"]);

function choicesOf(): Readonly<Record<string, readonly OptionValue[]>> {
  const flags = Object.entries(cliOptions).filter(([name]) => !leftOut.has(name));
  const choices = flags.map(([name, { type, choices: values }]): [string, readonly OptionValue[]] => {
    if (type === "boolean") return [name, [false, true]];
    return [name, ["", ...(values ?? texts)]];
  });
  return { command: commands, ...Object.fromEntries(choices) };
}

function argumentsOf({ options }: Case): string[] {
  const { command = "inspect", ...flags } = options;
  const named = Object.entries(flags).map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
  return [String(command), ...named, "-"];
}

/** Colours that were asked for are the only ones. */
function hasControlCharacters(text: string): boolean {
  const isControl = (code: number) => (code < 32 && code !== 9 && code !== 10) || code === 127;
  const plain = text.split("\u001b[").map((part, i) => (i === 0 ? part : part.replace(/^[0-9;]*m/, "")));
  return plain.some((part) => [...part].some((character) => isControl(character.charCodeAt(0))));
}

async function flawsOf(input: Case): Promise<string[]> {
  const out = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({
    isTerminal: false,
    columns: undefined,
    write: async (data: string | Uint8Array) => {
      out[name] += typeof data === "string" ? data : Buffer.from(data).toString("latin1");
    },
  });
  async function* stdin() {
    yield* input.pieces.map(({ bytes }) => bytes);
  }
  const argv = argumentsOf(input);
  const status = await main(argv, {
    stdin: stdin(),
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    environment: {},
    importContainerLibrary: () => import("mediabunny"),
  });
  const flaws: string[] = [];
  if (![0, 1, 2].includes(status)) flaws.push(`${argv.join(" ")}: status ${status}`);
  if (/\n {4}at |undefined|\[object/.test(out.stderr)) flaws.push(`${argv.join(" ")}: ${out.stderr.slice(0, 300)}`);
  const refusal = out.stderr.split("\n").filter((line) => line.startsWith("v4l2-stateless: "));
  if (status === 2 && refusal.length !== 1)
    flaws.push(`${argv.join(" ")}: ${refusal.length} lines: ${out.stderr.slice(0, 300)}`);
  if (hasControlCharacters(out.stdout + out.stderr)) flaws.push(`${argv.join(" ")}: control characters`);
  if (input.options.json === true && status === 0) {
    for (const line of out.stdout.split("\n").filter(Boolean)) JSON.parse(line);
  }
  return flaws;
}

async function seeds(): Promise<Case[]> {
  const streams = (["h264", "h265", "mpeg2"] as const).flatMap((codec) =>
    sessionSeeds(codec)
      .slice(0, 4)
      .map(({ pieces: units }) => ({
        options: {},
        pieces: units.map(({ bytes }) => ({ call: "bytes", bytes: Uint8Array.from([0, 0, 1, ...bytes]) })),
      })),
  );
  const records = (await recordTarget().seeds()).map(({ pieces: lines }) => ({
    options: { command: "validate" },
    pieces: lines.map(({ bytes }) => ({ call: "bytes", bytes: Uint8Array.from([...bytes, 10]) })),
  }));
  const files = [
    ...fixtureFiles(["containers", "field"], /\.(m2t|webm|mp4)$/),
    ...fixtureFiles(["."], /^vp[89].*ivf$/),
  ];
  return [
    ...streams,
    ...records,
    ...files.map((bytes) => ({ options: {}, pieces: pieces("bytes", bytes.slice(0, 8192), 512) })),
  ];
}

/** The target of the commands. */
export function cliTarget(): Target {
  return {
    name: "cli",
    calls: ["bytes"],
    bare: [],
    choices: choicesOf(),
    seeds,
    rewrite: () => undefined,
    flaws: (input) => (fileOf(input).length > 1 << 20 ? [] : flawsOf(input)),
  };
}
