/** MP4, QuickTime, Matroska and WebM through `openTrack`: boxes in boxes, whose sizes are made right or left as they are. */

import { ContainerError } from "../../src/containers/container-error.ts";
import { feed, openTrack } from "../../src/containers/index.ts";
import type { DecodeEvent } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { openSession } from "../../src/open-session.ts";
import type { Case, Effort, Piece, Target } from "../case.ts";
import { eventFlaws } from "../oracles.ts";
import { fixtureFiles, pieces } from "./bytes.ts";

/** ISO/IEC 14496-12: boxes that hold nothing but boxes. */
const holders: ReadonlySet<string> = new Set([
  "moov",
  "trak",
  "mdia",
  "minf",
  "stbl",
  "dinf",
  "edts",
  "moof",
  "traf",
  "mvex",
  "udta",
]);
/** So much of a box of samples is enough. */
const MOST_SAMPLES = 4096;

const typeOf = (bytes: Uint8Array) => String.fromCharCode(...bytes.subarray(4, 8));

/** A file's boxes: `open` and `close` around those that a box holds, `box` with all bytes of another. */
function boxesOf(bytes: Uint8Array): Piece[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Piece[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at) || bytes.length - at;
    if (size < 8) return [...found, { call: "bytes", bytes: bytes.slice(at) }];
    const box = bytes.slice(at, at + size);
    if (holders.has(typeOf(box))) {
      found.push({ call: "open", bytes: box.slice(0, 8) }, ...boxesOf(box.slice(8)), {
        call: "close",
        bytes: new Uint8Array(),
      });
    } else found.push({ call: "box", bytes: box.slice(0, MOST_SAMPLES) });
    at += size;
  }
  return found;
}

/** The boxes as a file. With `sizes: false`, they keep the sizes that they say. */
function fileOf({ options, pieces: all }: Case): Uint8Array {
  const stack: Uint8Array[][] = [[]];
  const isRight = options.sizes !== false;
  const withSize = (box: Uint8Array) => {
    if (isRight && box.length >= 8) new DataView(box.buffer, box.byteOffset).setUint32(0, box.length);
    return box;
  };
  const close = () => {
    const inner = stack.pop() as Uint8Array[];
    stack.at(-1)?.push(withSize(joined(inner)));
  };
  for (const { call, bytes } of all) {
    if (call === "open") stack.push([bytes.slice()]);
    else if (call === "close" && stack.length > 1) close();
    else stack.at(-1)?.push(call === "box" ? withSize(bytes.slice()) : bytes);
  }
  while (stack.length > 1) close();
  return joined(stack[0] as Uint8Array[]);
}

async function flawsOf(input: Case, effort: Effort): Promise<string[]> {
  const events: DecodeEvent[] = [];
  try {
    const track = await openTrack(fileOf(input), { name: "a file" });
    const session = openSession(track.codec);
    for await (const part of track) events.push(...feed(session, part));
    events.push(...session.flush());
    return effort === "quick" ? [] : eventFlaws(track.codec, events);
  } catch (thrown) {
    if (!(thrown instanceof ContainerError)) throw thrown;
    return /\n/.test(thrown.message) ? [`more than a line: ${thrown.message}`] : [];
  }
}

function seeds(): Case[] {
  const boxed = fixtureFiles(["containers", "field"], /\.(mp4|mov)$/);
  const elements = fixtureFiles(["containers", "field"], /\.(mkv|webm)$/);
  return [
    ...boxed.map((bytes) => ({ options: {}, pieces: boxesOf(bytes) })),
    // The head of a file of EBML elements in small pieces, its clusters in larger ones.
    ...elements.map((bytes) => ({
      options: {},
      pieces: [...pieces("bytes", bytes.slice(0, 1024), 32), ...pieces("bytes", bytes.slice(1024, 16_384), 1024)],
    })),
  ];
}

/** The target of containers that a library reads. */
export function containerTarget(): Target {
  return {
    name: "container",
    calls: ["box", "bytes", "open", "close"],
    bare: ["close"],
    choices: { sizes: [true, false] },
    seeds,
    rewrite(base, at, random) {
      const bytes = base.pieces[at]?.bytes.slice();
      if (bytes === undefined || bytes.length < 12) return undefined;
      // Counts and sizes are 32-bit words.
      const word = 4 * random.below(Math.min(16, bytes.length >> 2));
      const values = [0, 1, 2, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, random.below(2 ** 31), bytes.length];
      const value = values[random.below(values.length)] as number;
      new DataView(bytes.buffer).setUint32(Math.min(word, bytes.length - 4), value);
      return bytes;
    },
    flaws: flawsOf,
  };
}
