/** One unit, section, packet, box, line or option many times inside one open picture or file: no throw, and no more memory than its bytes. */

import { describe, expect, it } from "vitest";
import { HELD_ALWAYS, HELD_PER_BYTE, heldBy, memory } from "../fuzz/oracles.ts";
import { openDemuxer } from "../src/containers/detect.ts";
import { openTrack } from "../src/containers/index.ts";
import type { Codec } from "../src/events.ts";
import { joined } from "../src/framing/bytes.ts";
import { openSession } from "../src/open-session.ts";
import { RecordError, readRecordStream } from "../src/record/index.ts";
import { BitWriter, escaped } from "../src/testing/bit-writer.ts";
import { annexB, unitsByDefinition } from "../support/h264-requests.ts";
import {
  frame as av1Frame,
  keyFrame as av1KeyFrame,
  showExisting as av1ShowExisting,
  delimiter,
  headerObu,
  obu,
  sequenceHeader,
} from "../support/streams/av1-stream.ts";
import { fwhtFrame } from "../support/streams/fwht-frames.ts";
import { nalUnit, tinyIdr, tinyP, tinyPps, tinySps } from "../support/streams/h264-units.ts";
import { H265Stream } from "../support/streams/h265-stream.ts";
import { Mpeg2Stream, unitBytes } from "../support/streams/mpeg2-stream.ts";
import {
  MAP_PID,
  packHeader,
  pesPacket,
  programAssociation,
  programMap,
  transportPacket,
  transportPackets,
  VIDEO_PID,
} from "../support/streams/systems-streams.ts";
import { frameOf, ivfOf } from "../support/streams/vp8-frames.ts";
import { frame, keyFrame, showExisting, superframe } from "../support/streams/vp9-frames.ts";
import { run } from "./cli/command-line.ts";

const CHUNK = 1 << 16;

/** What stands before, and what comes N times after it. */
interface Kind {
  readonly start: Uint8Array;
  readonly one: Uint8Array;
}

function times(one: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(one.length * count);
  for (let i = 0; i < count; i++) all.set(one, i * one.length);
  return all;
}

/** A session, or a demuxer. */
interface Reader {
  push(bytes: Uint8Array): unknown;
}

/** A reader that has read it, in chunks that are gone. */
function readerAfter({ start, one }: Kind, count: number, open: () => Reader): Reader {
  const reader = open();
  const file = joined([start, times(one, count)]);
  for (let at = 0; at < file.length; at += CHUNK) reader.push(file.slice(at, at + CHUNK));
  return reader;
}

function heldAfter(kind: Kind, count: number, open: () => Reader): { readonly held: number; readonly most: number } {
  const size = kind.start.length + kind.one.length * count;
  return { held: heldBy(() => readerAfter(kind, count, open)), most: HELD_ALWAYS + HELD_PER_BYTE * size };
}

const h264Start = annexB([tinySps({ gaps: 1, max_num_ref_frames: 4 }), tinyPps(), tinyIdr()]);
const h264 = (one: Uint8Array): Kind => ({ start: h264Start, one: annexB([one]) });
const h265Sets = () =>
  new H265Stream().writeSps({ width: 256, height: 256 }).writePps({ dependent_slice_segments_enabled_flag: 1 });
const h265Start = () => h265Sets().slice({ nal: "IDR_W_RADL" });
const h265 = (one: Uint8Array): Kind => ({ start: h265Start().bytes, one: annexB([one]) });
/** The last unit that this writes after the sets. */
const h265Unit = (write: (stream: H265Stream) => H265Stream) =>
  h265(unitsByDefinition(write(h265Sets()).bytes).at(-1)!);
