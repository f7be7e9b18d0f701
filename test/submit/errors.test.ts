import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { DeviceError, DeviceTimeout, IoctlError } from "../../src/submit/index.ts";
import { controls } from "../../src/uapi/index.ts";
import { all, open, output, picture, plain, request, sequence } from "./submitting.ts";

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
    const { kernel, submitter } = await open({ ...plain, ...variant, refuses: (name) => name === pps.name });
    const thrown = await all(submitter, events).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(IoctlError);
    expect(thrown).toMatchObject({ ioctl: "VIDIOC_S_EXT_CTRLS", code: "EINVAL", control: { name: pps.name } });
    expect((thrown as IoctlError).message).toBe(
      "/dev/video7: VIDIOC_S_EXT_CTRLS (in a request) failed with EINVAL at V4L2_CID_STATELESS_H264_PPS: the kernel refuses num_slice_groups_minus1 = 9 (not in 0..7)",
    );
    await submitter.close();
    expect(kernel.mappings.size).toBe(0);
  });

  it("says that it is the driver where the kernel's rules accept the payload", async () => {
    const { submitter } = await open({ ...plain, refuses: (name) => name === params.name });
    await expect(all(submitter, events)).rejects.toThrow(
      "at V4L2_CID_STATELESS_H264_DECODE_PARAMS: the kernel's own rules accept the payload, so it was the driver that refused it",
    );
  });

  it("blames no control for what fails before the kernel looks at them", async () => {
    const errors = (ioctl: string) => (ioctl.endsWith("_EXT_CTRLS") ? constants.errno.ENODEV : undefined);
    const { submitter } = await open({ ...plain, errors });
    const thrown = await all(submitter, events).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: "ENODEV", control: undefined });
    expect((thrown as Error).message).toBe(
      "/dev/video7: VIDIOC_S_EXT_CTRLS (in a request) failed with ENODEV. The device was removed, or its driver unbound. See dmesg",
    );
  });

  it.each([
    ["VIDIOC_REQBUFS", "/dev/video7: VIDIOC_REQBUFS (OUTPUT, 4) failed with EIO"],
    ["VIDIOC_QUERYBUF", "/dev/video7: VIDIOC_QUERYBUF (OUTPUT buffer 0) failed with EIO"],
  ])("names the queue: %s", async (name, message) => {
    const errors = (ioctl: string) => (ioctl === name ? constants.errno.EIO : undefined);
    const { submitter } = await open({ ...plain, errors });
    await expect(all(submitter, events)).rejects.toThrow(message);
  });

  it.each(["EAGAIN", "EOPNOTSUPP", "ENODEV"] as const)("has the kernel's name of an error: %s", async (code) => {
    const errors = (ioctl: string) => (ioctl === "VIDIOC_STREAMON" ? constants.errno[code] : undefined);
    const { submitter } = await open({ ...plain, errors });
    await expect(all(submitter, events)).rejects.toMatchObject({ code });
  });

  it("ends when the device gives nothing back", async () => {
    const { kernel, submitter } = await open({ ...plain, isStuck: true }, { timeout: 1 });
    await expect(all(submitter, [sequence(16), ...picture(1000)])).rejects.toThrow(
      new DeviceTimeout("/dev/video7: the device finished no request within 0.001 s; 1 are queued. See dmesg"),
    );
    await submitter.close();
    expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, 0]);
  });

  it("says what is missing when the device finishes its requests and gives back no picture", async () => {
    const { submitter } = await open({ ...plain, keepsCapture: true }, { timeout: 1 });
    await expect(all(submitter, [sequence(16), ...picture(1000)])).rejects.toThrow(
      new DeviceTimeout(
        "/dev/video7: the device gave back no CAPTURE buffer within 0.001 s, although its requests are done. See dmesg",
      ),
    );
  });

  it.each([
    ["the only one", [0], 1],
    ["one before others", [1], 6],
    ["the last ones", [4, 5], 6],
    ["all", [0, 1, 2, 3, 4, 5], 6],
  ])("goes on where the driver gives up a request and never completes it: %s", async (_name, incomplete, count) => {
    const { kernel, submitter } = await open({ ...plain, incomplete });
    const timestamps = Array.from({ length: count }, (_, i) => 1000 * (i + 1));
    const corrupt: number[] = [];
    for (const frames of [submitter.submit([sequence(16), ...timestamps.flatMap(picture)]), submitter.drain()]) {
      for await (const frame of frames) {
        if (frame.corrupt) corrupt.push(frame.timestamp / 1000 - 1);
        frame.release();
      }
    }
    expect(corrupt).toEqual(incomplete);
    await submitter.close();
    expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, 0]);
  });

  it.each([
    [[sequence(8192)], "/dev/video7 takes pictures up to 4096x16; this one is 8192x16"],
    [[sequence(16, { pixelFormat: 0x34363248 })], "/dev/video7 does not take H264"],
  ])("refuses what the device does not take", async (first, message) => {
    const { submitter } = await open(plain);
    await expect(all(submitter, [...first, ...picture(1000)])).rejects.toThrow(new DeviceError(message));
  });

  it("refuses pictures that the CAPTURE buffers do not hold", async () => {
    const { submitter } = await open({ ...plain, maxCaptureSize: 1920 });
    await expect(all(submitter, [sequence(2048), ...picture(1000)])).rejects.toThrow(
      new DeviceError("/dev/video7 takes pictures up to 1920x16; this one is 2048x16"),
    );
  });

  it.each([
    [[request(1000)], "a request came before the first sequence event"],
    [[sequence(16), output(1000)], "an output event names the picture 1000, which no request decoded"],
    [[sequence(16), request(1500)], "timestamp 1500 must be a whole number of microseconds: V4L2 keeps no fractions"],
  ])("refuses events that make no sense", async (wrong, message) => {
    const { submitter } = await open(plain);
    await expect(all(submitter, wrong)).rejects.toThrow(new DeviceError(message));
  });
});
