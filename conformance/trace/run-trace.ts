import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { countOf, statusOf, UsageError } from "../../support/run-command.ts";
import { readFile } from "../streams/stream-files.ts";
import { av1 } from "./av1-dialect.ts";
import { compareTraces, type TraceReport } from "./compare-trace.ts";
import type { Dialect } from "./dialect.ts";
import { h264 } from "./h264-dialect.ts";
import { h265 } from "./h265-dialect.ts";
import { mpeg2 } from "./mpeg2-dialect.ts";
import { ffmpegTrace, ffmpegVersion, tracedCodecs } from "./trace-headers.ts";
import { allStreams } from "./trace-streams.ts";
import { vp8 } from "./vp8-dialect.ts";
import { vp9 } from "./vp9-dialect.ts";

/** What is known of FFmpeg's trace, by codec. */
export const dialects: Readonly<Partial<Record<string, Dialect>>> = { h264, h265, mpeg2, vp8, vp9, av1 };

export const usage = `npm run conformance -- trace <codec> [options] [file …]

Compares every syntax element that our session reads, its name, value, position and length, with what FFmpeg's
trace_headers prints: of the files, or of all fixtures and, where there is one, the whole corpus. Codecs: ${Object.keys(dialects).join(", ")}.

  --stream <part>    only streams whose name has this part
  --only-failures    no lines for streams that are fine
  --limit <n>        differences to print of each stream (default 5)`;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Compares the traces of all streams, two at a time. Returns the exit status: 1 also where no element was compared.
 *
 * @throws UsageError where there is nothing to compare, or nothing to compare it with.
 */
export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      stream: { type: "string", default: "" },
      "only-failures": { type: "boolean", default: false },
      limit: { type: "string", default: "5" },
    },
  });
  const [codec = "", ...files] = positionals;
  const dialect = Object.hasOwn(dialects, codec) ? dialects[codec] : undefined;
  if (dialect === undefined) throw new UsageError(`codec "${codec}": name one of ${Object.keys(dialects).join(", ")}`);
  const absent = files.filter((file) => !existsSync(file));
  if (absent.length > 0) throw new UsageError(`there is no file ${absent.join(", ")}`);
  const limit = countOf("limit", values.limit, 0);
  const version = ffmpegVersion();
  if (version === undefined) throw new UsageError("ffmpeg is not installed: apt-get install ffmpeg");
  print(version);
  if (!tracedCodecs().includes(dialect.ffmpegCodec)) {
    throw new UsageError(`its trace_headers does not read ${codec} (it reads VP8 since FFmpeg 6.1)`);
  }
  const paths = (files.length > 0 ? files : allStreams(dialect.codec)).filter((path) =>
    basename(path).includes(values.stream),
  );
  if (paths.length === 0) throw new UsageError(`no ${codec} stream has "${values.stream}" in its name`);
  const total = new Total();
  const folder = mkdtempSync(join(tmpdir(), "trace-headers-"));
  const queue = paths.values();
  const worker = async () => {
    for (const path of queue) {
      const result = await compareFile(dialect, path, folder);
      total.add(result);
      if (!values["only-failures"] || result.differences.length > 0) print(streamLine(basename(path), result));
      for (const difference of result.differences.slice(0, limit)) print(`    ${difference}`);
    }
  };
  try {
    await Promise.all([worker(), worker()]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  for (const line of total.lines()) print(line);
  return total.differences > 0 || total.elements === 0 ? 1 : 0;
}

/** A stream out of a container is written to `folder` for FFmpeg, so that both read the same bytes. */
async function compareFile(dialect: Dialect, path: string, folder: string): Promise<TraceReport> {
  const bytes = await readFile(path, dialect.codec);
  const isAsItIs = extname(path) !== ".webm" && dialect.codec !== "av1";
  if (isAsItIs) return compareTraces(dialect, bytes, await ffmpegTrace(dialect.demuxer, path));
  const repacked = join(folder, `${basename(path)}.ivf`);
  writeFileSync(repacked, bytes);
  const result = compareTraces(dialect, bytes, await ffmpegTrace(dialect.demuxer, repacked));
  rmSync(repacked);
  return result;
}

function streamLine(name: string, { units, elements, exceptions, differences }: TraceReport): string {
  const except = [...exceptions.values()].reduce((sum, count) => sum + count, 0);
  return `${differences.length === 0 ? "equal " : "DIFFER"} ${name}: ${units} units, ${elements} elements, ${except} units excepted`;
}

class Total {
  differences = 0;
  elements = 0;
  #streams = 0;
  #units = 0;
  #payloads = 0;
  readonly #exceptions = new Map<string, { units: number; streams: number }>();

  add({ units, elements, payloads, exceptions, differences }: TraceReport): void {
    this.#streams++;
    this.#units += units;
    this.elements += elements;
    this.#payloads += payloads;
    this.differences += differences.length;
    for (const [cause, count] of exceptions) {
      const sum = this.#exceptions.get(cause) ?? { units: 0, streams: 0 };
      this.#exceptions.set(cause, { units: sum.units + count, streams: sum.streams + 1 });
    }
  }

  lines(): string[] {
    const causes = [...this.#exceptions].sort(([, a], [, b]) => b.units - a.units);
    return [
      "",
      `${this.#streams} streams, ${this.#units} units, ${this.elements} elements compared; of ${this.#payloads} SEI payloads place and length`,
      `${this.differences} differences`,
      "units that only one side reads, or not to the end:",
      ...causes.map(([cause, { units, streams }]) => `  ${units} in ${streams} streams: ${cause}`),
    ];
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  process.exitCode = await statusOf(usage, words, () => main(words));
}
