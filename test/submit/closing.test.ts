import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import type { Frame, SubmitEvent } from "../../src/submit/index.ts";
import { V4L2_PIX_FMT_VP9_FRAME } from "../../src/uapi/index.ts";
import type { FakeDriver } from "./fake-driver.ts";
import { open, output, picture, plain, request, sequence, taken } from "./submitting.ts";

/** A driver that lets nobody go on waiting until it is told. */
function waiting() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { driver: { ...plain, isStuck: true, wait: () => promise }, resolve };
}

describe("close", () => {
  it("ends a call that waits for the device, after the wait", async () => {
    const { driver, resolve } = waiting();
    const { kernel, submitter } = await open(driver);
    const call = taken(submitter.submit([1, 2, 3, 4, 5, 6].flatMap((n) => [sequence(16), ...picture(1000 * n)])));
    const refused = expect(call).rejects.toThrow(new Error("the submitter is closed"));
    await new Promise(setImmediate);
    let isClosed = false;
    const close = submitter.close().then(() => {
      isClosed = true;
    });
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    resolve();
    await close;
    await refused;
    expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, 0]);
  });

  it("ends a call that waits for the consumer, at once", async () => {
    const { submitter } = await open({ ...plain, canCreateBuffers: false }, { extraBuffers: 0, timeout: 2 ** 31 - 1 });
    const frames = submitter.submit([sequence(16), ...picture(1000), ...picture(2000), ...picture(3000)]);
    const held = [await frames.next(), await frames.next()];
    const refused = expect(frames.next()).rejects.toThrow(new Error("the submitter is closed"));
    await new Promise(setImmediate);
    await submitter.close();
    await refused;
    for (const { value } of held) value?.release();
  });

  it("ends a call whose frames are taken", async () => {
    const { submitter } = await open(plain);
    const pictures = Array.from({ length: 9 }, (_, i) => picture(1000 * (i + 1)));
    const frames = submitter.submit([sequence(16), ...pictures.flat()]);
    const { value } = await frames.next();
    await submitter.close();
    await expect(frames.next()).rejects.toThrow(new Error("the submitter is closed"));
    value?.release();
  });

  it("ends a drain whose frames are taken", async () => {
    const { submitter } = await open(plain);
    await taken(submitter.submit([sequence(16), ...picture(1000)]));
    const frames = submitter.drain();
    const { value } = await frames.next();
    await submitter.close();
    await expect(frames.next()).rejects.toThrow(new Error("the submitter is closed"));
    value?.release();
  });
});

/** What a run does at each of its frames. */
interface Consumer {
  /** Calls `close` at this frame, counted from 0, and does not wait for it; a frame that never comes: after the loop. */
  readonly closesAt: number;
  /** Turns of the microtask queue between `close` and asking for the next frame. */
  readonly turns: number;
  /** Every so many frames, one is kept until the end. */
  readonly holds: number;
}

const pictures = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => picture(1000 * (from + i))).flat();
/** A field pair whose second field does not come: the device holds the buffer. */
const lostField = (timestamp: number): SubmitEvent[] => [
  request(timestamp, { hold: true }),
  output(timestamp),
  { type: "release", timestamp },
];
const runs: Readonly<Record<string, readonly SubmitEvent[]>> = {
  "many pictures": [sequence(16), ...pictures(1, 8)],
  "another size": [sequence(16), ...pictures(1, 3), sequence(32), ...pictures(4, 6)],
  "another size that keeps references": [
    sequence(16),
    ...pictures(1, 3),
    sequence(32, { keepsReferences: true }),
    ...pictures(4, 4),
  ],
  "another codec": [
    sequence(16),
    ...pictures(1, 3),
    sequence(16, { codec: "vp9", pixelFormat: V4L2_PIX_FMT_VP9_FRAME }),
    ...pictures(4, 4),
  ],
  "fields that are held": [sequence(16), ...pictures(1, 2), ...lostField(3000), ...pictures(4, 3)],
};
const drivers: Readonly<Record<string, FakeDriver>> = {
  plain,
  "a slow one": { ...plain, isSlow: true },
  "one that makes no more buffers": { ...plain, canCreateBuffers: false },
  "one that is opened anew for another codec": { ...plain, driver: "mtk-vcodec-dec" },
  "one that resizes": { ...plain, canResize: true },
};

