import { describe, expect, it } from "vitest";
import { ProgramList } from "../../src/containers/sections.ts";
import { looksLikeTransportStream } from "../../src/containers/transport-packets.ts";
import { TransportStream } from "../../src/containers/transport-stream.ts";
import { BitstreamError, StreamError, UnsupportedError } from "../../src/errors.ts";
import { openSession } from "../../src/open-session.ts";
import { Random } from "../../support/random.ts";
import {
  demuxed,
  MAP_PID,
  partsOf,
  pesPacket,
  programAssociation,
  programAssociationSection,
  programMap,
  programMapOf,
  section,
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

  it("takes HEVC that is registered as private data (2.6.8), and names other video", () => {
    const mapOf = (stream_type: number, format: string) => {
      const descriptors = [0x0a, 4, 0x65, 0x6e, 0x67, 0, 5, 4, ...Buffer.from(format, "latin1")];
      const element = [stream_type, 0xe0 | (VIDEO_PID >> 8), VIDEO_PID & 255, 0xf0, descriptors.length, ...descriptors];
      const map = section(2, [0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0, ...element]);
      const demuxer = new TransportStream();
      demuxed(demuxer, concat(pat, ...transportPackets(MAP_PID, map), ...video));
      return { codec: demuxer.codec, problem: demuxer.problem };
    };
    expect(mapOf(6, "HEVC")).toEqual({ codec: "h265", problem: undefined });
    const other = (name: string) => ({ problem: `its video is ${name}, which is not read from transport streams` });
    expect(mapOf(6, "AV01")).toEqual(other("AV1"));
    expect(mapOf(0x33, "HDMV")).toEqual(other("VVC"));
    expect(mapOf(6, "AC-3")).toEqual({ codec: undefined, problem: undefined });
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
    expect(of(...all.flatMap((packet, i) => [Uint8Array.of(0x47, 2, 3, i), packet]))).toEqual(expected);
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
    const asked = new TransportStream({ codec: "h265" });
    expect(demuxed(asked, concat(...tables, ...other, ...video)).stream).toEqual(Uint8Array.of(7, 8));
    expect(asked.codec).toBe("h265");
    const absent = new TransportStream({ codec: "vp9" });
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

  it("is silent after a discontinuity that a packet without payload announces", () => {
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
      "continuity_counter 10 follows 8: whole PES packets may be missing",
    ]);
  });

  it("says that an announced discontinuity breaks off a PES packet, or lies inside of one", () => {
    const jump = (counter: number, payload: Uint8Array, mark: number) =>
      withBits(transportPacket(VIDEO_PID, counter, payload, mark), 5, 0x80);
    const announced = transportPacket(VIDEO_PID, 8, new Uint8Array(0)).map((byte, i) =>
      i === 3 ? 0x20 | 8 : i === 5 ? 0x80 : byte,
    );
    const next = pesPacket({ data: Uint8Array.of(2) });
    const more = Uint8Array.of(9, 9);
    const [known] = transportPackets(VIDEO_PID, pesPacket({ data: new Uint8Array(300) })) as [Uint8Array];
    const [open] = transportPackets(VIDEO_PID, pesPacket({ data: new Uint8Array(300) }, 0xe0, 0)) as [Uint8Array];
    const [header] = transportPackets(VIDEO_PID, pesPacket({ data: more, pts: 1 }), 0, 7) as [Uint8Array];
    for (const [first, second, ...third] of [
      [known, jump(9, next, 0x40)],
      [known, jump(9, more, 0)],
      [open, jump(9, more, 0)],
      [header, jump(9, next, 0x40)],
      [open, announced, transportPacket(VIDEO_PID, 9, more)],
      [known, announced, transportPacket(VIDEO_PID, 9, next, 0x40)],
    ] as const) {
      const lost = reasons(of(pat, pmt, first, second, ...third));
      expect(lost).toEqual([expect.stringMatching(/^continuity_counter 9 follows [08]: packets are missing$/)]);
    }
    // One without a length may be complete; its last unit ends there. The clock's discontinuities leave the counters as they are.
    const parts = partsOf(new TransportStream(), concat(pat, pmt, open, jump(9, next, 0x40)));
    expect(parts.map(({ unitEnds, lost }) => [unitEnds, lost])).toEqual([
      [false, undefined],
      [true, undefined],
    ]);
    expect(reasons(of(pat, pmt, known, jump(1, more, 0)))).toEqual(["the last PES packet is cut off"]);
  });

  it("leaves out PES packets that are scrambled or padding", () => {
    const one = transportPackets(VIDEO_PID, pesPacket({ data: Uint8Array.of(1) }, 0xe0, 0));
    const three = transportPackets(VIDEO_PID, pesPacket({ data: Uint8Array.of(3) }, 0xe0, 0), 2);
    const between = (payload: Uint8Array) =>
      of(pat, pmt, ...one, transportPacket(VIDEO_PID, 1, payload, 0x40), ...three);
    const scrambled = between(withBits(pesPacket({ data: new Uint8Array(50).fill(2), pts: 7 }, 0xe0, 0), 6, 0x20));
    expect({ ...scrambled, lost: reasons(scrambled) }).toEqual({
      ...{ stream: Uint8Array.of(1, 3), pts: [], lost: ["the video stream is scrambled"] },
    });
    expect(scrambled.lost[0]?.[1]).toBeInstanceOf(UnsupportedError);
    const padding = between(concat(Uint8Array.of(0, 0, 1, 0xbe, 0, 60), new Uint8Array(60).fill(0xff)));
    expect(padding).toEqual({ stream: Uint8Array.of(1, 3), pts: [], lost: [] });
    const noPrefix = between(concat(Uint8Array.of(0x11, 0x22, 0x33, 0xbe, 0, 60), new Uint8Array(60).fill(0xff)));
    expect(noPrefix.lost).toHaveLength(1);
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

  it("says that a PES packet has another size than its length says, and takes the bytes that came", () => {
    const sized = (size: number) => concat(pesPacket({ data: pieces[3] as Uint8Array }, 0xe0, size));
    const next = (counter: number) => transportPackets(VIDEO_PID, pesPacket({ data: Uint8Array.of(3) }), counter & 15);
    const found = (...payload: Parameters<typeof transportPackets>) => {
      const wrong = transportPackets(...payload);
      const parts = partsOf(new TransportStream(), concat(pat, pmt, ...wrong, ...next(wrong.length)));
      return {
        stream: concat(...parts.map(({ data }) => data)),
        reasons: parts.flatMap(({ lost, unread }) => [lost, unread].map((error) => error?.reason ?? [])).flat(),
      };
    };
    const stream = concat(pieces[3] as Uint8Array, Uint8Array.of(3));
    const right = 2000 + 5;
    expect(found(VIDEO_PID, sized(right))).toEqual({ stream, reasons: [] });
    const short = "the PES packet before this one has 3000 bytes fewer than its PES_packet_length says";
    expect(found(VIDEO_PID, sized(right + 3000))).toEqual({ stream, reasons: [expect.stringContaining(short)] });
    // The length of a picture of 64 KiB and more, of which 16 bits were written.
    const long = "a PES packet has more bytes than its PES_packet_length says";
    for (const size of [right - 1, right - 1000, 20]) {
      expect(found(VIDEO_PID, sized(size))).toEqual({ stream, reasons: [expect.stringContaining(long)] });
    }
    // The bytes right after the end that the length says may look like stuffing.
    const flat = concat(pieces[1] as Uint8Array, new Uint8Array(300), pieces[0] as Uint8Array);
    const wrong = concat(pesPacket({ data: flat }, 0xe0, 5 + 12));
    expect(found(VIDEO_PID, wrong)).toEqual({
      stream: concat(flat, Uint8Array.of(3)),
      reasons: [expect.stringContaining(long)],
    });
    const filled = found(VIDEO_PID, concat(sized(right), new Uint8Array(20).fill(0xff)));
    expect(filled).toEqual({ stream, reasons: [] });
    const [header] = transportPackets(VIDEO_PID, sized(right), 0, 7) as [Uint8Array];
    expect(reasons(of(pat, pmt, header, ...next(1)))).toEqual(["a PES packet ends inside its header"]);
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

  it("finds the packets again after bytes that are none", () => {
    const result = of(pat, pmt, ...video.slice(0, 3), random.bytes(100).fill(1), ...video.slice(3));
    expect(reasons(result)).toEqual(["no packet begins where one should"]);
    expect(result.stream).toEqual(expected.stream);
    const start = of(random.bytes(77).fill(1), file);
    expect(start).toEqual(expected);
  });

  it("tells of bytes before the first packet, where they are more than a packet of which the beginning is cut off", () => {
    const junk = (size: number) => reasons(of(random.bytes(size).fill(1), file));
    expect(junk(203)).toEqual([]);
    expect(junk(204)).toEqual(["no packet begins where one should"]);
    expect(reasons(of(random.bytes(30_000).fill(1), file))).toEqual(["no packet begins where one should"]);
  });

  it("lacks nothing of the video where the bytes come between packets of other streams", () => {
    const other = transportPacket(0x101, 0, random.bytes(184));
    const other2 = transportPacket(0x101, 1, random.bytes(184));
    const [before, after] = [video.slice(0, 3), video.slice(3)];
    for (const junk of [random.bytes(1).fill(1), random.bytes(300).fill(1), other.subarray(0, 94)]) {
      const parts = partsOf(new TransportStream(), concat(pat, pmt, ...before, other, junk, other2, ...after));
      expect(concat(...parts.map(({ data }) => data))).toEqual(expected.stream);
      expect(parts.filter(({ lost }) => lost !== undefined)).toEqual([]);
      expect(parts.flatMap(({ unread }) => unread?.reason ?? [])).toEqual([
        junk[0] === 1
          ? `no packet begins where one should (byte 1128 of the file; ${junk.length === 1 ? "1 byte is" : "300 bytes are"} passed over)`
          : "a packet is cut off (byte 1128 of the file; 94 bytes are passed over)",
      ]);
    }
    // A packet of the video is missing, or so many bytes that its counter does not show that none is.
    for (const [junk, rest] of [
      [300, after.slice(1)],
      [5000, after],
    ] as const) {
      const result = of(pat, pmt, ...before, other, random.bytes(junk).fill(1), ...rest);
      expect(reasons(result)).toEqual(["no packet begins where one should"]);
    }
  });

  it("reads the packet that begins inside of a cut one, which is lost", () => {
    const [cut, ...after] = video.slice(2) as [Uint8Array, ...Uint8Array[]];
    for (const size of [1, 4, 94, 187]) {
      const file = concat(pat, pmt, ...video.slice(0, 2), cut.subarray(0, size), pat, pmt, ...after);
      const result = demuxed(new TransportStream(), file);
      expect(result.lost.map(([, { reason }]) => reason)).toEqual([
        expect.stringMatching(/^a packet is cut off \(byte 752 of the file/),
      ]);
      const rest = expected.stream.length - (3 * 184 - 16);
      expect(result.stream.subarray(-rest)).toEqual(expected.stream.subarray(-rest));
      for (const length of [1, 100, 188]) expect(demuxed(new TransportStream(), file, () => length)).toEqual(result);
    }
  });

  it("finds the last two packets again", () => {
    const [last2, last] = [video.slice(0, -2), video.slice(-2)];
    const junk = random.bytes(700).fill(1);
    const { stream } = of(pat, pmt, ...last2, junk, ...last);
    expect(stream).toEqual(expected.stream);
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
        expect(error instanceof StreamError).toBe(true);
      }
    }
  });
});

describe("files joined, and segments of a stream", () => {
  const one = Uint8Array.of(0, 0, 1, 0x65, 1);
  const two = Uint8Array.of(0, 0, 1, 0x65, 2);
  const tables = [
    transportPackets(0, programAssociation(MAP_PID)),
    transportPackets(MAP_PID, programMap([0x1b, VIDEO_PID])),
  ];
  const begin = concat(...tables.flat());
  const of = (...parts: readonly Uint8Array[]) => partsOf(new TransportStream(), concat(...parts));
  const first = (size: number) => {
    const data = new Uint8Array(size).fill(7);
    data.set(one);
    return transportPackets(VIDEO_PID, pesPacket({ data }, 0xe0, 0));
  };
  const second = (counter: number) => transportPackets(VIDEO_PID, pesPacket({ data: two }, 0xe0, 0), counter);
  const whole = { pts: undefined, lost: undefined, unitEnds: false };

  it.each([
    ["stuffing", 300],
    ["a full packet", 2 * 184 - 11],
  ])("end the last unit of each as whole, after %s, without a word", (_, size) => {
    const parts = of(begin, ...first(size), begin, ...second(9));
    expect(parts.map(({ data, ...info }) => ({ bytes: data.length, ...info }))).toEqual([
      { bytes: size, ...whole },
      { bytes: two.length, ...whole, unitEnds: true },
    ]);
  });

  it("say that packets may be missing between whole PES packets", () => {
    const parts = of(begin, ...first(300), ...second(9));
    expect(parts.map(({ unitEnds }) => unitEnds)).toEqual([false, true]);
    expect(parts[1]?.lost?.reason).toMatch(/^continuity_counter 9 follows 1: whole PES packets may be missing/);
  });

  it("are none where the program list goes on: packets are missing", () => {
    const list = (counter: number) => concat(...transportPackets(0, programAssociation(MAP_PID), counter));
    const lost = (...parts: readonly Uint8Array[]) => of(...parts).flatMap(({ lost }) => lost?.reason ?? []);
    expect(lost(begin, ...first(300), list(1), ...second(9))).toEqual([
      expect.stringMatching(/^continuity_counter 9 follows 1: whole PES packets may be missing/),
    ]);
    expect(lost(begin, ...first(2 * 184 - 11), list(1), ...second(9))).toEqual([
      expect.stringMatching(/^continuity_counter 9 follows 1: packets are missing/),
    ]);
    // Of another file, with any counter.
    for (const counter of [0, 5]) expect(lost(begin, ...first(300), list(counter), ...second(9))).toEqual([]);
  });

  it("cut the unit off where its last packet was full, and no tables come, or its length is known", () => {
    const full = of(begin, ...first(2 * 184 - 11), ...second(9));
    expect(full.map(({ unitEnds, lost }) => [unitEnds, lost !== undefined])).toEqual([
      [false, false],
      [false, true],
    ]);
    const [head] = transportPackets(VIDEO_PID, pesPacket({ data: new Uint8Array(300) })) as [Uint8Array];
    const known = of(begin, head, begin, ...second(9));
    expect(known[1]?.lost?.reason).toMatch(/packets are missing/);
  });

  it("are decoded picture for picture", () => {
    const picture = (payload: number) => Uint8Array.of(0, 0, 1, 0x65, 0x88, 0x80, payload);
    const session = openSession("h264");
    const missing = new BitstreamError("lost-bytes", "nothing");
    expect(
      session
        .push(picture(1))
        .concat(session.push(picture(2), { unitEnds: true, lost: missing }), session.flush())
        .flatMap((event) => (event.type === "error" ? [[event.byte, event.message]] : [])),
    ).toEqual([
      [3, "there is no PPS 0"],
      [7, "nothing"],
      [10, "there is no PPS 0"],
    ]);
    expect(() => session.push(picture(1), { unitEnds: 1 as unknown as boolean })).toThrow(
      "unitEnds must be true or false",
    );
  });
});

describe("a program map that gives the video's PID another stream_type", () => {
  it("stops the video, whose last unit is whole, and goes on when it comes back", () => {
    const map = (stream_type: number, counter: number) =>
      transportPackets(MAP_PID, programMap([stream_type, VIDEO_PID]), counter);
    const [a, b, c] = [1, 2, 3].map((n) => Uint8Array.of(0, 0, 1, 0x65, n)) as [Uint8Array, Uint8Array, Uint8Array];
    const pes = (data: Uint8Array, counter: number) =>
      transportPackets(VIDEO_PID, pesPacket({ data }, 0xe0, 0), counter);
    const parts = partsOf(
      new TransportStream(),
      concat(
        pat,
        ...map(0x1b, 0),
        ...pes(a, 0),
        ...map(6, 1),
        ...pes(b, 1),
        ...map(2, 2),
        ...pes(b, 9),
        ...map(0x1b, 3),
        ...pes(c, 4),
      ),
    );
    expect(parts.map(({ data, lost, unitEnds }) => [[...data].at(-1), lost?.reason, unitEnds])).toEqual([
      [1, undefined, false],
      [3, "the program's video is of stream_type 6 from here on; it was h264 before", true],
    ]);
  });
});

describe("a transport stream without usable tables", () => {
  const recognise = (stream: Uint8Array) => (stream.includes(0xb3) ? ("mpeg2" as const) : undefined);
  const header = Uint8Array.of(0, 0, 1, 0xb3, 1, 2, 3);
  const packets = transportPackets(VIDEO_PID, pesPacket({ data: header }, 0xe0, 0));
  const audio = transportPackets(0x101, pesPacket({ data: header }, 0xc0));

  it.each([
    ["none", [] as Uint8Array[], "it has no program tables (PAT and PMT)"],
    [
      "a wrong CRC_32",
      [pat, pmt].map((packet) => Uint8Array.from(packet, (byte, i) => (i === 187 ? byte ^ 1 : byte))),
      "its program tables have a wrong CRC_32",
    ],
    ["no map", [pat], "no program map names it"],
  ])("gives the video that is plainly there: %s", (_, tables, reason) => {
    const demuxer = new TransportStream({ recognise });
    const { stream, lost } = demuxed(demuxer, concat(...tables, ...audio, ...packets));
    expect(stream).toEqual(header);
    expect(demuxer.codec).toBe("mpeg2");
    expect(reasons({ stream, lost, pts: [] })).toEqual([`${reason}: the video was found in PID 256 by its bytes`]);
  });

  it("gives nothing where a map names other streams, the bytes tell nothing, or another codec is asked for", () => {
    const map = transportPackets(MAP_PID, programMap([4, 0x101]));
    expect(demuxed(new TransportStream({ recognise }), concat(pat, ...map, ...packets)).stream.length).toBe(0);
    expect(demuxed(new TransportStream({ recognise: () => undefined }), concat(...packets)).stream.length).toBe(0);
    expect(demuxed(new TransportStream({ recognise, codec: "h264" }), concat(...packets)).stream.length).toBe(0);
  });
});

it("reads a storm of program lists in a time that grows with its bytes", () => {
  let lookedAt = 0;
  const list = new ProgramList();
  const sections = Array.from({ length: 200 }, (_, i) => {
    const programs = Array.from({ length: 100 }, (_, j) => [(100 * i + j) % 250, 0x20 + j] as const);
    const [packet] = [
      programAssociationSection({ version_number: 1, section_number: i, last_section_number: 199 }, ...programs),
    ];
    return (packet as Uint8Array).subarray(1);
  });
  for (let round = 0; round < 50; round++) {
    for (const section of sections) {
      const added = list.section(section);
      lookedAt += added === "all" ? sections.length * 100 : added.length;
    }
  }
  expect(lookedAt).toBeLessThanOrEqual(2 * sections.length * 100);
});

describe("looksLikeTransportStream", () => {
  it("wants three packets at the beginning, or five elsewhere", () => {
    expect(looksLikeTransportStream(file.subarray(0, 400))).toBe(true);
    expect(looksLikeTransportStream(concat(new Uint8Array(50), file).subarray(0, 500))).toBe(false);
    expect(looksLikeTransportStream(concat(new Uint8Array(50), file))).toBe(true);
    expect(looksLikeTransportStream(new Uint8Array(5000))).toBe(false);
  });
});
