/** What targets have in common: seeds that are files, cut into pieces. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { joined } from "../../src/framing/bytes.ts";
import type { Case, Piece } from "../case.ts";

const fixtures = fileURLToPath(new URL("../../test/fixtures", import.meta.url));

/** The bytes of the files of some folders of test/fixtures whose names fit. */
export function fixtureFiles(folders: readonly string[], isWanted: RegExp): Uint8Array[] {
  return folders.flatMap((folder) =>
    readdirSync(`${fixtures}/${folder}`)
      .filter((name) => isWanted.test(name))
      .sort()
      .map((name) => new Uint8Array(readFileSync(`${fixtures}/${folder}/${name}`))),
  );
}

/** Pieces of one size. */
export function pieces(call: string, bytes: Uint8Array, size: number): Piece[] {
  const cut: Piece[] = [];
  for (let at = 0; at < bytes.length; at += size) cut.push({ call, bytes: bytes.slice(at, at + size) });
  return cut;
}

/** All pieces as one file. */
export function fileOf({ pieces: all }: Case): Uint8Array {
  return joined(all.map(({ bytes }) => bytes));
}

/** A byte stream, cut before each of its start codes: a piece may hold one of its own. */
export function framedUnits(stream: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let at = stream.indexOf(1, 2); at >= 0; at = stream.indexOf(1, at + 1)) {
    if (stream[at - 1] === 0 && stream[at - 2] === 0) starts.push(at - 2);
  }
  return starts.map((start, i) => stream.subarray(start, starts[i + 1]));
}