const mpeg2Start = new Mpeg2Stream().sequence().picture("I").bytes;
const mpeg2 = (one: Uint8Array): Kind => ({ start: mpeg2Start, one });
const vp8Start = ivfOf([frameOf({ key: true })]);
const vp8 = (one: Uint8Array): Kind => ({ start: vp8Start, one: ivfOf([one]).subarray(32) });
const vp9Start = ivfOf([keyFrame()], "VP90");
const vp9 = (one: Uint8Array): Kind => ({ start: vp9Start, one: ivfOf([one], "VP90").subarray(32) });
const av1Start = joined([delimiter, sequenceHeader(), av1KeyFrame()]);
const av1 = (one: Uint8Array): Kind => ({ start: av1Start, one });
const fwht = (one: Uint8Array): Kind => ({ start: fwhtFrame(), one });
const nalUnits = (make: (unit: Uint8Array) => Kind, header: (type: number) => number[], types: number) =>
  Object.fromEntries(
    Array.from({ length: types }, (_, type) => [
      `nal_unit_type ${type}`,
      make(Uint8Array.from([...header(type), 0x9a, 0x80])),
    ]),
  );

const kinds: Readonly<Record<Codec, Readonly<Record<string, Kind>>>> = {
  h264: {
    ...nalUnits(h264, (type) => [0x60 | type], 32),
    "the same SPS": h264(tinySps({ gaps: 1, max_num_ref_frames: 4 })),
    "another SPS": h264(tinySps({ level_idc: 20 })),
    "the same PPS": h264(tinyPps()),
    "slices of the picture": h264(tinyIdr()),
    "slices of pictures in turn": { start: h264Start, one: annexB([tinyP(1), tinyP(2)]) },
    "pictures after gaps": { start: h264Start, one: annexB([tinyP(9), tinyP(2)]) },
    "SEI messages": h264(Uint8Array.of(6, 5, 1, 9, 6, 1, 0xc4, 128)),
    "units of one byte": h264(Uint8Array.of(0x41)),
  },
  h265: {
    ...nalUnits(h265, (type) => [type * 2, 1], 64),
    "the same SPS": h265Unit((s) => s.writeSps({ width: 256, height: 256 })),
    "another SPS": h265Unit((s) => s.writeSps({ width: 128, height: 128 })),
    "the same PPS": h265Unit((s) => s.writePps({ dependent_slice_segments_enabled_flag: 1 })),
    "segments of the picture": h265Unit((s) => s.slice({ nal: "IDR_W_RADL", address: 1 })),
    "dependent segments": h265Unit((s) => s.slice({ nal: "IDR_W_RADL", address: 1, dependent: true })),
    "pictures without their references": h265Unit((s) => s.slice({ poc: 9, refs: [-1, -2, -3] })),
    "recovery points": h265Unit((s) => s.recoveryPoint(1)),
  },
  mpeg2: {
    ...Object.fromEntries(
      [0x00, 0x01, 0x40, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xb5, 0xb7, 0xb8, 0xb9, 0xe0, 0xff].map((code) => [
        `start code ${code}`,
        mpeg2(unitBytes(code, (w) => w.u(16, 0x1280))),
      ]),
    ),
    "slices of the picture": mpeg2(new Mpeg2Stream().slices(1).bytes),
    "fields without their other field": mpeg2(new Mpeg2Stream().picture("P", { structure: 1 }).bytes),
    matrices: mpeg2(new Mpeg2Stream().matrices().bytes),
    groups: mpeg2(new Mpeg2Stream().group({}).bytes),
  },
  vp8: {
    "empty frames": vp8(new Uint8Array()),
    "frames of one byte": vp8(Uint8Array.of(0x10)),
    "hidden frames": vp8(frameOf({ show: 0 })),
    "shown frames": vp8(frameOf({})),
  },
  vp9: {
    "empty frames": vp9(new Uint8Array()),
    "frames of one byte": vp9(Uint8Array.of(0x82)),
    "frames that are shown again": vp9(showExisting(0)),
    "hidden frames": vp9(frame({ show: 0 })),
    superframes: vp9(superframe([frame({ show: 0 }), frame()])),
  },
  av1: {
    ...Object.fromEntries(
      Array.from({ length: 16 }, (_, type) => [`obu_type ${type}`, av1(obu(type, Uint8Array.of(0x9a, 0x80)))]),
    ),
    "the same sequence header": av1(sequenceHeader()),
    "another sequence header": av1(sequenceHeader({ width: 128 })),
    delimiters: av1(delimiter),
    "frames that are shown again": av1(av1ShowExisting(0)),
    "hidden frames": av1(av1Frame({ show: 0 })),
    "shown frames": av1(av1Frame({ refresh: 2 })),
    "frame headers without tiles": av1(headerObu()),
    "copies of a frame header": { start: joined([av1Start, headerObu()]), one: headerObu({}, 7) },
    "frames of many tiles without the last ones": av1(
      headerObu({ size: [4096, 1024], tileLog2: [5, 4], mostTileLog2: [6, 4] }),
    ),
    "layers that wait": {
      start: joined([delimiter, sequenceHeader({ points: [0x303] }), av1KeyFrame({ layer: [0, 0] })]),
      one: av1Frame({ layer: [0, 0] }),
    },
  },
  fwht: {
    "I frames": fwht(fwhtFrame({ data: 1 })),
    "P frames": fwht(fwhtFrame({ p: true, data: 1 })),
    "P frames of another size": fwht(fwhtFrame({ p: true, width: 64, data: 1 })),
    "I frames of two sizes": fwht(joined([fwhtFrame({ width: 64, data: 1 }), fwhtFrame({ data: 1 })])),
    "magic numbers": fwht(fwhtFrame().subarray(0, 8)),
    headers: fwht(fwhtFrame({ size: 2 ** 31 }).subarray(0, 44)),
    "other bytes": fwht(Uint8Array.of(0x4f, 0xff)),
  },
};

