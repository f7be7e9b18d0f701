/** A job's program: what the driver told the hardware, in a form in which two jobs can be compared. */
import { createHash } from "node:crypto";
import type { Job } from "./journal.ts";
import { valueText } from "./places.ts";
import { nameOfByte, nameOfRegister } from "./registers.ts";

export interface Program {
  /** The values of each register in their order, by the register's name; addresses by theirs. */
  readonly registers: ReadonlyMap<string, string>;
  /** The tables' contents, without addresses, by their names. */
  readonly tables: ReadonlyMap<string, Uint8Array>;
}

/**
 * Where the tables hold an address: that of the scaling lists, in every packet of parameters of rk3399 and vdpu381. It is the
 * table's own plus this (offsetof(scaling_list) in struct rkvdec_h264_priv_tbl and rkvdec_hevc_priv_tbl).
 */
const scalingLists: Readonly<Record<string, number>> = { rkvdec_h264_start: 4 * 464 * 2, rkvdec_hevc_start: 27456 };

export function programOf(job: Job): Program {
  const last = new Map<string, number>(job.writes);
  const values = new Map<string, string[]>();
  for (const [register, value] of job.writes) {
    const text = valueText(job, { register, value, lastOf: (other) => last.get(other) });
    const list = values.get(register);
    if (list === undefined) values.set(register, [text]);
    else list.push(text);
  }
  const registers = new Map([...values].map(([register, list]) => [register, list.join(" ")]));
  return { registers, tables: tablesOf(job) };
}

function tablesOf(job: Job): Map<string, Uint8Array> {
  const tables = new Map<string, Uint8Array>();
  for (const { name, address } of job.tables) {
    const contents = job.contents.get(name);
    if (contents === undefined || contents.every((byte) => byte === 0)) continue;
    const offset = scalingLists[name.split("#")[0]!];
    tables.set(name, offset === undefined ? contents : withoutAddress(contents, address + offset));
  }
  return tables;
}

/** A copy in which an address is all zeros, wherever it stands. */
function withoutAddress(contents: Uint8Array, address: number): Uint8Array {
  const copy = Buffer.from(contents);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(address);
  for (let at = copy.indexOf(bytes); at >= 0; at = copy.indexOf(bytes, at + 4)) copy.fill(0, at, at + 4);
  return copy;
}

/**
 * cedrus keeps its frames in the order of the CAPTURE buffers, and which of them is free first depends on the moment: what goes through the
 * ports of its SRAM (frame lists, reference lists) and the place of the output in them are other each time.
 */
const orderedByBuffers: Readonly<Record<string, readonly string[]>> = {
  cedrus: ["024c", "02e4", "055c", "05e0", "05e4"],
};

/** The program without what depends on the order in which buffers become free. */
export function stableProgramOf(job: Job): Program {
  const { registers, tables } = programOf(job);
  const left = orderedByBuffers[job.model] ?? [];
  return { registers: new Map([...registers].filter(([name]) => !left.includes(name))), tables };
}

/** Eight hexadecimal digits that stand for a program. */
export function hashOf({ registers, tables }: Program): string {
  const hash = createHash("sha256");
  for (const [register, values] of [...registers].sort(byName)) hash.update(`${register} ${values}\n`);
  for (const [name, contents] of [...tables].sort(byName)) hash.update(`${name}\n`).update(contents);
  return hash.digest("hex").slice(0, 8);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : Number(a > b);
}

/** A difference between two jobs' programs. */
export interface ProgramDifference {
  /** The register, or the table and the field or byte in it. */
  readonly where: string;
  readonly a: string;
  readonly b: string;
}

/** What differs, registers first. */
export function programDifferences(job: Job, a: Program, b: Program): ProgramDifference[] {
  const differences: ProgramDifference[] = [];
  for (const register of [...new Set([...a.registers.keys(), ...b.registers.keys()])].sort()) {
    const [one, other] = [a.registers.get(register) ?? "not written", b.registers.get(register) ?? "not written"];
    if (one !== other) differences.push({ where: nameOfRegister(job, register), ...firstUnequal(one, other) });
  }
  for (const name of [...new Set([...a.tables.keys(), ...b.tables.keys()])].sort()) {
    differences.push(...tableDifferences(job, name, a.tables.get(name), b.tables.get(name)));
  }
  return differences;
}

/** Of registers that are written many times (cedrus' SRAM port), the first value that differs. */
function firstUnequal(a: string, b: string): { readonly a: string; readonly b: string } {
  const [ones, others] = [a.split(" "), b.split(" ")];
  if (ones.length < 4 && others.length < 4) return { a, b };
  const at = ones.findIndex((value, i) => value !== others[i]);
  return at < 0
    ? { a: `${ones.length} values`, b: `${others.length} values` }
    : { a: `[${at}] ${ones[at]}`, b: `[${at}] ${others[at]}` };
}

/** One for each field that has a name, and one for each run of bytes that has none. */
function tableDifferences(
  job: Job,
  name: string,
  a: Uint8Array | undefined,
  b: Uint8Array | undefined,
): ProgramDifference[] {
  if (a === undefined || b === undefined || a.length !== b.length) {
    const what = (table: Uint8Array | undefined) => (table === undefined ? "empty" : `${table.length} bytes`);
    return [{ where: name, a: what(a), b: what(b) }];
  }
  const found = new Map<string, ProgramDifference>();
  for (let at = 0; at < a.length; at++) {
    if (a[at] === b[at]) continue;
    const where = `${name} ${nameOfByte(job, name, at, (a[at] as number) ^ (b[at] as number))}`;
    if (!found.has(where)) found.set(where, { where, a: hex(a[at]), b: hex(b[at]) });
  }
  return [...found.values()];
}

function hex(byte: number | undefined): string {
  return (byte ?? 0).toString(16).padStart(2, "0");
}
