import { elementPath, type Trace, type TraceElement, type TraceUnit } from "../../bitreader/index.ts";
import type { Arguments } from "../arguments.ts";
import type { RecordInput, StreamInput } from "../input.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { ErrorReport } from "../printing/errors.ts";
import { alignRow, type Column, type Style, styleFor } from "../printing/terminal.ts";
import { sessionOptions, streamEvents } from "../source.ts";

/** Every syntax element of a stream with its place. Returns the exit status. */
export async function trace(io: Io, input: StreamInput | RecordInput, args: Arguments): Promise<number> {
  if (input.kind === "record")
    throw new CliError(`${input.name}: a record holds no syntax elements; trace reads streams`);
  const printer = new Printer(io.stdout);
  const errors = new ErrorReport(io, input.name);
  const lines = new TraceLines(printer, styleFor(io));
  const options = { ...sessionOptions(input.codec, args), trace: lines };
  for await (const events of streamEvents(io, input, options)) {
    await printer.drain();
    for (const event of events) if (event.type === "error") await errors.add(event);
  }
  await printer.flush();
  await errors.close();
  if (lines.units === 0) throw new CliError(`${input.name}: no unit was found`);
  return 0;
}

const columns: readonly Column[] = [
  { title: "bit", align: "right", width: 7 },
  { title: "byte:bit", align: "right", width: 10 },
  { title: "length", align: "right", width: 6 },
  { title: "", align: "left", width: 2 },
  { title: "element", align: "left", width: 44 },
  { title: "value", align: "right", width: 10 },
];

/** Prints what the session reads: a heading for each unit, and a line for each element. */
class TraceLines implements Trace {
  units = 0;
  readonly #printer: Printer;
  readonly #style: Style;
  #byte = 0;

  constructor(printer: Printer, style: Style) {
    this.#printer = printer;
    this.#style = style;
  }

  unit({ name, byte, bytes }: TraceUnit): void {
    this.#byte = Math.max(byte, 0);
    const place = byte < 0 ? "in the configuration record" : `byte ${byte}`;
    const blank = this.units === 0 ? "" : "\n";
    this.#printer.add(`${blank}${this.#style.bold(`unit ${this.units}  ${name}`)}  ${place}, ${bytes.length} bytes\n`);
    const titles = columns.map(({ title }) => title);
    this.#printer.add(`${this.#style.dim(alignRow(columns, titles))}\n`);
    this.units++;
  }

  element({ name, subscripts, descriptor, bit, codedBit, length, value, coder }: TraceElement): void {
    const place = `${this.#byte + (codedBit >> 3)}:${codedBit & 7}`;
    const cells = [String(bit), place, String(length), descriptor, elementPath(name, subscripts), String(value)];
    this.#printer.add(`${alignRow(columns, cells)}${coder === undefined ? "" : coderText(coder)}\n`);
  }
}

/** A boolean decoder's state before the element. */
function coderText({ range, value, bit_count, probability }: NonNullable<TraceElement["coder"]>): string {
  return `  probability ${probability}, range ${range}, value ${value}, bit_count ${bit_count}`;
}
