import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DecodeEvent, OutputEvent, RequestEvent, SequenceEvent } from "../../src/events.ts";
import { openSession } from "../../src/session.ts";
import { abis } from "../../src/submit/abi.ts";
import { chooseDevice, devicesOf } from "../../src/submit/devices.ts";
import {
  DeviceError,
  DeviceTimeout,
  type Frame,
  IoctlError,
  type SubmitEvent,
  Submitter,
  type SubmitterOptions,
} from "../../src/submit/index.ts";
import { controls, V4L2_PIX_FMT_H264_SLICE, V4L2_PIX_FMT_VP9_FRAME } from "../../src/uapi/index.ts";
import { type FakeDriver, FakeKernel } from "./fake-kernel.ts";

const h264Controls = {
  V4L2_CID_STATELESS_H264_DECODE_MODE: [1],
  V4L2_CID_STATELESS_H264_START_CODE: [1],
  V4L2_CID_STATELESS_H264_SPS: 1,
  V4L2_CID_STATELESS_H264_PPS: 1,
  V4L2_CID_STATELESS_H264_SCALING_MATRIX: 1,
  V4L2_CID_STATELESS_H264_DECODE_PARAMS: 1,
} as const;

const plain: FakeDriver = {
  outputFormats: [V4L2_PIX_FMT_H264_SLICE, V4L2_PIX_FMT_VP9_FRAME],
  controls: h264Controls,
  canHold: true,
  canCreateBuffers: true,
};

async function open(driver: FakeDriver, options: SubmitterOptions = {}) {
  const kernel = new FakeKernel(driver);
  const device = chooseDevice(await devicesOf(kernel.machine, kernel.files), "h264");
  const submitter = await Submitter.open(device, options, kernel.machine);
  return { kernel, submitter };
}

function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}

function eventsOf(name: string): DecodeEvent[] {
  const session = openSession("h264");
  return [...session.push(fixture(name)), ...session.flush()];
}

const colour = {
  colour_primaries: 2,
  transfer_characteristics: 2,
  matrix_coefficients: 2,
  video_full_range_flag: 0,
};

function sequence(width: number, changes: Partial<SequenceEvent> = {}): SequenceEvent {
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

function request(timestamp: number, changes: Partial<RequestEvent> = {}): RequestEvent {
  return { type: "request", timestamp, bitstream: [Uint8Array.of(1, 2, 3)], controls: [], hold: false, ...changes };
}

function output(timestamp: number): OutputEvent {
  const visible = { left: 0, top: 0, width: 16, height: 16 };
  return { type: "output", timestamp, pts: undefined, visible, fieldOrder: "progressive", repeat: 0, corrupt: false };
}

function release(timestamp: number): DecodeEvent {
  return { type: "release", timestamp };
}

/** A picture that is shown and released at once. */
function picture(timestamp: number): DecodeEvent[] {
  return [request(timestamp), output(timestamp), release(timestamp)];
}

async function taken(frames: AsyncIterable<Frame>): Promise<number[]> {
  const timestamps: number[] = [];
  for await (const frame of frames) {
    timestamps.push(frame.timestamp);
    frame.release();
  }
  return timestamps;
}

async function all(submitter: Submitter, events: readonly SubmitEvent[]): Promise<number[]> {
  return [...(await taken(submitter.submit(events))), ...(await taken(submitter.drain()))];
}

describe.each([
  ["lp64, several planes", {}],
  ["lp64, one plane", { isSinglePlanar: true }],
  ["ilp32", { abi: abis.ilp32 }],
  ["ia32, one plane", { abi: abis.ia32, isSinglePlanar: true }],
] as const)("a stream, %s", (_name, variant) => {
  it("gives every frame in display order, and everything back", async () => {
    const { kernel, submitter } = await open({ ...plain, ...variant });
    const events = eventsOf("h264_high_bpyramid.264");
    const shown = events.filter((event) => event.type === "output").map(({ timestamp }) => timestamp);
    expect(await all(submitter, events)).toEqual(shown);
    await submitter.close();
    expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, 0]);
  });
});

