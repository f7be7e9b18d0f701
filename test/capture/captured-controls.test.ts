import { describe, expect, it } from "vitest";
import { captureText, imported } from "./captures.ts";

const text = captureText("vp8_altref.ivf.recorder");
/** VP8_FRAME of a request. */
const payload = /(?<="controls":\[\[\d+,")[0-9a-f]{1000,}(?="\]\]})/g;

/** The nth payload of the capture changed. */
function changed(nth: number, change: (hex: string) => string): string {
  let count = 0;
  return text.replace(payload, (hex) => (++count === nth ? change(hex) : hex));
}

describe("a control of a call that the kernel takes", () => {
  it.each([
    ["fewer", (hex: string) => hex.slice(2), 1231],
    ["more", (hex: string) => `${hex}00`, 1233],
  ])("has no %s bytes than its structure in a log of the recorder: the line is damaged", async (_, change, size) => {
    const { warnings } = await imported(changed(5, change));
    expect(warnings[0]).toContain(
      `not a line of the recorder: V4L2_CID_STATELESS_VP8_FRAME is 1232 bytes, not ${size}`,
    );
  });

  it.each<[string, (capture: string) => string]>([
    ["strace", (all) => all.replace(/size=1232, string="((?:\\x..)*)"/, 'size=1236, string="$1\\x01\\x02\\x03\\x04"')],
    ["v4l2-tracer", (all) => all.replace(/"size": ?1232/, '"size":1236')],
  ])("may have more bytes than its structure, of which the kernel takes its own: %s", async (reader, change) => {
    const whole = captureText(`vp8_altref.ivf.${reader}`);
    const larger = change(whole);
    expect(larger).not.toBe(whole);
    expect(await imported(larger)).toEqual(await imported(whole));
  });

  it("may be none: a request for which no control changes keeps those of the one before", async () => {
    const log = text.replace(/(?<="which":251723776,"request":\d+,"controls":)\[.*\](?=})/g, (all, at: number) =>
      text.slice(0, at).split('"which":251723776').length === 6 ? "[]" : all,
    );
    expect(log).not.toBe(text);
    const [{ requests, warnings }, whole] = [await imported(log), await imported(text)];
    expect(warnings).toEqual([]);
    expect(requests.length).toBe(whole.requests.length);
  });
});
