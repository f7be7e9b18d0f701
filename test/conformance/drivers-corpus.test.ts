import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { warningsAmong } from "../../conformance/drivers/guest.ts";
import { nodes } from "../../conformance/drivers/nodes.ts";
import { WatchedDecode } from "../../conformance/drivers/watched-decode.ts";
import { chooseDevice, devicesOf } from "../../src/submit/devices/devices.ts";
import type { FakeDriver } from "../submit/fake-driver.ts";
import { FakeKernel } from "../submit/fake-kernel.ts";
import { plain } from "../submit/submitting.ts";

const stream = readFileSync(new URL("../fixtures/h264_high_bpyramid.264", import.meta.url));

async function watched(driver: FakeDriver): Promise<WatchedDecode> {
  const kernel = new FakeKernel(driver);
  const device = chooseDevice(await devicesOf(kernel.machine, kernel.files), "h264");
  const decode = new WatchedDecode();
  await decode.run("h264", stream, device, kernel.machine);
  return decode;
}

describe("a stream of the corpus on a driver", () => {
  it("has no problem where every request comes back and every frame is shown", async () => {
    const { problems, requests, frames, counts, refusal } = await watched(plain);
    expect({ problems, refusal }).toEqual({ problems: [], refusal: undefined });
    expect(frames).toBe(20);
    expect(counts).toEqual({ queued: requests, returned: requests, failed: 0, incomplete: 0, mapped: 0 });
  });

  it("tells of jobs that the driver gives up", async () => {
    const { problems } = await watched({ ...plain, failing: [3, 4] });
    expect(problems).toEqual(["failed: the driver gave up 2 of 20 jobs"]);
  });

  it("tells of requests that never complete", { timeout: 20_000 }, async () => {
    const { problems } = await watched({ ...plain, failing: [3], incomplete: [3] });
    expect(problems).toEqual(["failed: the driver gave up 1 of 20 jobs", "incomplete: 1 requests never completed"]);
  });

  it("tells of a device that does nothing more", { timeout: 20_000 }, async () => {
    const { problems } = await watched({ ...plain, isStuck: true });
    expect(problems).toMatchObject([expect.stringMatching(/^stuck: DeviceTimeout: /)]);
  });

  it("tells of calls that fail", async () => {
    const { problems } = await watched({ ...plain, errors: (ioctl) => (ioctl === "VIDIOC_STREAMON" ? 22 : undefined) });
    expect(problems).toMatchObject([expect.stringMatching(/^error: IoctlError: .*EINVAL/)]);
  });
});

describe("the kernel's messages", () => {
  it("are complaints where something is wrong with the kernel, not where a driver's watchdog ends a job", () => {
    const complaints = [
      "WARNING: CPU: 0 PID: 71 at drivers/media/common/videobuf2/videobuf2-core.c:1831",
      "BUG: sleeping function called from invalid context",
      "refcount_t: underflow; use-after-free.",
    ];
    expect(warningsAmong([...complaints, "rkvdec fdc38100.video-codec: Frame processing timed out!"])).toEqual(
      complaints,
    );
  });
});

describe("the drivers' known problems", () => {
  const url = new URL("../../conformance/drivers/known-problems.json", import.meta.url);
  const rows = JSON.parse(readFileSync(url, "utf8")) as Record<"id" | "node" | "problem" | "reason", string>[];

  it("are of nodes that exist, have a kind of problem and a reason, and name reports that exist", () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    for (const { node, problem, reason } of rows) {
      expect(nodes.some(({ name }) => new RegExp(node).test(name))).toBe(true);
      expect(problem).toMatch(/^\^\(?(kernel|stuck|failed|incomplete|lost|leak|error|machine): /);
      expect(() => new RegExp(problem)).not.toThrow();
      expect(reason.length).toBeGreaterThan(40);
      for (const [path] of reason.matchAll(/docs\/upstream\/[\w-]+\.md/g))
        expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true);
    }
  });
});
