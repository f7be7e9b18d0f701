import { describe, expect, it } from "vitest";
import { open, picture, plain, sequence, taken } from "./submitting.ts";

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
