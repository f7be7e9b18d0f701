/** Damaged input of any size, for each codec: what grows with the square of its length shows at 16 MB. */

import { fixtureStreams } from "../conformance/streams/corpus-files.ts";
import type { Codec } from "../src/events.ts";
import { joined } from "../src/framing/bytes.ts";
import { annexB, lengthPrefixed, unitsByDefinition } from "../support/h264-requests.ts";
import { Random } from "../support/random.ts";
import { temporalUnits } from "../support/streams/av1-packets.ts";
import {
  frame as av1Frame,
  keyFrame as av1KeyFrame,
  showExisting as av1ShowExisting,
  delimiter,
  headerObu,
  obu,
  sequenceHeader,
  tileGroup,
} from "../support/streams/av1-stream.ts";
import { fwhtFrame } from "../support/streams/fwht-frames.ts";
import { nalUnit, tinyIdr, tinyP, tinyPps, tinySps } from "../support/streams/h264-units.ts";
import { H265Stream } from "../support/streams/h265-stream.ts";
import { Mpeg2Stream } from "../support/streams/mpeg2-stream.ts";
import { frameOf, ivfOf } from "../support/streams/vp8-frames.ts";
import { frame, keyFrame, showExisting, superframe } from "../support/streams/vp9-frames.ts";

export const MB = 2 ** 20;

/** Input by its size in bytes, under a name that says what it is. */
export type Kinds = Readonly<Record<string, (size: number) => Uint8Array>>;

/** `pattern` again and again, up to `size` bytes. */
export function repeated(pattern: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += pattern.length) bytes.set(pattern.subarray(0, size - at), at);
  return bytes;
}

/** `pattern` again and again after `head`. */
export const behind = (head: Uint8Array, pattern: Uint8Array) => (size: number) =>
  joined([head, repeated(pattern, size - head.length)]);

/** A flipped bit in every so many bytes. */
export function damaged(bytes: Uint8Array, everyBytes: number): Uint8Array {
  const copy = bytes.slice();
  const random = new Random(everyBytes);
  for (let flips = bytes.length / everyBytes; flips > 0; flips--) {
    copy[random.below(copy.length)]! ^= 1 << random.below(8);
  }
  return copy;
}

/** Slices of two random bytes each. */
function brokenUnits(header: number): Uint8Array {
  const random = new Random(5);
  return joined(Array.from({ length: 50_000 }, () => Uint8Array.of(0, 0, 1, header, ...random.bytes(2))));
}

/** Random bytes without a start code. */
const noStartCode = new Random(2).bytes(MB).map((byte) => byte | 4);

/**
 * What hurts a byte stream of any codec.
 * @param start a picture with what it needs. @param slice the first bytes of a slice's unit.
 */
function byteStream(codec: Codec, start: Uint8Array, slice: readonly number[]): Kinds {
  const fixtures = joined(fixtureStreams(codec).map((stream) => stream.read()));
  const inSlice = joined([start, Uint8Array.of(0, 0, 1, ...slice)]);
  return {
    "fixtures, a bit in 10,000 bytes": (size) => repeated(damaged(fixtures, 10_000), size),
    "fixtures, a bit in 100 bytes": (size) => repeated(damaged(fixtures, 100), size),
    "random bytes": (size) => repeated(new Random(1).bytes(MB), size),
    "random bytes in a slice": behind(inSlice, noStartCode),
    zeros: (size) => new Uint8Array(size),
    "zeros in a slice": behind(inSlice, Uint8Array.of(0)),
    "00 00 01": (size) => repeated(Uint8Array.of(0, 0, 1), size),
    "00 00 01 of one byte units": (size) => repeated(Uint8Array.of(0, 0, 1, slice[0] as number), size),
    "broken units of six bytes": (size) => repeated(brokenUnits(slice[0] as number), size),
    "00 00 03": (size) => repeated(Uint8Array.of(0, 0, 3), size),
    "00 00 03 in a slice": behind(inSlice, Uint8Array.of(0, 0, 3)),
  };
}

