import type { Codec, DecodeEvent, RequestEvent } from "../../events.ts";
import { SentUnits } from "../../explain/sent-units.ts";
import type { Job } from "../arguments.ts";
import type { RecordInput, StreamInput } from "../input.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { cutAtPictures } from "../parts-at-pictures.ts";
import { ErrorReport } from "../printing/errors.ts";
import { jsonLine } from "../printing/json.ts";
import { type Style, styleFor } from "../printing/terminal.ts";
import { type TracedUnit, TraceLines } from "../printing/trace-lines.ts";
import { namedUnitKinds } from "../printing/unit-kinds.ts";
import { SeenRequests } from "../request-set.ts";
import { sessionOptions, streamEvents } from "../source.ts";
import { UntilFailure } from "../until-failure.ts";

/** Every syntax element of a stream with its place. Returns the exit status. */
export async function trace(io: Io, input: StreamInput | RecordInput, args: Job): Promise<number> {
  if (input.kind === "record") {
    const what = input.capture === undefined ? "record" : "capture";
    throw new CliError(`${input.name}: a ${what} holds no syntax elements; trace reads streams`);
  }
  const units = args.units === undefined ? undefined : namedUnitKinds(input.codec, args.units);
  const printer = new Printer(io.stdout);
  const errors = new ErrorReport(io, input, args, printer);
  const style = styleFor(io, args.color);
  const output =
    args.request === undefined ? new AllUnits(printer, args) : new UnitsOfRequests(printer, args, style, input.codec);
  const lines = new TraceLines(input.codec, { ...args, units }, style, io.stdout.columns, (unit) => output.add(unit));
  const options = { ...sessionOptions(input.codec, args), trace: lines };
  const isCut = input.codec === "mpeg2" && args.request !== undefined;
  const stream = isCut ? { ...input, parts: cutAtPictures(input.parts) } : input;
  const source = new UntilFailure(streamEvents(io, stream, options));
  for await (const events of source) {
    output.take(events);
    for (const event of events) if (event.type === "error") await errors.add(event);
    await printer.drain();
    if (output.isDone && !args.strict) break;
  }
  output.end();
  await printer.flush();
  source.rethrow();
  const status = await errors.close();
  if (lines.units === 0) throw new CliError(`${input.name}: no unit was found`);
  if (output instanceof UnitsOfRequests) args.request?.checkReached(input.name, output.seen);
  return status;
}

/** Prints a unit when the next one begins. */
class AllUnits {
  readonly isDone = false;
  readonly #printer: Printer;
  readonly #isJson: boolean;
  #last: TracedUnit | undefined;
  #printed = 0;

  constructor(printer: Printer, { json }: Job) {
    this.#printer = printer;
    this.#isJson = json;
  }

  add(unit: TracedUnit): void {
    this.#print();
    this.#last = unit;
  }

  /** The elements after this belong to another unit. */
  take(_events: readonly DecodeEvent[]): void {
    this.#print();
  }

  end(): void {
    this.#print();
  }

  #print(): void {
    const lines = this.#last?.lines ?? [];
    this.#last = undefined;
    if (lines.length > 0) printUnit(this.#printer, lines, this.#isJson || this.#printed++ === 0);
  }
}

/** Prints the units of the requests that are wanted. */
class UnitsOfRequests {
  readonly seen = new SeenRequests();
  readonly #printer: Printer;
  readonly #args: Job;
  readonly #style: Style;
  readonly #units: SentUnits<TracedUnit>;
  #requests = 0;
  #printed = 0;

  constructor(printer: Printer, args: Job, style: Style, codec: Codec) {
    this.#units = new SentUnits(codec);
    this.#printer = printer;
    this.#args = args;
    this.#style = style;
  }

  get isDone(): boolean {
    return this.seen.last >= (this.#args.request?.last ?? Infinity);
  }

  add(unit: TracedUnit): void {
    this.#units.add({ ...unit, bytes: unit.bytes.slice() });
  }

  take(events: readonly DecodeEvent[]): void {
    for (const event of events) if (event.type === "request") this.#take(event);
    this.#units.endCall();
  }

  #take(event: RequestEvent): void {
    const request = this.#requests++;
    const { units } = this.#units.of(event);
    this.seen.add(request);
    if (this.#args.request?.has(request) !== true) return;
    if (this.#args.json) this.#printer.add(jsonLine({ type: "request", request }));
    else printUnit(this.#printer, [`${this.#style.bold(`request ${request}`)}\n`], this.#printed++ === 0);
    for (const { lines } of units) {
      if (lines.length > 0) printUnit(this.#printer, lines, this.#args.json || this.#printed++ === 0);
    }
  }

  end(): void {}
}

function printUnit(printer: Printer, lines: readonly string[], isFirst: boolean): void {
  printer.add(`${isFirst ? "" : "\n"}${lines.join("")}`);
}