/** Headers that go on for ever: one more element, message or entry, in one unit. */
const lists: Readonly<Record<string, { readonly codec: Codec; readonly unit: (count: number) => Uint8Array }>> = {
  "memory management operations": {
    codec: "h264",
    unit: (count) => joined([h264Start, annexB([tinyP(1, new Array<number[]>(count).fill([1, 0]))])]),
  },
  "list modifications": {
    codec: "h264",
    unit: (count) => {
      const modified = nalUnit(0x41, (w) => {
        w.ue(0).ue(5).ue(0).u(4, 1).u(1, 0).u(1, 1);
        for (let i = 0; i < count; i++) w.ue(0).ue(0);
      });
      return joined([h264Start, annexB([modified])]);
    },
  },
  "messages in an SEI": {
    codec: "h264",
    unit: (count) => joined([h264Start, annexB([Uint8Array.from([6, ...new Array(count).fill([5, 0]).flat(), 128])])]),
  },
  "slice groups' units": {
    codec: "h264",
    unit: (count) => {
      const pps = nalUnit(0x68, (w) => {
        w.ue(0)
          .ue(0)
          .u(2, 0)
          .ue(1)
          .ue(6)
          .ue(count - 1);
        for (let i = 0; i < count; i++) w.u(1, i & 1);
      });
      return joined([h264Start, annexB([pps])]);
    },
  },
  "messages in an SEI of HEVC": {
    codec: "h265",
    unit: (count) =>
      joined([h265Start().bytes, annexB([Uint8Array.from([0x4e, 1, ...new Array(count).fill([5, 0]).flat(), 128])])]),
  },
  "entry points": {
    codec: "h265",
    unit: (count) => {
      const w = new BitWriter().u(8, 2).u(8, 1).u(1, 1).ue(0).ue(count);
      for (let i = 0; i < count; i++) w.u(1, 0);
      return joined([h265Start().bytes, annexB([escaped(w.trailing().bytes())])]);
    },
  },
  "user data": {
    codec: "mpeg2",
    unit: (count) =>
      joined([mpeg2Start, unitBytes(0xb2, (w) => w.u(32, 0x55555555)), new Uint8Array(count).fill(0x55)]),
  },
};

const modes = ["frame", "slice"] as const;
const cases = (Object.keys(kinds) as Codec[]).flatMap((codec) =>
  modes
    .filter((mode) => mode === "frame" || codec === "h264" || codec === "h265")
    .map((decodeMode) => ({ codec, decodeMode })),
);

