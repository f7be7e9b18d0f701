import { describe, expect, it } from "vitest";
import { joined } from "../../src/framing/bytes.ts";
import { FwhtStream, type StreamPiece } from "../../src/fwht/index.ts";
import { fwhtFrame } from "../../support/streams/fwht-frames.ts";

/** `"frame 0+56"`, `"cut off 0+50"`, or an error with its place. */
const words = (pieces: readonly StreamPiece[]) =>
  pieces.map(({ bytes, byte, truncated, error }) =>
    error === undefined ? `${truncated ? "cut off" : "frame"} ${byte}+${bytes.length}` : `${error.code} ${byte}`,
  );

/** What a stream is cut into, the same for every size of its pieces. */
function piecesOf(stream: Uint8Array): string[] {
  const cut = (size: number) => {
    const framing = new FwhtStream(0);
    const all: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      const chunk = stream.slice(at, at + size);
      all.push(...words(framing.push(chunk)));
      chunk.fill(0xee);
    }
    return [...all, ...words(framing.flush())];
  };
  const whole = cut(stream.length);
  for (const size of [1, 2, 3, 7, 8, 9, 43, 44, 45, 50, 57]) expect(cut(size), `pieces of ${size}`).toEqual(whole);
  return whole;
}

const frame = fwhtFrame();
const { length } = frame;

describe("FwhtStream", () => {
  it("cuts by the sizes in the headers", () => {
    expect(piecesOf(joined([frame, fwhtFrame({ data: 300 }), frame]))).toEqual([
      `frame 0+${length}`,
      `frame ${length}+344`,
      `frame ${length + 344}+${length}`,
    ]);
    expect(piecesOf(new Uint8Array())).toEqual([]);
  });

  it("gives the bytes of each frame, whatever becomes of the memory of a piece", () => {
    const frames = [fwhtFrame({ width: 64 }), fwhtFrame({ data: 90 }), frame];
    const stream = joined(frames);
    for (const size of [1, 5, 60, stream.length]) {
      const framing = new FwhtStream(0);
      const found: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) {
        for (const { bytes } of framing.push(stream.slice(at, at + size))) found.push(bytes.slice());
      }
      expect(found).toEqual(frames);
    }
  });

  it("goes on at the next frame with its magic numbers where bytes belong to none", () => {
    const junk = Uint8Array.of(0x4f, 0x4f, 0x4f, 0x4f, 0xff, 0xff, 1, 2, 0x4f);
    expect(piecesOf(joined([junk, frame, junk, frame]))).toEqual([
      "no-unit 0",
      `frame 9+${length}`,
      `no-unit ${9 + length}`,
      `frame ${18 + length}+${length}`,
    ]);
    expect(piecesOf(joined([frame, junk]))).toEqual([`frame 0+${length}`, `no-unit ${length}`]);
    expect(piecesOf(junk)).toEqual(["no-unit 0"]);
  });

  it("finds the next frame inside one whose size is too large, also in its header", () => {
    for (const end of [9, 20, 43, 44, length - 1]) {
      expect(piecesOf(joined([frame.subarray(0, end), frame])), `${end} bytes`).toEqual([
        "wrong-size 0",
        `frame ${end}+${length}`,
      ]);
    }
    // A part of the magic numbers is inside of what the first frame says, and the rest comes after it.
    for (const more of [1, 4, 7]) {
      expect(piecesOf(joined([fwhtFrame({ size: 12 + more }), frame])), `${more} bytes`).toEqual([
        "wrong-size 0",
        `frame ${length}+${length}`,
      ]);
    }
  });

  it("takes a frame that ends like the magic numbers begin", () => {
    for (const count of [1, 4, 7]) {
      const last = fwhtFrame();
      last.set(frame.subarray(0, count), length - count);
      expect(piecesOf(joined([last, frame])), `${count} bytes`).toEqual([
        `frame 0+${length}`,
        `frame ${length}+${length}`,
      ]);
      expect(piecesOf(last)).toEqual([`frame 0+${length}`]);
      const framing = new FwhtStream(0);
      expect(words(framing.push(last))).toEqual([]);
      expect(words(framing.push(frame.subarray(0, 7)))).toEqual([`frame 0+${length}`]);
    }
  });

  it("waits for no frame of more than 256 MiB", () => {
    expect(piecesOf(joined([fwhtFrame({ size: 2 ** 28 + 1 }), frame]))).toEqual([
      "wrong-size 0",
      "no-unit 8",
      `frame ${length}+${length}`,
    ]);
  });

  it("tells a frame that the end cuts off", () => {
    expect(piecesOf(frame.subarray(0, 50))).toEqual(["cut off 0+50"]);
    expect(piecesOf(frame.subarray(0, 3))).toEqual(["cut off 0+3"]);
  });
});
