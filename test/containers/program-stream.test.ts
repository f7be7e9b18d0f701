import { describe, expect, it } from "vitest";
import { hasPackHeader, ProgramStream } from "../../src/containers/program-stream.ts";
import { BitstreamError, StreamError, UnsupportedError } from "../../src/errors.ts";
import { Random } from "../../support/random.ts";
import {
  demuxed,
  mpeg1Packet,
  mpeg1PackHeader,
  packHeader,
  pesPacket,
  programStream,
} from "../../support/streams/systems-streams.ts";

const random = new Random(7);
// Start codes of video, and what looks like the beginning of one, across packets.
const pieces = [
  Uint8Array.of(0, 0, 1, 0xb3, 9, 0, 0),
  Uint8Array.of(1, 0, 5, 0, 0, 1),
  random.bytes(3000),
  random.bytes(1),
];
const packets = pieces.map((data, i) => (i === 1 ? { data } : { data, pts: 2 ** 32 + 1000 * i + 77 }));
const expected = {
  stream: Uint8Array.from(pieces.flatMap((data) => [...data])),
  pts: [
    [0, 2 ** 32 + 77],
    [13, 2 ** 32 + 2077],
    [3013, 2 ** 32 + 3077],
  ],
  lost: [],
};
const concat = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const reasons = ({ lost }: ReturnType<typeof demuxed>) => lost.map(([place, error]) => [place, error.reason]);

describe.each([
  ["a program stream", false],
  ["a system stream of ISO/IEC 11172-1", true],
])("%s", (_, mpeg1) => {
  const file = programStream(packets, { mpeg1 });

  it("gives its first video stream, and where each pts counts", () => {
    expect(demuxed(new ProgramStream(), file)).toEqual(expected);
  });

  it("gives the same for any cut", () => {
    for (const length of [1, 2, 3, 5, 19, 300]) {
      expect(demuxed(new ProgramStream(), file, () => length)).toEqual(expected);
    }
    for (let run = 0; run < 50; run++) {
      expect(demuxed(new ProgramStream(), file, () => 1 + random.below(40))).toEqual(expected);
    }
  });

  it("may have zero bytes between packs, and end without an end code", () => {
    const padded = concat(file.subarray(0, -4), new Uint8Array(50), file);
    expect(reasons(demuxed(new ProgramStream(), padded))).toEqual([]);
    expect(demuxed(new ProgramStream(), padded).stream.length).toBe(2 * expected.stream.length);
  });
});

