/**
 * `npm run bench:visl`: how long our decoder and GStreamer take for the same streams, in turns in one machine (see README.md). Both
 * throw their frames away. Prints medians for each stream; the start-up apart, and what the session alone takes. Needs ffmpeg.
 *
 *     npm run bench:visl -- [--stream PART]... [--frames 60000] [--runs 3] [--processors 2]
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Codec } from "../../src/events.ts";
import { countOf, statusOf, UsageError } from "../../support/run-command.ts";
import { bundleForMachine } from "../machine/bundle.ts";
import { countCommand, prepare, quietCommand } from "./gstreamer-runs.ts";
import { machineVersions } from "./machine.ts";
import { firstPicture, repeated, shownFrames } from "./repetition.ts";
import { fixtures } from "./visl-streams.ts";

/** A stream to be repeated. */
interface Subject {
  readonly name: string;
  readonly codec: Codec;
  /** Made when it is its turn. */
  readonly bytes: () => Uint8Array;
}

/** Streams of 1280x720, as people decode; encoded anew, with what FFmpeg does by itself. Each begins with a picture that refers to none. */
const encoders: Readonly<Record<string, readonly [Codec, string]>> = {
  "h264_1280x720.264": ["h264", "-c:v libx264 -b:v 2M -f h264"],
  "h265_1280x720.265": ["h265", "-c:v libx265 -b:v 2M -x265-params log-level=error -f hevc"],
  "vp8_1280x720.ivf": ["vp8", "-c:v libvpx -b:v 2M -cpu-used 4 -auto-alt-ref 1 -lag-in-frames 16 -f ivf"],
  "vp9_1280x720.ivf": ["vp9", "-c:v libvpx-vp9 -b:v 2M -cpu-used 4 -f ivf"],
  "mpeg2_1280x720.m2v": ["mpeg2", "-c:v mpeg2video -b:v 2M -bf 2 -flags +cgop -sc_threshold 1000000000 -f mpeg2video"],
};

/**
 * Fixtures of 96x80, so that what is done for a picture counts and not its pixels; with pictures in another order than they are
 * coded in, where the codec has that.
 */
const smallest = [
  "h264_high_bpyramid.264",
  "h265_default_ra.265",
  "vp8_altref.ivf",
  "vp9_altref_superframes.ivf",
  "mpeg2_ipb.m2v",
];

function subjects(): Subject[] {
  const encodedOnes = Object.entries(encoders).map(([name, [codec, options]]) => ({
    name,
    codec,
    bytes: () => encoded(options),
  }));
  const small = fixtures().filter(({ name }) => smallest.includes(name));
  return [...encodedOnes, ...small.map(({ name, codec, path }) => ({ name, codec, bytes: () => readFileSync(path) }))];
}

