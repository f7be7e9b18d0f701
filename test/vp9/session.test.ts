import { describe, expect, it } from "vitest";
import { validate } from "../../src/kernel/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { openVp9Session } from "../../src/vp9/index.ts";
import {
  controlsOf,
  frame,
  keyFrame,
  requestsOf,
  showExisting,
  summary,
  superframe,
  timestampsOf,
} from "../../support/streams/vp9-frames.ts";

/** The events of packets, one after the other; without those of flush. */
function decode(packets: readonly Uint8Array[], options: SessionOptions = {}) {
  const session = openVp9Session(options);
  return packets.flatMap((packet, pts) => session.decode(packet, { pts }));
}

const frameOf = (packets: readonly Uint8Array[]) => controlsOf(requestsOf(decode(packets)).at(-1)!).frame;

describe("superframes (Annex B)", () => {
  const hidden = frame({ show: 0, refresh: 0b10 });

  it.each([1, 2, 3, 4])("gives each frame its request, without the index of %i-byte sizes", (sizeBytes) => {
    const key = keyFrame();
    const events = decode([key, superframe([hidden, frame(), showExisting(1)], sizeBytes)]);
    expect(requestsOf(events).map(({ bitstream }) => bitstream)).toEqual([[key], [hidden], [frame()]]);
  });

  it("shows the last picture that a packet has to show", () => {
    expect(summary(decode([superframe([keyFrame(), frame({ refresh: 1 })])]))).toEqual([
      "sequence 64x48",
      "request 1000 < 0 0 0",
      "request 2000 < 1000 1000 1000",
      "output 2000",
    ]);
  });

  it.each([
    ["a size that is too large", [frame().length, 60000]],
    ["a size of 0", [frame().length, 0]],
  ])("tells %s, and decodes the frames before it", (_, sizes) => {
    const events = decode([keyFrame(), superframe([frame(), frame()], 2, sizes)]);
    expect(summary(events).slice(3)).toEqual([
      "request 2000 < 1000 1000 1000",
      "output 2000",
      "release 2000",
      "error bitstream",
    ]);
    expect(events.at(-1)).toMatchObject({ unit: "superframe_index", element: "frame_sizes[1]" });
  });

  it("takes a marker at the end alone for data of the frame", () => {
    const bytes = Uint8Array.from([...keyFrame(), 0xc1]);
    expect(requestsOf(decode([bytes]))[0]?.bitstream).toEqual([bytes]);
  });
});

describe("show_existing_frame", () => {
  it("is an output with the pts of its packet, and no request", () => {
    const events = decode([keyFrame(), frame({ show: 0, refresh: 4 }), showExisting(2), showExisting(2)]);
    expect(summary(events).slice(3)).toEqual(["request 2000 < 1000 1000 1000", "output 2000", "output 2000"]);
    expect(events.flatMap((event) => (event.type === "output" ? [event.pts] : []))).toEqual([0, 2, 3]);
  });

  it("after a lost frame, which may have been meant for the slot, is corrupt", () => {
    expect(summary(decode([keyFrame(), Uint8Array.of(0, 1, 2), showExisting(1)])).slice(-2)).toEqual([
      expect.stringMatching(/^error /),
      "output 1000 corrupt",
    ]);
  });

  it("of an empty slot is an error", () => {
    const intra = frame({ show: 0, intraOnly: true, refresh: 1 });
    expect(summary(decode([intra, showExisting(0), showExisting(1)])).slice(2)).toEqual([
      "output 1000",
      "error missing-reference",
    ]);
  });
});

