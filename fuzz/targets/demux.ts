/** Program and transport streams, and the session that takes what comes out of them. */

import { openDemuxer } from "../../src/containers/detect.ts";
import { StreamError } from "../../src/errors.ts";
import type { Codec, DecodeEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import { Random } from "../../support/random.ts";
import { Mpeg2Stream } from "../../support/streams/mpeg2-stream.ts";
import {
  demuxed,
  MAP_PID,
  mpeg1Packet,
  mpeg1PackHeader,
  packHeader,
  partsOf,
  pesPacket,
  programAssociation,
  programAssociationSection,
  programMap,
  transportPackets,
  transportStream,
  VIDEO_PID,
} from "../../support/streams/systems-streams.ts";
import { type Case, type Effort, sizeOf, type Target } from "../case.ts";
import { eventFlaws, HELD_ALWAYS, HELD_PER_BYTE, heldBy } from "../oracles.ts";
import { fileOf, fixtureFiles, pieces } from "./bytes.ts";

const PACKET = 188;
const codecs: readonly (Codec | "")[] = ["", "h264", "h265", "mpeg2"];

function openOf({ options }: Case) {
  const codec = codecs.find((name) => name !== "" && name === options.codec);
  return openDemuxer(options.layer === "program" ? "program" : "transport", codec === "" ? undefined : codec);
}

/** What came out, as text. */
function textOf(input: Case, file: Uint8Array, nextLength?: () => number): string[] {
  const { stream, pts, lost } = demuxed(openOf(input), file, nextLength);
  const told = lost.map(([at, error]) => {
    if (!(error instanceof StreamError)) throw error;
    return `${at} ${error.code}`;
  });
  return [`${stream.length} ${Buffer.from(stream).toString("base64")}`, JSON.stringify(pts), JSON.stringify(told)];
}

function flawsOf(input: Case, effort: Effort): string[] {
  const file = fileOf(input);
  const demuxer = openOf(input);
  const parts = partsOf(demuxer, file);
  const flaws: string[] = [];
  const out = parts.reduce((sum, { data }) => sum + data.length, 0);
  if (out > file.length) flaws.push(`${out} bytes of ${file.length}`);
  const codec = demuxer.codec ?? "mpeg2";
  const session = openSession(codec);
  const events: DecodeEvent[] = [...parts.flatMap((part) => session.push(part.data, part)), ...session.flush()];
  flaws.push(...eventFlaws(codec, events));
  if (effort === "quick") return flaws;
  const random = new Random(file.length);
  const whole = textOf(input, file);
  const cut = textOf(input, file, () => 1 + random.below(random.below(3) === 0 ? 4 : 400));
  for (const [i, text] of whole.entries()) {
    if (cut[i] !== text) flaws.push(`in pieces: ${(cut[i] ?? "").slice(0, 80)}, not ${text.slice(0, 80)}`);
  }
  if (effort === "deep") flaws.push(...memoryFlaws(input, file));
  return flaws;
}

/** The file again and again. */
function memoryFlaws(input: Case, file: Uint8Array): string[] {
  if (file.length === 0) return [];
  let total = 0;
  const held = heldBy(() => {
    const demuxer = openOf(input);
    for (; total < 2 ** 21; total += file.length) demuxer.push(file);
    return demuxer;
  });
  return held > HELD_ALWAYS + HELD_PER_BYTE * total ? [`${held} bytes are held after ${total}`] : [];
}

function seeds(): Case[] {
  const video = new Mpeg2Stream().sequence().picture("I").picture("P").bytes;
  const packets = [0, 1, 2, 3].map((i) => ({ data: video.subarray(i * 40, i * 40 + 40), pts: i * 3000 }));
  const piece = (bytes: Uint8Array) => ({ call: "bytes", bytes });
  const files = fixtureFiles(["containers", "field"], /\.m2t$/).map((bytes) => bytes.slice(0, 60 * PACKET));
  return [
    { options: {}, pieces: transportStream(packets).map(piece) },
    { options: {}, pieces: transportStream(packets, 27).map(piece) },
    {
      options: { codec: "mpeg2" },
      pieces: [
        ...transportPackets(0, programAssociationSection({ last_section_number: 1 }, [1, MAP_PID], [2, MAP_PID + 1])),
        ...transportPackets(0, programAssociation(MAP_PID, MAP_PID + 1)),
        ...transportPackets(MAP_PID, programMap([2, VIDEO_PID], [0x24, VIDEO_PID + 1]), 0, 20),
        ...transportPackets(VIDEO_PID, pesPacket(packets[0]!, 0xe0), 3),
      ].map(piece),
    },
    { options: { layer: "program" }, pieces: packets.flatMap((p) => [piece(packHeader), piece(pesPacket(p))]) },
    { options: { layer: "program" }, pieces: packets.flatMap((p) => [piece(mpeg1PackHeader), piece(mpeg1Packet(p))]) },
    ...files.map((bytes) => ({ options: {}, pieces: pieces("bytes", bytes, PACKET) })),
  ];
}

/** The target of the demuxers of systems streams. */
export function demuxTarget(): Target {
  return {
    name: "demux",
    calls: ["bytes"],
    bare: [],
    choices: { layer: ["transport", "program"], codec: codecs },
    seeds,
    rewrite: (base, at, random) => {
      // Fields of a transport packet's head: a packet of another PID, counter or adaptation field.
      const bytes = base.pieces[at]?.bytes.slice();
      if (bytes === undefined || bytes.length < 8) return undefined;
      const other = base.pieces[random.below(base.pieces.length)]?.bytes ?? bytes;
      const from = random.below(5);
      bytes.set(other.subarray(from, from + 1 + random.below(3)), from);
      return random.below(4) === 0 ? Uint8Array.from([...bytes, ...other.subarray(random.below(8))]) : bytes;
    },
    flaws: (input, effort) => (sizeOf(input) === 0 ? [] : flawsOf(input, effort)),
  };
}
