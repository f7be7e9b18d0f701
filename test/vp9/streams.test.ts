import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  corpusFiles,
  corpusIvfFiles,
  corpusPlace,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import { ivfFrames } from "../../src/containers/ivf.ts";
import type { DecodeEvent, Session } from "../../src/events.ts";
import { vp9KernelRules } from "../../src/kernel/vp9.ts";
import { crc32 } from "../../src/record/crc32.ts";
import { readRecordBytes } from "../../src/record/files.ts";
import { type ResolvedRequest, resolveLines } from "../../src/record/index.ts";
import { decodeStruct, v4l2_ctrl_vp9_compressed_hdr, v4l2_ctrl_vp9_frame } from "../../src/uapi/index.ts";
import { viewOf } from "../../src/uapi/struct.ts";
import { framesOfPacket, openVp9Session } from "../../src/vp9/index.ts";
import { pushed } from "../../support/cuts.ts";
import { eventKey } from "../../support/events.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";
import { controlsOf, requestsOf, timestampsOf } from "../../support/streams/vp9-frames.ts";
import { tilingOf } from "../../support/tiling.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

const fixtures = fixtureStreams("vp9");
const isIvf = ({ name }: StreamFile) => name.endsWith(".ivf");
const valid = await corpusIvfFiles("vp9");
const corpus = [...valid, ...corpusFiles("bad").filter((file) => isIvf(file) && file.name.includes("vp9"))];

const whole = (bytes: Uint8Array, session: Session = openVp9Session()): DecodeEvent[] => [
  ...session.push(bytes),
  ...session.flush(),
];

/** What cannot be done with a pool of captureBuffers, and what the kernel would refuse. */
function flawsOf(events: readonly DecodeEvent[]): string[] {
  const refusals = requestsOf(events).flatMap(({ controls }) =>
    controls.flatMap(({ name, payload }) =>
      vp9KernelRules[name as keyof typeof vp9KernelRules]
        .validate(viewOf(payload as Uint8Array))
        .map((flaw) => JSON.stringify(flaw)),
    ),
  );
  return [...poolFlaws(events, { timestamps: timestampsOf }), ...refusals];
}

/** A peer's requests as values, references as places in its list; without what `leaveOut` names. */
function golden(stream: string, peer: "gst" | "ff") {
  const bytes = readFileSync(`test/fixtures/${stream}.${peer}-frame.jsonl.br`);
  const requests = [...resolveLines(readRecordBytes(bytes, true))].filter(
    (line): line is ResolvedRequest => line.type === "request",
  );
  return requests.map(({ timestamp, bitstream, controls }) => ({
    timestamp: Number(timestamp),
    crc32: bitstream?.crc32,
    controls: [...controls].map(([name, payload]) => ({ name, id: 0, payload: payload as Uint8Array })),
  }));
}

describe.each(fixtures)("$name", ({ name, read }) => {
  const bytes = read();
  const requests = requestsOf(whole(bytes));

  it("gives GStreamer's payloads byte by byte, timestamps translated", () => {
    const theirs = golden(name, "gst");
    expect(requests.map(({ bitstream }) => crc32(bitstream[0]!))).toEqual(theirs.map((request) => request.crc32));
    const times = new Map(theirs.map(({ timestamp }, i) => [timestamp, requests[i]!.timestamp]));
    for (const [i, request] of theirs.entries()) {
      const ours = requests[i]!;
      for (const { name, payload } of request.controls) {
        const found = ours.controls.find((control) => control.name === name)?.payload as Uint8Array;
        const copy = payload.slice();
        if (name === "V4L2_CID_STATELESS_VP9_FRAME") {
          const view = new DataView(copy.buffer);
          const { last_frame_ts, golden_frame_ts, alt_frame_ts } = v4l2_ctrl_vp9_frame.offsets;
          const hasReferences = !(controlsOf(ours).frame.flags & 9);
          for (const at of [last_frame_ts, golden_frame_ts, alt_frame_ts]) {
            const time = hasReferences ? times.get(Number(view.getBigUint64(at, true))) : 0;
            view.setBigUint64(at, BigInt(time!), true);
          }
        }
        expect(Buffer.from(copy).equals(found), `${i} ${name}`).toBe(true);
      }
    }
  });

  it("gives FFmpeg's values but for its five known fields", () => {
    for (const [i, { controls }] of golden(name, "ff").entries()) {
      const payloads = new Map(controls.map((control) => [control.name, control.payload]));
      const frame = decodeStruct(v4l2_ctrl_vp9_frame, payloads.get("V4L2_CID_STATELESS_VP9_FRAME")!);
      const header = decodeStruct(v4l2_ctrl_vp9_compressed_hdr, payloads.get("V4L2_CID_STATELESS_VP9_COMPRESSED_HDR")!);
      const ours = controlsOf(requests[i]!);
      const { render_width_minus_1, render_height_minus_1, last_frame_ts, golden_frame_ts, alt_frame_ts } = ours.frame;
      const isIntra = (ours.frame.flags & 9) !== 0;
      expect({
        ...frame,
        ...{ render_width_minus_1, render_height_minus_1, last_frame_ts, golden_frame_ts, alt_frame_ts },
        interpolation_filter: isIntra ? 0 : frame.interpolation_filter,
        seg: { ...frame.seg, flags: ours.frame.seg.flags, pred_probs: ours.frame.seg.pred_probs },
      }).toEqual(ours.frame);
      expect({ ...header, uv_mode: ours.compressed.uv_mode }).toEqual(ours.compressed);
    }
  });

  it("gives the same events however its bytes are cut", () => {
    const random = new Random(1);
    const expected = whole(bytes).map(eventKey);
    expect(pushed(openVp9Session(), bytes, () => 1 + random.below(3000))).toEqual(expected);
  });

  it("gives decode what it gives push", () => {
    const session = openVp9Session();
    const events = ivfFrames(bytes).frames.flatMap(({ data, pts }) => session.decode(data, { pts }));
    expect([...events, ...session.flush()].map(eventKey)).toEqual(whole(bytes).map(eventKey));
  });

  it("is traced, with the same events", () => {
    const session = openVp9Session({ trace: new TraceRecorder() });
    expect(whole(bytes, session).map(eventKey)).toEqual(whole(bytes).map(eventKey));
  });
});

