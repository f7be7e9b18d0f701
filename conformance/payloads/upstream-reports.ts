import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { verdictsOf } from "../../src/compare/rows.ts";
import { effectText } from "../../src/compare/rules.ts";
import { comparators } from "./comparators.ts";
import { exampleText } from "./disagreements-text.ts";
import { readExamples } from "./examples.ts";

/** A file of docs/upstream and what it should say. */
export interface UpstreamReport {
  readonly path: string;
  readonly text: string;
  readonly wanted: string;
  /** The rows that it is about. */
  readonly ids: readonly string[];
}

const folder = fileURLToPath(new URL("../../docs/upstream/", import.meta.url));

/** The line of a row in a report, which the command writes anew: its effect and its example. */
const rowLine = /^\* \[([\w-]+)\]\([.][.]\/[.][.]\/DISAGREEMENTS[.]md#\1\):.*$/gm;

/** The reports for the peers' maintainers, with the lines of their rows as the rows say them, and their index. */
export function upstreamReports(): UpstreamReport[] {
  const lines = rowLines();
  const names = readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md");
  const files = names.sort().map((name): UpstreamReport => {
    const path = folder + name;
    const text = readFileSync(path, "utf8");
    const ids = Array.from(text.matchAll(rowLine), ([, id]) => id as string);
    const wanted = text.replace(rowLine, (line, id: string) => lines.get(id) ?? line);
    return { path, text, wanted, ids };
  });
  const path = `${folder}README.md`;
  return [...files, { path, text: readFileSync(path, "utf8"), wanted: index(files), ids: [] }];
}

function rowLines(): Map<string, string> {
  const codecs = Object.values(comparators).flatMap(({ codec }) => {
    const examples = readExamples(codec);
    return verdictsOf(codec).map((row) => ({ row, example: examples[row.id] }));
  });
  return new Map(
    codecs.map(({ row, example }) => {
      const said = example === undefined ? "" : ` ${exampleText(example)}.`;
      return [row.id, `* [${row.id}](../../DISAGREEMENTS.md#${row.id}): ${effectText(row)}.${said}`];
    }),
  );
}

const head = `# Reports for GStreamer, FFmpeg and the kernel

A file for each fault of a peer that matters to some driver, and of a driver, ready to be sent: what users see, a small stream, a command that shows
it, what the specification says, what is sent instead, and the function at fault as far as its sources were read (GStreamer of
August 2026, FFmpeg's v4l2-request branch of 2024).

The streams in \`test/fixtures\` and \`test/fixtures/disagreements\` have at most a few thousand bytes; their slices decode to nothing in
particular, as only headers and controls matter. Records beside them (\`.jsonl.br\`) are what a peer sent to visl, the kernel's
virtual decoder; \`npx v4l2-stateless inspect\` reads streams and records alike, so that two commands show both sides of a request.
To run GStreamer or a program of your own on visl, \`conformance/visl/vm.sh <command>\` starts a machine that has it
(conformance/visl/README.md), \`conformance/drivers/vm.sh <command>\` one that has the drivers of boards on fake hardware
(conformance/drivers/README.md). \`npm run conformance -- <codec> --stream <name> --verbose\` names the rows that a stream shows.

The lists under "What is sent", and this index, are written by \`npx tsx conformance/payloads/disagreements.ts\`.
`;

function index(files: readonly Pick<UpstreamReport, "path" | "text">[]): string {
  const lines = files.map(({ path, text }) => {
    const title = (text.split("\n")[0] as string).replace("# ", "");
    return `* [${title}](${path.slice(folder.length)})`;
  });
  return `${head}\n${lines.join("\n")}\n`;
}
