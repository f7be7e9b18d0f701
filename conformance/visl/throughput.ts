/**
 * `npm run bench:visl`: how long our decoder and GStreamer take for the same streams, in turns in one machine (see README.md). Both
 * throw their frames away. Prints medians for each stream; what of it is start-up, and what the session alone takes.
 *
 *     npm run bench:visl -- [--stream PART]... [--frames 2000] [--runs 3]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleForMachine } from "./bundle.ts";
import { countCommand, prepare, quietCommand } from "./gstreamer.ts";
import { machineVersions } from "./machine.ts";
import { firstPicture, repeated, shownFrames } from "./repetition.ts";
import { fixtures, type VislStream } from "./streams.ts";

/** One of each codec, with pictures in another order than they are coded in where the codec has that. */
const choice = [
  "h264_high_bpyramid.264",
  "h265_default_ra.265",
  "vp8_altref.ivf",
  "vp9_altref_superframes.ivf",
  "mpeg2_ipb.m2v",
];

const programs = ["ours", "gstreamer", "parser"] as const;
type Program = (typeof programs)[number];

/** All of a repeated stream, or its first picture alone: what that takes is start-up. */
const parts = ["all", "first"] as const;
type Part = (typeof parts)[number];

/** What a command took, and the frames that it counted. */
interface Measured {
  readonly stream: string;
  readonly part: Part;
  readonly program: Program;
  readonly seconds: number;
  readonly frames: number;
}

/** How the script of the machine begins: `measure WHAT COMMAND...` adds a line to the results. GStreamer's frames are counted before. */
const beginning = `${prepare}
measure() {
  local what=$1 start end
  shift
  start=$EPOCHREALTIME
  "$@" >/tmp/printed
  end=$EPOCHREALTIME
  echo "$what $((\${end/./} - \${start/./})) $(cat /tmp/printed) $counted" >>/share/results
}
`;

/** All runs over one stream; the programs take turns. */
function scriptOf({ name, codec }: VislStream, runs: number, ours: string): string {
  return parts
    .flatMap((part) => {
      const guestPath = `/tmp/${part}-${name}`;
      const theirs = { codec, guestPath, mode: "frame" } as const;
      const commands: Readonly<Record<Program, string>> = {
        ours: `node ${ours} decode ${codec} ${guestPath}`,
        gstreamer: quietCommand(theirs),
        parser: `node ${ours} parse ${codec} ${guestPath}`,
      };
      const turn = programs.map((program) => {
        const counted = program === "gstreamer" ? "counted=$frames" : "counted=";
        return `${counted}\nmeasure '${name} ${part} ${program}' ${commands[program]}`;
      });
      return [
        `cp /share/${part}-${name} ${guestPath}`,
        `frames=$(${countCommand(theirs)})`,
        ...Array(runs).fill(turn).flat(),
      ];
    })
    .join("\n");
}

/** Runs the script in a machine of its own, where nothing is traced or printed. */
async function runMachine(share: string, script: string, seconds: number): Promise<Measured[]> {
  writeFileSync(join(share, "script"), script);
  const command = ["-o", share, "-t", String(seconds), "bash", "/share/script"];
  const machine = spawn(fileURLToPath(new URL("vm.sh", import.meta.url)), command, {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [status] = (await once(machine, "exit")) as [number | null];
  if (status !== 0) throw new Error(`the machine ended with status ${status}`);
  const lines = readFileSync(join(share, "results"), "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [stream, part, program, microseconds, frames] = line.split(/ +/) as [string, Part, Program, string, string];
    return { stream, part, program, seconds: Number(microseconds) / 1e6, frames: Number(frames) };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The programs must have decoded the same. */
function checkFrames(measured: readonly Measured[]): number {
  const counts = [...new Set(measured.map(({ frames }) => frames))];
  const [frames] = counts;
  if (counts.length === 1 && frames !== undefined && frames > 0) return frames;
  throw new Error(`${measured[0]?.stream}: not the same frames: ${counts.join(", ")}`);
}

/** The lines about a stream. */
function report(name: string, measured: readonly Measured[]): string[] {
  const of = (part: Part) => measured.filter((one) => one.stream === name && one.part === part);
  const frames = checkFrames(of("all"));
  const more = frames - checkFrames(of("first"));
  const seconds = (part: Part, program: Program) =>
    median(of(part).flatMap((one) => (one.program === program ? [one.seconds] : [])));
  const decode = (program: Program) => seconds("all", program) - seconds("first", program);
  const row = (program: Program): string => {
    const times = [seconds("all", program), seconds("first", program)].map((time) =>
      `${time.toFixed(2)} s`.padStart(9),
    );
    return `  ${program.padEnd(10)}${times.join("")}${((decode(program) * 1000) / more).toFixed(3).padStart(10)} ms`;
  };
  const whole = seconds("all", "ours") / seconds("all", "gstreamer");
  const without = decode("ours") / decode("gstreamer");
  const share = (100 * decode("parser")) / decode("ours");
  return [
    `${name}, ${frames} frames`,
    `  ${"".padEnd(10)}${"whole".padStart(9)}${"start-up".padStart(9)}${"a frame".padStart(13)}`,
    ...programs.map(row),
    `  ours / gstreamer: ${whole.toFixed(2)}, without start-up ${without.toFixed(2)}; the parser's share of ours: ${share.toFixed(0)} %`,
  ];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stream: { type: "string", multiple: true, default: [""] },
      frames: { type: "string", default: "2000" },
      runs: { type: "string", default: "3" },
    },
  });
  const [frames, runs] = [Number(values.frames), Number(values.runs)];
  const streams = fixtures().filter(
    ({ name }) => choice.includes(name) && values.stream.some((part) => name.includes(part)),
  );
  const { kernel, gstreamer } = machineVersions();
  console.log(`${kernel}; ${gstreamer}\n`);
  const ours = await bundleForMachine("throughput-run");
  const share = mkdtempSync(join(tmpdir(), "visl-"));
  try {
    for (const { name, codec, path } of streams) {
      const stream = readFileSync(path);
      const times = Math.ceil(frames / shownFrames(codec, stream));
      writeFileSync(join(share, `all-${name}`), repeated(codec, stream, times));
      writeFileSync(join(share, `first-${name}`), firstPicture(codec, stream));
    }
    const script = [beginning, ...streams.map((stream) => scriptOf(stream, runs, ours))].join("\n");
    const measured = await runMachine(share, script, 600 * streams.length * runs);
    for (const { name } of streams) console.log(`${report(name, measured).join("\n")}\n`);
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}

await main();
