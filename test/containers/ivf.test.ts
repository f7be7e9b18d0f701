import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type IvfFrame, IvfStream, ivfFrames } from "../../src/containers/ivf.ts";
import { BitstreamError } from "../../src/errors.ts";
import { openSession } from "../../src/open-session.ts";

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
