import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../src/errors.ts";
import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import { decodeStruct, V4L2_VP8_SEGMENT_FLAG_DELTA_VALUE_MODE, v4l2_ctrl_vp8_frame } from "../../src/uapi/index.ts";
import { openVp8Session, parseFrame } from "../../src/vp8/index.ts";
import { defaultCoeffProbs, defaultMvProbs, defaultYModeProbs } from "../../src/vp8/tables.ts";
import { type FrameFields, frameOf, headerOf, ivfOf } from "../../support/streams/vp8-frames.ts";

const controlOf = (event: DecodeEvent) =>
  decodeStruct(v4l2_ctrl_vp8_frame, (event as RequestEvent).controls[0]?.payload as Uint8Array);

/** The events of frames, `flush` included; a null is an empty packet. */
function eventsOf(frames: readonly (FrameFields | null)[], options = {}): DecodeEvent[] {
  const session = openVp8Session(options);
  const events = frames.flatMap((fields, pts) =>
    session.decode(fields === null ? new Uint8Array(0) : frameOf(fields), { pts }),
  );
  return [...events, ...session.flush()];
}

const controlsOf = (frames: readonly FrameFields[]) =>
  eventsOf(frames)
    .filter(({ type }) => type === "request")
    .map(controlOf);

/** `"request 1000"`, `"output 1000 pts 0"`. */
const words = (events: readonly DecodeEvent[]) =>
  events.map((event) => {
    if (event.type === "sequence") return `sequence ${event.visible.width}x${event.visible.height} ${event.realloc}`;
    if (event.type === "error") return `error ${event.kind} ${event.element ?? ""}`.trim();
    return `${event.type} ${event.timestamp}${event.type === "output" ? ` pts ${event.pts}` : ""}`;
  });

const key: FrameFields = { key: true };

/** The pictures that frames refer to, counted from 1: last, golden, alternate. */
const references = (frames: ReturnType<typeof controlsOf>) =>
  frames.map(({ last_frame_ts, golden_frame_ts, alt_frame_ts }) =>
    [last_frame_ts, golden_frame_ts, alt_frame_ts].map((timestamp) => Number(timestamp) / 1000),
  );