/** What is wrong with a stream's trace: what is not bool-coded covers headers and superframe indices, and re-emits them. */
function traceFlaws(bytes: Uint8Array): string[] {
  const trace = new TraceRecorder();
  const events = whole(bytes, openVp9Session({ trace }));
  const broken = new Set(events.flatMap((event) => (event.type === "error" ? [event.byte] : [])));
  return trace.units.flatMap((unit) => {
    if (broken.has(unit.byte)) return [];
    const elements = unit.elements.filter(({ descriptor }) => descriptor !== "bool");
    const isIndex = unit.name === "superframe_index";
    const { end, size, flaw } = tilingOf({ ...unit, elements }, isIndex, false);
    if (flaw !== undefined) return [`byte ${unit.byte}: ${flaw}`];
    return end === (isIndex ? size : Math.ceil(end / 8) * 8) ? [] : [`byte ${unit.byte}: ends at bit ${end}`];
  });
}

/** What does not add up: headers and tiles to a frame (6.1, 6.4), frames and index to a superframe (Annex B). */
function sizeFlaws(bytes: Uint8Array): string[] {
  const flaws: string[] = [];
  for (const { data, byte } of ivfFrames(bytes).frames) {
    let index = 0;
    const unit = ({ bytes }: { bytes: Uint8Array }) => {
      index = bytes.length;
    };
    const { frames } = framesOfPacket(data, byte, { unit, element: () => {} });
    const size = frames.reduce((sum, frame) => sum + frame.bytes.length, index);
    if (size !== data.length) flaws.push(`packet at ${byte}: ${size} bytes of ${data.length}`);
  }
  for (const request of requestsOf(whole(bytes))) {
    const [data] = request.bitstream as [Uint8Array];
    const { frame } = controlsOf(request);
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    let at = frame.uncompressed_header_size + frame.compressed_header_size;
    for (let tile = 1; tile < 1 << (frame.tile_cols_log2 + frame.tile_rows_log2); tile++) {
      const size = view.getUint32(at);
      if (size === 0) flaws.push(`request ${request.timestamp}: an empty tile`);
      at += 4 + size;
    }
    if (at >= data.length) flaws.push(`request ${request.timestamp}: tiles end at ${at} of ${data.length}`);
  }
  return flaws;
}

function testSizes({ read }: StreamFile): void {
  it("add up", () => expect(sizeFlaws(read())).toEqual([]));
}

function testTrace({ read }: StreamFile): void {
  it("covers uncompressed headers and superframe indices without gap or overlap, and writes them again", () => {
    expect(traceFlaws(read())).toEqual([]);
  });
}

describe.each(fixtures)("the sizes in $name", testSizes);
describe.each(fixtures)("the trace of $name", testTrace);
describe.each(valid)(`the sizes in $name (${corpusPlace})`, { tags: "long" }, testSizes);
describe.each(corpus)(`the trace of $name (${corpusPlace})`, { tags: "long" }, testTrace);

describe.runIf(hasCorpus)(`every stream of the corpus in IVF (${corpusPlace})`, { tags: "long" }, () => {
  it.each(corpus)("$name", ({ read }) => {
    expect(flawsOf(whole(read()))).toEqual([]);
  });
});
