import {
  type CaptureStats,
  captureStats,
  type DecoderStats,
  type DriverStats,
  type ProcessStats,
} from "../../capture/index.ts";
import type { Job } from "../arguments.ts";
import type { CaptureInput } from "../capture-input.ts";
import { type Io, Printer } from "../io.ts";
import { jsonLine } from "../printing/json.ts";
import { type Style, styleFor } from "../printing/terminal.ts";

/** The tables of a board's bring-up. Returns the exit status. */
export async function stats(io: Io, { calls }: CaptureInput, args: Job): Promise<number> {
  const counted = await captureStats(calls);
  const printer = new Printer(io.stdout);
  printer.add(args.json ? jsonOf(counted) : textOf(counted, styleFor(io, args.color)));
  await printer.flush();
  return 0;
}

function jsonOf({ decoders, drivers, processes, handoffs }: CaptureStats): string {
  return [
    ...decoders.map((each) => jsonLine({ type: "decoder", ...each, codec: each.codec ?? null })),
    ...drivers.map((each) => jsonLine({ type: "driver", ...each })),
    ...processes.map((each) => jsonLine({ type: "process", ...each })),
    ...handoffs.map((each) => jsonLine({ type: "handoff", ...each })),
  ].join("");
}

function textOf({ decoders, drivers, processes, handoffs }: CaptureStats, style: Style): string {
  const went = handoffs.map(({ boundary, way, evidence }) => [boundary, way, evidence]);
  const blocks = [
    ...decoders.map((each) => [style.bold(headingOf(each)), ...decoderLines(each)]),
    ...drivers.map((each) => [style.bold(`driver: ${each.codec}`), ...driverLines(each)]),
    ...processes.map((each) => [style.bold(nameOf(each.process)), ...processLines(each)]),
    ...(went.length === 0 ? [] : [[style.bold("where the pictures went"), ...aligned(went)]]),
  ];
  return blocks.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

function nameOf(process: string): string {
  return process === "" ? "process" : `process ${process}`;
}

function headingOf({ process, codec }: DecoderStats): string {
  return `${nameOf(process)}: ${codec ?? "devices that decoded nothing"}`;
}

function decoderLines(decoder: DecoderStats): string[] {
  const { ioctls, requests, requestPool, reinits, mostInFlight, dequeued, exported, formatTroubles } = decoder;
  const counts = Object.entries(ioctls)
    .sort(([, a], [, b]) => b.calls - a.calls)
    .map(([name, { calls, errors }]) => {
      const refused = Object.entries(errors).map(([error, times]) => `${error} ${times}`);
      return [String(calls).padStart(7), name, refused.join(", ")];
    });
  const pool = `pool of ${requestPool}, ${reinits} REINIT, at most ${mostInFlight} in flight`;
  const facts = [
    ["requests queued", String(requests), pool],
    ["buffers that came back", `${dequeued.OUTPUT} OUTPUT`, `${dequeued.CAPTURE} CAPTURE`],
    ["buffers exported", `${exported.OUTPUT} OUTPUT`, `${exported.CAPTURE} CAPTURE`],
  ];
  const troubles = formatTroubles.map(
    ({ line, queue, error, cause }) => `  line ${line}: VIDIOC_S_FMT on ${queue}: ${error}: ${cause}`,
  );
  return [...aligned(counts), ...(decoder.codec === undefined ? [] : aligned(facts)), ...troubles];
}

function driverLines({ requests, bytes }: DriverStats): string[] {
  return aligned([["requests run", String(requests), bytes === undefined ? "" : `${bytes} bytes`]]);
}

function processLines({ largeMappings, anonymousMappings, filesSent, filesReceived, drm }: ProcessStats): string[] {
  const size = ({ count, bytes }: ProcessStats["largeMappings"]) => [
    String(count),
    `${(bytes / 2 ** 20).toFixed(1)} MiB`,
  ];
  // Every program maps memory: where none did, nobody looked.
  const mappings =
    anonymousMappings.count === 0
      ? [["anonymous mappings", "not seen", "only strace with mmap shows them"]]
      : [
          ["anonymous mappings of 2 MiB and more", ...size(largeMappings)],
          ["anonymous mappings in all", ...size(anonymousMappings)],
        ];
  const passed =
    filesSent + filesReceived === 0
      ? ["none seen", "only strace with sendmsg and recvmsg shows them"]
      : [`${filesSent} sent`, `${filesReceived} received`];
  return aligned([
    ...mappings,
    ["descriptors passed (SCM_RIGHTS)", ...passed],
    ...Object.entries(drm).map(([name, count]) => [name, String(count)]),
  ]);
}

/** Columns, two blanks apart. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd());
}
