import { describe, expect, it } from "vitest";
import { all, open, output, picture, plain, release, request, sequence } from "./submitting.ts";

describe("references over a change of size (keepsReferences)", () => {
  const events = [
    sequence(16),
    request(1000),
    output(1000),
    sequence(32, { keepsReferences: true }),
    ...picture(2000),
    output(1000),
    release(1000),
  ];

  it("keeps the CAPTURE buffers and makes larger ones where the driver can", async () => {
    const notices: string[] = [];
    const { kernel, submitter } = await open({ ...plain, canResize: true }, { onNotice: (text) => notices.push(text) });
    expect(await all(submitter, events)).toEqual([1000, 2000, 1000]);
    expect(kernel.log).not.toContain("STREAMOFF CAPTURE");
    expect(kernel.log).toContain("CREATE_BUFS CAPTURE 6");
    expect(notices).toEqual([]);
  });

  it("shows smaller pictures in the larger buffers, as what they are", async () => {
    const { kernel, submitter } = await open({ ...plain, canResize: true });
    const list = [sequence(32), ...picture(1000), sequence(16, { keepsReferences: true }), ...picture(2000)];
    const shown: unknown[] = [];
    for (const frames of [submitter.submit(list), submitter.drain()]) {
      for await (const frame of frames) {
        shown.push([frame.width, frame.planes[0]!.bytesPerLine]);
        frame.release();
      }
    }
    expect(shown).toEqual([
      [32, 32],
      [16, 16],
    ]);
    expect(kernel.log.filter((line) => line.startsWith("CREATE_BUFS"))).toEqual([]);
  });

  it("says so where it cannot, and still shows the old pictures", async () => {
    const notices: string[] = [];
    const { kernel, submitter } = await open(plain, { onNotice: (text) => notices.push(text) });
    expect(await all(submitter, events)).toEqual([1000, 2000, 1000]);
    expect(kernel.log).toContain("STREAMOFF CAPTURE");
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain("cannot keep references when the size changes, to 32x16");
    await submitter.close();
    expect(kernel.mappings.size).toBe(0);
  });
});
