/** Where sessions begin: the fixtures, their slices cut to what is read of them, and streams that are made from a few lines. */

import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import { ivfFrames } from "../../src/containers/ivf.ts";
import type { Codec } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { FwhtStream } from "../../src/fwht/index.ts";
import type { BitWriter } from "../../src/testing/bit-writer.ts";
import { unitsByDefinition } from "../../support/h264-requests.ts";
import { obusOf, temporalUnits, withSize } from "../../support/streams/av1-packets.ts";
import {
  annexB,
  frame as av1Frame,
  keyFrame as av1KeyFrame,
  showExisting as av1ShowExisting,
  delimiter,
  headerObu,
  obu,
  sequenceHeader,
  tileGroup,
} from "../../support/streams/av1-stream.ts";
import { fwhtFrame } from "../../support/streams/fwht-frames.ts";
import { tinyIdr, tinyP, tinyPps, tinySps } from "../../support/streams/h264-units.ts";
import { H265Stream } from "../../support/streams/h265-stream.ts";
import { Mpeg2Stream } from "../../support/streams/mpeg2-stream.ts";
import { frameOf, ivfOf } from "../../support/streams/vp8-frames.ts";
import { frame, keyFrame, showExisting, superframe } from "../../support/streams/vp9-frames.ts";
import type { Case, OptionValue } from "../case.ts";
import { framedUnits } from "./bytes.ts";

const MOST_UNITS = 24;
/** Nobody reads slice data, of which so much stays; the compressed headers of VP8 and VP9 are longer. */
const MOST_BYTES: Readonly<Record<Codec, number>> = {
  h264: 96,
  h265: 160,
  mpeg2: 160,
  vp8: 700,
  vp9: 500,
  av1: 400,
  fwht: 200,
};

/** A unit that is no slice stays whole, or away: what is cut off is an error, and streams without errors are checked more closely. */
const MOST_HEADER = 600;

const made: Readonly<Record<Codec, () => Uint8Array[][]>> = {
  h264: () => [
    [
      tinySps({ max_num_ref_frames: 4, gaps: 1 }),
      tinyPps(),
      tinyIdr(),
      tinyP(1),
      tinyP(2, [
        [1, 0],
        [3, 0, 1],
      ]),
      tinyP(3, null),
      tinyP(9),
      tinyIdr({ idr_pic_id: 1, long_term_reference_flag: 1 }),
    ],
    [tinySps(), tinyPps(), tinyIdr(), tinyP(1, [[5]]), tinyP(2)],
  ],
  h265: () => [
    unitsByDefinition(
      new H265Stream()
        .writeSps({ width: 256, height: 256 })
        .writePps({ dependent_slice_segments_enabled_flag: 1 })
        .slice({ nal: "IDR_W_RADL" })
        .slice({ nal: "IDR_W_RADL", address: 1, dependent: true })
        .slice({ poc: 9, refs: [-1, -2, -3] })
        .recoveryPoint(1)
        .picTiming(3)
        .slice({ poc: 2, refs: [1, 5] })
        .endOfSequence().bytes,
    ),
  ],
  mpeg2: () => [
    unitsWithZeros(
      new Mpeg2Stream()
        .sequence()
        .picture("I")
        .picture("P")
        .picture("B")
        .group({ closed_gop: 1 })
        .picture("I")
        .matrices()
        .end().bytes,
    ),
    unitsWithZeros(
      new Mpeg2Stream().sequence().picture("I", { structure: 1 }).picture("P", { structure: 2 }).picture("B").bytes,
    ),
  ],
  vp8: () => [
    [
      frameOf({ key: true, log2Partitions: 2, partitions: [5, 0, 7, 3], coeff: { 5: 6, 1000: 7 }, skip: 9 }),
      frameOf({ refreshGolden: 1, signBias: [1, 0], mv: { 3: 9 }, yMode: [1, 2, 3, 4] }),
      frameOf({
        show: 0,
        copyToAlternate: 1,
        segmentation: { mode: 1, quantizers: [1, -2, 0, 4] },
        segmentProbs: [1, 2, 3],
      }),
      frameOf({ key: true, width: 48, scale: 1, refFrameDeltas: [1, -2, 3, 0] }),
    ],
  ],
  vp9: () => [
    [
      keyFrame(),
      frame(),
      frame({ show: 0, refresh: 2 }),
      showExisting(1),
      frame({ slots: [0, 1, 0], filter: 2, size: [32, 32] }),
    ],
    [
      keyFrame({ tiles: [3, 5, 2, 6] }),
      superframe([frame({ show: 0 }), frame()]),
      frame({ intraOnly: true, show: 0, refresh: 255 }),
    ],
    [keyFrame({ profile: 1 }), frame({ profile: 1, resilient: 1, resetContext: 2 }), keyFrame({ profile: 2 })],
  ],
  av1: () => av1Streams(),
  fwht: () => [
    [
      fwhtFrame({ flags: 0x10 }),
      fwhtFrame({ p: true }),
      fwhtFrame({ p: true, data: 1 }),
      fwhtFrame({ components: 4, encoding: 0x100000, across: 1, down: 1, colour: [8, 2, 1, 1] }),
      fwhtFrame({ p: true, components: 4, encoding: 0x100000, across: 1, down: 1 }),
    ],
    [fwhtFrame({ width: 31, down: 1 }), fwhtFrame({ p: true, width: 33, down: 1 }), fwhtFrame({ components: 1 })],
  ],
};

