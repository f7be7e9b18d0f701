/** Request records: what is read, line by line and in any pieces, and what is written of it again. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import { validate } from "../../src/kernel/index.ts";
import { openSession } from "../../src/open-session.ts";
import {
  RecordError,
  type RecordLine,
  RecordWriter,
  readRecord,
  readRecordStream,
  resolveLines,
} from "../../src/record/index.ts";
import { controlByName } from "../../src/uapi/index.ts";
import { Random } from "../../support/random.ts";
import type { Below, Case, Effort, Target } from "../case.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const textOf = ({ pieces }: Case) => pieces.map(({ bytes }) => `${decoder.decode(bytes)}\n`).join("");

/** What a record says, or why it is refused. */
async function told(read: () => unknown): Promise<string> {
  try {
    return JSON.stringify(await read(), (_, value: unknown) => {
      if (value instanceof Map) return [...value];
      if (typeof value === "bigint") return String(value);
      return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
    });
  } catch (thrown) {
    if (thrown instanceof RecordError) return `refused: ${thrown.message}`;
    throw thrown;
  }
}

async function inPieces(bytes: Uint8Array): Promise<{ header: unknown; lines: RecordLine[] }> {
  const random = new Random(bytes.length);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + 1 + random.below(300));
    pieces.push(piece);
    at += piece.length;
  }
  const { header, lines } = await readRecordStream(pieces);
  const all: RecordLine[] = [];
  for await (const line of lines) all.push(line);
  return { header, lines: all };
}

async function flawsOf(input: Case, effort: Effort): Promise<string[]> {
  const text = textOf(input);
  const whole = await told(() => readRecord(text));
  if (!whole.startsWith("refused")) {
    for (const line of resolveLines(readRecord(text))) {
      if (line.type !== "request") continue;
      for (const [name, payload] of line.controls) {
        const control = controlByName(name);
        // A name that no kernel has, or a menu as bytes, is the record's own business.
        if (control === undefined || (control.type === "menu") !== (typeof payload === "number")) continue;
        validate(name, payload);
      }
    }
  } else if (/\n/.test(whole)) return [`more than a line: ${whole}`];
  if (effort === "quick") return [];
  const cut = await told(() => inPieces(encoder.encode(text)));
  return cut === whole ? [] : [`in pieces: ${cut.slice(0, 200)}, not ${whole.slice(0, 200)}`];
}

/** A value of JSON, changed in one place. */
function changedValue(value: unknown, random: Below): unknown {
  if (typeof value === "object" && value !== null && random.below(4) > 0) {
    const entries = Object.entries(value);
    const at = random.below(entries.length);
    const entry = entries[at];
    if (entry !== undefined) {
      const [key, inner] = entry;
      const what = random.below(8);
      if (what === 0) entries.splice(at, 1);
      else if (what === 1) entries.push([`${key}${random.below(3)}`, inner]);
      else if (what === 2)
        entries[at] = [["request", "set", "sequence", "output", "format"][random.below(5)] as string, inner];
      else entries[at] = [key, changedValue(inner, random)];
      return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
    }
  }
  const choices: unknown[] = [
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 53,
    "",
    "00",
    "zz",
    "18446744073709551616",
    "1000",
    [],
    {},
    [value],
    { a: value },
  ];
  if (typeof value === "string" && random.below(2) === 0) return value.slice(random.below(value.length + 1)) + value;
  if (typeof value === "number" && random.below(2) === 0) return value + random.below(3) - 1;
  return choices[random.below(choices.length)];
}

function seeds(): Case[] {
  const piece = (line: string) => ({ call: "line", bytes: encoder.encode(line) });
  const written = (["vp8", "mpeg2", "h264"] as const).map((codec) => {
    const session = openSession(codec);
    const writer = new RecordWriter({ codec, producer: "the fuzzer" }, { withData: codec === "vp8" });
    const bytes = fixtureStreams(codec)[0]?.read().subarray(0, 6000) ?? new Uint8Array();
    const lines = [writer.head, ...[...session.push(bytes), ...session.flush()].map((event) => writer.write(event))];
    return lines.join("").split("\n").filter(Boolean);
  });
  const path = fileURLToPath(new URL("../../test/fixtures/h264_mbaff_tff.264.gst-frame.jsonl.br", import.meta.url));
  const golden = brotliDecompressSync(readFileSync(path)).toString().split("\n").slice(0, 12);
  return [...written, golden].map((lines) => ({ options: {}, pieces: lines.slice(0, 24).map(piece) }));
}

/** The target of records. */
export function recordTarget(): Target {
  return {
    name: "record",
    calls: ["line"],
    bare: [],
    choices: {},
    seeds,
    rewrite(base, at, random) {
      const source = decoder.decode(base.pieces[at]?.bytes);
      try {
        if (random.below(60) === 0) return encoder.encode("[".repeat(10_000) + source);
        return encoder.encode(JSON.stringify(changedValue(JSON.parse(source), random)));
      } catch {
        return undefined;
      }
    },
    flaws: flawsOf,
  };
}
