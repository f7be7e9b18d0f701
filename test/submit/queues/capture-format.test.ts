import { describe, expect, it } from "vitest";
import type { SequenceEvent } from "../../../src/events.ts";
import { fourccOf, fourccText } from "../../../src/record/format.ts";
import { readableFormats, type SubmitEvent, type SubmitterOptions } from "../../../src/submit/index.ts";
import {
  controls,
  V4L2_PIX_FMT_AV1_FRAME,
  V4L2_PIX_FMT_H264_SLICE,
  V4L2_PIX_FMT_VP9_FRAME,
  v4l2_ctrl_av1_sequence,
  v4l2_ctrl_h264_sps,
} from "../../../src/uapi/index.ts";
import type { FakeDriver } from "../fake-driver.ts";
import { eventsOf, open, picture, plain, sequence } from "../submitting.ts";

/** The formats of the frames that come of events, and the kernel's log. */
async function formatsOf(driver: FakeDriver, events: readonly SubmitEvent[], options: SubmitterOptions = {}) {
  const { kernel, submitter } = await open(driver, options);
  const before = kernel.opened;
  const formats: string[] = [];
  for (const frames of [submitter.submit(events), submitter.drain()]) {
    for await (const frame of frames) {
      formats.push(fourccText(frame.pixelFormat));
      frame.release();
    }
  }
  return { formats, log: kernel.log, reopened: kernel.opened - before };
}

function withSps(width: number, changes: Partial<SequenceEvent> = {}): SequenceEvent {
  const { name, id } = controls.V4L2_CID_STATELESS_H264_SPS;
  const payload = new Uint8Array(v4l2_ctrl_h264_sps.size);
  payload[v4l2_ctrl_h264_sps.offsets.pic_width_in_mbs_minus1] = width / 16 - 1;
  payload[v4l2_ctrl_h264_sps.offsets.profile_idc] = 110;
  payload[v4l2_ctrl_h264_sps.offsets.bit_depth_luma_minus8] = 2;
  payload[v4l2_ctrl_h264_sps.offsets.bit_depth_chroma_minus8] = 2;
  return sequence(width, { bitDepthLuma: 10, bitDepthChroma: 10, controls: [{ name, id, payload }], ...changes });
}

const [NV12, NV15, P010, tiled] = ["NV12", "NV15", "P010", "VT12"].map(fourccOf) as [number, number, number, number];

describe("the CAPTURE format", () => {
  it("stays that of an SPS which the kernel does not tell the driver of again", async () => {
    const driver = { ...plain, captureFormats: [NV12, NV15], deepFormat: NV15 };
    const events = [withSps(16), ...picture(1000), withSps(16, { captureBuffers: 3 }), ...picture(2000)];
    const { formats, log } = await formatsOf(driver, [...events, withSps(32), ...picture(3000)]);
    expect(formats).toEqual(["NV15", "NV15", "NV15"]);
    expect(log.filter((line) => line.startsWith("REQBUFS CAPTURE"))).toEqual([
      "REQBUFS CAPTURE 6",
      "REQBUFS CAPTURE 0",
      "REQBUFS CAPTURE 7",
      "REQBUFS CAPTURE 0",
      "REQBUFS CAPTURE 6",
    ]);
  });

  it("is that of VP9's bit depth, which the driver learns from the first frame (hantro-g2)", async () => {
    const vp9Controls = { V4L2_CID_STATELESS_VP9_FRAME: 1, V4L2_CID_STATELESS_VP9_COMPRESSED_HDR: 1 };
    const driver = {
      ...plain,
      controls: { ...plain.controls, ...vp9Controls },
      captureFormats: [NV12, P010],
      deepFormat: P010,
    };
    const { formats, log } = await formatsOf(driver, eventsOf("vp9_profile2_10bit.ivf", "vp9"));
    expect(new Set(formats)).toEqual(new Set(["P010"]));
    expect(log.slice(0, 3)).toEqual(["S_FMT OUTPUT 96x80", "S_EXT_CTRLS now VP9_FRAME", "G_FMT CAPTURE"]);
  });

  it.each([
    [8, [NV12, P010], "NV12"],
    [10, [NV12, P010], "P010"],
    [10, [NV12], "NV12"],
    [8, [P010], "P010"],
    [10, [NV15], "VT12"],
    [8, [NV12, tiled], "NV12"],
    [8, [tiled, NV12], "VT12"],
  ])(
    "of a stream with %s bits is the wanted one of as many, as far as there is one",
    async (bitDepthLuma, pixelFormats, name) => {
      const driver = { ...plain, captureFormats: [tiled, NV12, P010] };
      const { formats } = await formatsOf(driver, [sequence(16, { bitDepthLuma }), ...picture(1000)], { pixelFormats });
      expect(formats).toEqual([name]);
    },
  );

  it.each([
    [1, 3, "yuv", "YU12"],
    [2, 3, "yuv", "422P"],
    [3, 3, "yuv", "NV24"],
    [3, 3, "rgb", "RGB3"],
    [3, 4, "rgb", "AB24"],
    [3, 3, "hsv", "HSV3"],
    [0, 1, "rgb", "GREY"],
  ] as const)(
    "of FWHT has its components, and a plane for each where there is a choice: %i, %i of %s",
    async (chromaFormat, count, encoding, name) => {
      const names = ["GREY", "NV12", "YU12", "NV16", "422P", "NV24", "BGR3", "RGB3", "AB24", "HSV3"];
      const driver = { ...plain, captureFormats: names.map(fourccOf) };
      const events = [sequence(16, { chromaFormat, components: { count, encoding } }), ...picture(1000)];
      for (const pixelFormats of [[], readableFormats.map(fourccOf)]) {
        expect((await formatsOf(driver, events, { pixelFormats })).formats).toEqual([name]);
      }
    },
  );

  it.each([
    ["streaming", []],
    [true, ["STREAMOFF OUTPUT"]],
  ] as const)("stays the wanted one over a change of size (while it streams: %s)", async (canResize, stopped) => {
    const driver = { ...plain, captureFormats: [tiled, NV12], canResize };
    const events = [sequence(16), ...picture(1000), sequence(32, { keepsReferences: true }), ...picture(2000)];
    const { formats, log } = await formatsOf(driver, events, { pixelFormats: [NV12] });
    expect(formats).toEqual(["NV12", "NV12"]);
    expect(log.filter((line) => line.startsWith("STREAMOFF"))).toEqual(stopped);
  });
});