describe("references (8.10)", () => {
  it("are released when no slot has them any more", () => {
    const packets = [keyFrame(), frame({ refresh: 0x0f }), frame({ refresh: 0xf0 }), frame()];
    expect(summary(decode(packets)).slice(3)).toEqual([
      "request 2000 < 1000 1000 1000",
      "output 2000",
      "request 3000 < 2000 2000 2000",
      "output 3000",
      "release 1000",
      "request 4000 < 2000 2000 2000",
      "output 4000",
      "release 4000",
    ]);
  });

  it("are named by slot, before the frame's own refresh", () => {
    const packets = [
      keyFrame(),
      frame({ refresh: 2 }),
      frame({ refresh: 4, slots: [1, 0, 1] }),
      frame({ slots: [2, 1, 0] }),
    ];
    expect(requestsOf(decode(packets)).map(timestampsOf).slice(2)).toEqual([
      [2000, 1000, 2000],
      [3000, 2000, 1000],
    ]);
  });

  const intraStart = frame({ show: 0, intraOnly: true, refresh: 1 });
  const needsTwo = frame({ slots: [0, 1, 0] });

  it.each([
    ["mark", ["error missing-reference", "request 2000 < 1000 0 1000", "output 2000 corrupt", "release 2000"]],
    ["nearest", ["error missing-reference", "request 2000 < 1000 1000 1000", "output 2000 corrupt", "release 2000"]],
    ["drop", ["error missing-reference", "release 1000"]],
  ] as const)("that are missing: %s", (missingReferences, expected) => {
    expect(summary(decode([intraStart, needsTwo], { missingReferences })).slice(2)).toEqual(expected);
  });

  it("that are corrupt make those corrupt that name their slot, and no others", () => {
    const lacking = frame({ slots: [0, 1, 0], refresh: 2 });
    const events = decode([intraStart, lacking, frame(), frame({ slots: [0, 0, 1] }), keyFrame(), needsTwo]);
    expect(summary(events).filter((text) => text.startsWith("output"))).toEqual([
      "output 2000 corrupt",
      "output 3000",
      "output 4000 corrupt",
      "output 5000",
      "output 6000",
    ]);
  });

  it("that are missing, and give the frame its size, lose the frame", () => {
    expect(summary(decode([intraStart, frame({ slots: [1, 0, 0] })])).slice(2)).toEqual(["error missing-reference"]);
  });

  it("of another format, or that cannot be scaled, are errors", () => {
    const small = frame({ size: [31, 24] });
    const large = frame({ size: [64 * 16 + 1, 48] });
    const other = frame({ profile: 1, show: 0, intraOnly: true, refresh: 1 });
    const events = decode([keyFrame(), small, large, other, frame({ profile: 1, slots: [1, 0, 0] }), frame()]);
    const reasons = events.flatMap((event) => (event.type === "error" ? [event.message] : []));
    expect(reasons).toEqual([
      "no reference can be scaled to 31x24",
      "no reference can be scaled to 1025x48",
      "LAST_FRAME has another bit depth or chroma format",
      "profile 0 does not allow the bit depth and chroma format of the references",
    ]);
  });
});

describe("the start of decoding", () => {
  const intra = frame({ show: 0, intraOnly: true, refresh: 0xff });

  it("is a key frame or an intra-only frame", () => {
    expect(summary(decode([frame(), showExisting(0), intra])).map((text) => text.split(" ")[0])).toEqual([
      "error",
      "error",
      "sequence",
      "request",
    ]);
  });

  it("is a key frame with startAt random-access", () => {
    expect(summary(decode([intra, keyFrame()], { startAt: "random-access" }))).toEqual([
      "error before-random-access",
      "sequence 64x48",
      "request 1000 < 0 0 0",
      "output 1000",
    ]);
  });

  it("begins anew after flush and reset, with new timestamps", () => {
    const session = openVp9Session();
    session.decode(keyFrame());
    expect(summary(session.flush())).toEqual(["release 1000"]);
    expect(summary(session.decode(frame()))).toEqual(["error before-random-access"]);
    expect(summary(session.decode(keyFrame()))).toEqual(["request 2000 < 0 0 0", "output 2000"]);
    expect(summary(session.reset())).toEqual(["release 2000"]);
  });
});

describe("with missingReferences drop, a frame that cannot be read", () => {
  const broken = keyFrame().subarray(0, 6);
  const drop = { missingReferences: "drop" } as const;

  it("leaves out what follows, up to the next start", () => {
    expect(summary(decode([keyFrame(), broken, frame(), keyFrame()], drop)).slice(3)).toEqual([
      ...["error bitstream", "release 1000", "error before-random-access"],
      ...["request 2000 < 0 0 0", "output 2000"],
    ]);
  });

  it("empties the slots: an intra-only frame does not bring back what they had", () => {
    const intra = frame({ show: 0, intraOnly: true, refresh: 1 });
    const packets = [keyFrame(), broken, intra, frame({ slots: [0, 0, 0] }), frame({ slots: [0, 1, 0] })];
    expect(summary(decode(packets, drop)).slice(6)).toEqual([
      ...["request 2000 < 0 0 0", "request 3000 < 2000 2000 2000", "output 3000", "release 3000"],
      ...["error missing-reference", "release 2000"],
    ]);
  });
});

