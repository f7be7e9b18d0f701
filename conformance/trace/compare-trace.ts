import { elementPath, type TraceElement } from "../../src/bitreader/index.ts";
import type { StreamUnit } from "../../src/framing/byte-stream.ts";
import { openSession } from "../../src/open-session.ts";
import type { ComparedElement, Dialect } from "./dialect.ts";
import type { FfmpegElement, FfmpegTrace, FfmpegUnit } from "./trace-headers.ts";

/** A unit as our session traced it. */
interface OurUnit {
  readonly name: string;
  /** Why FFmpeg does not take it apart. */
  readonly leftOut: string | undefined;
  readonly byte: number;
  /** Why FFmpeg's references are others here. */
  readonly otherReferences: string | undefined;
  readonly elements: TraceElement[];
  /** Why we stopped in it or left it out. */
  error: string | undefined;
}

/** What became of one stream. */
export interface TraceReport {
  readonly units: number;
  readonly elements: number;
  /** SEI payloads of which only place and length were compared, because FFmpeg or we read them no further. */
  readonly payloads: number;
  /** Units that only one side read, or not to the end: by cause. */
  readonly exceptions: ReadonlyMap<string, number>;
  /** What is neither equal nor declared. */
  readonly differences: readonly string[];
}

function ourUnits(dialect: Dialect, stream: Uint8Array, sourceUnits: readonly StreamUnit[]): OurUnit[] {
  let otherReferences: string | undefined;
  const units = sourceUnits.map(({ bytes, byte }): OurUnit => {
    const leftOut = dialect.leftOut(bytes);
    otherReferences ??= dialect.otherReferences?.(bytes);
    return { name: dialect.unitName(bytes), leftOut, byte, otherReferences, elements: [], error: undefined };
  });
  const byByte = new Map(units.map((unit) => [unit.byte, unit]));
  let current: OurUnit | undefined;
  const session = openSession(dialect.codec, {
    trace: {
      unit: ({ byte }) => {
        current = byByte.get(byte);
      },
      element: (element) => current?.elements.push(element),
    },
  });
  for (const event of [...session.push(stream), ...session.flush()]) {
    if (event.type !== "error") continue;
    const unit = event.byte === undefined ? undefined : byByte.get(event.byte);
    if (unit === undefined) continue;
    // Errors of other kinds come from units that were read to their end, or not at all.
    const isInside = event.bit !== undefined || event.kind === "missing-parameter-set";
    if (isInside || unit.elements.length === 0) unit.error ??= `${event.element ?? "unit"}: ${event.message}`;
  }
  return units;
}

/** Compares the traces of one file. */
export function compareTraces(dialect: Dialect, file: Uint8Array, trace: FfmpegTrace): TraceReport {
  const comparison = new TraceComparison(dialect);
  const source = dialect.source(file);
  const units = ourUnits(dialect, file, source.units).filter(
    ({ leftOut }) => leftOut === undefined || comparison.except(leftOut),
  );
  if (trace.refusal !== undefined)
    comparison.except(`FFmpeg's filter does not start: ${plain(trace.refusal)}`, units.length);
  if (trace.failure !== undefined) comparison.differences.push(`FFmpeg did not read to the end: ${trace.failure}`);
  let next = 0;
  let end = 0;
  for (const [i, packet] of trace.packets.entries()) {
    const { byte, size } = source.packets?.[i] ?? { byte: end, size: packet.size };
    if (size !== packet.size) comparison.differences.push(`byte ${byte}: FFmpeg's packet has ${packet.size} bytes`);
    end = byte + size;
    const first = next;
    while (next < units.length && (units[next] as OurUnit).byte < end) next++;
    comparison.packet(units.slice(first, next), packet.units);
  }
  if (trace.refusal === undefined && next < units.length)
    comparison.except("in no packet of FFmpeg's", units.length - next);
  return comparison;
}

/** A message without its numbers: causes are counted by kind. */
function plain(message: string): string {
  return message.replace(/-?\b\d+\b/g, "N");
}

class TraceComparison implements TraceReport {
  units = 0;
  elements = 0;
  payloads = 0;
  readonly exceptions = new Map<string, number>();
  readonly differences: string[] = [];
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** Counts an exception; returns false. */
  except(cause: string, count = 1): boolean {
    this.exceptions.set(cause, (this.exceptions.get(cause) ?? 0) + count);
    return false;
  }

