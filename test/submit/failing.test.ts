import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { chooseDevice, devicesOf } from "../../src/submit/devices/devices.ts";
import { DeviceError, type Frame, IoctlError, type SubmitEvent, Submitter } from "../../src/submit/index.ts";
import { abis } from "../../src/submit/layout/abi.ts";
import { type IoctlName, ioctlNumber } from "../../src/submit/layout/ioctls.ts";
import { structsOf } from "../../src/submit/layout/structs.ts";
import type { Libc } from "../../src/submit/libc.ts";
import { controls, viewOf } from "../../src/uapi/index.ts";
import type { FakeDriver } from "./fake-driver.ts";
import { FakeKernel } from "./fake-kernel.ts";
import { eventsOf, open, output, picture, plain, release, request, sequence } from "./submitting.ts";

/** A submitter on a fake kernel, some of whose calls do something else. */
async function openOn(driver: FakeDriver, change: (libc: Libc) => Partial<Libc>) {
  const kernel = new FakeKernel(driver);
  const device = chooseDevice(await devicesOf(kernel.machine, kernel.files), "h264");
  const { abi, libc } = kernel.machine;
  const machine = { abi, libc: { ...libc, ...change(libc) } };
  return { kernel, submitter: await Submitter.open(device, { timeout: 20 }, machine) };
}

/** Takes all frames there are, until something is thrown. */
async function frames(submitter: Submitter, lists: readonly (readonly SubmitEvent[])[]) {
  const shown: number[] = [];
  const take = async (given: AsyncIterable<Frame>) => {
    for await (const frame of given) {
      if (!frame.corrupt) shown.push(frame.timestamp);
      frame.release();
    }
  };
  try {
    for (const list of lists) await take(submitter.submit(list));
    await take(submitter.drain());
    return { shown, thrown: undefined };
  } catch (thrown) {
    return { shown, thrown: thrown as Error };
  }
}

/** The error number of one ioctl, from a call on (counted from 0), and of so many calls. */
function failsAt(name: IoctlName, at: number, code: keyof typeof constants.errno = "EIO", count = 1) {
  let calls = 0;
  return (ioctl: IoctlName) => {
    if (ioctl !== name) return undefined;
    const call = calls++;
    return call >= at && call < at + count ? constants.errno[code] : undefined;
  };
}

const pictures = (count: number) => Array.from({ length: count }, (_, i) => picture(1000 * (i + 1))).flat();
const timestamps = (count: number) => Array.from({ length: count }, (_, i) => 1000 * (i + 1));
const left = (kernel: FakeKernel) => [kernel.openFiles, kernel.mappings.size, kernel.buffers];

describe("the frames before a failure", () => {
  it.each([
    ["VIDIOC_S_EXT_CTRLS", 4],
    ["MEDIA_REQUEST_IOC_QUEUE", 4],
    ["VIDIOC_QBUF", 8],
    ["VIDIOC_QBUF", 9],
  ] as const)("are given, when %s of the fifth picture fails", async (name, at) => {
    const payload = new Uint8Array(560);
    const params = { ...controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS, payload };
    const events = pictures(8).map((event) => (event.type === "request" ? { ...event, controls: [params] } : event));
    const { kernel, submitter } = await open({ ...plain, errors: failsAt(name, at) }, { requests: 8, timeout: 20 });
    const { shown, thrown } = await frames(submitter, [[sequence(16), ...events]]);
    expect(thrown).toMatchObject({ name: "IoctlError", ioctl: name, code: "EIO" });
    expect(shown).toEqual(timestamps(4));
    await submitter.close();
    expect(left(kernel)).toEqual([0, 0, 0]);
  });

  it("are given, when a second field cannot be sent", async () => {
    const errors = failsAt("MEDIA_REQUEST_IOC_QUEUE", 3);
    const fields = [request(3000, { hold: true }), request(3000), output(3000), release(3000)];
    const { submitter } = await open({ ...plain, errors }, { requests: 8, timeout: 20 });
    expect((await frames(submitter, [[sequence(16), ...pictures(2), ...fields]])).shown).toEqual(timestamps(2));
    await submitter.close();
  });

  it("are not waited for without end, when the device gives nothing back after it", async () => {
    const errors = failsAt("MEDIA_REQUEST_IOC_QUEUE", 3);
    const { submitter } = await open({ ...plain, errors, isStuck: true }, { timeout: Infinity });
    expect(await frames(submitter, [[sequence(16), ...pictures(4)]])).toMatchObject({
      shown: [],
      thrown: { ioctl: "MEDIA_REQUEST_IOC_QUEUE" },
    });
    await submitter.close();
  });

  it("are not waited for a second time, when the device gives nothing back", async () => {
    let waits = 0;
    const { submitter } = await openOn({ ...plain, isStuck: true }, (libc) => ({
      wait: (...asked) => {
        waits++;
        return libc.wait(...asked);
      },
    }));
    const { thrown } = await frames(submitter, [[sequence(16), ...pictures(8)]]);
    expect(thrown?.name).toBe("DeviceTimeout");
    expect(waits).toBe(1);
    await submitter.close();
  });
});

