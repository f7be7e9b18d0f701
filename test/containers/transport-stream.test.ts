import { describe, expect, it } from "vitest";
import { looksLikeTransportStream, TransportStream } from "../../src/containers/transport-stream.ts";
import { BitstreamError, UnsupportedError } from "../../src/errors.ts";
import { Random } from "../../support/random.ts";
import {
  demuxed,
  MAP_PID,
  pesPacket,
  programAssociation,
  programAssociationSection,
  programMap,
  programMapOf,
  transportPacket,
  transportPackets,
  transportStream,
  VIDEO_PID,
} from "../../support/streams/systems-streams.ts";

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
    const other = transportPackets(0x102, pesPacket({ data: Uint8Array.of(0, 0, 1, 7), pts: 9 }));
    const map = transportPackets(MAP_PID, programMap([2, 0x102]), 1);
    expect(of(pat, pmt, ...video, ...map, ...other)).toEqual({
      stream: concat(expected.stream, Uint8Array.of(0, 0, 1, 7)),
      pts: [...expected.pts, [expected.stream.length, 9]],
      lost: [],
    });
    // The same with more, of a program that is not in the list, and damaged: nothing changes.
    const broken = programMap([2, 0x102]);
    broken[14] = (broken[14] as number) ^ 1;
    for (const payload of [programMap([2, VIDEO_PID], [2, 0x102]), programMapOf(2, [2, 0x102]), broken]) {
      expect(of(pat, pmt, ...transportPackets(MAP_PID, payload, 1), ...other, ...video)).toEqual(expected);
    }
  });

  it("goes on with another program where the list no longer has the one that was taken", () => {
    const list = transportPackets(0, programAssociation(0x1001), 1);
    const map = transportPackets(0x1001, programMap([2, 0x102]));
    const other = transportPackets(0x102, pesPacket({ data: Uint8Array.of(0, 0, 1, 7) }));
    expect(of(pat, pmt, ...video, ...list, ...map, ...other).stream).toEqual(
      concat(expected.stream, Uint8Array.of(0, 0, 1, 7)),
    );
  });

  it("takes the program with video whose map comes first, or the one with the codec that is asked for", () => {
    const list = transportPackets(0, programAssociation(MAP_PID, 0x1001, 0x1002));
    const audioMap = transportPackets(0x1001, programMapOf(2, [4, VIDEO_PID]));
    const later = transportPackets(0x1002, programMapOf(3, [0x1b, 0x103], [0x24, 0x102]));
    const tables = [...list, ...audioMap, pmt, ...later];
    const other = transportPackets(0x102, pesPacket({ data: Uint8Array.of(7, 8) }));
    expect(of(...tables, ...other, ...video)).toEqual(expected);
    const asked = new TransportStream("h265");
    expect(demuxed(asked, concat(...tables, ...other, ...video)).stream).toEqual(Uint8Array.of(7, 8));
    expect(asked.codec).toBe("h265");
    const absent = new TransportStream("vp9");
    expect(demuxed(absent, concat(...tables, ...other, ...video)).stream.length).toBe(0);
    expect(absent.codec).toBeUndefined();
  });

  it("may have its program list in several sections, of which a new version counts when all have come", () => {
    const sectionOf = (counter: number, section_number: number, version_number: number, program: [number, number]) =>
      transportPackets(
        0,
        programAssociationSection({ version_number, section_number, last_section_number: 1 }, program),
        counter,
      );
    const list = [...sectionOf(0, 0, 0, [1, MAP_PID]), ...sectionOf(1, 1, 0, [2, 0x1001])];
    const otherMap = transportPackets(0x1001, programMapOf(2, [2, 0x102]));
    const other = transportPackets(0x102, pesPacket({ data: Uint8Array.of(0, 0, 1, 8) }));
    expect(of(...list, pmt, ...otherMap, ...other, ...video)).toEqual(expected);
    // The first program is in the second section now; then in none.
    const half = [...sectionOf(2, 0, 1, [2, 0x1001])];
    const whole = [...half, ...sectionOf(3, 1, 1, [1, MAP_PID])];
    for (const next of [half, whole]) {
      expect(of(...list, pmt, ...next, ...otherMap, ...other, ...video)).toEqual(expected);
    }
    const without = [...half, ...sectionOf(3, 1, 1, [3, 0x1002])];
    expect(of(...list, pmt, ...video, ...without, ...otherMap, ...other).stream).toEqual(
      concat(expected.stream, Uint8Array.of(0, 0, 1, 8)),
    );
  });

  it("may have the maps of two programs on one PID", () => {
    const list = transportPackets(0, programAssociation(MAP_PID, MAP_PID));
    const otherMap = transportPackets(MAP_PID, programMapOf(2, [2, 0x102]), 1);
    const other = transportPackets(0x102, pesPacket({ data: Uint8Array.of(7, 8) }));
    expect(of(...list, pmt, ...otherMap, ...video, ...other)).toEqual(expected);
  });

  it("may have the packets of its tables twice", () => {
    const twice = (packets: readonly Uint8Array[]) => packets.flatMap((packet) => [packet, packet]);
    const list = transportPackets(0, programAssociation(MAP_PID), 0, 9);
    const map = transportPackets(MAP_PID, programMap([2, VIDEO_PID]), 0, 9);
    expect(of(...twice(list), ...twice(map), ...video)).toEqual(expected);
    for (const length of [1, 188, 500]) {
      const file = concat(...twice(list), ...twice(map), ...video);
      expect(demuxed(new TransportStream(), file, () => length)).toEqual(expected);
    }
  });
});

