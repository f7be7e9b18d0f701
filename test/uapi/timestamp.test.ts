import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openSession, timestampOf } from "../../src/index.ts";
import { controls, decodePayload } from "../../src/uapi/index.ts";

describe("timestampOf", () => {
  it("makes the references of a decoded control comparable with the requests' timestamps", () => {
    const bytes = readFileSync(new URL("../fixtures/h264_high_bpyramid.264", import.meta.url));
    const requests = openSession("h264")
      .push(bytes)
      .filter((event) => event.type === "request");
    const sent = new Set<number | bigint>([0]);
    let references = 0;
    for (const request of requests) {
      for (const control of request.controls) {
        if (control.name !== "V4L2_CID_STATELESS_H264_DECODE_PARAMS") continue;
        for (const { reference_ts } of decodePayload(controls[control.name], control.payload).dpb) {
          expect(sent.has(timestampOf(reference_ts))).toBe(true);
          if (reference_ts !== 0n) references++;
        }
      }
      sent.add(request.timestamp);
    }
    expect(references).toBeGreaterThan(0);
  });

  it("is a number as long as that is exact", () => {
    expect(timestampOf(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
    expect(timestampOf(2n ** 53n)).toBe(2n ** 53n);
    expect(timestampOf(1000)).toBe(1000);
    expect(timestampOf(2n ** 64n - 1n)).toBe(2n ** 64n - 1n);
  });

  it.each([-1, -1n, 0.5, Number.NaN, 2 ** 53, 2n ** 64n])("refuses %s", (value) => {
    expect(() => timestampOf(value)).toThrow(RangeError);
  });
});
