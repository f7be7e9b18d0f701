import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openAv1Session } from "../../../src/av1/index.ts";
import type { DecodeEvent } from "../../../src/events.ts";
import { corpusFolder } from "../../streams/corpus.ts";
import { type Cause, lengths, type OutputReport, unspoiled } from "../compare-output.ts";

/** What an independent model shows of a stream: ordinals of requests. */
interface Shown {
  readonly shown: readonly number[];
  /** 7.18.1, where it differs: only the highest spatial layer of a temporal unit. */
  readonly highest_layer_only?: readonly number[];
}

/** None: the model and we follow the same rules. */
export const av1Causes: readonly Cause[] = [];

let expected: Readonly<Record<string, Shown>> | undefined;

function expectedOutputs(): Readonly<Record<string, Shown>> {
  const corpus = corpusFolder();
  const file = corpus === undefined ? "" : join(corpus, "../expected/av1/outputs.json");
  expected ??= existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, Shown>) : {};
  return expected;
}

/** Whether the model says what the stream shows. */
export const isAv1Expected = (stream: string): boolean => stream in expectedOutputs();

/** Our outputs as ordinals of requests, against the model's: FFmpeg has no decoder of its own for AV1, and dav1d's counts are the model's. */
export function compareAv1Output(stream: string, bytes: Uint8Array): OutputReport {
  const session = openAv1Session();
  const ordinals = new Map<number, number>();
  const order: number[] = [];
  const take = (event: DecodeEvent) => {
    if (event.type === "request") ordinals.set(event.timestamp, ordinals.size);
    else if (event.type === "output") order.push(ordinals.get(event.timestamp) ?? -1);
  };
  for (const event of session.push(bytes)) take(event);
  for (const event of session.flush()) take(event);
  const { shown, highest_layer_only } = expectedOutputs()[stream] as Shown;
  const theirs = highest_layer_only ?? shown;
  const both = lengths(order, theirs);
  const isEqual = both.ours === both.ffprobe && both.equalPrefix === both.ours;
  const failures = isEqual
    ? []
    : [`output ${both.equalPrefix} differs: ${order[both.equalPrefix]}, the model's ${theirs[both.equalPrefix]}`];
  return { stream, ...both, causes: new Map(), spoiled: unspoiled, failures };
}
