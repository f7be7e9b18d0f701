import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import type { FakeDriver } from "../submit/fake-driver.ts";
import { FakeKernel } from "../submit/fake-kernel.ts";
import { plain } from "../submit/submitting.ts";
import { fixture, run } from "./command-line.ts";

const state = vi.hoisted(() => ({ kernel: undefined as FakeKernel | undefined }));

vi.mock("../../src/submit/machine.ts", async (importOriginal) => {
  const actual = await importOriginal<typeof import("../../src/submit/machine.ts")>();
  return { ...actual, thisMachine: async () => state.kernel!.machine };
});
vi.mock("../../src/submit/devices/devices.ts", async (importOriginal) => {
  const actual = await importOriginal<typeof import("../../src/submit/devices/devices.ts")>();
  return {
    ...actual,
    listDevices: async () => actual.devicesOf(state.kernel!.machine, state.kernel!.files),
  };
});

const folder = temporaryFolder();

async function decode(driver: Partial<FakeDriver>, stream = "h264_high_bpyramid.264", ...options: string[]) {
  state.kernel = new FakeKernel({ ...plain, ...driver });
  const file = join(folder, "frames.yuv");
  const { status, stderr } = await run(["decode", fixture(stream), "-o", file, ...options]);
  expect([state.kernel.openFiles, state.kernel.mappings.size]).toEqual([0, 0]);
  return { status, last: stderr.trim().split("\n").at(-1), bytes: readFileSync(file).length };
}

it("says how many frames the device failed at", async () => {
  const { status, last } = await decode({ failing: [0, 3] });
  expect(status).toBe(0);
  expect(last).toMatch(/ frames decoded by \/dev\/video7 \(fake\), 2 of them corrupt$/);
  expect((await decode({})).last).toMatch(/ frames decoded by \/dev\/video7 \(fake\)$/);
});

it("exits with 1 where every frame was corrupt", async () => {
  const { status, last } = await decode({ failing: Array.from({ length: 20 }, (_, i) => i) });
  expect(status).toBe(1);
  expect(last).toMatch(/ frames decoded by \/dev\/video7 \(fake\), all of them corrupt$/);
});

it("sends nothing that the driver is known not to decode, without --force", async () => {
  const driver = {
    driver: "rkvdec",
    controls: { V4L2_CID_STATELESS_VP9_FRAME: 1, V4L2_CID_STATELESS_VP9_COMPRESSED_HDR: 1 },
  };
  const refused = await decode(driver, "vp9_profile2_10bit.ivf");
  expect(state.kernel!.log).toEqual([]);
  expect(refused).toMatchObject({
    status: 2,
    last:
      "v4l2-stateless: /dev/video7 (rkvdec) does not decode this stream: V4L2_CID_STATELESS_VP9_FRAME bit_depth = 10 " +
      "(bit depth: rkvdec takes 8), V4L2_CID_STATELESS_VP9_FRAME profile = 2 (profile: rkvdec takes 0); --force sends it all the same",
  });
  expect((await decode(driver, "vp9_profile2_10bit.ivf", "--force")).status).toBe(0);
});

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("stops and frees both queues at a %s, and keeps the frames until then", async (name, expected) => {
  let waits = 0;
  const { status, last, bytes } = await decode({
    wait: async () => {
      if (waits++ === 5) setImmediate(() => process.emit(name, name));
      // Node tells of a signal while nothing else runs.
      await new Promise(setImmediate);
    },
  });
  expect({ status, last }).toEqual({ status: expected, last: expect.stringContaining(`interrupted by ${name}`) });
  expect(bytes).toBeGreaterThan(0);
  expect(state.kernel!.log.slice(-4)).toEqual([
    "STREAMOFF OUTPUT",
    "STREAMOFF CAPTURE",
    "REQBUFS OUTPUT 0",
    "REQBUFS CAPTURE 0",
  ]);
  expect(process.listenerCount(name)).toBe(0);
});

it("keeps the frames that were decoded before the device failed, and names the first failure", async () => {
  let queued = 0;
  const isOver = () => queued > 12;
  const { status, last, bytes } = await decode({
    errors: (ioctl) => {
      if (ioctl === "MEDIA_REQUEST_IOC_QUEUE") queued++;
      // Closing fails too.
      return isOver() && ["MEDIA_REQUEST_IOC_QUEUE", "VIDIOC_STREAMOFF"].includes(ioctl) ? 5 : undefined;
    },
  });
  expect(status).toBe(2);
  expect(last).toContain("MEDIA_REQUEST_IOC_QUEUE");
  expect(bytes).toBeGreaterThan(0);
});
