import { lintCapture } from "../../capture/index.ts";
import type { Job } from "../arguments.ts";
import type { CaptureInput } from "../capture-input.ts";
import { type Io, Printer } from "../io.ts";
import { jsonLine } from "../printing/json.ts";
import { printable, styleFor } from "../printing/terminal.ts";

/**
 * The mistakes in a capture, a line each, as compilers print them; then, on standard error, what was looked at. Returns the exit status:
 * 1 when there is any.
 */
export async function lint(io: Io, { name, calls }: CaptureInput, args: Job): Promise<number> {
  const printer = new Printer(io.stdout);
  const style = styleFor(io, args.color);
  const findings = lintCapture(calls, { codec: args.codec });
  let found = 0;
  let next = await findings.next();
  for (; next.done !== true; next = await findings.next()) {
    const { rule, line, call, message, advice } = next.value;
    found++;
    const text = `${style.bold(`${printable(name)}:${line}:`)} ${call}: ${message}; ${advice} [${rule}]\n`;
    printer.add(args.json ? jsonLine({ type: "finding", ...next.value }) : text);
    await printer.drain();
  }
  if (args.json) printer.add(jsonLine({ type: "lintResult", findings: found }));
  await printer.flush();
  await io.stderr.write(`${printable(name)}: ${summaryOf(next.value, found)}\n`);
  return found > 0 ? 1 : 0;
}

function summaryOf(requests: number, found: number): string {
  const seen = requests === 0 ? "no request to look at" : `${requests} request${requests === 1 ? "" : "s"}`;
  const result = found === 0 ? "nothing" : `${found} mistake${found === 1 ? "" : "s"}`;
  return `${seen}; ${result} found`;
}