describe("frames of another size after the same AV1 sequence header", () => {
  const { name, id } = controls.V4L2_CID_STATELESS_AV1_SEQUENCE;
  const av1 = (width: number, keepsReferences: boolean) => {
    const payload = new Uint8Array(v4l2_ctrl_av1_sequence.size);
    payload[v4l2_ctrl_av1_sequence.offsets.bit_depth] = 10;
    return sequence(width, {
      codec: "av1",
      pixelFormat: V4L2_PIX_FMT_AV1_FRAME,
      bitDepthLuma: 10,
      bitDepthChroma: 10,
      keepsReferences,
      controls: [{ name, id, payload }],
    });
  };

  it.each([
    [false, false],
    [true, "streaming"],
  ] as const)(
    "have its ten bits, although S_FMT(OUTPUT) forgets them and the kernel tells of no value twice (references kept: %s)",
    async (keepsReferences, canResize) => {
      const driver = {
        ...plain,
        outputFormats: [V4L2_PIX_FMT_H264_SLICE, V4L2_PIX_FMT_AV1_FRAME],
        controls: { ...plain.controls, [name]: 1 },
        captureFormats: [NV12, P010],
        deepFormat: P010,
        canResize,
      };
      const events = [av1(16, false), ...picture(1000), av1(32, keepsReferences), ...picture(2000)];
      const { formats, reopened } = await formatsOf(driver, events);
      expect([formats, reopened]).toEqual([["P010", "P010"], 0]);
    },
  );
});

describe("several codecs in turn", () => {
  const vp9 = (bitDepthLuma = 8) =>
    sequence(16, { codec: "vp9", pixelFormat: V4L2_PIX_FMT_VP9_FRAME, bitDepthLuma, bitDepthChroma: bitDepthLuma });
  const mode = controls.V4L2_CID_STATELESS_H264_DECODE_MODE;
  const setMode: SubmitEvent = { type: "set", controls: [{ name: mode.name, id: mode.id, payload: 1 }] };

  it("open the device anew before ten bits, whose parameter set the kernel may not tell the driver of", async () => {
    const driver = { ...plain, captureFormats: [NV12, NV15], deepFormat: NV15 };
    const events = [setMode, withSps(16), ...picture(1000), vp9(), ...picture(2000), withSps(16), ...picture(3000)];
    const { formats, reopened, log } = await formatsOf(driver, events);
    expect({ formats, reopened }).toEqual({ formats: ["NV15", "NV12", "NV15"], reopened: 1 });
    // What was set before is set once more.
    expect(log.filter((line) => line.includes("DECODE_MODE"))).toHaveLength(2);
  });

  it("need no new one where both have eight bits", async () => {
    const { reopened } = await formatsOf(plain, [sequence(16), ...picture(1000), vp9(), ...picture(2000)]);
    expect(reopened).toBe(0);
  });

  it.each([
    ["another codec", [sequence(16), vp9()], ["NV12", "NV12"], 1],
    ["eight bits after ten", [withSps(16), sequence(16)], ["NV15", "NV12"], 1],
    ["ten bits after eight", [sequence(16), withSps(16)], ["NV12", "NV15"], 0],
    ["another size", [sequence(16), sequence(32)], ["NV12", "NV12"], 0],
  ] as const)("open mediatek's anew: %s", async (_what, [first, second], formats, reopened) => {
    const driver = {
      ...plain,
      driver: "mtk-vcodec-dec",
      captureFormats: [NV12, NV15],
      deepFormat: NV15,
      staysDeep: true,
    };
    const outcome = await formatsOf(driver, [first, ...picture(1000), second, ...picture(2000)]);
    expect(outcome).toMatchObject({ formats, reopened });
  });

  it("leave the memory of frames that are held", async () => {
    const { kernel, submitter } = await open({ ...plain, driver: "mtk-vcodec-dec" });
    const held = [];
    for await (const frame of submitter.submit([sequence(16), ...picture(1000), vp9(), ...picture(2000)]))
      held.push(frame);
    for await (const frame of submitter.drain()) held.push(frame);
    expect(held.map(({ planes }) => planes[0]?.bytes[0])).toEqual([1, 2]);
    for (const frame of held) frame.release();
    await submitter.close();
    expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, 0]);
  });
});
