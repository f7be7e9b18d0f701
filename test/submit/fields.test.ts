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

  it("gives each a CAPTURE buffer where the driver does not hold one", async () => {
    const { kernel, submitter } = await open({ ...plain, canHold: false });
    const pair = (timestamp: number) => [request(timestamp, { hold: true }), ...picture(timestamp)];
    expect(await all(submitter, [sequence(16), ...pair(1000), ...pair(2000), ...pair(3000), ...pair(4000)])).toEqual([
      1000, 2000, 3000, 4000,
    ]);
    expect(kernel.log.filter((line) => line.startsWith("QBUF CAPTURE"))).toHaveLength(8);
  });
});
