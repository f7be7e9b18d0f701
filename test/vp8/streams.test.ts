import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  corpusIvfFiles,
  corpusPlace,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import { ivfFrames } from "../../src/containers/ivf.ts";
import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import { decodeStruct, v4l2_ctrl_vp8_frame } from "../../src/uapi/index.ts";
import { openVp8Session, parseFrame } from "../../src/vp8/index.ts";
import { pushed } from "../../support/cuts.ts";
import { eventKey } from "../../support/events.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

type Control = ReturnType<typeof controlOf>;

const payloadOf = (request: RequestEvent) => request.controls[0]?.payload as Uint8Array;
const controlOf = (payload: Uint8Array) => decodeStruct(v4l2_ctrl_vp8_frame, payload);
const timestamps = ({ last_frame_ts, golden_frame_ts, alt_frame_ts }: Control) =>
  [last_frame_ts, golden_frame_ts, alt_frame_ts].map(Number);
const references = { timestamps: (request: RequestEvent) => timestamps(controlOf(payloadOf(request))) };

const isRequest = (event: DecodeEvent): event is RequestEvent => event.type === "request";

function whole(bytes: Uint8Array): DecodeEvent[] {
  const session = openVp8Session();
  return [...session.push(bytes), ...session.flush()];
}

/** Without what stands for nothing: timestamps by number; in key frames the probabilities of inter prediction. */
function comparable(control: Control, numbers: ReadonlyMap<number, number>, isKey: boolean): unknown {
  const { last_frame_ts, golden_frame_ts, alt_frame_ts, prob_intra, prob_last, prob_gf, ...rest } = control;
  if (isKey) return rest;
  return {
    ...rest,
    prob_intra,
    prob_last,
    prob_gf,
    refs: timestamps(control).map((timestamp) => numbers.get(timestamp)),
  };
}

describe.each(fixtureStreams("vp8"))("$name", (stream) => {
  const bytes = stream.read();
  const requests = whole(bytes).filter(isRequest);

  it.each(["gst", "ff"])("gives the payloads of %s", (peer) => {
    const text = brotliDecompressSync(readFileSync(`test/fixtures/${stream.name}.${peer}-frame.jsonl.br`)).toString();
    const theirs = text.split("\n").flatMap((line) => (line.startsWith('{"request"') ? [JSON.parse(line)] : []));
    expect(requests.length).toBe(theirs.length);
    const ourNumbers = new Map<number, number>();
    const theirNumbers = new Map<number, number>(); // Of the latest picture: FFmpeg uses its timestamps again.
    for (const [i, request] of requests.entries()) {
      const control = controlOf(payloadOf(request));
      const hex = theirs[i].controls.V4L2_CID_STATELESS_VP8_FRAME as string;
      const other = controlOf(new Uint8Array(Buffer.from(hex, "hex")));
      const isKey = (Number(control.flags) & 1) === 1;
      expect(comparable(control, ourNumbers, isKey)).toEqual(comparable(other, theirNumbers, isKey));
      ourNumbers.set(request.timestamp, i);
      theirNumbers.set(theirs[i].timestamp, i);
    }
  });

  it("traces every bool of the header one behind the other", () => {
    for (const { data } of ivfFrames(bytes).frames) {
      const trace = new TraceRecorder();
      const frame = parseFrame(data, { trace });
      const elements = trace.units[0]?.elements.filter(({ descriptor }) => descriptor === "bool") ?? [];
      const first = (frame.tag.frame_type === 0 ? 10 : 3) * 8;
      let end = first;
      for (const { bit, length } of elements) {
        // Thousands of them: `expect` takes longer than all the rest.
        if (bit !== end) expect(bit).toBe(end);
        end += length;
      }
      expect(end - first).toBe(frame.first_part_header_bits);
      expect(frame).toEqual(parseFrame(data));
    }
  });
});

function testStreams(streams: readonly StreamFile[]): void {
  it("any cut gives the same events, and a pool of captureBuffers never runs dry", () => {
    const random = new Random(1);
    for (const stream of streams) {
      const bytes = stream.read();
      const events = whole(bytes);
      expect(poolFlaws(events, references), stream.name).toEqual([]);
      const pieces = pushed(openVp8Session(), bytes, () => 1 + random.below(20_000));
      expect(pieces, stream.name).toEqual(events.map(eventKey));
    }
  });

  it("sizes add up to the frame's bytes", () => {
    for (const stream of streams) {
      for (const { data } of ivfFrames(stream.read()).frames) {
        if (data.length === 0) continue;
        const { tag, dct_part_sizes } = parseFrame(data);
        const head = (tag.frame_type === 0 ? 10 : 3) + tag.first_part_size + 3 * (dct_part_sizes.length - 1);
        expect(dct_part_sizes.reduce((total, size) => total + size, head)).toBe(data.length);
      }
    }
  });
}

const corpus = await corpusIvfFiles("vp8");

describe("VP8 streams of the fixtures", () => testStreams(fixtureStreams("vp8")));
describe.runIf(hasCorpus)(`VP8 streams of the corpus (${corpusPlace})`, { tags: "long" }, () => testStreams(corpus));
