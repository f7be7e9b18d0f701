import type { Codec } from "../../events.ts";
import type { ResolvedRequest, SequenceLine } from "../../record/index.ts";
import type { Job } from "../arguments.ts";
import { finish } from "../finish.ts";
import { codecOf, type RecordInput, type StreamInput } from "../input.ts";
import { type Io, Printer } from "../io.ts";
import { ErrorReport } from "../printing/errors.ts";
import { jsonLine, pictureJson, sequenceJson } from "../printing/json.ts";
import { PictureTable } from "../printing/picture-table.ts";
import { pictureViews } from "../printing/pictures.ts";
import { Numbering } from "../printing/references.ts";
import { controlsText, requestText } from "../printing/show-request.ts";
import { type PictureLine, ShownPictures } from "../printing/shown-pictures.ts";
import { Summary } from "../printing/summary.ts";
import { styleFor } from "../printing/terminal.ts";
import { SeenRequests } from "../request-set.ts";
import { itemsOf } from "../source.ts";
import { UntilFailure } from "../until-failure.ts";

/** A line for each picture, or with `--request` every control of some, or with `--summary` counts. Returns the exit status. */
export async function inspect(io: Io, input: StreamInput | RecordInput, args: Job): Promise<number> {
  const codec = codecOf(input);
  const printer = new Printer(io.stdout);
  const errors = new ErrorReport(io, input, args, printer);
  const numbering = new Numbering();
  const pictures = new ShownPictures();
  const summary = args.summary ? new Summary(input) : undefined;
  const lines = linesOf(io, codec, args);
  const controlsOf = controlsPrinter(io, args, numbering);
  const { request: wanted } = args;
  const seen = new SeenRequests();
  const source = new UntilFailure(itemsOf(io, input, args));
  for await (const items of source) {
    for (const item of items) {
      if (item.type === "error") await errors.add(item);
      if (item.type === "request") {
        seen.add(item.request);
        const picture = pictureViews[codec].picture(item, numbering);
        summary?.addPicture(item, picture);
        if (wanted?.has(item.request) ?? true) pictures.take(item, picture, controlsOf(item));
        else pictures.pass(item);
        // This must come last: the request's references are earlier requests, even where a timestamp is used again.
        numbering.note(item.request, item.timestamp);
      } else {
        summary?.add(item);
        pictures.take(item);
        if (item.type === "release") numbering.forget(item.timestamp);
      }
      for (const line of pictures.settled()) printer.add(lines(line));
      await printer.drain();
    }
    // No more requests are wanted, and no picture waits.
    if (wanted !== undefined && seen.last >= wanted.last && pictures.isEmpty && !args.strict) break;
  }
  for (const line of pictures.settled(true)) printer.add(lines(line));
  if (summary !== undefined && seen.count > 0) printer.add(args.json ? summary.json() : summary.text(io, args.color));
  return finish(input, wanted, { printer, source, errors, seen });
}

/** A function that prints a line with its line feed, or an empty text where the line is not wanted. */
function linesOf(io: Io, codec: Codec, args: Job): (line: PictureLine | SequenceLine) => string {
  const isInFull = args.request !== undefined;
  if (args.summary || args.errors === "only") return () => "";
  if (args.json) {
    return (line) => jsonLine(line.type === "sequence" ? sequenceJson(line) : pictureJson(line, isInFull));
  }
  const style = styleFor(io, args.color);
  if (!isInFull) {
    const table = new PictureTable(codec, style, io.stdout.columns);
    return (line) => table.line(line);
  }
  let count = 0;
  return (line) => {
    if (line.type === "sequence") return "";
    return (count++ === 0 ? "" : "\n") + requestText(codec, line, style, io.stdout.columns);
  };
}

/** The controls of a request as text, where they will be printed. */
function controlsPrinter(io: Io, args: Job, numbering: Numbering): (request: ResolvedRequest) => string | undefined {
  if (args.request === undefined || args.json) return () => undefined;
  const style = styleFor(io, args.color);
  return (request) => controlsText(request, numbering, style, io.stdout.columns);
}
