import { lintCapture } from "../../capture/index.ts";
import type { Job } from "../arguments.ts";
import type { CaptureInput } from "../capture-input.ts";
import { type Io, Printer } from "../io.ts";
import { jsonLine } from "../printing/json.ts";
import { printable, styleFor } from "../printing/terminal.ts";

/** The mistakes in a capture, a line each, as compilers print them. Returns the exit status: 1 when there is any. */
export async function lint(io: Io, { name, calls }: CaptureInput, args: Job): Promise<number> {
  const printer = new Printer(io.stdout);
  const style = styleFor(io, args.color);
  let count = 0;
  for await (const finding of lintCapture(calls, { codec: args.codec })) {
    const { rule, line, call, message, advice } = finding;
    count++;
    const text = `${style.bold(`${printable(name)}:${line}:`)} ${call}: ${message}; ${advice} [${rule}]\n`;
    printer.add(args.json ? jsonLine({ type: "finding", ...finding }) : text);
    await printer.drain();
  }
  if (args.json) printer.add(jsonLine({ type: "lintResult", findings: count }));
  await printer.flush();
  return count > 0 ? 1 : 0;
}