describe("sequence", () => {
  it("keeps references where the size changes without a key frame; a key frame comes after their release", () => {
    const packets = [keyFrame(), frame({ size: [128, 96], refresh: 1 }), keyFrame({ size: [16, 16] })];
    expect(summary(decode(packets)).slice(3)).toEqual([
      "sequence 128x96 keeps",
      "request 2000 < 1000 1000 1000",
      "output 2000",
      "release 1000",
      "release 2000",
      "sequence 16x16",
      "request 3000 < 0 0 0",
      "output 3000",
    ]);
  });

  it("keeps none behind a reset, whatever frame comes", () => {
    const session = openVp9Session();
    session.decode(keyFrame());
    session.reset();
    const intra = frame({ show: 0, intraOnly: true, refresh: 1, size: [128, 96] });
    expect(summary(session.decode(intra))[0]).toBe("sequence 128x96");
  });

  it("needs no new buffers where the size in blocks of 8 stays", () => {
    expect(summary(decode([keyFrame(), keyFrame({ size: [63, 41] })]))[3]).toBe("sequence 64x48 same");
  });

  it("says what the color config does", () => {
    expect(decode([keyFrame({ profile: 3 })])[0]).toMatchObject({
      codec: "vp9",
      bitDepthLuma: 10,
      chromaFormat: 3,
      colour: { matrix_coefficients: 1, video_full_range_flag: 1 },
      captureBuffers: 9,
    });
  });
});

describe("V4L2_CID_STATELESS_VP9_FRAME", () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 2],
  ])("coded reset_frame_context %i is %i", (resetContext, expected) => {
    expect(frameOf([keyFrame(), frame({ resetContext })]).reset_frame_context).toBe(expected);
  });

  it.each([
    [0, 1],
    [1, 0],
    [2, 2],
    [3, 3],
    [undefined, 4],
  ])("raw_interpolation_filter %s is %i", (filter, expected) => {
    expect(frameOf([keyFrame(), frame(filter === undefined ? {} : { filter })]).interpolation_filter).toBe(expected);
  });

  it("has the coded frame_context_idx also where 0 is used", () => {
    expect(frameOf([keyFrame({ contextIdx: 3 })]).frame_context_idx).toBe(3);
  });

  it("has the render size, the frame's where it is not coded", () => {
    expect(frameOf([keyFrame()])).toMatchObject({ render_width_minus_1: 63, render_height_minus_1: 47 });
    expect(frameOf([keyFrame({ render: [320, 240] })])).toMatchObject({
      render_width_minus_1: 319,
      render_height_minus_1: 239,
    });
  });

  it("has loop filter deltas that persist, and that intra and error resilient frames reset (setup_past_independence)", () => {
    const updated = frame({
      loopFilter: (w) =>
        w
          .u(6, 9)
          .u(3, 2)
          .u(2, 3)
          .u(1, 0)
          .u(1, 1)
          .u(7, (5 << 1) | 1)
          .u(2, 0)
          .u(1, 1)
          .u(7, 7 << 1)
          .u(1, 0),
    });
    const lf = { ref_deltas: [1, -5, -1, -1], mode_deltas: [7, 0] };
    expect(frameOf([keyFrame(), updated]).lf).toMatchObject({ ...lf, level: 9, sharpness: 2, flags: 3 });
    expect(frameOf([keyFrame(), updated, frame()]).lf).toMatchObject({ ...lf, level: 0, flags: 0 });
    const reset = { ref_deltas: [1, 0, -1, -1], mode_deltas: [0, 0] };
    expect(frameOf([keyFrame(), updated, frame({ resilient: 1 })]).lf).toMatchObject(reset);
    expect(frameOf([keyFrame(), updated, keyFrame()]).lf).toMatchObject(reset);
  });

  it("has no DELTA_UPDATE where the element is absent, whatever the frame before said (6.2.8)", () => {
    const both = frame({ loopFilter: (w) => w.u(9, 0).u(2, 3).u(6, 0) });
    expect(frameOf([keyFrame(), both]).lf.flags).toBe(3);
    expect(frameOf([keyFrame(), both, frame()]).lf.flags).toBe(0);
  });

  it("has segment features that persist and reset; an update clears what it does not name (7.2.10)", () => {
    const q = frame({
      segmentation: (w) => w.u(1, 0).u(1, 1).u(1, 1).u(1, 1).u(8, 20).u(1, 1).u(3, 0).u(28, 0),
    });
    const cleared = frame({ segmentation: (w) => w.u(1, 0).u(1, 1).u(1, 0).u(32, 0) });
    const kept = frameOf([keyFrame(), q, frame()]).seg;
    expect(kept.feature_data[0]).toEqual([-20, 0, 0, 0]);
    expect(kept).toMatchObject({ feature_enabled: [1, 0, 0, 0, 0, 0, 0, 0], flags: 0x10 });
    expect(frameOf([keyFrame(), q]).seg.flags).toBe(0x19);
    expect(frameOf([keyFrame(), q, cleared]).seg).toMatchObject({ feature_enabled: Array(8).fill(0), flags: 0x09 });
    expect(frameOf([keyFrame(), q, keyFrame()]).seg.feature_data[0]).toEqual([0, 0, 0, 0]);
  });

  it("has 255 for segmentation probabilities that a map update does not code", () => {
    const map = frame({ segmentation: (w) => w.u(1, 1).u(1, 1).u(8, 77).u(6, 0).u(1, 0).u(1, 0) });
    expect(frameOf([keyFrame(), map]).seg).toMatchObject({
      tree_probs: [77, 255, 255, 255, 255, 255, 255],
      pred_probs: [255, 255, 255],
      flags: 0x03,
    });
  });
});

