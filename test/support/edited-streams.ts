import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { compareTraces } from "../../conformance/trace/compare-trace.ts";
import { h265 } from "../../conformance/trace/h265-dialect.ts";
import { ffmpegTrace } from "../../conformance/trace/trace-headers.ts";
import { elementPath } from "../../src/bitreader/index.ts";
import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { openSession } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import { controlsOf } from "../../support/h265-requests.ts";
import { type EditableUnit, type PlacedElement, streamOf } from "../../support/rewrite/units.ts";
import { only } from "../../support/streams/h264-stream.ts";
import { eventsOf } from "../../support/streams/h265-stream.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

/** The streams that `run` was given, by their bytes, with the units that they were made of and the test that made them. */
const made = new Map<string, { readonly units: readonly EditableUnit[]; readonly test: string }>();

/** All the events of the stream that these units are. */
export function run(units: readonly EditableUnit[], options?: SessionOptions): DecodeEvent[] {
  const copies = units.map((unit) => unit.copy());
  made.set(Buffer.from(streamOf(units)).toString("base64"), {
    units: copies,
    test: expect.getState().currentTestName ?? "",
  });
  return eventsOf({ bytes: streamOf(units) }, options);
}

/** The requests of a stream without errors. */
export function requestsOf(units: readonly EditableUnit[], options?: SessionOptions): RequestEvent[] {
  const events = run(units, options);
  expect(only(events, "error")).toEqual([]);
  return only(events, "request");
}

/** DECODE_PARAMS of each. */
export const paramsOf = (requests: readonly RequestEvent[]) => requests.map((request) => controlsOf(request).params);

/** The first element of SLICE_PARAMS of each. */
export const firstSlices = (requests: readonly RequestEvent[]) =>
  requests.map((request) => controlsOf(request).slices[0]!);

export const isSlice = ({ type }: EditableUnit) => type >= 0 && type <= 21;

/** What FFmpeg's trace_headers, or our own trace, reads otherwise than it was written, in any stream run so far; forgets them. */
export async function misreadStreams(): Promise<{ readonly streams: number; readonly flaws: readonly string[] }> {
  const folder = temporaryFolder();
  const flaws: string[] = [];
  // Another test file may run in this process.
  const streams = [...made];
  made.clear();
  for (const [base64, { units, test }] of streams) {
    const bytes = new Uint8Array(Buffer.from(base64, "base64"));
    const path = join(folder, "stream.265");
    writeFileSync(path, bytes);
    const { differences, exceptions } = compareTraces(h265, bytes, await ffmpegTrace("hevc", path));
    // Reserved types and other layers: FFmpeg takes them no further apart than we do.
    const leftOut = new Set(unitsOfPacket(bytes, 0).map((unit) => h265.leftOut(unit.bytes)));
    const unread = [...exceptions.keys()].filter((cause) => !leftOut.has(cause));
    const all = [...ourMisreadings(bytes, units), ...differences, ...unread];
    flaws.push(...all.map((flaw) => `${test}: ${flaw}`));
  }
  rmSync(folder, { recursive: true });
  return { streams: streams.length, flaws };
}

/** Where our session's trace is not what was written; of units that it reads. */
function ourMisreadings(bytes: Uint8Array, units: readonly EditableUnit[]): string[] {
  const recorder = new TraceRecorder();
  const session = openSession("h265", { trace: recorder });
  session.push(bytes);
  session.flush();
  const line = ({ name, subscripts, bit, length, value }: Omit<PlacedElement, "descriptor">) =>
    `${elementPath(name, subscripts)} at bit ${bit}, ${length} bits, ${value}`;
  const places = unitsOfPacket(bytes, 0).map(({ byte }) => byte);
  return recorder.units.flatMap(({ elements, byte }) => {
    const i = places.indexOf(byte);
    const read = elements.map(line);
    const written = units[i]?.placed().map(line) ?? [];
    const at = read.findIndex((text, k) => text !== written[k]);
    return at < 0 && read.length === written.length ? [] : [`unit ${i}: ${written[at]} was read as ${read[at]}`];
  });
}
