import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type IvfFrame, IvfStream, ivfFrames } from "../../src/containers/ivf.ts";
import { BitstreamError } from "../../src/errors.ts";
import { openSession } from "../../src/open-session.ts";
import { Random } from "../../support/random.ts";

const file = new Uint8Array(readFileSync("test/fixtures/vp8_odd_size.ivf"));

function pushed(bytes: Uint8Array, piece: number): IvfFrame[] {
  const stream = new IvfStream(0);
  const frames: IvfFrame[] = [];
  // A frame's data is valid until the next call.
  const keep = (given: readonly IvfFrame[]) => frames.push(...given.map((f) => ({ ...f, data: f.data.slice() })));
  for (let at = 0; at < bytes.length; at += piece) keep(stream.push(bytes.slice(at, at + piece)));
  keep(stream.flush());
  return frames;
}

describe("IVF", () => {
  const { fourcc, width, height, frames } = ivfFrames(file);

  it("gives the header and frames that fill the file", () => {
    expect(fourcc).toBe("VP80");
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.reduce((total, { data }) => total + 12 + data.length, 32)).toBe(file.length);
    expect(width * height).toBeGreaterThan(0);
    for (const { data, byte } of frames) expect(file.subarray(byte, byte + data.length)).toEqual(data);
  });

  it("gives the same frames for any cut", () => {
    for (const piece of [1, 7, 4096]) expect(pushed(file, piece)).toEqual(frames);
  });

  it("gives negative pts, as encoders write them", () => {
    const bytes = file.slice();
    for (const [i, { byte }] of frames.entries()) new DataView(bytes.buffer).setBigInt64(byte - 8, BigInt(i - 2), true);
    for (const piece of [1, bytes.length]) {
      expect(pushed(bytes, piece).map(({ pts }) => pts)).toEqual(frames.map((_, i) => i - 2));
    }
  });

  it("gives the same frames where the header's length is wrong, as libvpx and libaom read them, and after a longer header", () => {
    const bytes = file.slice();
    const view = new DataView(bytes.buffer);
    for (const length of [0, 31, 33, 44, 48, 1000, 0xffff]) {
      view.setUint16(6, length, true);
      for (const piece of [1, 4096, bytes.length]) expect(pushed(bytes, piece)).toEqual(frames);
    }
    for (const more of [8, 12, 224]) {
      view.setUint16(6, 32 + more, true);
      const longer = Uint8Array.of(...bytes.subarray(0, 32), ...new Uint8Array(more), ...bytes.subarray(32));
      const expected = frames.map((frame) => ({ ...frame, byte: frame.byte + more }));
      for (const piece of [1, longer.length]) expect(pushed(longer, piece)).toEqual(expected);
      const cut = pushed(longer.subarray(0, -1), 1);
      expect(cut.map(({ byte }) => byte)).toEqual(expected.map(({ byte }) => byte));
    }
  });

  it("keeps what is there of a frame that the file's end cuts off", () => {
    const last = frames.at(-1) as IvfFrame;
    const cut = ivfFrames(file.subarray(0, -1)).frames.at(-1);
    expect(cut).toEqual({ ...last, data: last.data.subarray(0, -1), truncated: true });
    expect(ivfFrames(file.subarray(0, 40)).frames).toEqual([
      { data: new Uint8Array(0), pts: 0, byte: 32, truncated: true },
    ]);
    expect(ivfFrames(file.subarray(0, 32)).frames).toEqual([]);
  });

  it("throws for bytes that are no IVF file, once", () => {
    expect(() => ivfFrames(file.subarray(1))).toThrow(BitstreamError);
    expect(() => ivfFrames(file.subarray(0, 31))).toThrow(BitstreamError);
    expect(() => ivfFrames(new Uint8Array(0))).toThrow(BitstreamError);
    const stream = new IvfStream(0);
    expect(() => stream.push(Uint8Array.of(1))).toThrow(BitstreamError);
    expect(stream.push(file)).toEqual([]);
  });
});