/** OBUs whose tiles are left as they are: they are short. */
const av1Streams = (): Uint8Array[][] => {
  const grained = { filmGrain: true };
  const ids = { frameIds: true };
  return [
    [
      ...[delimiter, sequenceHeader(), av1KeyFrame()],
      ...[delimiter, av1Frame({ show: 0, hint: 4, refresh: 2 }), av1Frame({ hint: 1, short: [0, 2], refresh: 4 })],
      ...[delimiter, av1ShowExisting(1), delimiter, av1Frame({ type: "switch", hint: 3, size: [48, 32] })],
    ],
    [
      ...[delimiter, sequenceHeader({ points: [0x303, 0x101] }), av1KeyFrame({ layer: [0, 0] })],
      ...[av1Frame({ layer: [0, 1], refresh: 2 }), delimiter, av1Frame({ layer: [1, 0] })],
      ...[av1Frame({ layer: [1, 1], slots: [1], size: 0 })],
    ],
    [
      ...[delimiter, sequenceHeader({ ...ids, width: 256 })],
      headerObu({ sequence: ids, type: "key", tileLog2: [2, 0], size: [256, 64] }),
      ...[obu(4, tileGroup([3, 2], [2, 0], [0, 1])), obu(4, tileGroup([5, 1], [2, 0], [2, 3]))],
      ...[
        delimiter,
        av1Frame({ sequence: ids, type: "key", show: 0, refresh: 4, id: 9, tileLog2: [2, 0], size: [256, 64] }),
      ],
      ...[delimiter, av1ShowExisting(2, { sequence: ids, id: 9 }), obu(5, Uint8Array.of(1, 3, 232, 1, 144, 0x80))],
    ],
    [
      ...[delimiter, sequenceHeader(grained), av1KeyFrame({ sequence: grained, grain: pointsOfGrain })],
      ...[delimiter, av1Frame({ sequence: grained, grain: (w) => w.u(1, 1).u(16, 77).u(1, 0).u(3, 0) })],
    ],
  ];
};

/** film_grain_params with two points of luma, and no coefficients. */
function pointsOfGrain(w: BitWriter): BitWriter {
  w.u(1, 1).u(16, 1234).u(4, 2).u(8, 10).u(8, 20).u(8, 200).u(8, 30).u(1, 0).u(4, 0).u(4, 0);
  return w.u(2, 1).u(2, 0).u(2, 0).u(2, 0).u(2, 1);
}

/** In MPEG-2, zeros at the end may belong to a unit. */
function unitsWithZeros(stream: Uint8Array): Uint8Array[] {
  return framedUnits(stream).map((unit) => unit.subarray(3));
}

function unitsOf(codec: Codec, bytes: Uint8Array): Uint8Array[] {
  if (codec === "av1") return temporalUnits(bytes).flatMap(obusOf).map(withSize);
  if (codec === "vp8" || codec === "vp9") return ivfFrames(bytes).frames.map(({ data }) => data);
  if (codec === "fwht") return new FwhtStream(0).push(bytes).map((frame) => frame.bytes);
  return codec === "mpeg2" ? unitsWithZeros(bytes) : unitsByDefinition(bytes);
}

function isSlice(codec: Codec, [first = 0]: Uint8Array): boolean {
  if (codec === "h264") return [1, 5, 20].includes(first & 31);
  if (codec === "h265") return first < 64;
  // A cut OBU takes the bytes of the next ones for its own: those that are short stay whole.
  if (codec === "av1" || codec === "fwht") return false;
  return codec !== "mpeg2" || (first >= 1 && first <= 0xaf);
}

/** What of a unit is taken: none of those that are too long to be whole. */
function taken(codec: Codec, unit: Uint8Array): Uint8Array[] {
  if (isSlice(codec, unit)) return [unit.slice(0, MOST_BYTES[codec])];
  return unit.length <= MOST_HEADER ? [unit.slice()] : [];
}

/** One for each stream, with the options in turn. */
export function sessionSeeds(codec: Codec): Case[] {
  const fixtures = fixtureStreams(codec).map((stream) => unitsOf(codec, stream.read()));
  const variants: readonly Record<string, OptionValue>[] = [
    {},
    { decodeMode: "slice", missingReferences: "nearest" },
    { startAt: "random-access", missingReferences: "drop", startCode: "none" },
    { prefix: 4, output: "c.4.5.3" },
  ];
  const units = [...made[codec](), ...fixtures].map((units, i) => ({
    options: variants[i % variants.length] ?? {},
    pieces: units
      .flatMap((unit) => taken(codec, unit))
      .slice(0, MOST_UNITS)
      .map((bytes) => ({ call: "unit", bytes })),
  }));
  return codec === "av1" ? [...units, ...av1Files()] : units;
}

/** AV1 in the formats that are not made of OBUs with sizes. */
function av1Files(): Case[] {
  const [obus = []] = av1Streams();
  const files = [ivfOf([joined(obus.slice(0, 3)), joined(obus.slice(3, 6))], "AV01"), annexB(obus.slice(0, 3))];
  return files.map((bytes) => ({ options: {}, pieces: [{ call: "bytes", bytes }] }));
}
