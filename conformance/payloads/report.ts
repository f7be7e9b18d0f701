import { type Peer, peers } from "../../src/compare/request.ts";
import type { Transform } from "../../src/compare/rules.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";
import type { ValueDifference } from "./compare-payloads.ts";
import { decodeModes } from "./requests.ts";
import type { CodecReport, StreamReport } from "./run-payloads.ts";

/** A stream is fine when every value is equal or explained. */
export function isClean({ differences, deviations = [] }: StreamReport): boolean {
  return differences.length === 0 && deviations.length === 0;
}

/** One line a producer. */
export function streamLines(report: StreamReport, verbose: boolean): string[] {
  const lines = peers.flatMap((peer) => peerLine(report, peer));
  if (report.deviations !== undefined) {
    lines.push(`${report.stream}  ${report.mode} model  ${report.deviations.length} deviations`);
  }
  if (!verbose) return lines;
  const uses = [...report.uses].map(([id, count]) => `    ${id} ${count}`);
  return [...lines, ...uses];
}

function peerLine(report: StreamReport, peer: Peer): string[] {
  const result = report.peers[peer];
  if (result === undefined) return [];
  const undeclared = report.differences.filter(({ unexplained }) => unexplained.includes(peer)).length;
  const parts = [
    `requests ${report.ours}/${result.requests}`,
    `compared ${result.paired}`,
    `fields ${result.equal}/${result.fields} equal`,
    `${result.explained} by verdict`,
    `raw ${result.rawEqual}`,
  ];
  if (result.stopped > 0) parts.push(`peer stopped ${result.stopped} early`);
  if (result.dropped > 0) parts.push(`peer left out ${result.dropped}`);
  if (result.added > 0) parts.push(`peer has ${result.added} more`);
  if (report.errors > 0) parts.push(`${report.errors} errors reported`);
  if (undeclared > 0) parts.push(`UNDECLARED ${undeclared}`);
  return [`${report.stream}  ${report.mode} ${peer}  ${parts.join(", ")}`];
}

/** The first differences in full. */
export function differenceLines(reports: readonly StreamReport[], limit: number): string[] {
  const differences = reports.flatMap((report) => report.differences.map((d) => ({ ...d, mode: report.mode })));
  const deviations = reports.flatMap((report) => report.deviations ?? []);
  return [
    ...differences.slice(0, limit).map(differenceLine),
    ...rest(differences.length, limit, "differences"),
    ...deviations
      .slice(0, limit)
      .map((d) => `${d.stream} ${d.mode} picture ${d.picture}: ${d.field}: ours ${d.ours}, the model ${d.expected}`),
    ...rest(deviations.length, limit, "deviations from the model"),
  ];
}

function differenceLine(difference: ValueDifference & Pick<StreamReport, "mode">): string {
  const { stream, mode, request, field, values, unexplained } = difference;
  const shown = (["ours", ...peers] as const).flatMap((side) =>
    values[side] === undefined ? [] : [`${side} ${values[side]}`],
  );
  return `${stream} ${mode} #${request}: ${field}: ${shown.join(", ")} (no verdict against ${unexplained.join(" and ")})`;
}

function rest(count: number, limit: number, what: string): string[] {
  return count > limit ? [`… and ${count - limit} more ${what}`] : [];
}

/** Undeclared differences by field: where to look first. */
export function fieldLines(reports: readonly StreamReport[]): string[] {
  const fields = new Map<string, { count: number; streams: Set<string> }>();
  for (const { stream, field } of reports.flatMap((report) => report.differences)) {
    const name = field.replace(/\[#?[^\]]*\]/g, "[]").replace(/ \(.*\)$/, "");
    const entry = fields.get(name) ?? { count: 0, streams: new Set() };
    entry.count++;
    entry.streams.add(stream);
    fields.set(name, entry);
  }
  const sorted = [...fields].sort(([, a], [, b]) => b.streams.size - a.streams.size || b.count - a.count);
  return sorted.map(([name, { count, streams }]) => `  ${name}: ${count} in ${streams.size} streams`);
}

/** The totals and the table of verdicts. */
export function totalLines(report: CodecReport): string[] {
  const lines = decodeModes.flatMap((mode) => {
    const streams = report.streams.filter((stream) => stream.mode === mode);
    return [...peers.flatMap((peer) => totalOf(streams, mode, peer)), ...modelLine(streams, mode)];
  });
  lines.push(`deviations from the model with a clause: ${report.knownDeviations}`);
  lines.push("", "verdicts (uses and streams in frame mode + in slice mode, who is right):");
  for (const { verdict, use } of report.verdicts) {
    const right =
      verdict.transform === undefined ? verdict.right : `${verdict.right}, ${transformText(verdict.transform)}`;
    const counts = decodeModes.map((mode) => `${use[mode].count} in ${use[mode].streams.size}`);
    lines.push(`  ${verdict.id}: ${counts.join(" + ")}, ${right}`);
  }
  for (const row of report.unused) lines.push(`  NEVER USED: ${row}`);
  return lines;
}

function modelLine(streams: readonly StreamReport[], mode: DecodeMode): string[] {
  const modelled = streams.filter(({ deviations }) => deviations !== undefined);
  const clean = modelled.filter(({ deviations }) => deviations!.length === 0).length;
  if (modelled.length === 0) return [];
  return [`${mode} model: ${clean} of ${modelled.length} streams without an unexplained deviation`];
}

function totalOf(streams: readonly StreamReport[], mode: DecodeMode, peer: Peer): string[] {
  const results = streams.flatMap((stream) => stream.peers[peer] ?? []);
  if (results.length === 0) return [];
  const sum = (pick: (result: (typeof results)[number]) => number): number =>
    results.reduce((total, result) => total + pick(result), 0);
  const undeclared = streams.flatMap(({ differences }) => differences).filter((d) => d.unexplained.includes(peer));
  const parts = [
    `${mode} ${peer}: ${results.length} streams, ${sum((r) => r.paired)} requests compared`,
    `${sum((r) => r.equal)} of ${sum((r) => r.fields)} fields equal`,
    `${sum((r) => r.explained)} by verdict`,
    `${sum((r) => r.rawEqual)} requests equal byte by byte (timestamps translated)`,
    `peer stopped early ${sum((r) => r.stopped)}, left out ${sum((r) => r.dropped)}, has ${sum((r) => r.added)} more`,
    `undeclared ${undeclared.length}`,
  ];
  return [parts.join(", ")];
}

function transformText(transform: Transform): string {
  return "remove" in transform ? `${transform.peer} without ${transform.remove}` : `${transform.peer} ${transform.add}`;
}
