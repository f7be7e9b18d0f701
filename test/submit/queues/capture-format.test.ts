import { describe, expect, it } from "vitest";
import type { SequenceEvent } from "../../../src/events.ts";
import { fourccOf, fourccText } from "../../../src/record/format.ts";
import type { SubmitEvent, SubmitterOptions } from "../../../src/submit/index.ts";
import { controls, v4l2_ctrl_h264_sps } from "../../../src/uapi/index.ts";
import type { FakeDriver } from "../fake-driver.ts";
import { open, picture, plain, sequence } from "../submitting.ts";

/** The formats of the frames that come of events, and the kernel's log. */
async function formatsOf(driver: FakeDriver, events: readonly SubmitEvent[], options: SubmitterOptions = {}) {
  const { kernel, submitter } = await open(driver, options);
  const formats: string[] = [];
  for (const frames of [submitter.submit(events), submitter.drain()]) {
    for await (const frame of frames) {
      formats.push(fourccText(frame.pixelFormat));
      frame.release();
    }
  }
  return { formats, log: kernel.log };
}

function withSps(width: number, changes: Partial<SequenceEvent> = {}): SequenceEvent {
  const { name, id } = controls.V4L2_CID_STATELESS_H264_SPS;
  const payload = new Uint8Array(v4l2_ctrl_h264_sps.size);
  payload[v4l2_ctrl_h264_sps.offsets.pic_width_in_mbs_minus1] = width / 16 - 1;
  payload[v4l2_ctrl_h264_sps.offsets.bit_depth_luma_minus8] = 2;
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
