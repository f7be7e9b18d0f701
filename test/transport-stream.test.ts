import { describe, expect, it } from "vitest";
import { BitstreamError, UnsupportedError } from "../src/errors.ts";
import { looksLikeTransportStream, TransportStream } from "../src/transport-stream.ts";
import { Random } from "./support/random.ts";
import {
  demuxed,
  MAP_PID,
  pesPacket,
  programAssociation,
  programMap,
  transportPacket,
  transportPackets,
  transportStream,
  VIDEO_PID,
} from "./support/systems.ts";

const random = new Random(5);
const pieces = [random.bytes(700), random.bytes(10), random.bytes(184 * 3 - 11), random.bytes(2000)];
const packets = pieces.map((data, i) => (i === 1 ? { data } : { data, pts: 2 ** 33 - 1 - i }));
const concat = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const [pat, pmt, ...video] = transportStream(packets) as [Uint8Array, Uint8Array, ...Uint8Array[]];
const file = concat(pat, pmt, ...video);
const expected = {
  stream: concat(...pieces),
  pts: [
    [0, 2 ** 33 - 1],
    [710, 2 ** 33 - 3],
    [1251, 2 ** 33 - 4],
  ],
  lost: [],
};
const reasons = ({ lost }: ReturnType<typeof demuxed>) => lost.map(([, { reason }]) => reason.replace(/ \(byte.*/, ""));
const withBits = (packet: Uint8Array, place: number, bits: number) =>
  packet.map((byte, i) => (i === place ? byte | bits : byte));
const of = (...parts: readonly Uint8Array[]) => demuxed(new TransportStream(), concat(...parts));

describe("a transport stream", () => {
  it("gives the program's video stream, and where each pts counts", () => {
    const demuxer = new TransportStream();
    expect(demuxed(demuxer, file)).toEqual(expected);
    expect(demuxer.codec).toBe("mpeg2");
  });

  it.each([
    [1, "mpeg2"],
    [0x1b, "h264"],
    [0x24, "h265"],
  ])("of stream_type %i is %s", (stream_type, codec) => {
    const demuxer = new TransportStream();
    demuxed(demuxer, concat(...transportStream(packets, stream_type)));
    expect(demuxer.codec).toBe(codec);
  });

  it("gives the same for any cut", () => {
    for (const length of [1, 3, 187, 188, 189]) {
      expect(demuxed(new TransportStream(), file, () => length)).toEqual(expected);
    }
    for (let run = 0; run < 50; run++) {
      expect(demuxed(new TransportStream(), file, () => 1 + random.below(400))).toEqual(expected);
    }
  });

  it("may have 4 bytes before each packet, or 16 behind", () => {
    const all = [pat, pmt, ...video];
    expect(of(...all.flatMap((packet) => [Uint8Array.of(1, 2, 3, 4), packet]))).toEqual(expected);
    expect(of(...all.flatMap((packet) => [packet, random.bytes(16)]))).toEqual(expected);
    expect(of(...all.flatMap((packet) => [packet, random.bytes(16)])).stream.length).toBe(expected.stream.length);
  });

  it("may say behind the video what that is, in a map of several packets; and be short", () => {
    const map = transportPackets(MAP_PID, programMap([2, VIDEO_PID]), 0, 9);
    expect(of(...video, pat, ...map)).toEqual(expected);
    const data = Uint8Array.of(1, 2, 3);
    const [one] = transportPackets(VIDEO_PID, pesPacket({ data }));
    expect(of(pat, pmt, one as Uint8Array).stream).toEqual(data);
  });

  it("may have packets twice, without payload, and a header over several", () => {
    const empty = transportPacket(VIDEO_PID, 0, new Uint8Array(0));
    expect(of(pat, pmt, ...video.flatMap((packet) => [packet, packet, empty]))).toEqual(expected);
    const small = transportPackets(VIDEO_PID, pesPacket({ data: expected.stream, pts: 5 }, 0xe0, 0), 0, 7);
    expect(of(pat, pmt, ...small)).toEqual({ ...expected, pts: [[0, 5]] });
  });

  it("has no more of a PES packet than its length says", () => {
    const padded = concat(pesPacket({ data: Uint8Array.of(1, 2, 3) }), new Uint8Array(50));
    expect(of(pat, pmt, ...transportPackets(VIDEO_PID, padded)).stream).toEqual(Uint8Array.of(1, 2, 3));
  });

  it("goes on with another video stream where the program's map has another", () => {
    const other = transportPackets(0x102, pesPacket({ data: Uint8Array.of(7, 8), pts: 9 }));
    const map = transportPackets(MAP_PID, programMap([2, 0x102]), 1);
    expect(of(pat, pmt, ...video, ...map, ...other)).toEqual({
      stream: concat(expected.stream, Uint8Array.of(7, 8)),
      pts: [...expected.pts, [expected.stream.length, 9]],
      lost: [],
    });
    // Of another codec or another program, and damaged: nothing changes.
    const broken = programMap([2, 0x102]);
    broken[14] = (broken[14] as number) ^ 1;
    for (const payload of [programMap([0x1b, 0x102]), programMap([2, VIDEO_PID], [2, 0x102]), broken]) {
      expect(of(pat, pmt, ...transportPackets(MAP_PID, payload, 1), ...other, ...video)).toEqual(expected);
    }
  });

  it("goes on with another program where the list no longer has the one that was taken", () => {
    const list = transportPackets(0, programAssociation(0x1001), 1);
    const map = transportPackets(0x1001, programMap([2, 0x102]));
    const other = transportPackets(0x102, pesPacket({ data: Uint8Array.of(7, 8) }));
    expect(of(pat, pmt, ...video, ...list, ...map, ...other).stream).toEqual(
      concat(expected.stream, Uint8Array.of(7, 8)),
    );
  });

  it("takes the first program that has video", () => {
    const list = transportPackets(0, programAssociation(0x1001, MAP_PID, 0x1002));
    const audioMap = transportPackets(0x1001, programMap([4, VIDEO_PID]));
    const later = transportPackets(0x1002, programMap([2, 0x102]));
    expect(of(...list, ...audioMap, pmt, ...later, ...video)).toEqual(expected);
  });
});

describe("a damaged transport stream", () => {
  it("says where packets are missing", () => {
    const result = of(pat, pmt, ...video.slice(0, 2), ...video.slice(3));
    expect(reasons(result)).toEqual(["continuity_counter 3 behind 1: packets are missing"]);
    expect(result.lost[0]?.[0]).toBe(184 * 2 - 16);
    expect(result.stream.length).toBe(expected.stream.length - 184);
  });

  it("leaves out what follows a header of which a part is missing, up to the next PES packet", () => {
    const [first, , ...rest] = transportPackets(VIDEO_PID, pesPacket({ data: random.bytes(20), pts: 7 }), 0, 7);
    const [next] = transportPackets(VIDEO_PID, pesPacket({ data: Uint8Array.of(5), pts: 9 }), rest.length + 2);
    const result = of(pat, pmt, first as Uint8Array, ...rest, next as Uint8Array);
    expect({ ...result, lost: reasons(result) }).toEqual({
      ...{ stream: Uint8Array.of(5), pts: [[0, 9]] },
      lost: ["continuity_counter 2 behind 0: packets are missing"],
    });
  });

  it("is silent where a discontinuity is announced", () => {
    const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)].map((data) => pesPacket({ data }));
    const jump = transportPacket(VIDEO_PID, 9, second as Uint8Array, 0x40);
    jump[5] = 0x80;
    expect(of(pat, pmt, transportPacket(VIDEO_PID, 0, first as Uint8Array, 0x40), jump)).toEqual({
      ...{ stream: Uint8Array.of(1, 2), pts: [], lost: [] },
    });
  });

  it("finds the packets again behind bytes that are none", () => {
    const result = of(pat, pmt, ...video.slice(0, 3), random.bytes(100).fill(1), ...video.slice(3));
    expect(reasons(result)).toEqual(["no packet begins where one should"]);
    expect(result.stream).toEqual(expected.stream);
    const start = of(random.bytes(77).fill(1), file);
    expect(start).toEqual(expected);
  });

  it("leaves out packets with transport_error_indicator, broken headers, and what is scrambled", () => {
    const marked = video.map((packet, i) => (i === 2 ? withBits(packet, 1, 0x80) : packet));
    const result = of(pat, pmt, ...marked);
    expect(result.lost.map(([place]) => place)).toEqual([184 * 2 - 16]);
    expect(reasons(result)).toEqual(["a packet with transport_error_indicator"]);
    const [broken] = transportPackets(VIDEO_PID, Uint8Array.of(0, 0, 2, 0xe0, 0, 0, 0x80, 0, 0));
    expect(reasons(of(pat, pmt, broken as Uint8Array))).toEqual(["a video packet without a valid PES header"]);
    const scrambled = of(pat, pmt, ...video.map((packet) => withBits(packet, 3, 0xc0)));
    expect(scrambled.stream.length).toBe(0);
    expect(scrambled.lost.map(([, error]) => error)).toEqual([expect.any(UnsupportedError)]);
  });

  it("throws nothing, whatever bytes come", () => {
    for (let run = 0; run < 300; run++) {
      const bytes = file.slice();
      for (let flips = 1 + random.below(60); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256);
      const { stream, lost } = demuxed(new TransportStream(), bytes, () => 1 + random.below(500));
      expect(stream.length).toBeLessThanOrEqual(bytes.length);
      for (const [, error] of lost) {
        expect(error instanceof BitstreamError || error instanceof UnsupportedError).toBe(true);
      }
    }
  });
});

describe("looksLikeTransportStream", () => {
  it("wants three packets at the beginning, or five elsewhere", () => {
    expect(looksLikeTransportStream(file.subarray(0, 400))).toBe(true);
    expect(looksLikeTransportStream(concat(new Uint8Array(50), file).subarray(0, 500))).toBe(false);
    expect(looksLikeTransportStream(concat(new Uint8Array(50), file))).toBe(true);
    expect(looksLikeTransportStream(new Uint8Array(5000))).toBe(false);
  });
});