/** Takes frames as a program does, and says how the loop ended; at the end nothing may be left. */
async function runTo({ closesAt, turns, holds }: Consumer, driver: FakeDriver, events: readonly SubmitEvent[]) {
  const { kernel, submitter } = await open(driver, { extraBuffers: 0, requests: 1, timeout: 50 });
  const held: Frame[] = [];
  let closing: Promise<void> | undefined;
  let count = 0;
  let ended = "at its end";
  try {
    for (const frames of [submitter.submit(events), submitter.drain()]) {
      for await (const frame of frames) {
        if (holds > 0 && count % holds === 0) held.push(frame);
        else frame.release();
        if (count++ === closesAt) {
          closing = submitter.close();
          for (let turn = 0; turn < turns; turn++) await undefined;
        }
      }
    }
  } catch (thrown) {
    ended = (thrown as Error).message;
  }
  await (closing ?? submitter.close());
  for (const frame of held) frame.release();
  const left = { files: kernel.openFiles, mappings: kernel.mappings.size, buffers: kernel.buffers };
  return { ended, left, count, log: kernel.log };
}

const nothing = { files: 0, mappings: 0, buffers: 0 };

describe.each(Object.keys(drivers))("close that is not awaited, %s", (name) => {
  const driver = drivers[name] as FakeDriver;

  const title = "ends the loop at any frame and leaves nothing: %s";
  it.each(Object.keys(runs))(title, (run) => leavesNothing(run, [1], [0, 2]));
  it.each(Object.keys(runs))(`${title}, more often`, { tags: "long" }, (run) =>
    leavesNothing(run, [0, 1, 2, 5], [0, 1, 2]),
  );

  async function leavesNothing(run: string, turnsTried: readonly number[], holdsTried: readonly number[]) {
    const events = runs[run] as readonly SubmitEvent[];
    const whole = await runTo({ closesAt: Infinity, turns: 0, holds: 0 }, driver, events);
    expect(whole).toMatchObject({ ended: "at its end", left: nothing });
    for (let closesAt = 0; closesAt < whole.count; closesAt++) {
      for (const turns of turnsTried) {
        for (const holds of holdsTried) {
          const { ended, left, log } = await runTo({ closesAt, turns, holds }, driver, events);
          const where = { closesAt, turns, holds };
          // A consumer that holds every buffer may be told so before it comes to close.
          const reasons =
            holds === 0 ? /^the submitter is closed$/ : /^the submitter is closed$|CAPTURE buffers are in use/;
          expect(ended, JSON.stringify(where)).toMatch(reasons);
          expect({ ...where, ...left }).toEqual({ ...where, ...nothing });
          // After the queues are freed, nothing more is asked of the device.
          const freed = log.lastIndexOf("REQBUFS CAPTURE 0");
          expect(log.slice(freed + 1), JSON.stringify(where)).toEqual([]);
        }
      }
    }
  }
});

describe("memory that cannot be mapped", () => {
  it("when the queues are freed, is told to who reads it, and keeps nothing else", async () => {
    for (let failing = 0; failing < 8; failing++) {
      let fails = false;
      let maps = 0;
      const mapErrors = () => (fails && maps++ === failing ? constants.errno.EIO : undefined);
      const { kernel, submitter } = await open({ ...plain, mapErrors });
      const held: Frame[] = [];
      for await (const frame of submitter.submit([sequence(16), ...pictures(1, 4)])) held.push(frame);
      for await (const frame of submitter.drain()) held.push(frame);
      expect(held).toHaveLength(4);
      fails = true;
      await submitter.close();
      expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, failing < 4 ? 3 : 4]);
      const readable = held.map((frame) => {
        try {
          return frame.planes.length;
        } catch (thrown) {
          return (thrown as Error).message;
        }
      });
      const message = "/dev/video7: mmap of 384 bytes of a buffer failed with EIO. See dmesg";
      expect(readable).toEqual(held.map((_, i) => (i === failing ? message : 1)));
      for (const frame of held) frame.release();
      expect(kernel.mappings.size).toBe(0);
    }
  });
});
