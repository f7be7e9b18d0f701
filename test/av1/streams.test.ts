import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compareModelRecord } from "../../conformance/payloads/model-record.ts";
import {
  corpusFiles,
  corpusPlace,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import { decodeStream } from "../../conformance/streams/our-requests.ts";
import { openAv1Session } from "../../src/av1/index.ts";
import { av1 } from "../../src/compare/av1/comparator.ts";
import type { DecodeEvent, Session } from "../../src/events.ts";
import { crc32 } from "../../src/record/crc32.ts";
import { readRecordBytes } from "../../src/record/files.ts";
import { type ResolvedRequest, resolveLines } from "../../src/record/index.ts";
import { v4l2_ctrl_av1_frame, viewOf } from "../../src/uapi/index.ts";
import { difference, pushed } from "../../support/cuts.ts";
import { eventKey } from "../../support/events.ts";
import { kernelRefusals } from "../../support/h264-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";
import { temporalUnits } from "../../support/streams/av1-packets.ts";
import { controlsOf, requestsOf, timestampsOf } from "../../support/streams/av1-stream.ts";
import { tilingOf } from "../../support/tiling.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

const fixtures = fixtureStreams("av1");
const isElementary = ({ name }: StreamFile) => /[.](obu|ivf)$/.test(name);
const valid = corpusFiles("av1").filter(isElementary);
const damaged = corpusFiles("bad").filter((file) => isElementary(file) && file.name.startsWith("av1"));

const whole = (bytes: Uint8Array, session: Session = openAv1Session()): DecodeEvent[] => [
  ...session.push(bytes),
  ...session.flush(),
];

/** GStreamer's requests. */
function golden(stream: string): ResolvedRequest[] {
  const bytes = readFileSync(`test/fixtures/${stream}.gst-frame.jsonl.br`);
  return [...resolveLines(readRecordBytes(bytes, true))].filter((line) => line.type === "request");
}

describe.each(fixtures)("$name", ({ name, read }) => {
  const bytes = read();
  const events = whole(bytes);
  const requests = requestsOf(events);

  it("has no error", () => expect(events.filter(({ type }) => type === "error")).toEqual([]));

  it("gives the requests that the model of the specification gives", () => {
    const { requests: made } = decodeStream("av1", bytes);
    expect(compareModelRecord(`test/fixtures/${name}.model.jsonl.br`, av1, made)).toEqual([]);
  });

  it("gives GStreamer's OUTPUT buffers, sequences, tiles and film grain byte by byte", () => {
    const theirs = golden(name);
    expect(requests.length).toBe(theirs.length);
    for (const [i, { bitstream, controls }] of theirs.entries()) {
      const ours = requests[i]!;
      const checksum = ours.bitstream.reduce((before, part) => crc32(part, before), 0);
      expect(checksum, `${i}`).toBe(bitstream.crc32);
      for (const [control, payload] of controls) {
        if (control.endsWith("_AV1_FRAME")) continue;
        const found = ours.controls.find((candidate) => candidate.name === control)?.payload;
        expect(Buffer.from(found as Uint8Array).equals(payload as Uint8Array), `${i} ${control}`).toBe(true);
      }
    }
  });

  it("names pictures as GStreamer does, timestamps translated", () => {
    const theirs = golden(name);
    const times = new Map(theirs.map(({ timestamp }, i) => [BigInt(timestamp), BigInt(requests[i]!.timestamp)]));
    for (const [i, { controls }] of theirs.entries()) {
      const view = viewOf(controls.get("V4L2_CID_STATELESS_AV1_FRAME") as Uint8Array);
      const at = (slot: number) => view.getBigUint64(v4l2_ctrl_av1_frame.offsets.reference_frame_ts + 8 * slot, true);
      const { frame } = controlsOf(requests[i]!);
      // Before the first frame GStreamer's 0 is no picture; later it is its first one.
      const named = frame.reference_frame_ts.map((ours, slot) => (ours === 0n ? 0n : times.get(at(slot))));
      expect(named, `${i}`).toEqual(frame.reference_frame_ts);
    }
  });

  it("gives the same events however its bytes are cut", () => {
    const random = new Random(1);
    const expected = events.map(eventKey);
    for (const most of [3000, 40, 3]) {
      const found = pushed(openAv1Session(), bytes, () => 1 + random.below(most));
      expect(difference(found, expected), `pieces of at most ${most}`).toEqual([]);
    }
  });

  it("gives decode what it gives push, but for places and pts", () => {
    const session = openAv1Session();
    const decoded = temporalUnits(bytes).flatMap((unit) => session.decode(unit));
    const plain = (all: readonly DecodeEvent[]) =>
      all.map((event) => eventKey({ ...event, pts: undefined } as DecodeEvent));
    expect(difference(plain([...decoded, ...session.flush()]), plain(events))).toEqual([]);
  });

  it("is traced, with the same events", () => {
    const session = openAv1Session({ trace: new TraceRecorder() });
    expect(whole(bytes, session).map(eventKey)).toEqual(events.map(eventKey));
  });
});

/**
 * What is wrong with a stream's trace: the elements of an OBU cover it without gap or overlap up to its tiles, and write it again. Tile sizes
 * lie between the tiles. Padding, reserved OBUs, dropped ones and T.35 payloads are not read.
 */
function traceFlaws(bytes: Uint8Array): string[] {
  const trace = new TraceRecorder();
  const events = whole(bytes, openAv1Session({ trace }));
  const broken = new Set(events.flatMap((event) => (event.type === "error" ? [event.byte] : [])));
  return trace.units.flatMap((unit) => {
    if (broken.has(unit.byte)) return [];
    const first = unit.elements.findIndex(({ name }) => name === "tile_size_minus_1");
    const elements = first < 0 ? unit.elements : unit.elements.slice(0, first + 1);
    const isWhole = /SEQUENCE_HEADER|TEMPORAL_DELIMITER|temporal_unit|frame_unit/.test(unit.name);
    const { end, size, flaw } = tilingOf({ ...unit, elements }, isWhole, false);
    if (flaw !== undefined) return [`byte ${unit.byte}, ${unit.name}: ${flaw}`];
    if (isWhole && end !== size) return [`byte ${unit.byte}, ${unit.name}: ends at bit ${end} of ${size}`];
    return end % 8 === 0 || unit.name.includes("FRAME_HEADER") ? [] : [`byte ${unit.byte}: ends at bit ${end}`];
  });
}

/** What does not add up: tiles that overlap, leave the OUTPUT buffer or are empty. */
function tileFlaws(events: readonly DecodeEvent[]): string[] {
  return requestsOf(events).flatMap((request) => {
    const size = request.bitstream.reduce((sum, part) => sum + part.length, 0);
    const { tiles, frame } = controlsOf(request);
    const flaws: string[] = [];
    if (tiles.length !== frame.tile_info.tile_cols * frame.tile_info.tile_rows) flaws.push(`${tiles.length} tiles`);
    let end = 0;
    for (const [i, { tile_offset, tile_size, tile_row, tile_col }] of tiles.entries()) {
      if (tile_offset < end || tile_size === 0) flaws.push(`tile ${i} at ${tile_offset}, ${tile_size} bytes`);
      if (tile_row * frame.tile_info.tile_cols + tile_col !== i) flaws.push(`tile ${i} is ${tile_row}, ${tile_col}`);
      end = tile_offset + tile_size;
    }
    if (end !== size) flaws.push(`tiles end at ${end} of ${size}`);
    return flaws.map((flaw) => `request ${request.timestamp}: ${flaw}`);
  });
}

function testTiles({ read }: StreamFile): void {
  it("add up", () => expect(tileFlaws(whole(read()))).toEqual([]));
}

function testTrace({ read }: StreamFile): void {
  it("covers headers without gap or overlap, and writes them again", () => expect(traceFlaws(read())).toEqual([]));
}

function testEvents({ read }: StreamFile): void {
  it("fit the pool of captureBuffers, and the kernel takes all requests", () => {
    const events = whole(read());
    expect([...poolFlaws(events, { timestamps: timestampsOf }), ...kernelRefusals(events)]).toEqual([]);
  });
}

function testCuts({ read }: StreamFile): void {
  it("are the same however the bytes are cut", () => {
    const bytes = read();
    const random = new Random(2);
    const found = pushed(openAv1Session(), bytes, () => 1 + random.below(500));
    expect(difference(found, whole(bytes).map(eventKey))).toEqual([]);
  });
}

describe.each(fixtures)("the tiles of $name", testTiles);
describe.each(fixtures)("the trace of $name", testTrace);
describe.each(fixtures)("the events of $name", testEvents);
describe.each(valid)(`the tiles of $name (${corpusPlace})`, { tags: "long" }, testTiles);
describe.each([...valid, ...damaged])(`the trace of $name (${corpusPlace})`, { tags: "long" }, testTrace);
describe.each([...valid, ...damaged])(`the events of $name (${corpusPlace})`, { tags: "long" }, (file) => {
  testEvents(file);
  testCuts(file);
});

it.runIf(hasCorpus)("the corpus has damaged streams", () => expect(damaged.length).toBeGreaterThan(40));
