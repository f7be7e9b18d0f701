import { describe, expect, it } from "vitest";
import { all, open, output, picture, plain, release, request, sequence } from "./submitting.ts";

describe("fields", () => {
  it("puts both into one CAPTURE buffer", async () => {
    const { kernel, submitter } = await open(plain);
    const events = [sequence(16), request(1000, { hold: true }), request(1000), output(1000), release(1000)];
    expect(await all(submitter, events)).toEqual([1000]);
    expect(kernel.log.filter((line) => line.startsWith("QBUF CAPTURE"))).toEqual(["QBUF CAPTURE 0"]);
    expect(kernel.log).not.toContain("DECODER_CMD 4");
  });

  it("lets an unpaired one go with V4L2_DEC_CMD_FLUSH", async () => {
    const { kernel, submitter } = await open(plain);
    expect(await all(submitter, [sequence(16), request(1000, { hold: true }), output(1000), release(1000)])).toEqual([
      1000,
    ]);
    expect(kernel.log.at(-1)).toBe("DECODER_CMD 4");
  });

  it("queues the buffer again for the second where the driver does not hold it, once it is back", async () => {
    const { kernel, submitter } = await open({ ...plain, canHold: false });
    const events = [sequence(16), ...pair(1000), ...pair(2000)];
    expect(await all(submitter, events)).toEqual([1000, 2000]);
    expect(kernel.log.filter((line) => line.startsWith("QBUF CAPTURE"))).toEqual([
      "QBUF CAPTURE 0",
      "QBUF CAPTURE 0",
      "QBUF CAPTURE 1",
      "QBUF CAPTURE 1",
    ]);
  });

  it("queues it again for the second where the first was drained", async () => {
    const { kernel, submitter } = await open(plain);
    expect(await all(submitter, [sequence(16), request(1000, { hold: true })])).toEqual([]);
    expect(await all(submitter, [request(1000), output(1000), release(1000)])).toEqual([1000]);
    expect(kernel.log.filter((line) => line.startsWith("QBUF CAPTURE"))).toEqual(["QBUF CAPTURE 0", "QBUF CAPTURE 0"]);
  });

  it.each([
    [true, [0], [true, false]],
    [true, [1], [true, false]],
    [false, [0], [true, false]],
    [false, [2, 3], [false, true]],
    [true, [], [false, false]],
  ])("are corrupt where one fails (the driver holds: %s, requests %j)", async (canHold, failing, corrupt) => {
    const { submitter } = await open({ ...plain, canHold, failing });
    const shown: boolean[] = [];
    for (const frames of [submitter.submit([sequence(16), ...pair(1000), ...pair(2000)]), submitter.drain()]) {
      for await (const frame of frames) {
        shown.push(frame.corrupt);
        frame.release();
      }
    }
    expect(shown).toEqual(corrupt);
  });
});

function pair(timestamp: number) {
  return [request(timestamp, { hold: true }), ...picture(timestamp)];
}