describe("a file of another codec", () => {
  it.each([
    ["vp8", "vp9_lossless.ivf", 'the IVF file holds "VP90"; this decoder takes VP80'],
    ["vp9", "vp8_altref.ivf", 'the IVF file holds "VP80"; this decoder takes VP90'],
  ] as const)("is one error in a %s session", (codec, name, message) => {
    const bytes = new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
    const session = openSession(codec);
    const events = [...session.push(bytes.subarray(0, 100)), ...session.push(bytes.subarray(100)), ...session.flush()];
    expect(events).toMatchObject([{ type: "error", kind: "unsupported", message }]);
  });
});

describe("a file with a damaged size", () => {
  const whole = ivfFrames(file);
  const frames = whole.frames;
  const headerOf = (i: number) => (frames[i] as IvfFrame).byte - 12;
  const withSize = (i: number, size: number) => {
    const copy = file.slice();
    new DataView(copy.buffer).setUint32(headerOf(i), size, true);
    return copy;
  };
  const sizeOf = (i: number) => (frames[i] as IvfFrame).data.length;
  const inPieces = (bytes: Uint8Array, piece: number) => {
    const stream = new IvfStream(0, "VP80");
    const found: { byte: number; pts: number; text: string; size: number; reason?: string }[] = [];
    const keep = (given: readonly IvfFrame[]) =>
      found.push(
        ...given.map(({ byte, pts, data, error }) => ({
          ...{ byte, pts, size: data.length, text: Buffer.from(data).toString("latin1") },
          ...(error && { reason: error.message }),
        })),
      );
    for (let at = 0; at < bytes.length; at += piece) keep(stream.push(bytes.slice(at, at + piece)));
    keep(stream.flush());
    return found;
  };
  /** The frames after the damage, as in the whole file, and what is said. */
  const summaryOf = (found: ReturnType<typeof inPieces>, i: number) => ({
    good: frames.slice(i).filter(({ byte }) => found.some((f) => f.byte === byte && f.reason === undefined)).length,
    reasons: found.flatMap(({ reason }) => reason ?? []),
  });

  it.each<[string, number, (size: number) => number]>([
    ["more than 256 MiB", 3, () => 0xffffffff],
    ["more than the file", 3, (size) => size + file.length],
    ["one byte too many", 3, (size) => size + 1],
    ["up to the middle of the next frame", 3, (size) => size + 12 + 20],
    ["one byte too few", 3, (size) => size - 1],
    ["twelve bytes too few", 3, (size) => size - 12],
    ["none", 3, () => 0],
    ["of the first frame", 0, (size) => size + 100_000],
    ["two frames before the last", frames.length - 3, (size) => size * 2 + 50_000],
  ])("goes on where headers lead from one to the next, for any cut: %s", (_, i, edit) => {
    const bytes = withSize(i, edit(sizeOf(i)));
    const found = inPieces(bytes, bytes.length);
    const { good, reasons } = summaryOf(found, i + 2);
    expect(reasons).toEqual([
      expect.stringMatching(/the size of this frame or of the one before is wrong; the file goes on at byte \d+$/),
    ]);
    expect(good).toBe(frames.length - i - 2);
    for (const piece of [1, 7, 100, 4096]) expect(inPieces(bytes, piece)).toEqual(found);
  });

  it("goes on where the pts rise from below 0, too", () => {
    const bytes = withSize(2, sizeOf(2) + 1);
    for (const [i, { byte }] of frames.entries())
      new DataView(bytes.buffer).setBigInt64(byte - 8, BigInt(i - 12), true);
    const { good, reasons } = summaryOf(inPieces(bytes, bytes.length), 4);
    expect([good, reasons.length]).toEqual([frames.length - 4, 1]);
  });

  it("is said to be damaged to its end where no headers show where it goes on", () => {
    const bytes = withSize(frames.length - 1, 0xffffffff);
    const { reasons } = summaryOf(inPieces(bytes, 100), 0);
    expect(reasons).toEqual([expect.stringMatching(/is wrong; no frame header follows: correct the size$/)]);
  });

  it("takes no cut-off file for damaged, and never a wrong byte for a header", () => {
    for (let size = 33; size < file.length; size += 97) {
      const found = inPieces(file.slice(0, size), size);
      expect(found.flatMap(({ reason }) => reason ?? [])).toEqual([]);
    }
  });

  it("keeps the events for any cut of damaged files, whose bytes are anything", () => {
    const random = new Random(3);
    for (let round = 0; round < 200; round++) {
      const bytes = file.slice(0, 200 + random.below(file.length - 200));
      for (let flips = 1 + random.below(8); flips > 0; flips--)
        bytes[32 + random.below(bytes.length - 32)] = random.below(256);
      const found = inPieces(bytes, bytes.length);
      expect(inPieces(bytes, 1 + random.below(300))).toEqual(found);
      expect(found.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(bytes.length);
    }
  });

  /** The file again and again, with pts that go on. */
  const longFile = (times: number) => {
    const parts: Uint8Array[] = [file.subarray(0, 32)];
    for (let i = 0; i < times * frames.length; i++) {
      const { data } = frames[i % frames.length] as IvfFrame;
      const header = new Uint8Array(12);
      new DataView(header.buffer).setUint32(0, data.length, true);
      new DataView(header.buffer).setBigUint64(4, BigInt(i), true);
      parts.push(header, data);
    }
    return new Uint8Array(Buffer.concat(parts));
  };

  it.each([1, 2, 3, 12])(
    "goes on at the next frame where what stands %i bytes before its header looks like one",
    (less) => {
      const bytes = longFile(10);
      const whole = ivfFrames(bytes).frames;
      const { byte, data } = whole[5] as IvfFrame;
      new DataView(bytes.buffer).setUint32(byte - 12, data.length - less, true);
      const found = ivfFrames(bytes).frames;
      const wrong = byte + data.length - less;
      expect(found.filter(({ error }) => error).map((f) => f.byte)).toEqual([wrong]);
      expect(found.slice(7)).toEqual(whole.slice(6));
      for (const piece of [997]) expect(pushed(bytes, piece)).toEqual(found);
    },
  );

  it("is not seen where the file is cut off after a leap of pts: the frames before the cut are there", () => {
    const bytes = longFile(10);
    const whole = ivfFrames(bytes).frames;
    const view = new DataView(bytes.buffer);
    for (const [i, { byte }] of whole.entries()) view.setBigUint64(byte - 8, BigInt(1 + 3003 * i), true);
    for (const [i, { byte, data }] of whole.entries()) {
      for (const end of [byte + (data.length >> 1), byte + data.length - 1]) {
        for (const piece of [997, end]) {
          const found = pushed(bytes.slice(0, end), piece);
          expect(found.map((frame) => [frame.byte, frame.truncated, frame.error])).toEqual(
            whole.slice(0, i + 1).map((frame, at) => [frame.byte, at === i, undefined]),
          );
        }
      }
    }
  });

  it("is not seen where pts leap, or are all the largest that there is", () => {
    const bytes = file.slice();
    const view = new DataView(bytes.buffer);
    const edits: [number, bigint][][] = [
      [[3, 2n ** 63n]],
      [[frames.length - 1, 2n ** 40n]],
      frames.slice(4).map((_, i) => [i + 4, 2n ** 33n + BigInt(i)]),
      frames.map((_, i) => [i, 2n ** 64n - 1n]),
    ];
    for (const edit of edits) {
      for (const [i, pts] of edit) view.setBigUint64(headerOf(i) + 4, pts, true);
      for (const piece of [1, bytes.length])
        expect(pushed(bytes, piece).map(({ byte, error }) => [byte, error])).toEqual(
          frames.map(({ byte }) => [byte, undefined]),
        );
    }
  });

  it.each(["vp8", "vp9", "av1"] as const)("makes later pictures corrupt up to a key frame: %s", (codec) => {
    const name = { vp8: "vp8_altref.ivf", vp9: "vp9_altref_superframes.ivf", av1: "av1_8bit.ivf" }[codec];
    const stream = new Uint8Array(readFileSync(`test/fixtures/${name}`));
    const all = ivfFrames(stream).frames;
    new DataView(stream.buffer).setUint32((all[2] as IvfFrame).byte - 12, 0xfffffff0, true);
    const session = openSession(codec);
    const events = [...session.push(stream), ...session.flush()];
    const errors = events.filter((event) => event.type === "error");
    expect(errors).toMatchObject([
      { code: "damaged-container", byte: (all[2] as IvfFrame).byte - 12 },
      ...errors.slice(1),
    ]);
    const outputs = events.flatMap((event) => (event.type === "output" ? [event.corrupt] : []));
    expect(outputs.length).toBeGreaterThan(all.length - 8);
    expect(outputs.slice(3)).toContain(true);
  });
});