describe("the order of ioctls", () => {
  it("sets the OUTPUT format, then the SPS, then reads the CAPTURE format, then makes buffers (DESIGN 1)", async () => {
    const { kernel, submitter } = await open(plain);
    await taken(submitter.submit(eventsOf("h264_high_bpyramid.264").slice(0, 2)));
    expect(kernel.log).toEqual([
      "S_FMT OUTPUT 96x80",
      "S_EXT_CTRLS now H264_DECODE_MODE H264_START_CODE H264_SPS",
      "G_FMT CAPTURE",
      "REQBUFS CAPTURE 9",
      "REQBUFS OUTPUT 4",
      "STREAMON OUTPUT",
      "STREAMON CAPTURE",
      "QBUF CAPTURE 0",
      "S_EXT_CTRLS request H264_SPS H264_PPS H264_DECODE_PARAMS",
      "QBUF OUTPUT 0",
      "QUEUE",
    ]);
  });

  it("drains, stops and frees both queues before another size", async () => {
    const { kernel, submitter } = await open(plain);
    const events = [sequence(16), ...picture(1000), ...picture(2000), sequence(32), ...picture(3000)];
    expect(await all(submitter, events)).toEqual([1000, 2000, 3000]);
    const from = kernel.log.lastIndexOf("STREAMOFF OUTPUT");
    expect(kernel.log.slice(from - 1)).toEqual([
      "QUEUE",
      "STREAMOFF OUTPUT",
      "STREAMOFF CAPTURE",
      "REQBUFS OUTPUT 0",
      "REQBUFS CAPTURE 0",
      "S_FMT OUTPUT 32x16",
      "G_FMT CAPTURE",
      "REQBUFS CAPTURE 6",
      "REQBUFS OUTPUT 4",
      "STREAMON OUTPUT",
      "STREAMON CAPTURE",
      "QBUF CAPTURE 0",
      "QBUF OUTPUT 0",
      "QUEUE",
    ]);
  });

  it("does nothing for a sequence that only looks different", async () => {
    const { kernel, submitter } = await open(plain);
    await all(submitter, [sequence(16), ...picture(1000), sequence(16, { realloc: false }), ...picture(2000)]);
    expect(kernel.log.filter((line) => line.startsWith("S_FMT"))).toEqual(["S_FMT OUTPUT 16x16"]);
  });

  it("sets the modes before the first sequence's controls, and not those of a sequence without a request", async () => {
    const { kernel, submitter } = await open(plain);
    const mode = controls.V4L2_CID_STATELESS_H264_DECODE_MODE;
    const sps = controls.V4L2_CID_STATELESS_H264_SPS;
    const withSps = (width: number) =>
      sequence(width, { controls: [{ name: sps.name, id: sps.id, payload: new Uint8Array(1048) }] });
    await all(submitter, [
      { type: "set", controls: [{ name: mode.name, id: mode.id, payload: 1 }] },
      withSps(16),
      withSps(32),
      ...picture(1000),
    ]);
    expect(kernel.log.slice(0, 4)).toEqual([
      "S_FMT OUTPUT 32x16",
      "S_EXT_CTRLS now H264_DECODE_MODE",
      "S_EXT_CTRLS now H264_SPS",
      "G_FMT CAPTURE",
    ]);
  });
});

describe("references over a change of size (keepsReferences)", () => {
  const events = [
    sequence(16),
    request(1000),
    output(1000),
    sequence(32, { keepsReferences: true }),
    ...picture(2000),
    output(1000),
    release(1000),
  ];

  it("keeps the CAPTURE buffers and makes larger ones where the driver can", async () => {
    const notices: string[] = [];
    const { kernel, submitter } = await open({ ...plain, canResize: true }, { onNotice: (text) => notices.push(text) });
    expect(await all(submitter, events)).toEqual([1000, 2000, 1000]);
    expect(kernel.log).not.toContain("STREAMOFF CAPTURE");
    expect(kernel.log).toContain("CREATE_BUFS CAPTURE 6");
    expect(notices).toEqual([]);
  });

  it("shows smaller pictures in the larger buffers, as what they are", async () => {
    const { kernel, submitter } = await open({ ...plain, canResize: true });
    const list = [sequence(32), ...picture(1000), sequence(16, { keepsReferences: true }), ...picture(2000)];
    const shown: unknown[] = [];
    for (const frames of [submitter.submit(list), submitter.drain()]) {
      for await (const frame of frames) {
        shown.push([frame.width, frame.planes[0]!.bytesPerLine]);
        frame.release();
      }
    }
    expect(shown).toEqual([
      [32, 32],
      [16, 16],
    ]);
    expect(kernel.log.filter((line) => line.startsWith("CREATE_BUFS"))).toEqual([]);
  });

  it("says so where it cannot, and still shows the old pictures", async () => {
    const notices: string[] = [];
    const { kernel, submitter } = await open(plain, { onNotice: (text) => notices.push(text) });
    expect(await all(submitter, events)).toEqual([1000, 2000, 1000]);
    expect(kernel.log).toContain("STREAMOFF CAPTURE");
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain("cannot keep references when the size changes, to 32x16");
    await submitter.close();
    expect(kernel.mappings.size).toBe(0);
  });
});

