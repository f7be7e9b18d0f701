/** What GStreamer sends otherwise than we do: where the controls of a request differ, its program may differ, too. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { compare, type Difference, recordSide, streamSide } from "../../src/compare/index.ts";
import { type Target, targetByName } from "../../src/targets/index.ts";
import { codecs } from "../../src/uapi/index.ts";
import { corpusFolder } from "../streams/corpus.ts";
import type { DriverStream, Pair } from "./streams.ts";

export interface PayloadFaults {
  /** How many requests GStreamer made of the stream for visl. */
  readonly requests: number;
  /** By the number of our request: what is different in its controls. */
  readonly byRequest: ReadonlyMap<number, ControlDifferences>;
}

export interface ControlDifferences {
  /** The sections of DISAGREEMENTS.md that name it. */
  readonly known: ReadonlySet<string>;
  /** Those of them that have an effect on this driver. */
  readonly effective: ReadonlySet<string>;
  /** Fields whose entries have another order: `"HEVC_DECODE_PARAMS.dpb"`. */
  readonly orders: ReadonlySet<string>;
}

/** The record of GStreamer's requests: beside a fixture, or beside the corpus. */
function recordOf({ name, path }: DriverStream, mode: string): string {
  const folder = corpusFolder();
  const base = folder === undefined || !path.startsWith(folder) ? path : join(dirname(folder), "golden", name);
  return `${base}.gst-${mode}.jsonl.br`;
}

/** Undefined where GStreamer's requests are not on record. */
export async function payloadFaultsOf({ stream, node }: Pair): Promise<PayloadFaults | undefined> {
  const { codec } = stream;
  const target = targetByName(node.target) as Target;
  const taken = target.codecs[codec];
  const isModal = codecs[codec].modes !== null;
  const record = recordOf(stream, (isModal ? taken?.decodeModes[0] : undefined) ?? "frame");
  if (taken === undefined || !existsSync(record)) return undefined;
  const session = {
    decodeMode: isModal ? taken.decodeModes[0] : undefined,
    // As the records have it. Places in the OUTPUT buffer are counted from there.
    startCode: isModal ? ("annexb" as const) : undefined,
    missingReferences: taken.missingReferences,
  };
  const ours = streamSide(readFileSync(stream.path), { codec, session });
  const theirs = await recordSide([brotliDecompressSync(readFileSync(record))]);
  const byRequest = new Map<number, ControlDifferences>();
  let requests = 0;
  for await (const each of compare([ours, theirs], { target })) {
    if (each.type === "gap" && each.of === 1) requests += each.count;
    if (each.type !== "pair") continue;
    requests++;
    byRequest.set(each.requests[0].request, namesOf(each.differences, target));
  }
  return { requests, byRequest };
}

function namesOf(differences: readonly Difference[], { name }: Target): ControlDifferences {
  const known = differences.flatMap((each) => (each.known === undefined ? [] : [each.known]));
  const reordered = differences.filter(({ path, known: fault }) => path === "dpb" && fault === undefined);
  return {
    known: new Set(known.map(({ id }) => id)),
    effective: new Set(known.filter(({ effect }) => effect.includes(name)).map(({ id }) => id)),
    orders: new Set(reordered.map(({ control }) => `${control.replace("V4L2_CID_STATELESS_", "")}.dpb`)),
  };
}
