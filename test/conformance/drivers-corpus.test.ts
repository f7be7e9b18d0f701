import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { afterProblems } from "../../conformance/drivers/corpus-result.ts";
import { complaintsIn, readMessages, warningsAmong } from "../../conformance/drivers/guest.ts";
import { knownProblems } from "../../conformance/drivers/known-problems.ts";
import { nodes } from "../../conformance/drivers/nodes.ts";
import { type Decoder, WatchedDecode, type WatchOptions } from "../../conformance/drivers/watched-decode.ts";
import { chooseDevice, devicesOf } from "../../src/submit/devices/devices.ts";
import { type Frame, type SubmitEvent, Submitter } from "../../src/submit/index.ts";
import type { Machine } from "../../src/submit/machine.ts";
import type { FakeDriver } from "../submit/fake-driver.ts";
import { FakeKernel } from "../submit/fake-kernel.ts";
import { plain } from "../submit/submitting.ts";

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const stream = fixture("h264_high_bpyramid.264");
/** The second sequence has 10 bits, which hantro's G1 is known not to decode. */
const refusedLater = Buffer.concat([stream, fixture("h264_high10.264")]);
const hantro = { ...plain, driver: "hantro-vpu" };

async function watched(driver: FakeDriver, options: WatchOptions = {}, bytes = stream): Promise<WatchedDecode> {
  const kernel = new FakeKernel(driver);
  const device = chooseDevice(await devicesOf(kernel.machine, kernel.files), "h264");
  const decode = new WatchedDecode();
  await decode.run("h264", bytes, device, kernel.machine, options);
  return decode;
}

/** Our submitter with a fault: `faulty` changes its frames, `wanted` leaves events out. */
function broken(
  faulty: (frames: Frame[], machine: Machine) => Frame[] | undefined,
  wanted: (event: SubmitEvent) => boolean = () => true,
): WatchOptions {
  return {
    open: async (device, options, machine): Promise<Decoder> => {
      const submitter = await Submitter.open(device, options, machine);
      async function* changed(frames: AsyncIterable<Frame>): AsyncGenerator<Frame, void, undefined> {
        const all: Frame[] = [];
        let failure: unknown;
        try {
          for await (const frame of frames) all.push(frame);
        } catch (thrown) {
          failure = thrown;
        }
        yield* faulty(all, machine as Machine) ?? all;
        if (failure !== undefined) throw failure;
      }
      return {
        submit: (events) => changed(submitter.submit([...events].filter(wanted))),
        drain: () => changed(submitter.drain()),
        close: () => submitter.close(),
      };
    },
  };
}

/** Loses the frame with this number. */
function losing(number: number): WatchOptions {
  let seen = 0;
  return broken((frames) =>
    frames.filter((frame) => {
      if (seen++ !== number) return true;
      frame.release();
      return false;
    }),
  );
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

  it("tells of a frame that does not come", async () => {
    const last = await watched(plain, losing(19));
    expect(last.problems).toEqual([expect.stringMatching(/^lost: 1 frames did not come, \d+ first$/)]);
    const { problems, frames } = await watched(plain, losing(7));
    expect(frames).toBe(19);
    expect(problems[0]).toMatch(/^lost: frame \d+ came, not \d+$/);
    expect(problems.at(-1)).toMatch(/^lost: 1 frames did not come/);
  });

  it("tells of frames in another order", async () => {
    let isSwapped = false;
    const swapping = broken((frames) => {
      if (isSwapped || frames.length < 2) return undefined;
      isSwapped = true;
      const [first, second, ...rest] = frames as [Frame, Frame, ...Frame[]];
      return [second, first, ...rest];
    });
    const { problems, frames } = await watched(plain, swapping);
    expect({ isSwapped, frames }).toEqual({ isSwapped: true, frames: 20 });
    expect(problems).toEqual([1, 2].map(() => expect.stringMatching(/^lost: frame \d+ came, not \d+$/)));
  });

  it("tells of a request that nobody queued, and of its frame", async () => {
    const requests: number[] = [];
    const isOfLast = (event: SubmitEvent) => {
      if (event.type === "request") requests.push(event.timestamp);
      return !("timestamp" in event) || requests.length < 20 || event.timestamp !== requests[19];
    };
    const { problems } = await watched(
      plain,
      broken(() => undefined, isOfLast),
    );
    expect(problems).toContain("lost: 19 of 20 requests were queued");
    expect(problems.at(-1)).toMatch(/^lost: 1 frames did not come/);
  });

  it("tells of requests that do not come back", async () => {
    const { problems } = await watched(plain, {
      open: async (...words) => {
        const submitter = await Submitter.open(...words);
        return {
          submit: (events) => submitter.submit(events),
          drain: () => submitter.submit([]),
          close: () => submitter.close(),
        };
      },
    });
    expect(problems[0]).toMatch(/^lost: \d+ of 20 requests came back$/);
  });

  it("tells of a mapping that is left", async () => {
    const unmappable = { bytes: new Uint8Array(1), unmap: () => {} };
    const kernel = new FakeKernel(plain);
    const device = chooseDevice(await devicesOf(kernel.machine, kernel.files), "h264");
    const { libc } = kernel.machine;
    const map: typeof libc.map = (fd, length, offset) => (length === 1 ? unmappable : libc.map(fd, length, offset));
    let isMapped = false;
    const leaving = broken((_, counted) => {
      if (!isMapped) counted.libc.map(0, 1, 0n);
      isMapped = true;
      return undefined;
    });
    const decode = new WatchedDecode();
    await decode.run("h264", stream, device, { ...kernel.machine, libc: { ...libc, map } }, leaving);
    expect(decode.problems).toEqual(["leak: 1 mappings are left"]);
  });

  it("is refused in the middle after all that came before", async () => {
    const { problems, refusal, frames, requests, counts } = await watched(hantro, {}, refusedLater);
    expect(problems).toEqual([]);
    expect(refusal).toMatch(/bit_depth_luma_minus8/);
    expect({ frames, queued: counts.queued, returned: counts.returned }).toEqual({
      frames: 20,
      queued: 20,
      returned: 20,
    });
    expect(requests).toBeGreaterThan(20);
  });

  it("tells of a frame that did not come before the refusal", async () => {
    const { problems, refusal } = await watched(hantro, losing(19), refusedLater);
    expect(refusal).toMatch(/bit_depth_luma_minus8/);
    expect(problems).toEqual([expect.stringMatching(/^lost: 1 frames did not come, \d+ first$/)]);
  });

  it("says which limits of the target it is sent beyond", async () => {
    const { passedOver, refusal } = await watched(hantro, { force: true }, refusedLater);
    expect(refusal).toBeUndefined();
    expect([...passedOver].join()).toMatch(/^V4L2_CID_STATELESS_H264_SPS bit_depth_luma_minus8 = 2 /);
    expect((await watched(hantro, { force: true })).passedOver.size).toBe(0);
  });

  it("tells of calls that fail", async () => {
    const { problems } = await watched({ ...plain, errors: (ioctl) => (ioctl === "VIDIOC_STREAMON" ? 22 : undefined) });
    expect(problems).toMatchObject([expect.stringMatching(/^error: IoctlError: .*EINVAL/)]);
  });
});