/** 200,000 times takes ten minutes in all: see CONTRIBUTING.md. */
const isPatient = process.env.V4L2_STATELESS_PATIENT !== undefined;

/** Kinds that are measured together: a collection of garbage takes longer than all the rest. */
const TOGETHER = 8;

/** The kinds that hold more than their bytes allow. Many are measured at once, and one by one where they are anywhere near. */
function flawsOf(
  all: readonly (readonly [string, Kind])[],
  count: number,
  open: Parameters<typeof heldAfter>[2],
): string[] {
  const flaws: string[] = [];
  for (let at = 0; at < all.length; at += TOGETHER) {
    const some = all.slice(at, at + TOGETHER);
    const bytes = some.reduce((sum, [, { start, one }]) => sum + start.length + one.length * count, 0);
    const held = heldBy(() => some.map(([, kind]) => readerAfter(kind, count, open)));
    if (held < HELD_ALWAYS + bytes) continue;
    for (const [name, kind] of some) {
      const { held: alone, most } = heldAfter(kind, count, open);
      if (alone > most) flaws.push(`${name} x ${count}: ${alone} bytes, not ${most}`);
    }
  }
  return flaws;
}

describe.each(cases)("$codec, $decodeMode mode", ({ codec, decodeMode }) => {
  const open = () => openSession(codec, { decodeMode });
  const all = Object.entries(kinds[codec]);
  const tags = codec === "fwht" ? [] : ["long"];
  it("reads each unit 1,000 times inside a picture, and keeps no more memory than its bytes", { tags }, () => {
    expect(flawsOf(all, 1000, open)).toEqual([]);
  });
  it("and 10,000 times", { tags: "long" }, () => {
    expect(flawsOf(all, 10_000, open)).toEqual([]);
  });
  // Units of a type that nobody reads are all the same.
  it.skipIf(!isPatient)("and 200,000 times", { tags: "long" }, () => {
    const named = all.filter(([name]) => !name.startsWith("nal_unit_type"));
    expect(flawsOf(named, 200_000, open)).toEqual([]);
  });
});

describe("a list in a header, with 1,000 to 100,000 entries", { tags: "long" }, () => {
  it.each(Object.entries(lists))("%s: takes no more memory than its bytes", (_, { codec, unit }) => {
    for (const count of [1000, 100_000]) {
      const bytes = unit(count);
      for (const decodeMode of modes) {
        const held = heldBy(() => {
          const session = openSession(codec, { decodeMode });
          session.push(bytes);
          session.push(Uint8Array.of(0, 0, 1));
          return session;
        });
        expect(held, `${count} in ${decodeMode} mode`).toBeLessThan(HELD_ALWAYS + HELD_PER_BYTE * bytes.length);
      }
    }
  });
});

const tables = [
  ...transportPackets(0, programAssociation(MAP_PID)),
  ...transportPackets(MAP_PID, programMap([2, VIDEO_PID])),
];
const transport: Readonly<Record<string, Uint8Array>> = {
  "a PAT": transportPackets(0, programAssociation(MAP_PID))[0]!,
  "a PAT of other programs": transportPackets(0, programAssociation(...new Array(40).fill(MAP_PID + 1)))[0]!,
  "a PMT": transportPackets(MAP_PID, programMap([2, VIDEO_PID]))[0]!,
  "a PMT of other streams": transportPackets(MAP_PID, programMap([27, 0x300], [2, 0x301], [0x24, 0x302]))[0]!,
  "a packet of video": transportPacket(
    VIDEO_PID,
    0,
    pesPacket({ data: mpeg2Start.subarray(0, 100), pts: 1 }, 0xe0, 0),
    0x40,
  ),
  "a packet that no table names": transportPacket(
    0x500,
    0,
    pesPacket({ data: mpeg2Start.subarray(0, 100), pts: 1 }),
    0x40,
  ),
  "a packet without payload": transportPacket(VIDEO_PID, 0, new Uint8Array()),
  "a byte that is no packet": Uint8Array.of(0x46),
};
const program: Readonly<Record<string, Uint8Array>> = {
  "a pack": packHeader,
  "a packet of video": pesPacket({ data: mpeg2Start.subarray(0, 40), pts: 1 }),
  "a packet of nothing": pesPacket({ data: new Uint8Array() }),
  "a start code": Uint8Array.of(0, 0, 1),
};