describe("fields", () => {
  it("puts both into one CAPTURE buffer", async () => {
    const { kernel, submitter } = await open(plain);
    const events = [sequence(16), request(1000, { hold: true }), request(1000), output(1000), release(1000)];
    expect(await all(submitter, events)).toEqual([1000]);
    expect(kernel.log.filter((line) => line.startsWith("QBUF CAPTURE"))).toEqual(["QBUF CAPTURE 0"]);
    expect(kernel.log).not.toContain("DECODER_CMD 4");
  });

  it("lets an unpaired one go with V4L2_DEC_CMD_FLUSH", async () => {
    const { kernel, submitter } = await open(plain);
    expect(await all(submitter, [sequence(16), request(1000, { hold: true }), output(1000), release(1000)])).toEqual([
      1000,
    ]);
    expect(kernel.log.at(-1)).toBe("DECODER_CMD 4");
  });

  it("gives each a CAPTURE buffer where the driver does not hold one", async () => {
    const { kernel, submitter } = await open({ ...plain, canHold: false });
    const pair = (timestamp: number) => [request(timestamp, { hold: true }), ...picture(timestamp)];
    expect(await all(submitter, [sequence(16), ...pair(1000), ...pair(2000), ...pair(3000), ...pair(4000)])).toEqual([
      1000, 2000, 3000, 4000,
    ]);
    expect(kernel.log.filter((line) => line.startsWith("QBUF CAPTURE"))).toHaveLength(8);
  });
});

describe("buffers", () => {
  it("takes a larger OUTPUT buffer for a larger request", async () => {
    const { kernel, submitter } = await open(plain);
    const bitstream = [new Uint8Array(1 << 18)];
    await all(submitter, [sequence(16), request(1000, { bitstream }), ...picture(2000)]);
    expect(kernel.log).toContain("CREATE_BUFS OUTPUT 1");
  });

  it("says so where there is none", async () => {
    const { submitter } = await open({ ...plain, canCreateBuffers: false });
    const bitstream = [new Uint8Array(1 << 18)];
    await expect(all(submitter, [sequence(16), request(1000, { bitstream })])).rejects.toThrow(
      new DeviceError(
        "a request of 262144 bytes: the OUTPUT buffers have 131072, and there are no larger ones (ENOTTY)",
      ),
    );
  });

  it("makes more CAPTURE buffers for a consumer that holds frames", async () => {
    const { kernel, submitter } = await open(plain, { extraBuffers: 0 });
    const held: Frame[] = [];
    const events = [1, 2, 3, 4, 5].flatMap((n) => picture(1000 * n));
    for await (const frame of submitter.submit([sequence(16), ...events])) held.push(frame);
    for await (const frame of submitter.drain()) held.push(frame);
    // The fake device fills a picture with its timestamp's number.
    expect(held.map(({ planes }) => planes[0]!.bytes[0])).toEqual([1, 2, 3, 4, 5]);
    expect(kernel.log.filter((line) => line === "CREATE_BUFS CAPTURE 1")).toHaveLength(3);
  });

  it("waits longer for a device that finishes one request after the other", async () => {
    const { submitter } = await open({ ...plain, isSlow: true });
    const timestamps = [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000];
    expect(await all(submitter, [sequence(16), ...timestamps.flatMap(picture)])).toEqual(timestamps);
  });

  it("waits for such a consumer where there can be no more", async () => {
    const { submitter } = await open({ ...plain, canCreateBuffers: false }, { extraBuffers: 0, timeout: 10 });
    const held: Frame[] = [];
    const run = async () => {
      for await (const frame of submitter.submit([
        sequence(16),
        ...picture(1000),
        ...picture(2000),
        ...picture(3000),
      ])) {
        held.push(frame);
      }
    };
    await expect(run()).rejects.toThrow(
      new DeviceTimeout("all 2 CAPTURE buffers are in use: frames are held and not released"),
    );
    expect(() => submitter.reset()).toThrow("the device failed: close() it");
  });

  it("goes on when such a consumer gives one back", async () => {
    const { submitter } = await open({ ...plain, canCreateBuffers: false }, { extraBuffers: 0 });
    let last: Frame | undefined;
    const timestamps: number[] = [];
    const events = [sequence(16), ...[1, 2, 3, 4].flatMap((n) => picture(1000 * n))];
    for await (const frame of submitter.submit(events)) {
      timestamps.push(frame.timestamp);
      const before = last;
      setImmediate(() => before?.release());
      last = frame;
    }
    last?.release();
    expect([...timestamps, ...(await taken(submitter.drain()))]).toEqual([1000, 2000, 3000, 4000]);
  });

  it("keeps the frames that are held readable over a change of size and after the end", async () => {
    const { kernel, submitter } = await open(plain);
    const held: Frame[] = [];
    for await (const frame of submitter.submit([sequence(16), ...picture(1000), sequence(32), ...picture(2000)]))
      held.push(frame);
    for await (const frame of submitter.drain()) held.push(frame);
    await submitter.close();
    expect(held.map(({ width, planes }) => [width, planes[0]!.bytes[0]])).toEqual([
      [16, 1],
      [32, 2],
    ]);
    for (const frame of held) frame.release();
    expect(() => held[0]!.planes).toThrow("the frame was released already");
    expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, 0]);
  });
});