describe("close", () => {
  const stopping = ["VIDIOC_STREAMOFF", "VIDIOC_REQBUFS"];

  it("does not fail after the failure that was told", async () => {
    let isBroken = false;
    const errors = (ioctl: IoctlName) => {
      if (ioctl === "MEDIA_REQUEST_IOC_QUEUE") isBroken = true;
      return isBroken ? constants.errno.EIO : undefined;
    };
    const { kernel, submitter } = await open({ ...plain, errors });
    expect((await frames(submitter, [[sequence(16), ...pictures(2)]])).thrown).toMatchObject({ code: "EIO" });
    await expect(submitter.close()).resolves.toBeUndefined();
    await expect(submitter.close()).resolves.toBeUndefined();
    expect(left(kernel)).toEqual([0, 0, 0]);
  });

  it.each(stopping)("does not fail when the device is gone: %s", async (name) => {
    let isGone = false;
    const errors = (ioctl: IoctlName) => (isGone && ioctl === name ? constants.errno.ENODEV : undefined);
    const { kernel, submitter } = await open({ ...plain, errors });
    expect((await frames(submitter, [[sequence(16), ...pictures(2)]])).thrown).toBeUndefined();
    isGone = true;
    await expect(submitter.close()).resolves.toBeUndefined();
    expect(left(kernel)).toEqual([0, 0, 0]);
  });

  it.each(stopping)("says so when a device that worked does not stop, and leaves nothing: %s", async (name) => {
    let isClosing = false;
    const errors = (ioctl: IoctlName) => (isClosing && ioctl === name ? constants.errno.EIO : undefined);
    const { kernel, submitter } = await open({ ...plain, errors });
    await frames(submitter, [[sequence(16), ...pictures(2)]]);
    isClosing = true;
    await expect(submitter.close()).rejects.toThrow(`${name} (OUTPUT`);
    expect(left(kernel)).toEqual([0, 0, 0]);
  });

  it("leaves nothing after a wait that could not begin", async () => {
    const refusal = new DeviceError("koffi cannot wait");
    const { kernel, submitter } = await openOn(plain, () => ({ wait: () => Promise.reject(refusal) }));
    expect((await frames(submitter, [[sequence(16), ...pictures(8)]])).thrown).toBe(refusal);
    await expect(submitter.close()).resolves.toBeUndefined();
    expect(left(kernel)).toEqual([0, 0, 0]);
  });
});