describe.each([
  { layer: "transport", where: "after its tables", kinds: transport, start: joined(tables) },
  { layer: "transport", where: "without tables", kinds: transport, start: new Uint8Array() },
  { layer: "program", where: "after a pack", kinds: program, start: packHeader },
] as const)("a $layer stream, $where", { tags: "long" }, ({ layer, kinds: each, start }) => {
  const all = Object.entries(each).map(([name, one]) => [name, { start, one }] as const);
  const open = () => openDemuxer(layer);
  it("reads each packet and section 10,000 times, and keeps no more memory than its bytes", () => {
    expect(flawsOf(all, 10_000, open)).toEqual([]);
  });
  it.skipIf(!isPatient)("and 200,000 times", { tags: "long" }, () => {
    expect(flawsOf(all, 200_000, open)).toEqual([]);
  });
});

const text = new TextEncoder();
const header = '{"format":"v4l2-stateless-requests/1","codec":"vp8","producer":"a test"}\n';
const lines: Readonly<Record<string, string>> = {
  request: '{"request":0,"timestamp":1000,"controls":{}}',
  set: '{"set":{"V4L2_CID_STATELESS_VP8_FRAME":"00"}}',
  sequence: '{"sequence":{"codedWidth":16}}',
  output: '{"output":1000}',
  release: '{"release":1000}',
  error: '{"error":{"message":"x"}}',
  unknown: '{"what":1}',
  empty: "",
  "no JSON": "x",
};

describe("a record", { tags: "long" }, () => {
  it.each(Object.entries(lines))("of one line 100,000 times holds one of them: %s", async (_, line) => {
    const one = text.encode(`${line}\n`);
    // The pieces are made when they are read, and the reader waits after the last one, with all that it holds.
    let held = 0;
    const before = memory();
    const pieces = async function* () {
      yield text.encode(header);
      for (let i = 0; i < 100; i++) yield times(one, 1000);
      held = memory() - before;
    };
    let count = 0;
    try {
      for await (const read of (await readRecordStream(pieces())).lines) count += read.line > 0 ? 1 : 0;
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(RecordError);
    }
    expect(count).toBeLessThanOrEqual(100_000);
    expect(held).toBeLessThan(HELD_ALWAYS);
  });
});

function box(type: string, ...parts: Uint8Array[]): Uint8Array {
  const content = joined(parts);
  const bytes = new Uint8Array(8 + content.length);
  new DataView(bytes.buffer).setUint32(0, bytes.length);
  bytes.set(text.encode(type), 4);
  bytes.set(content, 8);
  return bytes;
}

describe("an MP4 file", { tags: "long" }, () => {
  const ftyp = box("ftyp", text.encode("isom0000isom"));
  it.each(["free", "moov", "trak", "moof", "stts", "pssh", "mdat", "uuid"])("of 10,000 boxes %s ends", async (type) => {
    for (const isInside of [false, true]) {
      const many = times(box(type, new Uint8Array(16)), 10_000);
      const file = joined([ftyp, isInside ? box("moov", many) : many]);
      await expect(openTrack(file)).rejects.toThrow(/^the file: /);
    }
  });
});

describe("a command line", () => {
  const testRepeated = async (option: string) => {
    const { status, stderr } = await run(["inspect", ...new Array<string>(10_000).fill(option)], {
      stdin: [h264Start],
    });
    expect([0, 1, 2]).toContain(status);
    expect(stderr).not.toMatch(/\n {4}at /);
  };
  const title = "with %s 10,000 times says one line, or prints";
  it.each(["--json", "--strict", "--request=1", "--codec=h264", "-", "--no-such-option"])(title, testRepeated);
  it.each(["x"])(title, { tags: "long" }, testRepeated);
});