describe("a damaged transport stream", () => {
  it("says where packets are missing", () => {
    const result = of(pat, pmt, ...video.slice(0, 2), ...video.slice(3));
    expect(reasons(result)).toEqual(["continuity_counter 3 follows 1: packets are missing"]);
    expect(result.lost[0]?.[0]).toBe(184 * 2 - 16);
    expect(result.stream.length).toBe(expected.stream.length - 184);
  });

  it("leaves out what follows a header of which a part is missing, up to the next PES packet", () => {
    const [first, , ...rest] = transportPackets(VIDEO_PID, pesPacket({ data: random.bytes(20), pts: 7 }), 0, 7);
    const [next] = transportPackets(VIDEO_PID, pesPacket({ data: Uint8Array.of(5), pts: 9 }), rest.length + 2);
    const result = of(pat, pmt, first as Uint8Array, ...rest, next as Uint8Array);
    expect({ ...result, lost: reasons(result) }).toEqual({
      ...{ stream: Uint8Array.of(5), pts: [[0, 9]] },
      lost: ["continuity_counter 2 follows 0: packets are missing"],
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

  it("is silent behind a discontinuity that a packet without payload announces", () => {
    const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)].map((data) => pesPacket({ data }));
    const announced = transportPacket(VIDEO_PID, 8, new Uint8Array(0));
    announced[3] = 0x20 | 8;
    announced[5] = 0x80;
    const next = transportPacket(VIDEO_PID, 9, second as Uint8Array, 0x40);
    expect(of(pat, pmt, transportPacket(VIDEO_PID, 0, first as Uint8Array, 0x40), announced, next)).toEqual({
      ...{ stream: Uint8Array.of(1, 2), pts: [], lost: [] },
    });
    const later = transportPacket(VIDEO_PID, 10, second as Uint8Array, 0x40);
    expect(reasons(of(pat, pmt, transportPacket(VIDEO_PID, 0, first as Uint8Array, 0x40), announced, later))).toEqual([
      "continuity_counter 10 follows 8: packets are missing",
    ]);
  });

  it("says that the end cuts off a packet, or a PES packet whose length is known", () => {
    const [one] = transportPackets(VIDEO_PID, pesPacket({ data: random.bytes(100) })) as [Uint8Array];
    expect(reasons(of(pat, pmt, one))).toEqual([]);
    expect(reasons(of(pat, pmt, one, one.subarray(0, 100)))).toEqual(["the last packet is cut off"]);
    expect(reasons(of(pat, pmt, one, one.subarray(0, 2)))).toEqual(["the last packet is cut off"]);
    expect(reasons(of(pat, pmt, one, pat.subarray(0, 100)))).toEqual([]);
    expect(reasons(of(pat, pmt, one, Uint8Array.of(1, 2, 3)))).toEqual(["no packet begins where one should"]);
    const long = transportPackets(VIDEO_PID, pesPacket({ data: random.bytes(500) }));
    expect(reasons(of(pat, pmt, ...long))).toEqual([]);
    expect(reasons(of(pat, pmt, ...long.slice(0, -1)))).toEqual(["the last PES packet is cut off"]);
    // How many bytes are missing is told once, as what is not known any more.
    expect(reasons(of(pat, pmt, ...long.slice(0, 1), ...long.slice(2)))).toEqual([
      "continuity_counter 2 follows 0: packets are missing",
    ]);
    const header = transportPackets(VIDEO_PID, pesPacket({ data: Uint8Array.of(1), pts: 1 }, 0xe0, 0), 0, 7);
    expect(of(pat, pmt, ...header.slice(0, 1)).lost).toEqual([
      [0, expect.objectContaining({ message: expect.stringMatching(/last PES packet is cut off \(byte 564 of/) })],
    ]);
  });

  it("says where the video goes on in another PID without its end or a beginning", () => {
    const map = transportPackets(MAP_PID, programMap([2, 0x102]), 1);
    const other = (...data: number[]) => transportPackets(0x102, pesPacket({ data: Uint8Array.from(data) }));
    const [begun] = transportPackets(VIDEO_PID, pesPacket({ data: random.bytes(300) })) as [Uint8Array];
    expect(reasons(of(pat, pmt, ...video, ...map, ...other(0, 0, 0, 1, 5)))).toEqual([]);
    expect(reasons(of(pat, pmt, ...video, ...map, ...other(0, 1, 5)))).toEqual([
      "the video continues in another PID, in the middle of a unit",
    ]);
    expect(reasons(of(pat, pmt, begun, ...map, ...other(0, 0, 1, 5)))).toEqual([
      "the PES packet is cut off: the video continues in another PID",
    ]);
  });

  it("says that the program's video is of another codec from here on", () => {
    const map = (counter: number) => transportPackets(MAP_PID, programMap([4, 0x101], [0x1b, 0x102]), counter);
    const other = transportPackets(0x102, pesPacket({ data: Uint8Array.of(7, 8) }));
    const { stream, lost } = of(pat, pmt, ...video, ...map(1), ...other, ...map(2));
    expect(stream).toEqual(expected.stream);
    expect(lost).toEqual([[expected.stream.length, expect.any(UnsupportedError)]]);
    expect(lost[0]?.[1].reason).toBe("the program's video is h264 from here on; it was mpeg2 before");
    expect(reasons(of(pat, pmt, ...map(1), ...video, ...map(2)))).toHaveLength(1);
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
    const stretches = of(pat, pmt, ...video.map((packet, i) => (i % 4 === 1 ? withBits(packet, 3, 0xc0) : packet)));
    expect(reasons(stretches)).toEqual(video.flatMap((_, i) => (i % 4 === 1 ? ["the video stream is scrambled"] : [])));
  });

  it("throws nothing, whatever bytes come, and says the same for any cut", () => {
    for (let run = 0; run < 300; run++) {
      const bytes = file.slice();
      for (let flips = 1 + random.below(60); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256);
      const result = demuxed(new TransportStream(), bytes, () => 1 + random.below(500));
      const { stream, lost } = result;
      expect(demuxed(new TransportStream(), bytes)).toEqual(result);
      if (run < 10) expect(demuxed(new TransportStream(), bytes, () => 1)).toEqual(result);
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
