/** The programs that are checked in: a file for each node. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { nodes } from "./nodes.ts";
import type { Pair } from "./streams.ts";

/** By node and stream: the hashes of the requests' programs, or `refused: …`. */
export type StreamPrograms = ReadonlyMap<string, ReadonlyMap<string, string>>;

interface ProgramFile {
  /** Another kernel's drivers may program something else. */
  readonly kernel: string;
  readonly streams: Readonly<Record<string, string>>;
}

const folder = fileURLToPath(new URL("programs", import.meta.url));
const pathOf = (node: string) => `${folder}/${node}.json`;

function read(node: string): ProgramFile | undefined {
  return existsSync(pathOf(node)) ? (JSON.parse(readFileSync(pathOf(node), "utf8")) as ProgramFile) : undefined;
}

/** @throws Error where they are those of another kernel than the machine's. */
export function readPrograms(kernel: string): StreamPrograms {
  const known = new Map<string, ReadonlyMap<string, string>>();
  for (const { name } of nodes) {
    const file = read(name);
    if (file === undefined) continue;
    if (file.kernel !== kernel) throw new Error(`${pathOf(name)} is of ${file.kernel}, the machine has ${kernel}`);
    known.set(name, new Map(Object.entries(file.streams)));
  }
  return known;
}

/** Writes those of these pairs; those of other streams stay. */
export function writePrograms(kernel: string, pairs: readonly Pair[], programs: ReadonlyMap<Pair, string>): void {
  mkdirSync(folder, { recursive: true });
  for (const { name } of nodes) {
    const mine = pairs.filter(({ node }) => node.name === name);
    if (mine.length === 0) continue;
    const before = read(name);
    const streams = new Map(before?.kernel === kernel ? Object.entries(before.streams) : []);
    for (const pair of mine) streams.set(pair.stream.name, programs.get(pair)!);
    const sorted = Object.fromEntries([...streams].sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
    writeFileSync(pathOf(name), `${JSON.stringify({ kernel, streams: sorted }, null, 2)}\n`);
  }
}
