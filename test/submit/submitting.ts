import { readFileSync } from "node:fs";
import type { Codec, DecodeEvent, OutputEvent, RequestEvent, SequenceEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import { chooseDevice, devicesOf } from "../../src/submit/devices/devices.ts";
import { type Frame, type SubmitEvent, Submitter, type SubmitterOptions } from "../../src/submit/index.ts";
import { V4L2_PIX_FMT_H264_SLICE, V4L2_PIX_FMT_VP9_FRAME } from "../../src/uapi/index.ts";
import type { FakeDriver } from "./fake-driver.ts";
import { FakeKernel } from "./fake-kernel.ts";

const h264Controls = {
  V4L2_CID_STATELESS_H264_DECODE_MODE: [1],
  V4L2_CID_STATELESS_H264_START_CODE: [1],
  V4L2_CID_STATELESS_H264_SPS: 1,
  V4L2_CID_STATELESS_H264_PPS: 1,
  V4L2_CID_STATELESS_H264_SCALING_MATRIX: 1,
  V4L2_CID_STATELESS_H264_DECODE_PARAMS: 1,
} as const;

/** A driver with H.264 and nothing special. */
export const plain: FakeDriver = {
  outputFormats: [V4L2_PIX_FMT_H264_SLICE, V4L2_PIX_FMT_VP9_FRAME],
  controls: h264Controls,
  canHold: true,
  canCreateBuffers: true,
};

/** A submitter on a fake kernel. */
export async function open(driver: FakeDriver, options: SubmitterOptions = {}, codec: Codec = "h264") {
  const kernel = new FakeKernel(driver);
  const device = chooseDevice(await devicesOf(kernel.machine, kernel.files), codec);
  const submitter = await Submitter.open(device, options, kernel.machine);
  return { kernel, submitter };
}

function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}

/** What a session makes of a fixture. */
export function eventsOf(name: string, codec: Codec = "h264"): DecodeEvent[] {
  const session = openSession(codec);
  return [...session.push(fixture(name)), ...session.flush()];
}

const colour = {
  colour_primaries: 2,
  transfer_characteristics: 2,
  matrix_coefficients: 2,
  video_full_range_flag: 0,
};

export function sequence(width: number, changes: Partial<SequenceEvent> = {}): SequenceEvent {
  return {
    type: "sequence",
    codec: "h264",
    pixelFormat: V4L2_PIX_FMT_H264_SLICE,
    codedWidth: width,
    codedHeight: 16,
    visible: { left: 0, top: 0, width, height: 16 },
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    chromaFormat: 1,
    colour,
    captureBuffers: 2,
    realloc: true,
    keepsReferences: false,
    controls: [],
    ...changes,
  };
}

export function request(timestamp: number, changes: Partial<RequestEvent> = {}): RequestEvent {
  return { type: "request", timestamp, bitstream: [Uint8Array.of(1, 2, 3)], controls: [], hold: false, ...changes };
}

export function output(timestamp: number): OutputEvent {
  const visible = { left: 0, top: 0, width: 16, height: 16 };
  return { type: "output", timestamp, pts: undefined, visible, fieldOrder: "progressive", repeat: 0, corrupt: false };
}

export function release(timestamp: number): DecodeEvent {
  return { type: "release", timestamp };
}

/** A picture that is shown and released at once. */
export function picture(timestamp: number): DecodeEvent[] {
  return [request(timestamp), output(timestamp), release(timestamp)];
}

/** Takes frames and gives them back: their timestamps. */
export async function taken(frames: AsyncIterable<Frame>): Promise<number[]> {
  const timestamps: number[] = [];
  for await (const frame of frames) {
    timestamps.push(frame.timestamp);
    frame.release();
  }
  return timestamps;
}

/** The timestamps of all frames that come of events. */
export async function all(submitter: Submitter, events: readonly SubmitEvent[]): Promise<number[]> {
  return [...(await taken(submitter.submit(events))), ...(await taken(submitter.drain()))];
}
