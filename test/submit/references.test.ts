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
    expect(notices[0]).toContain("cannot keep references over a change to 2 buffers of 32x16");
    await submitter.close();
    expect(kernel.mappings.size).toBe(0);
  });

  it("leaves the OUTPUT queue alone for more buffers of the same size, as drivers take no format then", async () => {
    const notices: string[] = [];
    const { kernel, submitter } = await open(plain, { onNotice: (text) => notices.push(text) });
    const grown = sequence(16, { captureBuffers: 3, keepsReferences: true });
    const list = [sequence(16), request(1000), output(1000), grown, ...picture(2000), output(1000), release(1000)];
    expect(await all(submitter, list)).toEqual([1000, 2000, 1000]);
    expect(notices).toEqual([]);
    expect(kernel.log.filter((line) => /^S_FMT OUTPUT|^STREAMOFF|^CREATE_BUFS/.test(line))).toEqual([
      "S_FMT OUTPUT 16x16",
      "CREATE_BUFS CAPTURE 1",
    ]);
  });

  it("has enough where only the buffers beside those that are needed cannot be made", async () => {
    const notices: string[] = [];
    const options = { onNotice: (text: string) => notices.push(text) };
    const { submitter } = await open({ ...plain, canCreateBuffers: false }, options);
    const grown = sequence(16, { captureBuffers: 3, keepsReferences: true });
    expect(await all(submitter, [sequence(16), ...picture(1000), grown, ...picture(2000)])).toEqual([1000, 2000]);
    expect(notices).toEqual([]);
  });

  it("uses small buffers again after a large size", async () => {
    const { kernel, submitter } = await open({ ...plain, canResize: true }, { extraBuffers: 0 });
    const keeping = (width: number) => sequence(width, { keepsReferences: true });
    const list = [sequence(16), ...picture(1000), keeping(32), ...picture(2000), keeping(16), ...picture(3000)];
    // All four are needed at once.
    const many = sequence(16, { captureBuffers: 4, keepsReferences: true });
    const at = [4000, 5000, 6000, 7000];
    const last = [...at.map((timestamp) => request(timestamp)), ...at.map(output), ...at.map(release)];
    expect(await all(submitter, [...list, many, ...last])).toEqual([1000, 2000, 3000, ...at]);
    expect(kernel.log.filter((line) => line.startsWith("CREATE_BUFS"))).toEqual(["CREATE_BUFS CAPTURE 2"]);
  });
});
