import { describe, expect, it } from "vitest";
import { openDecoder } from "../../src/submit/index.ts";
import { open, picture, plain, sequence, taken } from "./submitting.ts";

describe("a signal", () => {
  it("ends a call that waits for the device, with its reason, and closes the device", async () => {
    let resolve = () => {};
    const wait = new Promise<void>((settle) => {
      resolve = settle;
    });
    const stop = new AbortController();
    const { kernel, submitter } = await open({ ...plain, isStuck: true, wait: () => wait }, { signal: stop.signal });
    const call = taken(submitter.submit([1, 2, 3, 4, 5, 6].flatMap((n) => [sequence(16), ...picture(1000 * n)])));
    const refused = expect(call).rejects.toThrow("the user left");
    await new Promise(setImmediate);
    stop.abort(new Error("the user left"));
    resolve();
    await refused;
    await submitter.close();
    expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, 0]);
    await expect(taken(submitter.drain())).rejects.toThrow("the user left");
  });

  it("ends a call that waits for the consumer, at once", async () => {
    const stop = new AbortController();
    const { submitter } = await open(
      { ...plain, canCreateBuffers: false },
      { extraBuffers: 0, timeout: 2 ** 31 - 1, signal: stop.signal },
    );
    const frames = submitter.submit([sequence(16), ...picture(1000), ...picture(2000), ...picture(3000)]);
    const held = [await frames.next(), await frames.next()];
    const refused = expect(frames.next()).rejects.toThrow("enough");
    await new Promise(setImmediate);
    stop.abort(new Error("enough"));
    await refused;
    for (const { value } of held) value?.release();
  });

  it("that was aborted before opens nothing", async () => {
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(open(plain, { signal })).rejects.toThrow("too late");
    await expect(openDecoder("h264", { signal })).rejects.toThrow("too late");
  });

  it("says nothing any more after close", async () => {
    const stop = new AbortController();
    const { kernel, submitter } = await open(plain, { signal: stop.signal });
    await taken(submitter.submit([sequence(16), ...picture(1000)]));
    await submitter.close();
    stop.abort();
    expect(kernel.openFiles).toBe(0);
  });
});

it("await using closes the submitter at the end of its block", async () => {
  const { kernel, submitter } = await open(plain);
  {
    await using decoder = submitter;
    await taken(decoder.submit([sequence(16), ...picture(1000)]));
    expect(kernel.openFiles).toBeGreaterThan(0);
  }
  expect(kernel.openFiles).toBe(0);
});
