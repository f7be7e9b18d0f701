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

  it.each([
    ["RGB3", 3],
    ["HSV3", 3],
    ["AB24", 4],
    ["HSV4", 4],
  ])("of %s: whole pixels", (name, samples) => {
    const planes = [counting(8 * samples * 4 + 4, 8 * samples + 1)];
    const frame = { pixelFormat: fourccOf(name), width: 8, height: 4, planes, visible };
    const start = 2 * (8 * samples + 1) + 2 * samples;
    expect([...visiblePixels(frame).bytes]).toEqual(Array.from({ length: 3 * samples }, (_, i) => start + i));
    expect(visiblePixels(frame).pixelFormat).toBe(name);
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

  it.each([
    ["NC12", 8, 1, "NV12"],
    ["Nc12", 8, 2, "NV12"],
    ["NC30", 10, 1, "P010"],
    ["Nc30", 10, 2, "P010"],
    ["VT15", 10, 1, "P010"],
    ["T010", 10, 1, "P010"],
  ])("of %s, each sample where its documentation has it", (name, bits, planeCount, linear) => {
    const [width, height] = [384, 16];
    const samplesAt = [
      (x: number, y: number) => (3 * x + 41 * y + 5) % 2 ** bits,
      (x: number, y: number) => (7 * x + 59 * y + 11) % 2 ** bits,
    ] as const;
    /** Lines from a column to the next; more than the picture needs. */
    const columnLines = planeCount === 1 ? height * 1.5 + 4 : 0;
    const stride = name === "VT15" ? (width * 5) / 4 : 2 * width;
    const memory = [0, 1].map(() => new Uint8Array(4 * width * height));
    const put = (plane: Uint8Array, bit: number, value: number) => {
      for (let i = 0; i < bits; i++) plane[(bit + i) >> 3]! |= ((value >> i) & 1) << ((bit + i) & 7);
    };
    /** The first bit of a sample in its plane: pixfmt-nv12-col128.rst, and "Tiled NV15" in pixfmt-yuv-planar.rst. */
    const placeOf = (component: number, x: number, y: number): number => {
      const chromaStart = component === 1 && planeCount === 1 ? height : 0;
      if (/^N[Cc]/.test(name)) {
        const lines = planeCount === 1 ? columnLines : component === 0 ? height : height / 2;
        const inColumn = name.endsWith("30") ? 96 : 128;
        const line = Math.floor(x / inColumn) * lines + chromaStart + y;
        const at = x % inColumn;
        return 1024 * line + (name.endsWith("30") ? 32 * Math.floor(at / 3) + 10 * (at % 3) : 8 * at);
      }
      const tile = Math.floor(y / 4) * (width / 4) + Math.floor(x / 4);
      const inTile = 4 * (y % 4) + (x % 4);
      const before = 8 * stride * chromaStart;
      return name === "VT15" ? before + 160 * tile + 10 * inTile : before + 256 * tile + 16 * inTile + 6;
    };
    for (const [component, sampleAt] of samplesAt.entries()) {
      for (let y = 0; y < (component === 0 ? height : height / 2); y++) {
        for (let x = 0; x < width; x++) {
          put(memory[planeCount === 1 ? 0 : component]!, placeOf(component, x, y), sampleAt(x, y));
        }
      }
    }
    const bytesPerLine = /^NC/.test(name) ? columnLines : name === "Nc12" || name === "Nc30" ? width : stride;
    const planes = memory.slice(0, planeCount).map((bytes) => ({ bytes, bytesPerLine }));
    const shown = { left: 94, top: 2, width: 201, height: 9 };
    const pixels = visiblePixels({ pixelFormat: fourccOf(name), width, height, planes, visible: shown });
    const expected: number[] = [];
    for (let y = 2; y < 11; y++) for (let x = 94; x < 295; x++) expected.push(samplesAt[0](x, y));
    for (let y = 1; y < 6; y++) for (let x = 94; x < 296; x++) expected.push(samplesAt[1](x, y));
    expect(pixels.pixelFormat).toBe(linear);
    const got = bits === 8 ? [...pixels.bytes] : [...new Uint16Array(pixels.bytes.buffer)].map((sample) => sample >> 6);
    expect(got).toEqual(expected);
  });

  it.each([
    ["MT2T", "bytes", 80],
    ["MT2R", "bytes", 80],
    // What mediatek says after S_FMT(CAPTURE).
    ["MT2T", "samples", 64],
    ["MT2R", "samples", 64],
  ])(
    "of %s: the lower two bits stand before the upper eight, four lines at a time (%s)",
    (name, _unit, bytesPerLine) => {
      const [width, height] = [64, 64];
      const stride = (width * 5) / 4;
      const sampleAt = [
        (x: number, y: number) => (37 * x + 411 * y + 5) & 0x3ff,
        (x: number, y: number) => (71 * x + 59 * y + 311) & 0x3ff,
      ] as const;
      const planes = sampleAt.map((at, component) => {
        const [lines, tileLines] = component === 0 ? [height, 32] : [height / 2, 16];
        const bytes = new Uint8Array(stride * lines);
        let block = 0;
        // Tiles from left to right and from top to bottom, and in each the blocks from top to bottom.
        for (let tileY = 0; tileY < lines; tileY += tileLines) {
          for (let tileX = 0; tileX < width; tileX += 16) {
            for (let y = tileY; y < tileY + tileLines; y += 4) {
              for (let i = 0; i < 64; i++) {
                const value = at(tileX + (i % 16), y + (i >> 4));
                const [byte, bit] = name === "MT2T" ? [i % 16, 2 * (i >> 4)] : [i >> 2, 2 * (i % 4)];
                bytes[block + byte]! |= (value & 3) << bit;
                bytes[block + 16 + i] = value >> 2;
              }
              block += 80;
            }
          }
        }
        return { bytes, bytesPerLine };
      });
      const shown = { left: 6, top: 2, width: 51, height: 59 };
      const pixels = visiblePixels({ pixelFormat: fourccOf(name), width, height, planes, visible: shown });
      const expected: number[] = [];
      for (let y = 2; y < 61; y++) for (let x = 6; x < 57; x++) expected.push(sampleAt[0](x, y) << 6);
      for (let y = 1; y < 31; y++) for (let x = 6; x < 58; x++) expected.push(sampleAt[1](x, y) << 6);
      expect(pixels.pixelFormat).toBe("P010");
      expect([...new Uint16Array(pixels.bytes.buffer)]).toEqual(expected);
    },
  );

  it("of another format is refused", () => {
    const frame = { pixelFormat: fourccOf("MT21"), width: 8, height: 4, planes: [counting(60, 10)], visible };
    expect(() => visiblePixels(frame)).toThrow(
      new DeviceError("the frames are in the format MT21, which this program cannot convert"),
    );
  });
});
