import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openAv1Session } from "../../../src/av1/index.ts";
import type { DecodeEvent } from "../../../src/events.ts";
import { corpusFolder } from "../../streams/corpus.ts";
import { type Cause, lengths, type OutputReport, unspoiled } from "../compare-output.ts";
import { type Dav1dOutput, dav1dOutput, hasDav1d } from "./dav1d.ts";

/** What an independent model shows of a stream: ordinals of requests. */
interface Shown {
  readonly shown: readonly number[];
  /** 7.18.1, where it differs: only the highest spatial layer of a temporal unit. */
  readonly highest_layer_only?: readonly number[];
}

/** Why dav1d outputs fewer pictures than we and the model do. */
const refusedTiles: Cause = {
  id: "refused-tiles",
  text:
    "dav1d reads the headers of a frame and refuses its tiles, and then the frames that refer to it: tiles that are random bytes, tiles " +
    "after a reference was taken out of the stream, superres after resizing (libaom decodes it); what it outputs and what it refuses " +
    "are as many as we output",
};

/** The model and we follow the same rules. */
export const av1Causes: readonly Cause[] = hasDav1d() ? [refusedTiles] : [];

let expected: Readonly<Record<string, Shown>> | undefined;

function expectedOutputs(): Readonly<Record<string, Shown>> {
  const corpus = corpusFolder();
  const file = corpus === undefined ? "" : join(corpus, "../expected/av1/outputs.json");
  expected ??= existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, Shown>) : {};
  return expected;
}

/** Whether the model says what the stream shows. */
export const isAv1Expected = (stream: string): boolean => stream in expectedOutputs();

/**
 * Our outputs as ordinals of requests, against the model's, and their number against dav1d's where it is installed: FFmpeg has no
 * decoder of its own for AV1.
 */
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
  const failures: string[] = [];
  if (!isEqual) {
    const at = both.equalPrefix;
    failures.push(`output ${at} differs: ${order[at]}, the model's ${theirs[at]}`);
  }
  const causes = new Map<Cause, number>();
  if (av1Causes.length > 0) compareCounts(dav1dOutput(bytes), order.length, causes, failures);
  return { stream, ...both, causes, spoiled: unspoiled, failures };
}

function compareCounts(
  { decoded, refused, refusesTiles }: Dav1dOutput,
  ours: number,
  causes: Map<Cause, number>,
  failures: string[],
): void {
  if (decoded === ours) return;
  if (refusesTiles && decoded + refused === ours) causes.set(refusedTiles, refused);
  else failures.push(`${ours} outputs; dav1d decodes ${decoded} and refuses ${refused}`);
}
