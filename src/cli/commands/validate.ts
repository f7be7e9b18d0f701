import type { Codec } from "../../events.ts";
import { validate as kernelRefusals } from "../../kernel/index.ts";
import { modeControls } from "../../record/format.ts";
import type { Controls } from "../../record/index.ts";
import { type Target, type TargetRefusal, targetRefusals } from "../../targets/index.ts";
import { controlByName } from "../../uapi/index.ts";
import type { Job } from "../arguments.ts";
import { codecOf, type RecordInput, type StreamInput } from "../input.ts";
import { type Io, Printer } from "../io.ts";
import { ErrorReport } from "../printing/errors.ts";
import { jsonLine } from "../printing/json.ts";
import { fold, printable, styleFor } from "../printing/terminal.ts";
import { SeenRequests } from "../request-set.ts";
import { itemsOf, noPicture } from "../source.ts";
import { UntilFailure } from "../until-failure.ts";

/** How often controls may be set before a request without being told at once: more than any program does. */
const mostSets = 1000;

/** What the kernel and the target would refuse, a line each. Returns the exit status: 1 when there is something. */
export async function validate(io: Io, input: StreamInput | RecordInput, args: Job): Promise<number> {
  const codec = codecOf(input);
  const printer = new Printer(io.stdout);
  const errors = new ErrorReport(io, input, args, printer);
  const style = styleFor(io, args.color);
  const wanted = args.request;
  const seen = new SeenRequests();
  let checked = 0;
  let refused = 0;
  const report = (place: RefusalPlace, controls: Controls) => {
    if (wanted?.has(place.request) === false) return;
    for (const refusal of refusalsOf(controls, args.target, codec)) {
      refused++;
      if (args.errors === "only") continue;
      if (args.json) printer.add(jsonLine({ type: "refusal", ...place, ...refusal }));
      else {
        const line = `${style.bold(placeText(place))}: ${refusalText(refusal)}`;
        printer.add(`${fold(line, io.stdout.columns, 2)}\n`);
      }
    }
  };
  // What is set waits for the request that it is for: the numbers of a record may begin anywhere, and have gaps.
  const sets: Controls[] = [];
  const reportSets = (request: number) => {
    for (const controls of sets.splice(0)) report({ in: "set", request }, controls);
  };
  // The header's modes are in effect for the first request unless a line before it sets them.
  const headerModes = new Map(input.kind === "record" ? modeControls(input.header) : []);
  const source = new UntilFailure(itemsOf(io, input, args));
  for await (const items of source) {
    for (const item of items) {
      if (item.type === "error") await errors.add(item);
      const sent = item.type === "set" ? item.controls : item.type === "request" ? item.own : new Map();
      for (const name of sent.keys()) headerModes.delete(name);
      // A control is checked when it is sent, not again for every request in which it stays in effect.
      if (item.type === "set") {
        sets.push(item.controls);
        if (sets.length > mostSets) reportSets(seen.last + 1);
      }
      if (item.type === "request") {
        if (seen.count === 0) report({ in: "header", request: item.request }, headerModes);
        reportSets(item.request);
        report({ in: "request", request: item.request }, item.own);
        seen.add(item.request);
        if (wanted?.has(item.request) ?? true) checked++;
      }
      await printer.drain();
    }
  }
  reportSets(seen.last + 1);
  await printer.flush();
  source.rethrow();
  if (seen.count > 0 && args.json) {
    printer.add(jsonLine({ type: "result", target: args.target.name, requests: checked, refused }));
  }
  await printer.flush();
  const status = await errors.close(refused === 0 ? 0 : 1);
  if (seen.count === 0) throw noPicture(input);
  wanted?.checkReached(input.name, seen);
  const found = refused === 0 ? "nothing is" : `${refused} value${refused === 1 ? " is" : "s are"}`;
  const part = wanted === undefined ? "" : `${checked} of `;
  const all = `${seen.count} request${seen.count === 1 ? "" : "s"}`;
  await io.stderr.write(`${input.name}: ${part}${all}; ${found} refused by the kernel or by ${args.target.name}\n`);
  return status;
}

/** The place where a control is sent. */
interface RefusalPlace {
  /** A request, a set before it, or the record's header, whose modes are in effect for it. */
  readonly in: "request" | "set" | "header";
  readonly request: number;
}

function placeText({ in: where, request }: RefusalPlace): string {
  if (where === "header") return "header";
  return where === "set" ? `set before request ${request}` : `request ${request}`;
}

/** A refusal: what, by whom and why. */
interface Refusal extends Omit<TargetRefusal, "value" | "unfit"> {
  readonly value: number | bigint | undefined;
  /** `"kernel"`, or the target's name. */
  readonly by: string;
}

function refusalsOf(controls: Controls, target: Target, codec: Codec): Refusal[] {
  const byKernel = [...controls].flatMap(([control, payload]) =>
    kernelRefusalsOf(control, payload).map((refusal) => ({ control, ...refusal, by: "kernel" })),
  );
  const byTarget = targetRefusals(target, codec, controls);
  const { name: by } = target;
  return [...byKernel, ...byTarget.map(({ control, path, value, reason }) => ({ control, path, value, reason, by }))];
}

/** Control, field, value, who refuses it and why. */
function refusalText({ control, path, value, reason, by }: Refusal): string {
  const why = by === "kernel" ? `kernel: ${reason}` : reason;
  return [printable(control), path, value === undefined ? "" : `= ${value}`, `(${why})`].filter(Boolean).join(" ");
}

function kernelRefusalsOf(name: string, payload: Uint8Array | number): ReturnType<typeof kernelRefusals> {
  const control = controlByName(name);
  // Controls that are not in the kernel's header are left to the target's check.
  if (control === undefined) return [];
  if ((control.type === "menu") !== (typeof payload === "number")) {
    const value = typeof payload === "number" ? payload : payload.length;
    return [{ path: "", value, reason: control.type === "menu" ? "bytes for a menu" : "a number for a struct" }];
  }
  return kernelRefusals(name, payload);
}
