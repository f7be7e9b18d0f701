import { describe, expect, it } from "vitest";
import { fourccOf } from "../../src/record/format.ts";
import { DeviceError, visiblePixels } from "../../src/submit/index.ts";

/** Bytes 0, 1, 2 … in a plane. */
function counting(length: number, bytesPerLine: number) {
  return { bytes: Uint8Array.from({ length }, (_, i) => i & 0xff), bytesPerLine };
}

const visible = { left: 2, top: 2, width: 3, height: 1 };

describe("the visible part", () => {
  it("of NV12: lines without padding, chroma rounded up", () => {
    const frame = { pixelFormat: fourccOf("NV12"), width: 8, height: 4, planes: [counting(60, 10)], visible };
    expect(visiblePixels(frame)).toEqual({
      bytes: Uint8Array.of(22, 23, 24, 52, 53, 54, 55),
      pixelFormat: "NV12",
      width: 3,
      height: 1,
    });
  });

  it("of NV12 in two planes", () => {
    const planes = [counting(40, 10), counting(20, 10)];
    const frame = { pixelFormat: fourccOf("NM12"), width: 8, height: 4, planes, visible };
    expect([...visiblePixels(frame).bytes]).toEqual([22, 23, 24, 12, 13, 14, 15]);
  });

  it("of planar 4:2:0: each chroma has lines of half the length", () => {
    const frame = { pixelFormat: fourccOf("YU12"), width: 8, height: 4, planes: [counting(60, 10)], visible };
    expect([...visiblePixels(frame).bytes]).toEqual([22, 23, 24, 46, 47, 56, 57]);
  });

  it("of 4:2:2: as many lines of chroma as of luma", () => {
    const shown = { left: 0, top: 1, width: 2, height: 2 };
    const frame = { pixelFormat: fourccOf("NV16"), width: 4, height: 4, planes: [counting(32, 4)], visible: shown };
    expect([...visiblePixels(frame).bytes]).toEqual([4, 5, 8, 9, 20, 21, 24, 25]);
  });

  it.each([
    ["NV15", "P010", 2],
    ["NV20", "P210", 1],
  ] as const)("of %s: as %s, ten bits in the upper ones of sixteen", (packed, unpacked, down) => {
    const [width, height, stride] = [8, 4, 10];
    const lines = height + height / down;
    const sampleAt = (line: number, sample: number) => (37 * line + 101 * sample) & 0x3ff;
    const bytes = new Uint8Array(stride * lines);
    for (let line = 0; line < lines; line++) {
      for (let sample = 0; sample < width; sample++) {
        for (let bit = 0; bit < 10; bit++) {
          const at = 10 * sample + bit;
          bytes[line * stride + (at >> 3)]! |= ((sampleAt(line, sample) >> bit) & 1) << (at & 7);
        }
      }
    }
    const shown = { left: 2, top: 2, width: 5, height: 2 };
    const planes = [{ bytes, bytesPerLine: stride }];
    const pixels = visiblePixels({ pixelFormat: fourccOf(packed), width, height, planes, visible: shown });
    const luma = [2, 3].flatMap((line) => [2, 3, 4, 5, 6].map((sample) => sampleAt(line, sample)));
    const chromaLines = down === 2 ? [1] : [2, 3];
    const chroma = chromaLines.flatMap((line) => [2, 3, 4, 5, 6, 7].map((sample) => sampleAt(height + line, sample)));
    expect(pixels.pixelFormat).toBe(unpacked);
    expect([...new Uint16Array(pixels.bytes.buffer)]).toEqual([...luma, ...chroma].map((sample) => sample << 6));
  });

  it.each([
    ["VT12", 4, 4, 4, 1],
    ["ST12", 32, 32, 32, 1],
    ["MM21", 16, 32, 16, 2],
  ])("of %s: as NV12", (name, tileWidth, lumaHeight, chromaHeight, planeCount) => {
    const [width, height] = [64, 64];
    /** Each byte where pixfmt-yuv-planar.rst has it. */
    const tiledPlane = (lines: number, tileHeight: number, valueAt: (x: number, y: number) => number) => {
      const bytes: number[] = [];
      for (let y = 0; y < lines; y += tileHeight)
        for (let x = 0; x < width; x += tileWidth)
          for (let line = y; line < y + tileHeight; line++)
            for (let column = x; column < x + tileWidth; column++) bytes.push(valueAt(column, line));
      return bytes;
    };
    const lumaAt = (x: number, y: number) => (3 * x + 5 * y) & 0xff;
    const chromaAt = (x: number, y: number) => (7 * x + 11 * y + 1) & 0xff;
    const [luma, chroma] = [tiledPlane(height, lumaHeight, lumaAt), tiledPlane(height / 2, chromaHeight, chromaAt)];
    const memory = planeCount === 2 ? [luma, chroma] : [[...luma, ...chroma]];
    const planes = memory.map((bytes) => ({ bytes: Uint8Array.from(bytes), bytesPerLine: width }));
    const shown = { left: 6, top: 2, width: 51, height: 59 };
    const pixels = visiblePixels({ pixelFormat: fourccOf(name), width, height, planes, visible: shown });
    const expected: number[] = [];
    for (let y = 2; y < 61; y++) for (let x = 6; x < 57; x++) expected.push(lumaAt(x, y));
    for (let y = 1; y < 31; y++) for (let x = 6; x < 58; x++) expected.push(chromaAt(x, y));
    expect(pixels).toEqual({ bytes: Uint8Array.from(expected), pixelFormat: "NV12", width: 51, height: 59 });
  });

  it("of another format is refused", () => {
    const frame = { pixelFormat: fourccOf("MT2T"), width: 8, height: 4, planes: [counting(60, 10)], visible };
    expect(() => visiblePixels(frame)).toThrow(
      new DeviceError("the frames are in the format MT2T, which this program cannot convert"),
    );
  });
});
