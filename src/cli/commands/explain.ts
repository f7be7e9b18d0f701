import { RequestExplainer } from "../../explain/index.ts";
import { fieldReading } from "../../targets/index.ts";
import type { Job } from "../arguments.ts";
import { finish } from "../finish.ts";
import type { RecordInput, StreamInput } from "../input.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { cutAtPictures } from "../parts-at-pictures.ts";
import { ErrorReport } from "../printing/errors.ts";
import { type ExplanationView, explanationJson, explanationText } from "../printing/explanation.ts";
import { FieldChoice } from "../printing/field-choice.ts";
import { jsonLine } from "../printing/json.ts";
import { styleFor } from "../printing/terminal.ts";
import { SeenRequests } from "../request-set.ts";
import { sessionOptions, streamEvents } from "../source.ts";
import { TargetValues } from "../target-values.ts";
import { UntilFailure } from "../until-failure.ts";

/** What the fields of some requests were made of. Returns the exit status. */
export async function explain(io: Io, input: StreamInput | RecordInput, args: Job): Promise<number> {
  if (input.kind === "record") {
    throw new CliError(
      `${input.name}: a record holds the requests, and not the stream that they were made from; explain the stream, ` +
        "and compare the two with diff",
    );
  }
  const { request: wanted } = args;
  const choice = args.fields === undefined ? undefined : new FieldChoice(args.fields);
  const printer = new Printer(io.stdout);
  const errors = new ErrorReport(io, input, args, printer);
  const view = viewOf(io, input, args);
  const seen = new SeenRequests();
  const explainer = new RequestExplainer(input.codec, (request) => wanted?.has(request) ?? true);
  const options = { ...sessionOptions(input.codec, args), trace: explainer.trace };
  const stream = input.codec === "mpeg2" ? { ...input, parts: cutAtPictures(input.parts) } : input;
  const source = new UntilFailure(streamEvents(io, stream, options));
  const values = args.targetName === undefined ? undefined : new TargetValues(args.target, input.codec);
  let printed = 0;
  for await (const events of source) {
    for (const event of events) if (event.type === "error") await errors.add(event);
    values?.take(events);
    for (const own of explainer.take(events)) {
      const explained = values?.of(own) ?? own;
      const chosen = choice === undefined ? explained : choice.of(explained);
      if (args.errors === "only") continue;
      if (args.json) for (const line of explanationJson(chosen, view)) printer.add(jsonLine(line));
      else printer.add(`${printed++ === 0 ? "" : "\n"}${explanationText(chosen, view, choice && explained)}`);
    }
    while (seen.last + 1 < explainer.requests) seen.add(seen.last + 1);
    await printer.drain();
    if (seen.last >= (wanted?.last ?? Infinity) && !args.strict) break;
  }
  return finish(input, wanted, { printer, source, errors, seen });
}

function viewOf(io: Io, { codec, isInside }: StreamInput, { color, target, targetName }: Job): ExplanationView {
  const isNamed = targetName !== undefined;
  return {
    style: styleFor(io, color),
    columns: io.stdout.columns,
    isInside,
    target: isNamed ? target.name : undefined,
    readingOf: (control, { path, flag }) => (isNamed ? fieldReading(target, codec, control, path, flag) : undefined),
  };
}