describe("V4L2_CID_STATELESS_VP8_FRAME", () => {
  it("has the frame's fields, its sizes and the decoder's state where the header ends", () => {
    const fields = { key: true, width: 175, height: 143, scale: 2, skip: 77, log2Partitions: 1, partitions: [5, 3] };
    const encoder = headerOf(fields);
    const [frame] = controlsOf([fields]);
    expect(frame).toMatchObject({ width: 175, height: 143, horizontal_scale: 2, prob_skip_false: 77 });
    expect(frame).toMatchObject({ num_dct_parts: 2, first_part_header_bits: encoder.shifts });
    expect(frame?.dct_part_sizes).toEqual([5, 3, 0, 0, 0, 0, 0, 0]);
    expect(frame?.first_part_size).toBe(encoder.bytes().length + 2);
    expect(frame?.coder_state.bit_count).toBe((8 - (encoder.shifts % 8)) % 8);
    expect(frame?.lf).toMatchObject({ level: 9, sharpness_level: 2 });
    expect(frame?.quant.y_ac_qi).toBe(50);
  });

  it("has the probabilities in effect: without refresh_entropy_probs they last one frame (9.11)", () => {
    const [a, b, c, d, e] = controlsOf([
      { ...key, coeff: { 100: 7 } },
      { coeff: { 100: 8, 1055: 9 }, mv: { 0: 1, 20: 200 }, yMode: [1, 2, 3, 4], refreshEntropy: 0 },
      {},
      { ...key, coeff: { 5: 6 }, refreshEntropy: 0 },
      {},
    ]);
    const coeff = (frame: typeof a) => frame?.entropy.coeff_probs.flat(3) as number[];
    expect(a?.entropy.y_mode_probs).toEqual([145, 156, 163, 128]);
    expect([coeff(a)[100], coeff(b)[100], coeff(b)[1055], coeff(c)[100]]).toEqual([7, 8, 9, 7]);
    expect(b?.entropy.mv_probs.flat()[0]).toBe(1);
    expect(b?.entropy.mv_probs.flat()[20]).toBe(200);
    expect(b?.entropy.y_mode_probs).toEqual([1, 2, 3, 4]);
    expect(c?.entropy.mv_probs.flat()).toEqual([...defaultMvProbs]);
    expect(c?.entropy.y_mode_probs).toEqual([...defaultYModeProbs]);
    expect([coeff(d)[5], coeff(d)[100]]).toEqual([6, defaultCoeffProbs[100]]);
    expect(coeff(e)).toEqual([...defaultCoeffProbs]);
  });

  it("keeps segmentation and loop filter deltas until they are updated or a key frame comes (9.3, 9.4)", () => {
    const [a, b, c, d] = controlsOf([
      { ...key, segmentation: { mode: 1, quantizers: [1, -2, 3, 4] }, refFrameDeltas: [2, 0, -2, -3] },
      { segmentation: null, segmentProbs: [10, 20, 30] },
      {},
      key,
    ]);
    expect(a?.segment).toMatchObject({ quant_update: [1, -2, 3, 4], flags: 5 });
    expect(b?.segment).toMatchObject({ quant_update: [1, -2, 3, 4], segment_probs: [10, 20, 30], flags: 3 });
    expect(c?.segment).toMatchObject({ quant_update: [1, -2, 3, 4], flags: 0 });
    expect(c?.lf.ref_frm_delta).toEqual([2, 0, -2, -3]);
    expect(d?.segment).toMatchObject({ quant_update: [0, 0, 0, 0], flags: V4L2_VP8_SEGMENT_FLAG_DELTA_VALUE_MODE });
    expect(d?.lf.ref_frm_delta).toEqual([0, 0, 0, 0]);
  });

  it("refers to the buffers as they are before the frame, 0 while empty (9.7)", () => {
    const frames = controlsOf([
      key,
      { refreshGolden: 1, signBias: [1, 0] },
      { refreshAlternate: 1, copyToGolden: 0, refreshLast: 0, show: 0 },
      { copyToGolden: 2 },
      { copyToAlternate: 1 },
      {},
    ]);
    const expected = [
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 1],
      [2, 2, 3],
      [4, 3, 3],
      [5, 3, 4],
    ];
    expect(references(frames)).toEqual(expected);
  });

  // RFC 6386's text is silent; its decoder (dixie.c) and libvpx copy in this order, and refresh after both copies.
  it.each([
    ["the alternate one keeps the golden one, which stays", { copyToGolden: 2, copyToAlternate: 2 }, [4, 2, 2]],
    ["both are the last one", { copyToGolden: 2, copyToAlternate: 1 }, [4, 3, 3]],
    ["golden is the last one, alternate what golden was", { copyToGolden: 1, copyToAlternate: 2 }, [4, 3, 2]],
    ["golden is the alternate one before its refresh", { copyToGolden: 2, refreshAlternate: 1 }, [4, 1, 4]],
    ["alternate is the golden one before its refresh", { refreshGolden: 1, copyToAlternate: 2 }, [4, 4, 2]],
  ])("copies to the alternate buffer, then to the golden one: %s", (_, fields, expected) => {
    const frames = [key, { refreshGolden: 1 }, {}, fields, {}];
    expect(references(controlsOf(frames)).slice(3)).toEqual([[3, 2, 1], expected]);
  });
});