describe("a damaged program stream", () => {
  const file = programStream(packets);

  it("goes on at the next pack, and says what is missing before which byte", () => {
    // The second packet's length is wrong by 2.
    const broken = file.slice();
    const second = Buffer.from(file).lastIndexOf(pesPacket(packets[1]!));
    broken[second + 5] = (broken[second + 5] as number) + 2;
    const result = demuxed(new ProgramStream(), broken);
    const place = result.lost[0]?.[0] as number;
    expect(result.lost.map(([, error]) => error)).toEqual([expect.any(BitstreamError)]);
    expect(reasons(result)).toEqual([
      [15, expect.stringMatching(/^no pack or packet begins where one should \(byte \d+ /)],
    ]);
    expect(result.stream.subarray(place)).toEqual(expected.stream.subarray(13));
    expect(result.pts.slice(1)).toEqual(expected.pts.slice(1).map(([at = 0, pts]) => [at + 2, pts]));
    for (const length of [1, 7, 64]) expect(demuxed(new ProgramStream(), broken, () => length)).toEqual(result);
  });

  it("begins at its first pack, without a word about what came before", () => {
    const behind = concat(random.bytes(500), file);
    expect(demuxed(new ProgramStream(), behind)).toEqual(expected);
  });

  it("has a last packet that is cut off, and packets without a valid header", () => {
    const data = Uint8Array.of(1, 2, 3, 4);
    const cut = concat(packHeader, pesPacket({ data })).subarray(0, -1);
    expect(demuxed(new ProgramStream(), cut).stream).toEqual(data.subarray(0, 3));
    expect(reasons(demuxed(new ProgramStream(), cut))).toEqual([
      [3, expect.stringMatching(/^the last PES packet is cut off/)],
    ]);
    const wrong = concat(packHeader, Uint8Array.of(0, 0, 1, 0xe0, 0, 12), new Uint8Array(12), file);
    expect(reasons(demuxed(new ProgramStream(), wrong))).toEqual([
      [0, expect.stringMatching(/without a valid PES header/)],
    ]);
    expect(demuxed(new ProgramStream(), wrong).stream).toEqual(expected.stream);
    for (let size = 4; size < 19; size++) {
      const cut = concat(packHeader, pesPacket({ data, pts: 1 }).subarray(0, size));
      expect(reasons(demuxed(new ProgramStream(), cut))).toEqual([
        [Math.max(0, size - 16), expect.stringMatching(`^the last PES packet is cut off \\(byte ${cut.length} of`)],
      ]);
    }
    const other = concat(packHeader, pesPacket({ data }), pesPacket({ data }, 0xe1).subarray(0, 8));
    expect(reasons(demuxed(new ProgramStream(), other))).toEqual([]);
    const short = concat(packHeader, Uint8Array.of(0, 0, 1, 0xe0, 0, 0), file);
    expect(demuxed(new ProgramStream(), short).stream).toEqual(expected.stream);
  });

  it("leaves out packets of its video that are scrambled, and says it once", () => {
    const clear = pesPacket({ data: Uint8Array.of(1, 2), pts: 5 });
    const scrambled = pesPacket({ data: new Uint8Array(40).fill(3), pts: 6 }).map((byte, i) => (i === 6 ? 0x90 : byte));
    const bytes = concat(packHeader, clear, packHeader, scrambled, scrambled, packHeader, clear);
    const result = demuxed(new ProgramStream(), bytes);
    expect(result.stream).toEqual(Uint8Array.of(1, 2, 1, 2));
    expect(result.lost).toEqual([[2, expect.any(UnsupportedError)]]);
    for (const length of [1, 7, 64]) expect(demuxed(new ProgramStream(), bytes, () => length)).toEqual(result);
    const all = new ProgramStream();
    expect(demuxed(all, concat(packHeader, scrambled)).stream.length).toBe(0);
    expect(all.problem).toBe("its video is scrambled");
  });

  it("says which is the first byte that is none of a packet's", () => {
    for (const garbage of [
      [0, 0, 0, 5, 0],
      [0, 0, 0, 5, 6, 7, 8],
      [0, 0, 0, 1, 2],
    ]) {
      const first = garbage.findIndex((byte) => byte !== 0);
      for (const behind of [new Uint8Array(0), packHeader]) {
        const broken = concat(packHeader, Uint8Array.from(garbage), behind);
        for (const length of [1, 2, 3, 100]) {
          expect(reasons(demuxed(new ProgramStream(), broken, () => length))).toEqual([
            [0, `no pack or packet begins where one should (byte ${packHeader.length + first} of the file)`],
          ]);
        }
      }
    }
  });

  it("takes no stream for its video of which no header is valid", () => {
    const wrong = concat(packHeader, Uint8Array.of(0, 0, 1, 0xe3, 0, 12), new Uint8Array(12), file);
    expect(demuxed(new ProgramStream(), wrong).stream).toEqual(expected.stream);
  });

  it("may have the shortest packets of ISO/IEC 11172-1", () => {
    const shortest = (byte: number) => Uint8Array.of(0, 0, 1, 0xe0, 0, 2, 0x0f, byte);
    const small = concat(mpeg1PackHeader, shortest(5), shortest(6));
    const result = { stream: Uint8Array.of(5, 6), pts: [], lost: [] };
    expect(demuxed(new ProgramStream(), small)).toEqual(result);
    expect(demuxed(new ProgramStream(), small, () => 1)).toEqual(result);
  });

  it("throws nothing, whatever bytes come, and says the same for any cut", () => {
    for (let run = 0; run < 300; run++) {
      const bytes = file.slice();
      for (let flips = 1 + random.below(30); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256);
      const result = demuxed(new ProgramStream(), bytes, () => 1 + random.below(500));
      const { stream, lost } = result;
      expect(demuxed(new ProgramStream(), bytes)).toEqual(result);
      if (run < 30) expect(demuxed(new ProgramStream(), bytes, () => 1)).toEqual(result);
      expect(stream.length).toBeLessThanOrEqual(bytes.length);
      for (const [, error] of lost) expect(error).toBeInstanceOf(StreamError);
    }
  });
});

describe("hasPackHeader", () => {
  it("finds one anywhere; units of byte streams are none", () => {
    expect(hasPackHeader(concat(random.bytes(99), packHeader))).toBe(true);
    expect(hasPackHeader(mpeg1Packet({ data: Uint8Array.of(0, 0, 1, 0xb3) }))).toBe(false);
    expect(hasPackHeader(Uint8Array.of(0, 0, 1, 0xba, 0x80))).toBe(false);
  });
});