describe("the kernel's messages", () => {
  const timedOut = "rkvdec fdc38100.video-codec: Frame processing timed out!";
  const complaints = [
    "WARNING: CPU: 0 PID: 71 at drivers/media/common/videobuf2/videobuf2-core.c:1831",
    "BUG: sleeping function called from invalid context",
    "BUG kmalloc-64 (Tainted: G        W  O      ): Redzone overwritten",
    "kernel BUG at mm/slub.c:448!",
    "refcount_t: underflow; use-after-free.",
    "UBSAN: array-index-out-of-bounds in drivers/media/platform/rockchip/rkvdec/rkvdec-h264.c:12:3",
    "list_del corruption. prev->next should be ffff000003a5c1c8, but was dead000000000100",
    "list_add corruption. next->prev should be ffff0000 (x), but was 0",
    "rcu: INFO: rcu_preempt self-detected stall on CPU",
    "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:",
    "INFO: task node:172 blocked for more than 120 seconds.",
    "Internal error: Oops: 0000000096000004 [#1] SMP",
    "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008",
    "DMA-API: hantro-vpu fdc70000.av1: device driver frees DMA memory it has not allocated",
    "cma: cma_alloc: reserved: alloc failed, req-size: 2025 pages, ret: -12",
    "node: page allocation failure: order:4, mode:0x40cc0",
  ];

  it("are complaints where something is wrong with the kernel, not where a driver's watchdog ends a job", () => {
    expect(warningsAmong([...complaints, timedOut])).toEqual(complaints);
  });

  it("are complaints by their stack where nothing else tells, and not twice", () => {
    const stack = ["------------[ cut here ]------------", "Call trace:", " device_run+0x7c/0x120 [hantro_vpu]"];
    expect(warningsAmong(stack)).toEqual(stack.slice(0, 2));
    expect(warningsAmong([...complaints, ...stack])).toEqual(complaints);
  });

  const reading = (...records: (string | Error)[]) => {
    const end = Object.assign(new Error("none"), { code: "EAGAIN" });
    return readMessages(() => {
      const next = records.shift() ?? end;
      if (typeof next === "string") return next;
      throw next;
    });
  };

  it("are read up to the end", () => {
    const text = "4,1207,9000,-;first line\n SUBSYSTEM=platform\n";
    expect(reading(text, "6,1208,9001,-;a;b")).toEqual({ lines: ["first line", "a;b"], hasLost: false });
  });

  it("are a problem where some were lost", () => {
    const messages = reading(Object.assign(new Error("lost"), { code: "EPIPE" }), "6,2,2,-;after it");
    expect(messages).toEqual({ lines: ["after it"], hasLost: true });
    expect(complaintsIn(messages)).toEqual(["messages were lost"]);
  });

  const held = { live: "3 allocations", descriptors: 20 };

  it("and what is held after a stream tell of warnings, stuck jobs and leaks", () => {
    expect(afterProblems(held, held, { lines: ["hello"], hasLost: false })).toEqual([]);
    const after = { live: "4 allocations", descriptors: 21 };
    const lines = [timedOut, complaints[5] as string];
    expect(afterProblems(held, after, { lines, hasLost: true })).toEqual([
      `kernel: ${complaints[5]}`,
      "kernel: messages were lost",
      `stuck: ${timedOut}`,
      "leak: allocations 3 allocations before it, 4 allocations after it",
      "leak: 20 descriptors before it, 21 after it",
    ]);
  });
});

describe("the drivers' known problems", () => {
  const rows = knownProblems;

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