describe("columns of tiles", () => {
  /** increment_tile_cols_log2 after calc_min_log2_tile_cols, which is 4: a frame of this width may have up to 256 columns. */
  const wide = (bits: number, increments: number, columns: number) =>
    keyFrame({ size: [65536, 8], columns: (w) => w.u(bits, increments), tiles: new Array(columns).fill(1) });

  it("are at most 64: tile_cols_log2 of 6 is decoded (7.2.11)", () => {
    const [request] = requestsOf(decode([wide(3, 0b110, 64)]));
    expect(controlsOf(request!).frame.tile_cols_log2).toBe(6);
    for (const { name, payload } of request!.controls) expect(validate(name, payload)).toEqual([]);
  });

  it("of a larger number are an error: the kernel refuses them, too (7.2.11)", () => {
    expect(decode([wide(4, 0b1110, 128)])).toMatchObject([
      { type: "error", kind: "bitstream", element: "increment_tile_cols_log2" },
    ]);
  });
});

describe("sizes in the headers", () => {
  it.each([
    ["a compressed header of 0 bytes", keyFrame({ compressedSize: 0 }), "header_size_in_bytes"],
    ["a compressed header longer than the frame", keyFrame({ compressedSize: 500 }), "header_size_in_bytes"],
    ["a frame that is cut off", keyFrame().subarray(0, 6), "frame_width_minus_1"],
    ["an empty packet", new Uint8Array(), undefined],
  ])("%s is an error; later pictures are corrupt until the next key frame", (_, broken, element) => {
    const events = decode([keyFrame(), broken, frame(), keyFrame()]);
    expect(events.find(({ type }) => type === "error")).toMatchObject({ kind: "bitstream", element });
    expect(summary(events).filter((text) => text.startsWith("output"))).toEqual([
      "output 1000",
      "output 2000 corrupt",
      "output 3000",
    ]);
  });
});

it("refuses wrong arguments before anything changes", () => {
  expect(() => openVp9Session({ startAt: "later" as "any" })).toThrow(TypeError);
  expect(() => openVp9Session().decode([1] as unknown as Uint8Array)).toThrow(TypeError);
});