describe("what the device says wrongly", () => {
  const { offsets } = structsOf(abis.lp64).v4l2_buffer;
  const dequeueing = ioctlNumber("VIDIOC_DQBUF", abis.lp64);
  const multiplanarOutput = 10;

  /** Another index from a call of VIDIOC_DQBUF on a queue. */
  const otherIndex = (isOutput: boolean, index: number) => (libc: Libc) => ({
    ioctl: (fd: number, number: number, argument: Uint8Array | undefined) => {
      const errno = libc.ioctl(fd, number, argument);
      if (errno !== 0 || number !== dequeueing || argument === undefined) return errno;
      const view = viewOf(argument);
      if ((view.getUint32(offsets.type, true) === multiplanarOutput) === isOutput)
        view.setUint32(offsets.index, index, true);
      return 0;
    },
  });

  it.each([
    [true, "/dev/video7: the driver gave back OUTPUT buffer 3 before buffer 0, which it got first"],
    [false, "/dev/video7: the driver gave back CAPTURE buffer 3, which it did not have. See dmesg"],
  ])("names a buffer that could not come back (OUTPUT: %s)", async (isOutput, message) => {
    const { submitter } = await openOn(plain, otherIndex(isOutput, 3));
    expect((await frames(submitter, [[sequence(16), ...pictures(1)]])).thrown).toEqual(new DeviceError(message));
    await submitter.close();
  });

  it("ends where poll(2) promises a buffer that VIDIOC_DQBUF does not give", async () => {
    const POLLIN = 1;
    const { submitter } = await openOn({ ...plain, keepsCapture: true }, (libc) => ({
      wait: async (fd, events, time) => ((events & POLLIN) === 0 ? libc.wait(fd, events, time) : POLLIN),
    }));
    expect((await frames(submitter, [[sequence(16), ...pictures(1)]])).thrown).toEqual(
      new DeviceError(
        "/dev/video7: poll(2) says that a CAPTURE buffer is back, and VIDIOC_DQBUF gives none. See dmesg",
      ),
    );
    await submitter.close();
  });

  it("does not take an error of poll(2) for a finished request", async () => {
    const POLLERR = 8;
    const { submitter } = await openOn({ ...plain, isStuck: true }, () => ({
      poll: () => POLLERR,
      wait: async () => POLLERR,
    }));
    expect((await frames(submitter, [[sequence(16), ...pictures(8)]])).thrown).toEqual(
      new DeviceError("/dev/video7: the device stopped working on its requests: poll(2) says POLLERR. See dmesg"),
    );
    await submitter.close();
  });
});

describe.each([
  ["a change of size", plain, "h264_size_change.264"],
  ["one plane", { ...plain, isSinglePlanar: true }, "h264_high_bpyramid.264"],
] as const)("each ioctl that fails, with %s", (_name, driver, stream) => {
  it.each(["EIO", "ENODEV", "EINVAL"] as const)("is named, and nothing is left: %s", async (code) => {
    const events = eventsOf(stream);
    const seen = new Map<IoctlName, number>();
    const counting = (ioctl: IoctlName) => void seen.set(ioctl, (seen.get(ioctl) ?? 0) + 1);
    let isOpen = false;
    const run = async (errors: (ioctl: IoctlName) => number | undefined) => {
      isOpen = false;
      const armed = (ioctl: IoctlName) => (isOpen ? errors(ioctl) : undefined);
      const { kernel, submitter } = await open({ ...driver, errors: armed }, { timeout: 20 });
      isOpen = true;
      const outcome = await frames(submitter, [events]);
      const closed = await submitter.close().catch((thrown: unknown) => thrown);
      return { ...outcome, closed, left: left(kernel) };
    };
    const whole = await run(counting);
    for (const [name, count] of seen) {
      for (let at = 0; at < Math.min(count, 12); at++) {
        const { shown, thrown, closed, left } = await run(failsAt(name, at, code));
        const where = `${name} ${at}`;
        expect(left, where).toEqual([0, 0, 0]);
        expect(shown, where).toEqual(whole.shown.slice(0, shown.length));
        const failure = thrown ?? closed;
        if (failure !== undefined) {
          expect(failure, where).toBeInstanceOf(IoctlError);
          expect((failure as Error).message, where).toMatch(
            new RegExp(`^/dev/(video7|media0).*${name}.* failed with ${code}\\. .`),
          );
        }
        if (thrown !== undefined) expect(closed, where).toBeUndefined();
      }
    }
  });
});
