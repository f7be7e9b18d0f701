import type { Codec } from "../../events.ts";
import { validate as kernelRefusals } from "../../kernel/index.ts";
import { modeControls } from "../../record/format.ts";
import type { Controls } from "../../record/index.ts";
import { type Target, targetRefusals } from "../../targets/index.ts";
import { controlByName } from "../../uapi/index.ts";
import type { Arguments } from "../arguments.ts";
import type { RecordInput, StreamInput } from "../input.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { ErrorReport } from "../printing/errors.ts";
import { printable, styleFor } from "../printing/terminal.ts";
import { itemsOf } from "../source.ts";

/** What the kernel and the target would refuse, a line each. Returns the exit status: 1 when there is something. */
export async function validate(io: Io, input: StreamInput | RecordInput, args: Arguments): Promise<number> {
  const codec = input.kind === "record" ? input.header.codec : input.codec;
  const style = styleFor(io);
  const printer = new Printer(io.stdout);
  const errors = new ErrorReport(io, input.name);
  let requests = 0;
  let refused = 0;
  const report = (where: string, controls: Controls) => {
    for (const line of refusalLines(controls, args.target, codec)) {
      refused++;
      printer.add(`${style.bold(where)}: ${line}\n`);
    }
  };
  // Those that no line sets before the first request are in effect for it.
  const headerModes = new Map(input.kind === "record" ? modeControls(input.header) : []);
  for await (const items of itemsOf(io, input, args)) {
    for (const item of items) {
      if (item.type === "error") await errors.add(item);
      if (item.type !== "request" && item.type !== "set") continue;
      // A control is checked when it is sent, and not again for every request that keeps it.
      const [where, controls] =
        item.type === "request"
          ? [`request ${item.request}`, item.own]
          : [`set before request ${requests}`, item.controls];
      for (const name of controls.keys()) headerModes.delete(name);
      if (item.type === "request" && requests++ === 0) report("header", headerModes);
      report(where, controls);
      await printer.drain();
    }
  }
  await printer.flush();
  await errors.close();
  if (requests === 0) throw new CliError(`${input.name}: no picture could be decoded`);
  const found = refused === 0 ? "nothing is" : `${refused} value${refused === 1 ? " is" : "s are"}`;
  const checked = `${requests} request${requests === 1 ? "" : "s"}`;
  await io.stderr.write(`${input.name}: ${checked}; ${found} refused by the kernel or by ${args.target.name}\n`);
  return refused === 0 ? 0 : 1;
}

/** Control, field, value, who refuses it and why. */
function refusalLines(controls: Controls, target: Target, codec: Codec): string[] {
  const lines: string[] = [];
  for (const [name, payload] of controls) {
    for (const { path, value, reason } of kernelRefusalsOf(name, payload)) {
      lines.push(refusalLine(name, path, value, `kernel: ${reason}`));
    }
  }
  for (const { control, path, value, reason } of targetRefusals(target, codec, controls)) {
    lines.push(refusalLine(control, path, value, reason));
  }
  return lines;
}

function refusalLine(control: string, path: string, value: number | bigint | undefined, reason: string): string {
  return [printable(control), path, value === undefined ? "" : `= ${value}`, `(${reason})`].filter(Boolean).join(" ");
}

function kernelRefusalsOf(name: string, payload: Uint8Array | number): ReturnType<typeof kernelRefusals> {
  const control = controlByName(name);
  // What the kernel's header does not have is the target's to refuse.
  if (control === undefined) return [];
  if ((control.type === "menu") !== (typeof payload === "number")) {
    const value = typeof payload === "number" ? payload : payload.length;
    return [{ path: "", value, reason: control.type === "menu" ? "bytes for a menu" : "a number for a struct" }];
  }
  return kernelRefusals(name, payload);
}
