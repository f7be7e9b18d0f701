import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DecodeEvent, Session } from "../../src/events.ts";
import { ivfFrames } from "../../src/ivf.ts";
import { vp9KernelRules } from "../../src/kernel/vp9.ts";
import { crc32 } from "../../src/record/crc32.ts";
import { readRecordBytes } from "../../src/record/files.ts";
import { type ResolvedRequest, resolveLines } from "../../src/record/index.ts";
import { decodeStruct, v4l2_ctrl_vp9_compressed_hdr, v4l2_ctrl_vp9_frame } from "../../src/uapi/index.ts";
import { viewOf } from "../../src/uapi/struct.ts";
import { openVp9Session } from "../../src/vp9/index.ts";
import { eventKey } from "../support/events.ts";
import { poolFlaws } from "../support/pool.ts";
import { Random } from "../support/random.ts";
import { corpusFiles, corpusPlace, fixtureStreams, hasCorpus, type StreamFile } from "../support/streams.ts";
import { tilingOf } from "../support/tiling.ts";
import { TraceRecorder } from "../support/trace-recorder.ts";
import { controlsOf, requestsOf, timestampsOf } from "./frames.ts";

const fixtures = fixtureStreams("vp9");
const isIvf = ({ name }: StreamFile) => name.endsWith(".ivf");
const corpus = [...corpusFiles("vp9"), ...corpusFiles("bad").filter(({ name }) => name.includes("vp9"))].filter(isIvf);

function pushed(bytes: Uint8Array, session: Session, nextLength: () => number): DecodeEvent[] {
  const events: DecodeEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.slice(at, at + nextLength());
    at += chunk.length;
    events.push(...session.push(chunk));
  }
  return [...events, ...session.flush()];
}

const whole = (bytes: Uint8Array, session = openVp9Session()) => pushed(bytes, session, () => bytes.length);

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
    expect(pushed(bytes, openVp9Session(), () => 1 + random.below(3000)).map(eventKey)).toEqual(expected);
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

  it("gives only events of damaged bytes, that a pool and the kernel take", () => {
    const random = new Random(name.length);
    for (let round = 0; round < 30; round++) {
      const damaged = bytes.slice();
      for (let i = 0; i < 1 + random.below(20); i++)
        damaged[44 + random.below(damaged.length - 44)] = random.below(256);
      const missingReferences = (["mark", "nearest", "drop"] as const)[round % 3];
      expect(flawsOf(whole(damaged, openVp9Session({ missingReferences })))).toEqual([]);
    }
  });
});

it("gives only events of random packets", () => {
  const random = new Random(9);
  const session = openVp9Session();
  for (let round = 0; round < 3000; round++) {
    const packet = random.bytes(1 + random.below(60));
    packet[0] = 0x80 | random.below(64);
    session.decode(packet);
  }
  expect(session.flush().every(({ type }) => type === "release")).toBe(true);
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

describe.each([...fixtures, ...corpus])(`the trace of $name (${corpusPlace})`, ({ read }) => {
  it("covers uncompressed headers and superframe indices without gap or overlap, and writes them again", () => {
    expect(traceFlaws(read())).toEqual([]);
  });
});

describe.runIf(hasCorpus)(`every stream of the corpus in IVF (${corpusPlace})`, () => {
  it.each(corpus)("$name", ({ read }) => {
    expect(flawsOf(whole(read()))).toEqual([]);
  });
});