describe("a consumer that leaves", () => {
  it("can seek, and what it missed does not take buffers", async () => {
    const { kernel, submitter } = await open(plain, { extraBuffers: 0 });
    for (let start = 1; start < 60; start += 4) {
      const events = [0, 1, 2, 3].flatMap((n) => picture(1000 * (start + n)));
      for await (const frame of submitter.submit([...(start === 1 ? [sequence(16)] : []), ...events])) {
        frame.release();
        break;
      }
      await expect(taken(submitter.submit([]))).rejects.toThrow("reset() comes first");
      submitter.reset();
    }
    expect(await all(submitter, picture(99000))).toEqual([99000]);
    expect(kernel.log.filter((line) => line.startsWith("CREATE_BUFS"))).toEqual([]);
  });

  it("does not miss a change of size", async () => {
    const { kernel, submitter } = await open(plain);
    const events = [
      sequence(16),
      ...picture(1000),
      ...picture(2000),
      ...picture(3000),
      ...picture(4000),
      ...picture(5000),
      sequence(32),
    ];
    for await (const frame of submitter.submit(events)) {
      frame.release();
      break;
    }
    submitter.reset();
    expect(await all(submitter, picture(9000))).toEqual([9000]);
    expect(kernel.log).toContain("S_FMT OUTPUT 32x16");
  });
});

describe("errors", () => {
  const payload = new Uint8Array(12);
  payload[2] = 9; // num_slice_groups_minus1
  const pps = { ...controls.V4L2_CID_STATELESS_H264_PPS, payload };
  const params = { ...controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS, payload: new Uint8Array(560) };
  const events = [sequence(16), request(1000, { controls: [params, pps] })];

  it.each([
    ["the kernel names it", { tellsControl: true }],
    ["TRY_EXT_CTRLS names it", { tellsControl: false }],
  ])("names the control that was refused, and the kernel's reason: %s", async (_name, variant) => {
    const { submitter } = await open({ ...plain, ...variant, refuses: (name) => name === pps.name });
    const thrown = await all(submitter, events).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(IoctlError);
    expect(thrown).toMatchObject({ ioctl: "VIDIOC_S_EXT_CTRLS", code: "EINVAL", control: { name: pps.name } });
    expect((thrown as IoctlError).message).toBe(
      "/dev/video7: VIDIOC_S_EXT_CTRLS (in a request) failed with EINVAL at V4L2_CID_STATELESS_H264_PPS: the kernel refuses num_slice_groups_minus1 = 9 (not in 0..7)",
    );
  });

  it("says that it is the driver where the kernel's rules accept the payload", async () => {
    const { submitter } = await open({ ...plain, refuses: (name) => name === params.name });
    await expect(all(submitter, events)).rejects.toThrow(
      "at V4L2_CID_STATELESS_H264_DECODE_PARAMS: the kernel's own rules accept the payload, so the driver refuses it",
    );
  });

  it("ends when the device gives nothing back", async () => {
    const { kernel, submitter } = await open({ ...plain, isStuck: true }, { timeout: 1 });
    await expect(all(submitter, [sequence(16), ...picture(1000)])).rejects.toThrow(
      new DeviceTimeout("/dev/video7: nothing came back within 0.001 s; 1 requests wait"),
    );
    await submitter.close();
    expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, 0]);
  });

  it.each([
    [[sequence(8192)], "/dev/video7 takes pictures up to 4096x16, and not 8192x16"],
    [[sequence(16, { pixelFormat: 0x34363248 })], "/dev/video7 does not take H264"],
  ])("refuses what the device does not take", async (first, message) => {
    const { submitter } = await open(plain);
    await expect(all(submitter, [...first, ...picture(1000)])).rejects.toThrow(new DeviceError(message));
  });

  it.each([
    [[request(1000)], "a request came before the first sequence"],
    [[sequence(16), output(1000)], "no request decoded the picture 1000, which is to be shown"],
    [[sequence(16), request(1500)], "timestamp 1500 is not a whole number of microseconds, and V4L2 keeps no less"],
  ])("refuses events that make no sense", async (wrong, message) => {
    const { submitter } = await open(plain);
    await expect(all(submitter, wrong)).rejects.toThrow(new DeviceError(message));
  });
});
