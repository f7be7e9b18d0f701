import type { OutputLine, ResolvedLine, ResolvedRequest, SequenceLine } from "../../record/index.ts";
import { controlByName } from "../../uapi/index.ts";
import type { ColorChoice } from "../arguments.ts";
import { codecOf, type RecordInput, type StreamInput } from "../input.ts";
import type { Io } from "../io.ts";
import { jsonLine, sequenceJson } from "./json.ts";
import { formatOf, sequenceText } from "./picture-table.ts";
import type { Picture } from "./pictures.ts";
import { fold, styleFor } from "./terminal.ts";

/** Counts how often each word came. */
class Counts {
  readonly #counts = new Map<string, number>();

  add(word: string): void {
    this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
  }

  /** In falling order. */
  get entries(): [string, number][] {
    return [...this.#counts].sort((a, b) => b[1] - a[1]);
  }

  /** `"12 P, 6 B, 2 IDR"` */
  get text(): string {
    return this.entries.map(([word, count]) => `${count} ${word}`).join(", ") || "none";
  }

  get object(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.entries);
  }
}

/** The smallest, the largest and the sum of some numbers. */
class Range {
  count = 0;
  total = 0;
  least = Infinity;
  most = -Infinity;

  add(value: number): void {
    this.count++;
    this.total += value;
    this.least = Math.min(this.least, value);
    this.most = Math.max(this.most, value);
  }

  get text(): string {
    if (this.count === 0) return "not known";
    return `${this.least} to ${this.most}, ${Math.round(this.total / this.count)} on average, ${this.total} together`;
  }

  get object(): object | null {
    const { count, total, least, most } = this;
    return count === 0 ? null : { least, most, total };
  }
}

/** The most sequences of a stream that are listed one by one. More sequences are only counted. */
const listedSequences = 20;

/** Counts what a stream contains. A longer stream needs no more memory. */
export class Summary {
  readonly #input: StreamInput | RecordInput;
  readonly #sequences: SequenceLine[] = [];
  #sequenceCount = 0;
  /** Of records without sequence lines. */
  readonly #formats = new Counts();
  readonly #types = new Counts();
  readonly #structures = new Counts();
  readonly #flags = new Counts();
  readonly #controls = new Counts();
  readonly #missing = new Counts();
  readonly #errors = new Counts();
  readonly #bytes = new Range();
  readonly #references = new Range();
  #longTerm = 0;
  #requests = 0;
  #pictures = 0;
  #outputs = 0;
  #corrupt = 0;
  #lastTimestamp: number | bigint | undefined;

  constructor(input: StreamInput | RecordInput) {
    this.#input = input;
  }

  addPicture(request: ResolvedRequest, picture: Picture | undefined): void {
    this.#requests++;
    if (request.timestamp !== this.#lastTimestamp) this.#pictures++;
    this.#lastTimestamp = request.timestamp;
    if (request.bitstream.bytes !== undefined) this.#bytes.add(request.bitstream.bytes);
    for (const name of request.own.keys()) this.#controls.add(name);
    if (this.#sequenceCount === 0) {
      const format = formatOf(codecOf(this.#input), request);
      if (format !== undefined) this.#formats.add(format);
    }
    if (picture === undefined) return;
    this.#types.add(picture.type);
    const { structure } = picture.facts;
    if (structure !== undefined) this.#structures.add(String(structure));
    for (const flag of picture.flags) this.#flags.add(flag);
    this.#references.add(picture.references.filter(({ waits, missing }) => !waits && missing === undefined).length);
    for (const { missing, longTerm } of picture.references) {
      if (missing !== undefined) this.#missing.add(missing);
      if (longTerm) this.#longTerm++;
    }
  }

  /** Takes a line that is not a request. */
  add(item: Exclude<ResolvedLine, ResolvedRequest>): void {
    switch (item.type) {
      case "sequence":
        this.#sequenceCount++;
        if (this.#sequences.length < listedSequences) this.#sequences.push(item);
        break;
      case "set":
        for (const name of item.controls.keys()) this.#controls.add(name);
        break;
      case "output":
        this.#output(item);
        break;
      case "error":
        this.#errors.add(item.kind ?? "unknown");
        break;
    }
  }

  #output({ corrupt }: OutputLine): void {
    this.#outputs++;
    if (corrupt === true) this.#corrupt++;
  }

  json(): string {
    return jsonLine({
      type: "summary",
      codec: codecOf(this.#input),
      sequences: this.#sequences.map((sequence) => sequenceJson(sequence)),
      sequenceCount: this.#sequenceCount,
      requests: this.#requests,
      pictures: this.#pictures,
      types: this.#types.object,
      structures: this.#structures.object,
      bytes: this.#bytes.object,
      references: { most: Math.max(0, this.#references.most), longTerm: this.#longTerm, missing: this.#missing.object },
      flags: this.#flags.object,
      outputs: this.#outputs,
      corrupt: this.#corrupt,
      controls: this.#controls.object,
      errors: this.#errors.object,
    });
  }

  text(io: Io, color: ColorChoice): string {
    const style = styleFor(io, color);
    const columns = io.stdout.columns;
    const most = Math.max(0, this.#references.most);
    const rows: (readonly [string, string])[] = [
      ["codec", `${codecOf(this.#input)}${this.#input.kind === "record" ? ", a record" : ""}`],
      ...this.#sequences.map((sequence) => ["sequence", sequenceText(sequence).replace(/^sequence +/, "")] as const),
      ...this.#formats.entries.map(([format, count]) => ["format", `${format}  (${count} requests)`] as const),
      ...(this.#sequenceCount > listedSequences
        ? ([["", `and ${this.#sequenceCount - listedSequences} more`]] as const)
        : []),
      ["requests", `${this.#requests}, of ${this.#pictures} pictures`],
      ["types", this.#types.text],
      ...(this.#structures.entries.length === 0 ? [] : ([["structures", this.#structures.text]] as const)),
      ["bytes", this.#bytes.text],
      ["references", `${most} at most, ${this.#longTerm} long-term; missing: ${this.#missing.text}`],
      ["flags", this.#flags.text],
      ["shown", `${this.#outputs}, ${this.#corrupt} of them corrupt`],
      ["errors", this.#errors.text],
      ...this.#controls.entries.map(
        ([name, count], i) => [i === 0 ? "controls" : "", controlText(name, count)] as const,
      ),
    ];
    const lines = rows.map(([name, value]) => fold(`${style.bold(name.padEnd(10))}  ${value}`, columns, 12));
    return lines.map((line) => `${line}\n`).join("");
  }
}

function controlText(name: string, count: number): string {
  const since = controlByName(name)?.since;
  const kernel = since === undefined ? "not known to this version" : `since Linux ${since}`;
  return `${name}  ${count === 1 ? "once" : `${count} times`}, ${kernel}`;
}
