import { parseArgs } from "node:util";
import { countOf, statusOf, UsageError } from "../support/run-command.ts";
import { type OutputCodec, outputOrders, runOutputOrder } from "./output/run-output.ts";
import { type WitnessedCodec, witnessed } from "./payloads/comparators.ts";
import { writeExamples } from "./payloads/examples.ts";
import { differenceLines, fieldLines, isClean, streamLines, totalLines } from "./payloads/report.ts";
import { runCodec, selectStreams } from "./payloads/run-payloads.ts";
import { corpusFolder } from "./streams/corpus.ts";
import { dialects, main as traceHeaders, usage as traceUsage } from "./trace/run-trace.ts";

const usage = `npm run conformance -- <codec> [options]
       npm run conformance -- output <${Object.keys(outputOrders).join("|")}> [--stream <part>]
       npm run conformance -- trace <${Object.keys(dialects).join("|")}> [options] [file …]
       npm run conformance -- examples <codec>

Compares the requests of our sessions with those of GStreamer and FFmpeg, and with the model in ../shared/expected;
"output" compares the order of our outputs with that of FFmpeg's software decoder (ffprobe);
"trace" compares every element that our session reads with FFmpeg's trace_headers;
"examples" writes an example of each row of the codec's disagreements from fixtures and corpus.
Codecs: ${Object.keys(witnessed).join(", ")}. The corpus: V4L2_STATELESS_CORPUS, or ../shared/corpus.

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
    throw new UsageError("examples: there is no corpus in V4L2_STATELESS_CORPUS or ../shared/corpus");
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
  const [first, second] = positionals;
  const limit = countOf("limit", values.limit, 0);
  const isOutput = first === "output";
  const isExamples = first === "examples";
  const codec = isOutput || isExamples ? second : first;
  if (codec === undefined || positionals.length !== (isOutput || isExamples ? 2 : 1)) {
    throw new UsageError("name one codec, after output or examples, where one of these is asked for");
  }
  const known = isOutput ? outputOrders : witnessed;
  if (!Object.hasOwn(known, codec)) throw new UsageError(`${codec}: name one of ${Object.keys(known).join(", ")}`);
  if (isOutput) return runOutputOrder(codec as OutputCodec, values.stream, print);
  const comparator: WitnessedCodec = witnessed[codec as keyof typeof witnessed];
  if (isExamples) return examplesOf(comparator);
  const { streams, corpus } = selectStreams(comparator, { stream: values.stream, fixtures: true, corpus: true });
  if (streams.length === 0) throw new UsageError(`no ${codec} stream has "${values.stream ?? ""}" in its name`);
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
  print(["", ...differenceLines(report.streams, limit), ...fieldLines(report.streams), ""]);
  print(totalLines(report));
  const isEmpty = report.streams.length === 0;
  if (isEmpty) print(["", "nothing was compared: these streams have no record of a peer and no model"]);
  print(["", report.failed || isEmpty ? "FAILED" : "every value is equal or has a verdict"]);
  return report.failed || isEmpty ? 1 : 0;
}

const words = process.argv.slice(2);
process.exitCode =
  words[0] === "trace"
    ? await statusOf(traceUsage, words, () => traceHeaders(words.slice(1)))
    : await statusOf(usage, words, main);
