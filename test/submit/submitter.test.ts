import { describe, expect, it } from "vitest";
import type { Control } from "../../src/events.ts";
import { chooseDevice, devicesOf } from "../../src/submit/devices/devices.ts";
import {
  DeviceError,
  DeviceTimeout,
  type Frame,
  IoctlError,
  type SubmitEvent,
  Submitter,
} from "../../src/submit/index.ts";
import { abis } from "../../src/submit/layout/abi.ts";
import { controls } from "../../src/uapi/index.ts";
import { FakeKernel } from "./fake-kernel.ts";
import { all, eventsOf, open, output, picture, plain, release, request, sequence, taken } from "./submitting.ts";

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
  it("sets the OUTPUT format, then the SPS, then reads the CAPTURE format, then makes buffers (ARCHITECTURE, On a device)", async () => {
    const { kernel, submitter } = await open(plain);
    await taken(submitter.submit(eventsOf("h264_high_bpyramid.264").slice(0, 2)));
    expect(kernel.log).toEqual([
      "S_FMT OUTPUT 96x80",
      "S_EXT_CTRLS now H264_DECODE_MODE H264_START_CODE H264_SPS",
      "G_FMT CAPTURE",
      "S_FMT CAPTURE 96x80",
      "G_FMT CAPTURE",
      "REQBUFS OUTPUT 4",
      "REQBUFS CAPTURE 9",
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
      "S_FMT CAPTURE 32x16",
      "G_FMT CAPTURE",
      "REQBUFS OUTPUT 4",
      "REQBUFS CAPTURE 6",
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
    expect(kernel.log.filter((line) => line.startsWith("S_FMT OUTPUT"))).toEqual(["S_FMT OUTPUT 16x16"]);
    expect(kernel.log.filter((line) => /^(STREAMOFF|REQBUFS OUTPUT)/.test(line))).toEqual(["REQBUFS OUTPUT 4"]);
  });

  it("sets the format anew for another height alone, and takes no notice where nothing refers to pictures before", async () => {
    const notices: string[] = [];
    const { kernel, submitter } = await open(plain, { onNotice: (text) => notices.push(text) });
    await all(submitter, [sequence(16), ...picture(1000), sequence(16, { codedHeight: 32 }), ...picture(2000)]);
    const formats = kernel.log.filter((line) => line.startsWith("S_FMT OUTPUT"));
    expect(formats).toEqual(["S_FMT OUTPUT 16x16", "S_FMT OUTPUT 16x32"]);
    expect(notices).toEqual([]);
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
    expect(kernel.valueOf(mode.name)).toBe("1");
  });
});

it("sends controls of any size", async () => {
  const { kernel, submitter } = await open(plain);
  const { name, id } = controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS;
  // More than the memory that is there at first, with other controls before and after it.
  const payload = Uint8Array.from({ length: 100_000 }, (_, i) => i);
  const mode = controls.V4L2_CID_STATELESS_H264_DECODE_MODE;
  const start = controls.V4L2_CID_STATELESS_H264_START_CODE;
  const all: Control[] = [
    { name: mode.name, id: mode.id, payload: 1 },
    { name, id, payload },
    { name: start.name, id: start.id, payload: 1 },
  ];
  await taken(submitter.submit([sequence(16), ...picture(1000), { type: "set", controls: all }]));
  const values = [mode.name, name, start.name].map((control) => kernel.valueOf(control));
  expect(values).toEqual(["1", payload.join(), "1"]);
});