/** Two seconds of FFmpeg's test picture. */
function encoded(options: string): Uint8Array {
  const source = "-f lavfi -i testsrc2=size=1280x720:rate=30:duration=2 -pix_fmt yuv420p";
  const command = `-v error ${source} ${options} pipe:1`.split(" ");
  const { status, stdout, stderr, error } = spawnSync("ffmpeg", command, { maxBuffer: 1 << 26 });
  if (error !== undefined) throw new Error(`ffmpeg makes the streams, and cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`ffmpeg ${command.join(" ")}: ${stderr.toString()}`);
  return stdout;
}

const programs = ["ours", "gstreamer", "parser"] as const;
type Program = (typeof programs)[number];

/** All of a repeated stream; its first picture, which takes no longer than the program's start. */
const parts = ["all", "first"] as const;
type Part = (typeof parts)[number];

/** What a command took, and the frames that it counted. */
interface Measured {
  readonly part: Part;
  readonly program: Program;
  readonly seconds: number;
  readonly frames: number;
  /** Of the second half of the frames, by the program's own clock. V8 goes on compiling over the first 10,000 and more. */
  readonly secondHalf: number | undefined;
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
function scriptOf(codec: Codec, runs: number, ours: string): string {
  const before = parts.map((part) => {
    const guestPath = `/tmp/${part}`;
    return `cp /share/${part} ${guestPath}\n${part}=$(${countCommand({ codec, guestPath, mode: "frame" })})`;
  });
  const turn = parts.flatMap((part) => {
    const guestPath = `/tmp/${part}`;
    const commands: Readonly<Record<Program, string>> = {
      ours: `node ${ours} decode ${codec} ${guestPath}`,
      gstreamer: quietCommand({ codec, guestPath, mode: "frame" }),
      parser: `node ${ours} parse ${codec} ${guestPath}`,
    };
    return programs.map((program) => {
      const counted = program === "gstreamer" ? `counted=$${part}` : "counted=";
      return `${counted}\nmeasure '${part} ${program}' ${commands[program]}`;
    });
  });
  return [beginning, ...before, ...Array(runs).fill(turn).flat()].join("\n");
}

/** Runs the script in a machine of its own, where nothing is traced or printed. */
async function runMachine(share: string, script: string, processors: string, seconds: number): Promise<Measured[]> {
  writeFileSync(join(share, "script"), script);
  const command = ["-o", share, "-t", String(seconds), "-c", processors, "bash", "/share/script"];
  const machine = spawn(fileURLToPath(new URL("./vm.sh", import.meta.url)), command, {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [status] = (await once(machine, "exit")) as [number | null];
  if (status !== 0) throw new Error(`the machine ended with status ${status}`);
  const lines = readFileSync(join(share, "results"), "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [part, program, ...numbers] = line.split(/ +/) as [Part, Program, ...string[]];
    const [microseconds = 0, frames = 0, half] = numbers.map(Number);
    const secondHalf = half === undefined ? undefined : half / 1e6;
    return { part, program, seconds: microseconds / 1e6, frames, secondHalf };
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
  throw new Error(`not the same frames: ${counts.join(", ")}`);
}

/** The lines about a stream. */
function report(name: string, measured: readonly Measured[]): string[] {
  const of = (part: Part) => measured.filter((one) => one.part === part);
  const frames = { all: checkFrames(of("all")), first: checkFrames(of("first")) };
  const seconds = (part: Part, program: Program) =>
    median(of(part).flatMap((one) => (one.program === program ? [one.seconds] : [])));
  /** Milliseconds for each frame but the first. */
  const each = (program: Program) =>
    (1000 * (seconds("all", program) - seconds("first", program))) / (frames.all - frames.first);
  /** The same of the second half; GStreamer compiles nothing, and its frames all take the same. */
  const late = (program: Program) => {
    const halves = of("all")
      .filter((one) => one.program === program)
      .flatMap(({ secondHalf = [] }) => secondHalf);
    return halves.length === 0 ? each(program) : (1000 * median(halves)) / (frames.all / 2);
  };
  const cells = (program: Program): string[] => [
    program,
    `${seconds("all", program).toFixed(2)} s`,
    `${seconds("first", program).toFixed(2)} s`,
    `${each(program).toFixed(2)} ms`,
    `${late(program).toFixed(2)} ms`,
  ];
  const compared = (a: Program, b: Program): string[] => [
    `${a} / ${b}`,
    (seconds("all", a) / seconds("all", b)).toFixed(2),
    (seconds("first", a) / seconds("first", b)).toFixed(2),
    (each(a) / each(b)).toFixed(2),
    (late(a) / late(b)).toFixed(2),
  ];
  const rows = [
    ["", "whole", "start-up", "each frame", "second half"],
    ...programs.map(cells),
    compared("ours", "gstreamer"),
    compared("parser", "ours"),
  ];
  return [
    `${name}, ${frames.all} frames`,
    ...rows.map(([first = "", ...rest]) => `  ${first.padEnd(18)}${rest.map((text) => text.padStart(13)).join("")}`),
  ];
}

/** What is measured of one stream, in a machine of its own. */
async function measured(
  { codec, bytes }: Subject,
  { frames, runs, processors, ours }: { frames: number; runs: number; processors: string; ours: string },
): Promise<Measured[]> {
  const share = mkdtempSync(join(tmpdir(), "visl-"));
  try {
    const stream = bytes();
    const times = Math.ceil(frames / shownFrames(codec, stream));
    writeFileSync(join(share, "all" satisfies Part), repeated(codec, stream, times));
    writeFileSync(join(share, "first" satisfies Part), firstPicture(codec, stream));
    return await runMachine(share, scriptOf(codec, runs, ours), processors, 900 * runs);
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}

const usage = `npm run bench:visl -- [options]

  --stream <part>      only streams whose name has this part (may be repeated)
  --frames <count>     how many frames a stream is repeated to (60000)
  --runs <count>       how often both sides take turns (3)
  --processors <count> of the machine (2, where the host has them)`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      stream: { type: "string", multiple: true, default: [""] },
      frames: { type: "string", default: "60000" },
      runs: { type: "string", default: "3" },
      processors: { type: "string", default: String(Math.min(2, availableParallelism())) },
    },
  });
  const [frames, runs] = [countOf("frames", values.frames), countOf("runs", values.runs)];
  const processors = String(countOf("processors", values.processors));
  const wanted = subjects().filter(({ name }) => values.stream.some((part) => name.includes(part)));
  if (wanted.length === 0) throw new UsageError(`no stream has "${values.stream.join('" or "')}" in its name`);
  const { kernel, gstreamer } = machineVersions();
  console.log(`${kernel}; ${gstreamer}; ${processors} processors\n`);
  const ours = await bundleForMachine("visl", "throughput-run");
  for (const subject of wanted) {
    console.log(`${report(subject.name, await measured(subject, { frames, runs, processors, ours })).join("\n")}\n`);
  }
  return 0;
}

process.exitCode = await statusOf(usage, process.argv.slice(2), main);