/** What hurts NAL units: `sei`, `filler` and `pps` are the first bytes of such units. */
function nalUnits(
  codec: Codec,
  start: Uint8Array,
  { slice, sei, filler, pps }: Readonly<Record<"slice" | "sei" | "filler" | "pps", readonly number[]>>,
): Kinds {
  const unit = (...bytes: number[]) => joined([start, Uint8Array.of(0, 0, 1, ...bytes)]);
  const prefixed = lengthPrefixed(
    unitsByDefinition(damaged(joined(fixtureStreams(codec).map((s) => s.read())), 1000)),
    4,
  );
  return {
    ...byteStream(codec, start, slice),
    "00 00 03 in an SEI": behind(unit(...sei, 5, 255), Uint8Array.of(0, 0, 3)),
    "SEI messages in front of 00 00 03": (size) =>
      joined([behind(unit(...sei), Uint8Array.of(5, 0))(size / 2), repeated(Uint8Array.of(0, 0, 3), size / 2)]),
    "ff in an SEI": behind(unit(...sei), Uint8Array.of(255)),
    "ff in filler data": behind(unit(...filler), Uint8Array.of(255)),
    "a PPS without end": behind(unit(...pps), Uint8Array.of(0x77)),
    "SEI that no picture follows": behind(start, Uint8Array.of(0, 0, 1, ...sei, 5, 1, 9, 128)),
    "length prefixes: damaged fixtures": (size) => repeated(prefixed, size),
    "length prefixes: one byte units": (size) => repeated(Uint8Array.of(0, 0, 0, 1, slice[0] as number), size),
    "length prefixes: zeros": (size) => new Uint8Array(size),
  };
}

/** An SPS with the longest list it may have: 255 offsets of POC type 1. */
function longSps(offset: number): Uint8Array {
  return nalUnit(0x67, (w) => {
    w.u(8, 66).u(8, 0).u(8, 10).ue(0).ue(0).ue(1).u(1, 0).se(0).se(0).ue(255);
    for (let i = 0; i < 255; i++) w.se(offset);
    w.ue(1).u(1, 0).ue(5).ue(5).u(1, 1).u(1, 1).u(1, 0).u(1, 0);
  });
}

function h264(): Kinds {
  const start = annexB([tinySps({ gaps: 1, max_num_ref_frames: 4 }), tinyPps(), tinyIdr()]);
  return {
    ...nalUnits("h264", start, { slice: [0x41, 0x9a], sei: [6], filler: [12], pps: [0x68] }),
    "memory management operations without end": behind(
      joined([start, Uint8Array.of(0, 0, 1, 0x41, 0x9a, 0x24)]),
      Uint8Array.of(0b01001001, 0b00100100, 0b10010010),
    ),
    "the same PPS": behind(start, annexB([tinyPps()])),
    "SPSs with long lists": behind(start, annexB([longSps(0), longSps(1)])),
    "SPS in turn": behind(start, annexB([tinySps({ level_idc: 20 }), tinySps()])),
    "sets inside a picture": behind(start, annexB([tinyPps(), tinySps({ level_idc: 20 })])),
    "gaps in frame_num": behind(start, annexB([tinyP(9), tinyP(2), tinyP(14)])),
    "slices of one picture": behind(start, annexB([tinyP(1)])),
  };
}

