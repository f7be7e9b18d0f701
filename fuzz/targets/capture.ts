/** Captures of other programs: what is read of them, as requests, counts and mistakes, whatever the bytes are. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import {
  CaptureError,
  type CaptureKind,
  captureCalls,
  captureStats,
  lintCapture,
  readCapture,
} from "../../src/capture/index.ts";
import { validate } from "../../src/kernel/index.ts";
import { RecordError } from "../../src/record/index.ts";
import { controlByName } from "../../src/uapi/index.ts";
import { Random } from "../../support/random.ts";
import type { Below, Case, Effort, Target } from "../case.ts";

const kinds = ["strace", "recorder", "v4l2-tracer", "ftrace"] as const satisfies readonly CaptureKind[];
const encoder = new TextEncoder();

const textOf = ({ pieces }: Case) => Buffer.concat(pieces.flatMap(({ bytes }) => [bytes, encoder.encode("\n")]));

/** What a reader says: its result and its warnings, or why it refuses the capture. */
async function told(read: (warn: (message: string) => void) => Promise<unknown>): Promise<string> {
  const warnings: string[] = [];
  let result: unknown;
  try {
    result = await read((message) => warnings.push(message));
  } catch (thrown) {
    if (!(thrown instanceof CaptureError || thrown instanceof RecordError)) throw thrown;
    warnings.push(`refused: ${thrown.message}`);
  }
  return JSON.stringify({ warnings, result }, (_, value: unknown) => {
    if (value instanceof Map) return [...value];
    if (typeof value === "bigint") return String(value);
    return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
  });
}

async function record(kind: CaptureKind, pieces: readonly Uint8Array[], onWarning: (message: string) => void) {
  const { header, lines } = await readCapture(kind, pieces, { onWarning });
  const all: unknown[] = [];
  for await (const line of lines) {
    all.push(line);
    if (line.type !== "request") continue;
    for (const [name, payload] of line.controls) {
      const control = controlByName(name);
      if (control !== undefined && (control.type === "menu") === (typeof payload === "number")) validate(name, payload);
    }
  }
  return { header, all };
}

async function lint(kind: CaptureKind, pieces: readonly Uint8Array[], onWarning: (message: string) => void) {
  const found: unknown[] = [];
  for await (const finding of lintCapture(captureCalls(kind, pieces, onWarning))) found.push(finding);
  return found;
}

function cutBytes(bytes: Uint8Array): Uint8Array[] {
  const random = new Random(bytes.length);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + 1 + random.below(900));
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

/** Holes that are told one by one, and what else may be said of a capture. */
const mostWarnings = 20;

async function flawsOf(input: Case, effort: Effort): Promise<string[]> {
  const kind = (input.options.kind ?? kinds[0]) as CaptureKind;
  const bytes = textOf(input);
  const flaws: string[] = [];
  const readers = {
    record: (pieces: readonly Uint8Array[]) => told((warn) => record(kind, pieces, warn)),
    lint: (pieces: readonly Uint8Array[]) => told((warn) => lint(kind, pieces, warn)),
    stats: (pieces: readonly Uint8Array[]) => told((warn) => captureStats(captureCalls(kind, pieces, warn))),
  };
  // All of them read the same calls.
  const used = Object.entries(readers).slice(0, effort === "quick" ? 1 : undefined);
  for (const [name, read] of used) {
    const whole = await read([bytes]);
    const { warnings } = JSON.parse(whole) as { readonly warnings: readonly string[] };
    if (warnings.some((text) => text.includes("\n"))) flaws.push(`${name}: more than a line: ${warnings.join("|")}`);
    // Two captures may take turns in a file, line by line, and each turn is told.
    const changes = warnings.filter((text) => text.includes(" begins here, ")).length;
    if (warnings.length - changes > mostWarnings) flaws.push(`${name}: ${warnings.length} warnings`);
    if (effort === "quick") continue;
    const cut = await read(cutBytes(bytes));
    if (cut !== whole) flaws.push(`${name} in pieces: ${cut.slice(0, 300)}, not ${whole.slice(0, 300)}`);
  }
  return flaws;
}

/** Numbers and words of a line are changed, or taken from another place in it. */
function rewritten(source: string, random: Below): string {
  const tokens = [...source.matchAll(/-?\d+|[A-Za-z_]\w+|[{}[\]"<>=,:]/g)];
  const token = tokens[random.below(tokens.length)];
  const other = tokens[random.below(tokens.length)];
  if (token === undefined || other === undefined) return source;
  const [before, after] = [source.slice(0, token.index), source.slice(token.index + token[0].length)];
  switch (random.below(6)) {
    case 0:
      return before + after;
    case 1:
      return before + token[0] + token[0] + after;
    case 2:
      return (
        before +
        ["0", "-1", "4294967295", "18446744073709551616", "1e9", "99999999999999999999"][random.below(6)] +
        after
      );
    case 3:
      return before;
    default:
      return before + other[0] + after;
  }
}

const streams = ["vp8_altref.ivf", "h264_baseline_slices.264"];
/** What the life of a request is made of: a few requests of it. */
const wanted =
  /S_EXT_CTRLS|QBUF|REQUEST_IOC|REQUEST_ALLOC|S_FMT|STREAMON|REQBUFS|CREATE_BUFS|open|close|v4l2_|vb2_|^[^ ]*\{?\S* \{|^#/;

function seed(stream: string, kind: CaptureKind): Case {
  const path = fileURLToPath(new URL(`../../test/fixtures/captures/${stream}.${kind}.gz`, import.meta.url));
  const text = gunzipSync(readFileSync(path)).toString("latin1");
  const begin = kind === "v4l2-tracer" ? /(?<=\n)(?=\{)/ : kind === "ftrace" ? /(?<=\n)(?= +\S+-\d+ +\[)/ : /(?<=\n)/;
  const parts = text.split(begin).filter((part) => part.length < 9000 && wanted.test(part));
  const pieces: Case["pieces"][number][] = [];
  // One or two requests: a larger case takes longer, and finds no more.
  for (let size = 0, i = 0; i < parts.length && size < 16_000; i++) {
    const part = (parts[i] as string).replace(/\n$/, "");
    size += part.length;
    pieces.push({ call: "part", bytes: encoder.encode(part) });
  }
  return { options: kind === kinds[0] ? {} : { kind }, pieces };
}

/** The target of captures. */
export function captureTarget(): Target {
  return {
    name: "capture",
    calls: ["part"],
    bare: [],
    choices: { kind: kinds },
    seeds: () => streams.flatMap((stream) => kinds.map((kind) => seed(stream, kind))),
    rewrite: (base, at, random) => {
      const source = new TextDecoder().decode(base.pieces[at]?.bytes);
      return encoder.encode(rewritten(source, random));
    },
    flaws: flawsOf,
  };
}