describe("a VP8 session", () => {
  it("shows a picture again for an empty packet, without a request; hidden frames have no output", () => {
    expect(words(eventsOf([null, key, { show: 0, refreshLast: 0, refreshAlternate: 1 }, null]))).toEqual([
      "error missing-reference",
      "sequence 32x16 true",
      "request 1000",
      "output 1000 pts 1",
      "request 2000",
      "output 1000 pts 3",
      "release 1000",
      "release 2000",
    ]);
  });

  it("shows a picture again as corrupt after a lost frame, which may have been meant to be shown", () => {
    const session = openVp8Session();
    const packets = [frameOf(key), Uint8Array.of(0x11, 0xff, 0xff, 1), new Uint8Array(0)];
    const outputs = packets.flatMap((packet) => session.decode(packet)).filter(({ type }) => type === "output");
    expect(outputs).toMatchObject([{ corrupt: false }, { corrupt: true }]);
  });

  it("holds a shown picture that is no reference until the next request, for an empty packet", () => {
    const events = eventsOf([key, { refreshLast: 0 }, null, {}]);
    expect(words(events).slice(3)).toEqual([
      "request 2000",
      "output 2000 pts 1",
      "output 2000 pts 2",
      "release 2000",
      "request 3000",
      "output 3000 pts 3",
      "release 3000",
      "release 1000",
    ]);
  });

  it("tells a new size at a key frame: buffers are kept where the coded size is the same", () => {
    const events = eventsOf([key, { ...key, width: 31 }, { ...key, width: 33 }]);
    expect(words(events)).toEqual([
      "sequence 32x16 true",
      "request 1000",
      "output 1000 pts 0",
      "sequence 31x16 false",
      "request 2000",
      "output 2000 pts 1",
      "release 1000",
      "release 2000",
      "sequence 33x16 true",
      "request 3000",
      "output 3000 pts 2",
      "release 3000",
    ]);
    const references = events.filter(({ type }) => type === "request").map((event) => controlOf(event).last_frame_ts);
    expect(references).toEqual([0n, 1000n, 0n]);
  });

  it("begins at a key frame, at the start and after reset", () => {
    const session = openVp8Session();
    expect(words(session.decode(frameOf({})))).toEqual(["error before-random-access"]);
    session.decode(frameOf(key));
    expect(words(session.reset())).toEqual(["release 1000"]);
    expect(words(session.decode(frameOf({})))).toEqual(["error before-random-access"]);
    expect(words(session.decode(frameOf(key)))).toEqual(["request 2000", "output 2000 pts undefined"]);
  });

  it("marks what follows a lost frame, up to the next key frame; with drop it is left out", () => {
    const lost = frameOf({}).subarray(0, 8);
    for (const [missingReferences, expected] of [
      ["mark", ["error", "request", "output true"]],
      ["drop", ["error", "error"]],
    ] as const) {
      const session = openVp8Session({ missingReferences });
      session.decode(frameOf(key));
      const events = [...session.decode(lost), ...session.decode(frameOf({}))].filter(({ type }) => type !== "release");
      expect(events.map((event) => (event.type === "output" ? `output ${event.corrupt}` : event.type))).toEqual(
        expected,
      );
      const again = session.decode(frameOf(key)).find(({ type }) => type === "output");
      expect(again).toMatchObject({ corrupt: false });
    }
  });

  it("takes an IVF file in push, and tells one of another codec or cut off", () => {
    const file = ivfOf([frameOf(key), new Uint8Array(0), frameOf({})]);
    const session = openVp8Session();
    expect(words([...session.push(file.subarray(0, -1)), ...session.flush()])).toEqual([
      "sequence 32x16 true",
      "request 1000",
      "output 1000 pts 0",
      "output 1000 pts 1",
      "error bitstream",
      "release 1000",
    ]);
    expect(words(openVp8Session().push(ivfOf([frameOf(key)], "VP90")))).toEqual(["error unsupported"]);
    expect(words(openVp8Session().push(frameOf(key)))).toEqual(["error bitstream"]);
  });
});

describe("parseFrame", () => {
  it.each([
    ["first_part_size", frameOf(key).subarray(0, 14)],
    ["partition_size", frameOf({ ...key, log2Partitions: 2, partitions: [1, 9, 1, 1] }).subarray(0, -5)],
    ["width", frameOf({ ...key, width: 0 })],
    ["start_code", frameOf(key).fill(0, 3, 6)],
    ["copy_buffer_to_golden", frameOf({ copyToGolden: 3 })],
    ["version", new Uint8Array(0)],
  ])("throws at %s", (element, bytes) => {
    expect(() => parseFrame(bytes)).toThrow(BitstreamError);
    if (bytes.length > 0) expect(() => parseFrame(bytes)).toThrow(element);
  });
});
