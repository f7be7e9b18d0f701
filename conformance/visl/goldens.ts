/**
 * `npm run goldens`: records anew what GStreamer sends to a kernel for each of the repository's own streams, in a machine (see
 * README.md), and compares that with the goldens in test/fixtures and test/fixtures/disagreements. `--write` replaces those that differ, and adds those that are missing.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { brotliCompressSync } from "node:zlib";
import { readRecordBytes } from "../../src/record/files.ts";
import { readRecord } from "../../src/record/read.ts";
import { statusOf, UsageError } from "../../support/run-command.ts";
import { decodeCommand, hasDecoder, prepare } from "./gstreamer-runs.ts";
import { type JobResult, machineVersions, withJobs } from "./machine.ts";
import { recordDifferences } from "./record-differences.ts";
import { recordedText } from "./recorded.ts";
import { disagreementStreams, fixtures, type Run, runsOf } from "./visl-streams.ts";

const usage = `npm run goldens -- [options]

  --stream <part>   only streams whose name has this part
  --write           replaces goldens that differ, and adds those that are missing`;

/** What became of a golden. */
type Outcome = "equal" | "different" | "known to differ" | "new" | "refused" | "gone";

/** The runs whose recordings differ from their goldens, with the reasons. `--write` leaves these goldens as they are. */
const accepted = JSON.parse(readFileSync(new URL("goldens-accepted.json", import.meta.url), "utf8")) as Readonly<
  Record<string, string>
>;

/** The record of a run; undefined when GStreamer refused the stream. */
async function recordOf(
  run: Run,
  result: JobResult,
  versions: ReturnType<typeof machineVersions>,
): Promise<string | undefined> {
  const log = result.file("calls.log");
  if (log === undefined || !log.includes("MEDIA_REQUEST_IOC_QUEUE")) return undefined;
  return recordedText(log, {
    codec: run.codec,
    stream: run.name,
    producer: `${versions.gstreamer} v4l2codecs`,
    kernel: versions.kernel,
    ...(run.hasModes ? { decodeMode: run.mode, startCode: "annexb" } : {}),
  });
}

function compare({ golden: path, id }: Run, made: string | undefined): { outcome: Outcome; lines: readonly string[] } {
  if (!existsSync(path)) return { outcome: made === undefined ? "refused" : "new", lines: [] };
  if (made === undefined) return { outcome: "gone", lines: ["GStreamer made no request"] };
  const lines = recordDifferences(readRecordBytes(readFileSync(path), true), readRecord(made));
  if (lines.length === 0) return { outcome: "equal", lines };
  const reason = accepted[id];
  return reason === undefined ? { outcome: "different", lines } : { outcome: "known to differ", lines: [reason] };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { stream: { type: "string", default: "" }, write: { type: "boolean", default: false } },
  });
  const runs = [...fixtures(), ...disagreementStreams()]
    .filter(({ name, codec }) => hasDecoder(codec) && name.includes(values.stream))
    .flatMap(runsOf);
  if (runs.length === 0) throw new UsageError(`no stream that GStreamer decodes has "${values.stream}" in its name`);
  const versions = machineVersions();
  process.stdout.write(`${versions.gstreamer}, ${versions.kernel}\n`);
  const jobs = runs.map((run) => ({ name: run.id, script: prepare + decodeCommand(run) }));
  return withJobs(jobs, async (resultOf) => {
    let different = 0;
    for (const run of runs) {
      const made = await recordOf(run, resultOf(run.id), versions);
      const { outcome, lines } = compare(run, made);
      const written = values.write && made !== undefined && (outcome === "different" || outcome === "new");
      if (written) writeFileSync(run.golden, brotliCompressSync(made));
      process.stdout.write(
        `${run.id}  ${outcome}${written ? ", written" : ""}\n${lines.map((l) => `    ${l}\n`).join("")}`,
      );
      if (outcome === "different" || outcome === "gone") different++;
    }
    process.stdout.write(`${runs.length} recordings, ${different} differ from their goldens\n`);
    return different === 0 ? 0 : 1;
  });
}

process.exitCode = await statusOf(usage, process.argv.slice(2), main);
