import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { type Call, type CaptureKind, captureCalls, detectCapture, readCapture } from "../../src/capture/index.ts";
import {
  ControlState,
  type ErrorLine,
  type ResolvedRequest,
  readRecord,
  resolveRequests,
} from "../../src/record/index.ts";

const path = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** The text of a capture of test/fixtures/captures. */
export const captureText = (name: string) => gunzipSync(readFileSync(path(`captures/${name}.gz`))).toString("latin1");

/** The requests of a golden. */
export const goldenRequests = (name: string) => [
  ...resolveRequests(readRecord(brotliDecompressSync(readFileSync(path(`${name}.jsonl.br`))).toString())),
];

/** What a capture is read as, its requests with all controls in effect, and the warnings. */
export async function imported(text: string, kind: CaptureKind | undefined = detectCapture(text)) {
  if (kind === undefined) throw new Error("no capture");
  const warnings: string[] = [];
  const { header, lines } = await readCapture(kind, [text], { onWarning: (message) => warnings.push(message) });
  const state = new ControlState();
  const requests: ResolvedRequest[] = [];
  const types: string[] = [];
  const errors: ErrorLine[] = [];
  for await (const line of lines) {
    const resolved = state.take(line);
    types.push(resolved.type);
    if (resolved.type === "request") requests.push(resolved);
    if (resolved.type === "error") errors.push(resolved);
  }
  return { kind, header, requests, types, errors, warnings };
}

export const callsOf = (text: string): AsyncIterable<Call> => captureCalls(detectCapture(text) as CaptureKind, [text]);

export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
