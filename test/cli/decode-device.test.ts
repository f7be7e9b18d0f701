import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
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

const folder = mkdtempSync(join(tmpdir(), "decode-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function decode(driver: Partial<FakeDriver>) {
  state.kernel = new FakeKernel({ ...plain, ...driver });
  const file = join(folder, "frames.yuv");
  const { status, stderr } = await run(["decode", fixture("h264_high_bpyramid.264"), "-o", file]);
  expect([state.kernel.openFiles, state.kernel.mappings.size]).toEqual([0, 0]);
  return { status, last: stderr.trim().split("\n").at(-1), bytes: readFileSync(file).length };
}

it("says how many frames the device failed at", async () => {
  const { status, last } = await decode({ failing: [0, 3] });
  expect(status).toBe(0);
  expect(last).toMatch(/ frames decoded by \/dev\/video7 \(fake\), 2 of them corrupt$/);
  expect((await decode({})).last).toMatch(/ frames decoded by \/dev\/video7 \(fake\)$/);
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