function h265(): Kinds {
  const sets = () =>
    new H265Stream().writeSps({ width: 256, height: 256 }).writePps({ dependent_slice_segments_enabled_flag: 1 });
  const start = sets().slice({ nal: "IDR_W_RADL" }).bytes;
  const more = (write: (stream: H265Stream) => H265Stream) =>
    behind(start, write(sets()).bytes.subarray(sets().bytes.length));
  return {
    ...nalUnits("h265", start, { slice: [0x02, 1, 0xd0], sei: [0x4e, 1], filler: [0x4c, 1], pps: [0x44, 1] }),
    "the same PPS": more((s) => s.writePps({ dependent_slice_segments_enabled_flag: 1 })),
    "SPS in turn": behind(
      start,
      joined([new H265Stream().writeSps().bytes, new H265Stream().writeSps({ width: 128 }).bytes]),
    ),
    "pictures that lack their references": more((s) =>
      s.slice({ poc: 9, refs: [-1, -2, -3] }).slice({ poc: 2, refs: [1, 5] }),
    ),
    "slices that claim 60,000 entry points": entryPoints,
    "segments of one picture": more((s) => s.slice({ nal: "IDR_W_RADL", address: 1 })),
    "dependent segments without their first": more((s) => s.slice({ address: 3, dependent: true })),
    "dependent segments in rising order": more((s) => {
      for (let address = 1; address < 256; address++) s.slice({ nal: "IDR_W_RADL", address, dependent: true });
      return s.slice({ nal: "IDR_W_RADL" });
    }),
  };
}

/** The beginnings of slices of the largest picture that a level of HEVC has room for, and of more. */
function entryPoints(size: number): Uint8Array {
  const { units } = new H265Stream()
    .writeSps({ width: 65_528, height: 65_528 })
    .writePps({ tiles: [20, 1], entropy_coding_sync_enabled_flag: 1 })
    .slice({ nal: "IDR_W_RADL", entry_points: 60_000 });
  const slice = (units.at(-1) as Uint8Array).subarray(0, 16);
  return behind(annexB(units.slice(0, -1)), annexB([slice]))(size);
}

function mpeg2(): Kinds {
  const start = new Mpeg2Stream().sequence().picture("I").bytes;
  return {
    ...byteStream("mpeg2", start, [1, 0x12]),
    "slices of one picture": behind(start, new Mpeg2Stream().slices(175).bytes),
    "sequence headers in turn": behind(start, joined([new Mpeg2Stream().sequence({ width: 64 }).bytes, start])),
    "extensions without picture": behind(start, new Mpeg2Stream().matrices().bytes),
    "headers without slices": behind(start, new Mpeg2Stream().pictureHeader("P").coding({}).bytes),
    "user data without end": behind(joined([start, Uint8Array.of(0, 0, 1, 0xb2)]), Uint8Array.of(0x55)),
    "single fields": behind(start, new Mpeg2Stream().picture("P", { structure: 1 }).bytes),
  };
}

/** What hurts an IVF file: `first` is a whole frame. */
function ivf(codec: "vp8" | "vp9", fourcc: string, first: Uint8Array): Kinds {
  const fixtures = fixtureStreams(codec).map((stream) => stream.read().subarray(32));
  const records = joined(fixtures);
  const head = ivfOf([first], fourcc);
  const long = (size: number, content: Uint8Array) => {
    const bytes = behind(joined([head, new Uint8Array(12), first]), content)(size);
    new DataView(bytes.buffer).setUint32(head.length, size - head.length - 12, true);
    return bytes;
  };
  return {
    "fixtures, a bit in 10,000 bytes": behind(head, damaged(records, 10_000)),
    "fixtures, a bit in 100 bytes": behind(head, damaged(records, 100)),
    "random bytes": behind(head, new Random(1).bytes(MB)),
    "no IVF file": (size) => repeated(new Random(1).bytes(MB), size),
    "frames without bytes": behind(head, new Uint8Array(12)),
    "frames of one byte": behind(head, ivfOf([Uint8Array.of(0x82)]).subarray(32)),
    "random bytes in a frame": (size) => long(size, noStartCode),
    "zeros in a frame": (size) => long(size, new Uint8Array(1)),
  };
}