describe("buffers", () => {
  it("takes a larger OUTPUT buffer for a larger request", async () => {
    const { kernel, submitter } = await open(plain);
    const bitstream = [new Uint8Array(1 << 18)];
    await all(submitter, [sequence(16), request(1000, { bitstream }), ...picture(2000)]);
    expect(kernel.log).toContain("CREATE_BUFS OUTPUT 1");
  });

  it("waits for the large OUTPUT buffer that the device has, where there is no memory for a second one", async () => {
    const { kernel, submitter } = await open({ ...plain, mostBuffers: 11 });
    const bitstream = [new Uint8Array(1 << 18)];
    const large = [1000, 2000, 3000].flatMap((at) => [request(at, { bitstream }), output(at), release(at)]);
    expect(await all(submitter, [sequence(16), ...large, ...picture(4000)])).toEqual([1000, 2000, 3000, 4000]);
    const used = kernel.log.filter((line) => line.startsWith("QBUF OUTPUT"));
    expect(used).toEqual(["QBUF OUTPUT 4", "QBUF OUTPUT 4", "QBUF OUTPUT 4", "QBUF OUTPUT 0"]);
  });

  it("says so where there is none", async () => {
    const { submitter } = await open({ ...plain, canCreateBuffers: false });
    const bitstream = [new Uint8Array(1 << 18)];
    await expect(all(submitter, [sequence(16), request(1000, { bitstream })])).rejects.toThrow(
      new DeviceError(
        "/dev/video7: the request has 262144 bytes, the OUTPUT buffers 131072, and the driver gives no larger ones (ENOTTY)",
      ),
    );
  });

  it.each([10, 9, 6])("does with the memory for %s of 10", async (mostBuffers) => {
    const { submitter } = await open({ ...plain, canCreateBuffers: false, mostBuffers });
    expect(await all(submitter, [sequence(16), ...[1, 2, 3, 4].flatMap((n) => picture(1000 * n))])).toHaveLength(4);
  });

  it("gives up the extra ones where STREAMON has too little memory for them", async () => {
    const { submitter } = await open({ ...plain, mostStarted: 3 });
    expect(await all(submitter, [sequence(16), ...[1, 2, 3, 4].flatMap((n) => picture(1000 * n))])).toHaveLength(4);
    const { submitter: without } = await open({ ...plain, mostStarted: 1 });
    await expect(all(without, [sequence(16), ...picture(1000)])).rejects.toThrow(
      "/dev/video7: VIDIOC_STREAMON (OUTPUT) failed with ENOMEM",
    );
  });

  it("says so where there is not enough", async () => {
    const { submitter } = await open({ ...plain, mostBuffers: 5 });
    await expect(all(submitter, [sequence(16), ...picture(1000)])).rejects.toThrow(
      new DeviceError("/dev/video7: the driver gives 1 CAPTURE buffers; decoding needs 2"),
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
      new DeviceTimeout("/dev/video7: all 2 CAPTURE buffers are in use; release frames that you no longer show"),
    );
    expect(() => submitter.reset()).toThrow("the device failed: call close()");
  });

  it.each([5000, Infinity])("goes on when such a consumer gives one back (timeout: %s)", async (timeout) => {
    const { submitter } = await open({ ...plain, canCreateBuffers: false }, { extraBuffers: 0, timeout });
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

it.each([
  [{ requests: 0 }, "requests is 0; it must be a whole number from 1"],
  [{ requests: -1 }, "requests is -1; it must be a whole number from 1"],
  [{ requests: 1.5 }, "requests is 1.5; it must be a whole number from 1"],
  [{ extraBuffers: -5 }, "extraBuffers is -5; it must be a whole number from 0"],
  [{ extraBuffers: Number.NaN }, "extraBuffers is NaN; it must be a whole number from 0"],
  [{ timeout: Number.NaN }, "timeout is NaN; it must be a number of milliseconds"],
  [{ timeout: -1 }, "timeout is -1; it must be a number of milliseconds"],
])("a wrong option is a TypeError, and opens nothing: %j", async (options, message) => {
  const kernel = new FakeKernel(plain);
  const device = chooseDevice(await devicesOf(kernel.machine, kernel.files), "h264");
  const before = kernel.opened;
  await expect(Submitter.open(device, options, kernel.machine)).rejects.toThrow(new TypeError(message));
  expect([kernel.opened - before, kernel.openFiles]).toEqual([0, 0]);
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
      await expect(taken(submitter.submit([]))).rejects.toThrow("call reset() first");
      submitter.reset();
    }
    expect(await all(submitter, picture(99000))).toEqual([99000]);
    expect(kernel.log.filter((line) => line.startsWith("CREATE_BUFS"))).toEqual([]);
  });

  it("can seek, and neither references nor frames that it did not take keep their buffers", async () => {
    const { submitter } = await open({ ...plain, canCreateBuffers: false }, { extraBuffers: 0, timeout: 50 });
    const shown = (timestamp: number) => [request(timestamp), output(timestamp)];
    for (let start = 1; start < 10; start += 2) {
      const events = [...(start === 1 ? [sequence(16)] : []), ...shown(1000 * start), ...shown(1000 * (start + 1))];
      await taken(submitter.submit(events));
      for await (const frame of submitter.drain()) {
        frame.release();
        break;
      }
      submitter.reset();
    }
    // Both buffers at once.
    const held: Frame[] = [];
    for (const frames of [submitter.submit([...shown(98000), ...shown(99000)]), submitter.drain()]) {
      for await (const frame of frames) held.push(frame);
    }
    expect(held.map(({ timestamp }) => timestamp)).toEqual([98000, 99000]);
  });

  it("may throw into the generator instead: that is no failure of the device", async () => {
    const { submitter } = await open(plain);
    const frames = submitter.submit([sequence(16), ...[1, 2, 3, 4, 5, 6].flatMap((n) => picture(1000 * n))]);
    (await frames.next()).value?.release();
    await expect(frames.throw(new Error("seek"))).rejects.toThrow("seek");
    await expect(taken(submitter.submit([]))).rejects.toThrow("call reset() first");
    submitter.reset();
    expect(await all(submitter, picture(9000))).toEqual([9000]);
  });

  it("may throw where its events come from: those before are noted, a change of size among them", async () => {
    const { kernel, submitter } = await open(plain);
    expect(await all(submitter, [sequence(16), ...picture(1000)])).toEqual([1000]);
    function* events(): Generator<SubmitEvent> {
      yield sequence(32);
      yield* picture(2000);
      throw new Error("a listener's");
    }
    await expect(taken(submitter.submit(events()))).rejects.toThrow("a listener's");
    await expect(taken(submitter.submit([]))).rejects.toThrow("call reset() first");
    submitter.reset();
    expect(await all(submitter, picture(3000))).toEqual([3000]);
    expect(kernel.log).toContain("S_FMT OUTPUT 32x16");
  });

  it("learns of a device that fails at what it must still be told", async () => {
    const { name, id } = controls.V4L2_CID_STATELESS_H264_SPS;
    const { submitter } = await open({ ...plain, refuses: (control) => control === name });
    const pictures = [1, 2, 3, 4, 5, 6].flatMap((n) => picture(1000 * n));
    const set: SubmitEvent = { type: "set", controls: [{ name, id, payload: new Uint8Array(1048) }] };
    const run = async () => {
      for await (const frame of submitter.submit([sequence(16), ...pictures, set])) {
        frame.release();
        break;
      }
    };
    await expect(run()).rejects.toThrow(IoctlError);
    expect(() => submitter.reset()).toThrow("the device failed: call close()");
    await submitter.close();
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

it.each([
  [true, "S_EXT_CTRLS request H264_SPS H264_SLICE_PARAMS"],
  [false, "S_EXT_CTRLS request H264_SPS"],
])(
  "leaves the controls that the target does not have to the kernel only where told to (verbatim: %s)",
  async (verbatim, line) => {
    const { kernel, submitter } = await open(plain, { verbatim });
    const { V4L2_CID_STATELESS_H264_SPS: sps, V4L2_CID_STATELESS_H264_SLICE_PARAMS: slice } = controls;
    const sent = [sps, slice].map(({ name, id }) => ({ name, id, payload: new Uint8Array(16) }) as Control);
    await all(submitter, [sequence(16), request(1000, { controls: sent })]);
    expect(kernel.log).toContain(line);
  },
);
