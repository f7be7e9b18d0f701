import { describe, expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import type { Codec, DecodeEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import { chooseDevice, type DeviceList, devicesOf } from "../../src/submit/devices/devices.ts";
import { Submitter, sessionOptionsFor } from "../../src/submit/index.ts";
import {
  controls,
  V4L2_PIX_FMT_FWHT_STATELESS,
  V4L2_PIX_FMT_H264_SLICE,
  V4L2_PIX_FMT_HEVC_SLICE,
  V4L2_PIX_FMT_MPEG2_SLICE,
  V4L2_PIX_FMT_VP8_FRAME,
  V4L2_PIX_FMT_VP9_FRAME,
} from "../../src/uapi/index.ts";
import { withFlippedBits } from "../../support/damage.ts";
import { Random } from "../../support/random.ts";
import type { FakeDriver } from "./fake-driver.ts";
import { FakeKernel } from "./fake-kernel.ts";

/** All codecs, controls and modes. */
const everything: FakeDriver = {
  driver: "visl",
  outputFormats: [
    V4L2_PIX_FMT_H264_SLICE,
    V4L2_PIX_FMT_HEVC_SLICE,
    V4L2_PIX_FMT_MPEG2_SLICE,
    V4L2_PIX_FMT_VP8_FRAME,
    V4L2_PIX_FMT_VP9_FRAME,
    V4L2_PIX_FMT_FWHT_STATELESS,
  ],
  controls: Object.fromEntries(
    Object.values(controls).map((control) => [
      control.name,
      control.type === "menu" ? [0, 1] : "dynamicArray" in control ? control.dynamicArray : 1,
    ]),
  ),
  canHold: true,
  canCreateBuffers: true,
  maxSize: 1 << 16,
};

const codecs: readonly Codec[] = ["h264", "h265", "vp8", "vp9", "mpeg2", "fwht"];
const modes = (codec: Codec) =>
  codec === "h264" || codec === "h265" ? (["frame", "slice"] as const) : ["frame" as const];
const runs = codecs.flatMap((codec) =>
  fixtureStreams(codec).flatMap((stream) => modes(codec).map((mode) => ({ codec, mode, name: stream.name, stream }))),
);

/** Decodes with no CAPTURE buffer too many: the timestamps that were shown, and those that should have been. */
async function decode(codec: Codec, mode: "frame" | "slice", bytes: Uint8Array) {
  const kernel = new FakeKernel(everything);
  const list: DeviceList = await devicesOf(kernel.machine, kernel.files);
  const device = chooseDevice(list, codec);
  const session = openSession(codec, sessionOptionsFor(device, codec, { decodeMode: mode }));
  const events: DecodeEvent[] = [...session.push(bytes), ...session.flush()];
  const submitter = await Submitter.open(device, { extraBuffers: 0 }, kernel.machine);
  const shown: number[] = [];
  for (const frames of [submitter.submit(events), submitter.drain()]) {
    for await (const frame of frames) {
      shown.push(frame.timestamp);
      frame.release();
    }
  }
  await submitter.close();
  const expected = events.flatMap((event) => (event.type === "output" ? [event.timestamp] : []));
  return { kernel, shown, expected };
}

describe("every picture is shown, in order, with captureBuffers alone, and everything is given back", () => {
  it.each(runs)("$name, $mode mode", async ({ codec, mode, stream }) => {
    const { kernel, shown, expected } = await decode(codec, mode, stream.read());
    expect(shown).toEqual(expected);
    expect(shown.length).toBeGreaterThan(0);
    expect(kernel.log.filter((line) => line.startsWith("CREATE_BUFS CAPTURE"))).toEqual([]);
    expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, 0]);
  });

  it.each(codecs)("also of damaged streams: %s", async (codec) => {
    const random = new Random(7);
    for (const stream of fixtureStreams(codec)) {
      const { kernel, shown, expected } = await decode(codec, "frame", withFlippedBits(stream.read(), random));
      expect(shown, stream.name).toEqual(expected);
      expect([kernel.openFiles, kernel.mappings.size], stream.name).toEqual([0, 0]);
    }
  });
});