function vp8(): Kinds {
  const first = frameOf({ key: true });
  const head = ivfOf([first]);
  const more = (...frames: Uint8Array[]) => behind(head, ivfOf(frames).subarray(32));
  return {
    ...ivf("vp8", "VP80", first),
    "hidden frames": more(frameOf({ show: 0 })),
    "sizes in turn": more(frameOf({ key: true, width: 48 }), first),
    "frames cut off in their header": more(first.subarray(0, 12), frameOf({}).subarray(0, 5)),
  };
}

function vp9(): Kinds {
  const first = keyFrame();
  const head = ivfOf([first], "VP90");
  const more = (...frames: Uint8Array[]) => behind(head, ivfOf(frames, "VP90").subarray(32));
  return {
    ...ivf("vp9", "VP90", first),
    "the same frame shown again": more(showExisting(0)),
    "superframes of broken sizes": more(superframe([frame(), frame()], 4, [2 ** 31, 5])),
    "superframes of eight frames": more(superframe(new Array<Uint8Array>(8).fill(frame({ show: 0 })))),
    "sizes in turn": more(keyFrame({ size: [32, 32] }), first),
    "frames cut off in their header": more(first.subarray(0, 9), frame().subarray(0, 3)),
  };
}

function av1(): Kinds {
  const start = joined([delimiter, sequenceHeader(), av1KeyFrame()]);
  const fixtures = joined(fixtureStreams("av1").flatMap((stream) => temporalUnits(stream.read())));
  const more = (...obus: Uint8Array[]) => behind(start, joined(obus));
  const long = (type: number) => (size: number) => {
    const body = repeated(noStartCode, size - start.length - 5);
    return joined([start, obu(type, body)]);
  };
  return {
    "fixtures, a bit in 10,000 bytes": behind(start, damaged(fixtures, 10_000)),
    "fixtures, a bit in 100 bytes": behind(start, damaged(fixtures, 100)),
    "random bytes": behind(start, new Random(1).bytes(MB)),
    delimiters: more(delimiter),
    "sequence headers in turn": more(sequenceHeader({ width: 32 }), sequenceHeader()),
    "the same frame shown again": more(av1ShowExisting(0)),
    "hidden frames": more(av1Frame({ show: 0 })),
    "frame headers without tiles": more(headerObu()),
    "copies of a frame header": behind(joined([start, headerObu()]), headerObu({}, 7)),
    "tiles without a header": more(obu(4, tileGroup([1]))),
    metadata: more(obu(5, Uint8Array.of(4, 0xb5, 1, 0x80))),
    "reserved OBUs without bytes": more(obu(9, new Uint8Array())),
    "a long frame": long(6),
    "a long padding": long(15),
  };
}

function fwht(): Kinds {
  const fixtures = joined(fixtureStreams("fwht").map(({ read }) => read()));
  const start = fwhtFrame();
  const more = (frame: Uint8Array) => behind(start, repeated(frame, MB));
  return {
    "fixtures, a bit in 10,000 bytes": behind(start, damaged(fixtures, 10_000)),
    "fixtures, a bit in 100 bytes": behind(start, damaged(fixtures, 100)),
    "random bytes": behind(start, new Random(1).bytes(MB)),
    "magic numbers": more(start.subarray(0, 8)),
    "half magic numbers": more(start.subarray(0, 4)),
    headers: more(start.subarray(0, 44)),
    "P frames": more(fwhtFrame({ p: true, data: 1 })),
    "I frames of other sizes": more(joined([fwhtFrame({ width: 64, data: 1 }), fwhtFrame({ data: 1 })])),
    "a long frame": (size) => joined([start, fwhtFrame({ data: size, width: 4096, height: 4096 })]),
  };
}

/** By codec. Input is framed by start codes, or in an IVF file, unless the name begins with "length prefixes". */
export const damagedInput: Readonly<Record<Codec, () => Kinds>> = { h264, h265, mpeg2, vp8, vp9, av1, fwht };
