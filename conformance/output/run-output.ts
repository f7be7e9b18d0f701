/** `npm run conformance -- output <codec>`: our output order against that of FFmpeg's software decoder. */
import { existsSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../support/run-command.ts";
import { comparators, type WitnessedCodec } from "../payloads/comparators.ts";
import { corpusFolder } from "../streams/corpus.ts";
import { readFile } from "../streams/stream-files.ts";
import { av1Causes, compareAv1Output, isAv1Expected } from "./av1/av1-output.ts";
import { hasDav1d } from "./av1/dav1d.ts";
import type { Cause, OutputReport } from "./compare-output.ts";
import { hasFfprobe } from "./ffprobe.ts";
import { h264Causes } from "./h264/h264-causes.ts";
import { compareH264Output } from "./h264/h264-output.ts";
import { compareH265Output, h265Causes } from "./h265/h265-output.ts";
import { compareMpeg2Output, mpeg2Causes } from "./mpeg2/mpeg2-output.ts";
import { ivfOutput, vp8Causes, vp9Causes } from "./packets/packets-output.ts";

/** What there is for a codec. */
interface OutputOrder {
  readonly comparator: WitnessedCodec;
  readonly compare: (stream: string, bytes: Uint8Array) => OutputReport;
  readonly causes: readonly Cause[];
  /** The streams that can be compared: all where it is left out, with FFmpeg's decoder; with a model those that it knows. */
  readonly isExpected?: (stream: string) => boolean;
}

/** The codecs whose output order can be compared. */
export const outputOrders = {
  h264: { comparator: comparators.h264, compare: compareH264Output, causes: h264Causes },
  h265: { comparator: comparators.h265, compare: compareH265Output, causes: h265Causes },
  mpeg2: { comparator: comparators.mpeg2, compare: compareMpeg2Output, causes: mpeg2Causes },
  vp8: { comparator: comparators.vp8, compare: ivfOutput("vp8", vp8Causes), causes: vp8Causes },
  vp9: { comparator: comparators.vp9, compare: ivfOutput("vp9", vp9Causes), causes: vp9Causes },
  av1: { comparator: comparators.av1, compare: compareAv1Output, causes: av1Causes, isExpected: isAv1Expected },
} as const satisfies Record<string, OutputOrder>;
export type OutputCodec = keyof typeof outputOrders;

/** A raw stream. */
export interface OutputStream {
  readonly codec: OutputCodec;
  readonly name: string;
  readonly path: string;
}

const fixtures = fileURLToPath(new URL("../../test/fixtures", import.meta.url));
/** The repository's own streams; those of several codecs lie together. */
const ownFolders = [fixtures, join(fixtures, "field")];

/** The repository's own streams, then those of the corpus, where there is one: all, with or without a golden. */
export function outputStreams(part = "", codec: OutputCodec = "h264"): OutputStream[] {
  const { comparator, isExpected = () => true }: OutputOrder = outputOrders[codec];
  const { extensions } = comparator;
  const corpus = corpusFolder();
  const folders = [...ownFolders, ...(corpus === undefined ? [] : [join(corpus, codec)])].filter(existsSync);
  const streams = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter(
        (name) => extensions.includes(extname(name)) && (!ownFolders.includes(folder) || name.startsWith(`${codec}_`)),
      )
      .sort()
      .map((name) => ({ codec, name, path: join(folder, name) })),
  );
  return streams.filter(({ name }) => name.includes(part) && isExpected(name));
}

/** Compares one stream. */
export async function runOutputStream({ codec, name, path }: OutputStream): Promise<OutputReport> {
  return outputOrders[codec].compare(name, await readFile(path, codec));
}

/** One line of a stream. */
export function outputLine({ stream, ours, ffprobe, equalPrefix, causes, spoiled, failures }: OutputReport): string {
  const parts = [`frames ${ours}/${ffprobe}`, `equal prefix ${equalPrefix}`];
  for (const [{ id }, count] of causes) parts.push(`${id} ${count}`);
  if (spoiled.late > 0) parts.push(`late in the stream ${spoiled.late}`);
  if (spoiled.samePicOrderCnt > 0) parts.push(`same POC ${spoiled.samePicOrderCnt}`);
  if (failures.length > 0) parts.push(`FAILURES ${failures.length}`);
  return `${stream}  ${parts.join(", ")}`;
}

/** Sums over all streams. */
export function outputTotal(reports: readonly OutputReport[], codec: OutputCodec = "h264"): string[] {
  const { causes }: OutputOrder = outputOrders[codec];
  const sum = (pick: (report: OutputReport) => number): number => reports.reduce((all, one) => all + pick(one), 0);
  const equal = reports.filter(({ ours, ffprobe, equalPrefix }) => ours === ffprobe && equalPrefix === ours);
  const used = causes.map((cause) => {
    const streams = reports.filter((report) => report.causes.has(cause)).length;
    return `  ${cause.id}: ${sum((report) => report.causes.get(cause) ?? 0)} in ${streams} streams (${cause.text})`;
  });
  return [
    `${reports.length} streams, ${equal.length} of them equal; frames ours ${sum((r) => r.ours)}, ffprobe's ${sum((r) => r.ffprobe)}`,
    "differences by cause:",
    ...used,
    `order spoiled by streams: ${sum((r) => r.spoiled.late)} decoded when a later one had to go, ` +
      `${sum((r) => r.spoiled.samePicOrderCnt)} with the POC of another`,
    `without a cause: ${sum((r) => r.failures.length)}`,
  ];
}

/**
 * Runs over all streams whose name has `part`, and prints. Returns the exit status: 1 for failures and causes never used.
 *
 * @throws UsageError where there is nothing to compare, or nothing to compare it with.
 */
export async function runOutputOrder(
  codec: OutputCodec,
  part: string | undefined,
  print: (lines: readonly string[]) => void,
): Promise<number> {
  const { causes, isExpected }: OutputOrder = outputOrders[codec];
  if (isExpected === undefined && !hasFfprobe())
    throw new UsageError("ffprobe is not installed: apt-get install ffmpeg");
  const streams = outputStreams(part, codec);
  if (streams.length === 0) {
    const known = isExpected === undefined ? "" : ", and is in expected/av1/outputs.json beside the corpus";
    throw new UsageError(`no ${codec} stream has "${part ?? ""}" in its name${known}`);
  }
  if (corpusFolder() === undefined) print(["no corpus here: only the fixtures are compared"]);
  if (codec === "av1" && !hasDav1d())
    print(["dav1d is not installed (apt-get install dav1d): its number of frames is left out"]);
  const reports: OutputReport[] = [];
  for (const stream of streams) {
    const report = await runOutputStream(stream);
    print([outputLine(report), ...report.failures.map((failure) => `    ${failure}`)]);
    reports.push(report);
  }
  const isComplete = corpusFolder() !== undefined && part === undefined;
  const unused = isComplete ? causes.filter((cause) => !reports.some((report) => report.causes.has(cause))) : [];
  const failed = unused.length > 0 || reports.some(({ failures }) => failures.length > 0);
  print(["", ...outputTotal(reports, codec), ...unused.map(({ id }) => `NEVER USED: ${id}`)]);
  print(["", failed ? "FAILED" : "every output is equal or has a cause"]);
  return failed ? 1 : 0;
}
