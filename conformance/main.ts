import { parseArgs } from "node:util";
import type { Codec } from "../src/events.ts";
import { type OutputCodec, outputOrders, runOutputOrder } from "./output/run-output.ts";
import { comparators, type WitnessedCodec } from "./payloads/comparators.ts";
import { writeExamples } from "./payloads/examples.ts";
import { differenceLines, fieldLines, isClean, streamLines, totalLines } from "./payloads/report.ts";
import { runCodec, selectStreams } from "./payloads/run-payloads.ts";
import { corpusFolder } from "./streams/corpus.ts";
import { dialects, main as traceHeaders } from "./trace/run-trace.ts";

const usage = `npm run conformance -- <codec> [options]
       npm run conformance -- output <${Object.keys(outputOrders).join("|")}> [--stream <part>]
       npm run conformance -- trace <${Object.keys(dialects).join("|")}> [options] [file …]
       npm run conformance -- examples <codec>

Compares the requests of our sessions with those of GStreamer and FFmpeg, and with the model in ../shared/expected;
"output" compares the order of our outputs with that of FFmpeg's software decoder (ffprobe);
"trace" compares every element that our session reads with FFmpeg's trace_headers;
"examples" writes an example of each row of the codec's disagreements from fixtures and corpus.
Codecs: ${Object.keys(comparators).join(", ")}. The corpus: V4L2_STATELESS_CORPUS, or ../shared/corpus.

  --stream <part>    only streams whose name has this part
  --only-failures    no lines for streams that are fine
  --verbose          verdicts of each stream
  --limit <n>        differences to print in full (default 40)`;

function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}

/** Without the corpus the rows that only it shows would lose their examples. */
async function examplesOf(comparator: WitnessedCodec): Promise<number> {
  if (corpusFolder() === undefined) {
    process.stderr.write("there is no corpus in V4L2_STATELESS_CORPUS or ../shared/corpus\n");
    return 2;
  }
  print([`written: ${await writeExamples(comparator)}`]);
  return 0;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stream: { type: "string" },
      "only-failures": { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      limit: { type: "string", default: "40" },
    },
  });
  const [first, second = ""] = positionals;
  if (first === "output" && second in outputOrders) return runOutputOrder(second as OutputCodec, values.stream, print);
  const isExamples = first === "examples";
  const comparator: WitnessedCodec | undefined = comparators[(isExamples ? second : first) as Codec];
  if (comparator === undefined || positionals.length !== (isExamples ? 2 : 1)) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  if (isExamples) return examplesOf(comparator);
  const { streams, corpus } = selectStreams(comparator, { stream: values.stream, fixtures: true, corpus: true });
  if (streams.length === 0) {
    process.stderr.write(`no ${comparator.codec} stream has "${values.stream ?? ""}" in its name\n`);
    return 2;
  }
  print([
    corpus.folder === undefined
      ? "no corpus here: only the fixtures are compared"
      : `corpus ${corpus.folder}: ${corpus.streams.length} ${comparator.codec} streams with a witness; left out: ` +
        `${corpus.withoutWitness} streams without one, ${corpus.containers} files of the folder of containers`,
  ]);
  const complete = corpus.folder !== undefined && values.stream === undefined;
  const report = await runCodec(comparator, streams, complete, (stream) => {
    if (!values["only-failures"] || !isClean(stream)) print(streamLines(stream, values.verbose));
  });
  print(["", ...differenceLines(report.streams, Number(values.limit)), ...fieldLines(report.streams), ""]);
  print(totalLines(report));
  print(["", report.failed ? "FAILED" : "every value is equal or has a verdict"]);
  return report.failed ? 1 : 0;
}

process.exitCode = process.argv[2] === "trace" ? await traceHeaders(process.argv.slice(3)) : await main();