  packet(ours: readonly OurUnit[], theirs: readonly FfmpegUnit[]): void {
    for (const [i, unit] of ours.entries()) {
      const other = theirs[i];
      if (other !== undefined) this.#unit(unit, other);
      else if (theirs.at(-1)?.failure !== undefined) this.except("FFmpeg leaves out what follows in a packet");
      else this.differences.push(`byte ${unit.byte}: FFmpeg has no such unit`);
    }
    if (theirs.length > ours.length) this.differences.push(`byte ${ours[0]?.byte}: FFmpeg has more units`);
  }

  #unit(ours: OurUnit, theirs: FfmpegUnit): void {
    const { failure } = theirs;
    if (failure !== undefined && ours.error !== undefined) this.except("broken for both: compared up to there");
    else if (failure !== undefined) this.#refused("ffmpeg", failure, ours);
    const isShort = ours.error !== undefined || ours.elements.length === 0;
    if (ours.elements.length === 0) return void this.#refused("ours", ours.error ?? ours.name, ours);
    const [a, b] = this.#withoutPayloads(
      ours.elements,
      theirs.elements.filter(({ name }) => !this.#dialect.beyondOurs.has(name)),
    );
    const count = Math.max(a.length, b.length);
    let equal = Math.min(a.length, b.length);
    for (let i = 0; i < count; i++) {
      const [x, y] = [a[i], b[i]];
      if (x !== undefined && y !== undefined && this.#isSame(x, y)) continue;
      if (x === undefined && isShort) return void this.#refused("ours", ours.error as string, ours);
      if (y === undefined && failure !== undefined) break;
      if (ours.otherReferences !== undefined && this.#isByReferences(x, y)) {
        this.except(`compared up to an element that is there by the references: ${ours.otherReferences}`);
        equal = i;
        break;
      }
      this.differences.push(
        `byte ${ours.byte}: ours ${x ? this.#described(x) : "ends"}, FFmpeg's ${y ? this.#described(y) : "ends"}`,
      );
      return;
    }
    this.units++;
    this.elements += equal;
  }

  #refused(side: "ffmpeg" | "ours", message: string, { byte, otherReferences }: OurUnit): void {
    const row = this.#dialect.declaredRefusals.find(
      (row) =>
        row.side === side && row.message.test(message) && (row.byReferences !== true || otherReferences !== undefined),
    );
    if (row) this.except(`${row.side === "ours" ? "we do" : "FFmpeg does"} not read it (to the end): ${row.why}`);
    else this.differences.push(`byte ${byte}: ${side} refused: ${message}`);
  }

  /** Leaves out the payloads that we do not take apart; FFmpeg's elements of them must lie inside. */
  #withoutPayloads(ours: readonly TraceElement[], theirs: FfmpegElement[]): [ComparedElement[], FfmpegElement[]] {
    const ranges: { start: number; end: number }[] = [];
    for (const { name, bit, length } of ours) {
      if (name !== "sei_payload_byte" && name !== "reserved_payload_extension_data") continue;
      const last = ranges.at(-1);
      if (last?.end === bit) last.end = bit + length;
      else ranges.push({ start: bit, end: bit + length });
    }
    this.payloads += ranges.length;
    const inside = ({ bit, length }: { bit: number; length: number }) =>
      ranges.some(({ start, end }) => start <= bit && bit + length <= end);
    const [a, b] = [ours.filter((element) => !inside(element)), theirs.filter((element) => !inside(element))];
    const { ffmpegNames, ...dialect } = this.#dialect;
    const named = (dialect.ours?.(a) ?? a).map((x) => ({ ...x, name: ffmpegNames[x.name] ?? x.name }));
    return [named, [...(dialect.theirs?.(b) ?? b)]];
  }

  #isByReferences(...elements: (ComparedElement | undefined)[]): boolean {
    return elements.some((element) => element !== undefined && this.#dialect.byReferences?.has(element.name));
  }

  #isSame(ours: ComparedElement, theirs: FfmpegElement): boolean {
    if (ours.length !== undefined) return this.#described(ours) === this.#described(theirs);
    const isInWindow = ours.bit <= theirs.bit && theirs.bit <= ours.bit + 8;
    return isInWindow && this.#described({ ...theirs, bit: ours.bit, length: undefined }) === this.#described(ours);
  }

  #described({ name, subscripts, bit, length, value }: ComparedElement): string {
    const path = this.#dialect.countedByUs.has(name) ? name : elementPath(name, subscripts);
    const place = length === undefined ? `from bit ${bit}` : `at bit ${bit}, ${length} bits`;
    return `${path} ${place}, ${value}`;
  }
}
