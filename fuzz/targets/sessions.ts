/** Sessions of the codecs, with every call and option that they have. */

import type { TraceElement } from "../../src/bitreader/index.ts";
import { BitstreamError } from "../../src/errors.ts";
import type { Codec, DecodeEvent, Session } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { FwhtStream } from "../../src/fwht/index.ts";
import { openSession } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import { type CodedBools, codedBools } from "../../src/testing/coded-bools.ts";
import { difference } from "../../support/cuts.ts";
import { eventKey } from "../../support/events.ts";
import { Random } from "../../support/random.ts";
import { temporalUnits, withSize } from "../../support/streams/av1-packets.ts";
import { tilingOf } from "../../support/tiling.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";
import { type Case, type Effort, type Piece, sizeOf, type Target } from "../case.ts";
import { eventFlaws, HELD_ALWAYS, HELD_PER_BYTE, heldBy } from "../oracles.ts";
import { rewritten } from "../rewrite.ts";
import { rewrittenBools } from "../rewrite-bools.ts";
import { framedUnits } from "./bytes.ts";
import { sessionSeeds } from "./session-seeds.ts";

const startCode = Uint8Array.of(0, 0, 1);
/** avcC and hvcC records without sets, for lengths of four bytes. */
const configurations: Partial<Record<Codec, Uint8Array>> = {
  h264: Uint8Array.of(1, 66, 0, 10, 0xff, 0xe0, 0),
  h265: Uint8Array.of(1, 1, ...new Array<number>(11).fill(0), 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 0),
};
const isPackets = (codec: Codec) => codec === "vp8" || codec === "vp9";

function bigEndian(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function ivfHeader(codec: Codec): Uint8Array {
  const header = new Uint8Array(32);
  header.set(new TextEncoder().encode("DKIF"));
  header[6] = 32;
  header.set(new TextEncoder().encode(codec === "vp8" ? "VP80" : "VP90"), 8);
  header[16] = header[20] = 1;
  return header;
}

/** A call of a session. */
type Step =
  | {
      readonly call: "push";
      readonly bytes: Uint8Array;
      readonly lost?: boolean;
      readonly ends?: boolean;
      readonly pts?: number;
    }
  | { readonly call: "decode" | "configure"; readonly bytes: Uint8Array }
  | { readonly call: "startCodes" | "flush" | "reset" };

/** Pieces to calls: what is pushed in a row is one chunk. */
class Steps {
  readonly steps: Step[] = [];
  readonly #codec: Codec;
  #prefix: boolean;
  #isFileOpen = false;
  #frames = 0;
  #pushed: Uint8Array[] = [];

  constructor(codec: Codec, isPrefixed: boolean) {
    this.#codec = codec;
    const record = configurations[codec];
    this.#prefix = isPrefixed && record !== undefined;
    if (this.#prefix && record) this.steps.push({ call: "configure", bytes: record });
  }

  take({ call, bytes }: Piece): void {
    switch (call) {
      case "unit":
        this.#pushed.push(...this.framed(bytes));
        return;
      case "bytes":
        this.#pushed.push(bytes);
        return;
      case "decode":
        this.#add({ call, bytes: isPackets(this.#codec) ? bytes : joined(this.framed(bytes)) });
        break;
      case "configure":
        this.#add({ call, bytes });
        break;
      case "lost":
        this.#add({ call: "push", bytes: new Uint8Array(), lost: true });
        return;
      case "ends":
        this.#add({ call: "push", bytes: new Uint8Array(), ends: true });
        return;
      case "pts":
        // What is pushed next has it; what was pushed before it has not.
        this.#add({ call: "push", bytes: new Uint8Array(), pts: ptsOf(bytes) });
        return;
      case "startCodes":
        this.#prefix = false;
        this.#add({ call });
        break;
      default:
        this.#add({ call: call === "reset" ? "reset" : "flush" });
    }
    this.#isFileOpen = false;
  }

  framed(bytes: Uint8Array): Uint8Array[] {
    if (isPackets(this.#codec)) {
      const head = new Uint8Array(12);
      const view = new DataView(head.buffer);
      view.setUint32(0, bytes.length, true);
      view.setUint32(4, this.#frames++, true);
      const file = this.#isFileOpen ? [] : [ivfHeader(this.#codec)];
      this.#isFileOpen = true;
      return [...file, head, bytes];
    }
    if (this.#codec === "av1" || this.#codec === "fwht") return [bytes];
    return this.#prefix ? [bigEndian(bytes.length), bytes] : [startCode, bytes];
  }

  #add(step: Step): void {
    if (this.#pushed.length > 0) this.steps.push({ call: "push", bytes: joined(this.#pushed) });
    this.#pushed = [];
    this.steps.push(step);
  }

  done(): Step[] {
    this.#add({ call: "flush" });
    return this.steps;
  }
}

function stepsOf(codec: Codec, { options, pieces }: Case): Step[] {
  const steps = new Steps(codec, options.prefix === 4);
  for (const piece of pieces) steps.take(piece);
  return steps.done();
}

function optionsOf({ options }: Case): SessionOptions {
  const { prefix: _prefix, ...rest } = options;
  return rest as SessionOptions;
}

/** Any number that a caller may give, also what is no time at all. */
function ptsOf(bytes: Uint8Array): number {
  const numbers = [bytes.length, -1, 0, 2 ** 33 - 1, 2 ** 53, -(2 ** 63), Number.MAX_VALUE, 0.5];
  return numbers[(bytes[0] ?? 0) & 7] as number;
}

const lost = () => new BitstreamError("lost-bytes", "the fuzzer lost them");

function perform(session: Session, step: Step): DecodeEvent[] {
  switch (step.call) {
    case "push":
      return session.push(step.bytes, {
        ...(step.lost ? { lost: lost() } : {}),
        ...(step.ends ? { unitEnds: true } : {}),
        ...(step.pts === undefined ? {} : { pts: step.pts }),
      });
    case "decode":
      return session.decode(step.bytes);
    case "configure":
      return session.configure(step.bytes);
    case "startCodes":
      return session.configure(null);
    case "flush":
      return session.flush();
    case "reset":
      return session.reset();
  }
}

const withoutErrors = (events: readonly DecodeEvent[]) => events.filter(({ type }) => type !== "error").map(eventKey);

/** Cuts that are the same for the same case. */
function cutter(input: Case): (length: number) => number {
  const random = new Random(sizeOf(input) * 31 + input.pieces.length);
  return (length) => 1 + random.below(random.below(3) === 0 ? 4 : Math.max(2, length >> 1));
}

/** As it is, in one chunk; in pieces, through memory that is wiped. */
function cutFlaws(codec: Codec, input: Case, steps: readonly Step[], expected: readonly string[]): string[] {
  const session = openSession(codec, optionsOf(input));
  const cut = cutter(input);
  const keys: string[] = [];
  for (const step of steps) {
    if (step.call !== "push" || step.bytes.length === 0) keys.push(...withoutErrors(perform(session, step)));
    else {
      for (let at = 0; at < step.bytes.length; ) {
        const chunk = step.bytes.slice(at, at + cut(step.bytes.length));
        at += chunk.length;
        keys.push(...withoutErrors(session.push(chunk)));
        chunk.fill(0xee);
      }
    }
  }
  return difference(keys, expected).map((flaw) => `in pieces: ${flaw}`);
}

/** A unit with which requests come ends their picture: packets of what lies between. Only of streams without errors. */
function packetFlaws(codec: Codec, input: Case, hasErrors: boolean, expected: readonly string[]): string[] {
  const isFit = input.pieces.every(({ call, bytes }) => call === "unit" && bytes.length > 0);
  if (!isFit || hasErrors || input.options.decodeMode === "slice" || input.options.prefix === 4) return [];
  const packets = packetsOf(codec, input);
  const session = openSession(codec, optionsOf(input));
  // A packet's bytes are the caller's, so they stay as they are; the pts of an IVF file are its own.
  const events = [...packets.flatMap((packet) => session.decode(packet)), ...session.flush()];
  const withoutPts = (key: string) => key.replace(/,"pts":-?[0-9]+/, "");
  return difference(withoutErrors(events).map(withoutPts), expected.map(withoutPts)).map(
    (flaw) => `in packets: ${flaw}`,
  );
}

/** The frames of a whole stream of FWHT: one may lie across pieces. */
function framesOf(stream: Uint8Array): Uint8Array[] {
  const framing = new FwhtStream(0);
  return [...framing.push(stream), ...framing.flush()].map(({ bytes }) => bytes.slice());
}

function packetsOf(codec: Codec, input: Case): Uint8Array[] {
  if (codec === "fwht") return framesOf(joined(input.pieces.map(({ bytes }) => bytes)));
  if (codec === "av1") return temporalUnits(joined(input.pieces.map(({ bytes }) => bytes)));
  return isPackets(codec) ? input.pieces.map(({ bytes }) => bytes) : accessUnits(codec, input);
}

/** H.264 7.4.1.2.3, H.265 7.4.2.4.4: whether a unit after a picture's slices belongs to the next picture. */
function beginsAccessUnit(codec: Codec, [first = 0]: Uint8Array): boolean {
  if (codec === "h264") return [6, 7, 8, 9, 14, 15, 16, 17, 18].includes(first & 31);
  return codec === "h265" && [32, 33, 34, 35, 39].includes((first >> 1) & 63);
}

function accessUnits(codec: Codec, input: Case): Uint8Array[] {
  const session = openSession(codec, optionsOf(input));
  const packets: Uint8Array[][] = [[]];
  /** Units of this picture or the next one. */
  let between: Uint8Array[] = [];
  for (const unit of framedUnits(joined(input.pieces.flatMap(({ bytes }) => [startCode, bytes])))) {
    // The unit is read at once: a request that comes now is that of a picture which this unit ends.
    const events = [...session.push(unit), ...session.push(new Uint8Array(), { unitEnds: true })];
    if (events.some(({ type }) => type === "request")) packets.push([]);
    between.push(unit);
    if (beginsAccessUnit(codec, unit.subarray(3))) continue;
    packets.at(-1)?.push(...between);
    between = [];
  }
  packets.at(-1)?.push(...between);
  return packets.filter(({ length }) => length > 0).map(joined);
}

/** The elements of every unit, one after the other, are the unit's bits. */
function tilingFlaws(codec: Codec, input: Case, steps: readonly Step[]): string[] {
  const trace = new TraceRecorder();
  const session = openSession(codec, { ...optionsOf(input), trace });
  const events = steps.flatMap((step) => perform(session, step));
  const broken = new Set(events.flatMap((event) => (event.type === "error" ? [event.byte] : [])));
  const flaws: string[] = [];
  for (const unit of trace.units) {
    if (broken.has(unit.byte)) continue;
    const elements = [...plainElements(unit.elements)];
    if (elements.some(({ descriptor }) => descriptor === "le") && isPackets(codec)) continue;
    const { flaw } = tilingOf({ ...unit, elements }, false, codec === "h264" || codec === "h265");
    if (flaw !== undefined) flaws.push(`${unit.name}: ${flaw}`);
  }
  return flaws;
}

/** A piece again and again, after those before it: what the session then holds is bounded by the bytes. */
function memoryFlaws(codec: Codec, input: Case): string[] {
  const at = sizeOf(input) % Math.max(1, input.pieces.length);
  const repeated = input.pieces[at];
  if (repeated === undefined || repeated.call !== "unit") return [];
  const before = input.pieces.slice(0, at);
  const count = Math.ceil(2 ** 20 / (repeated.bytes.length + 4));
  let total = 0;
  const held = heldBy(() => {
    const session = openSession(codec, optionsOf(input));
    for (const step of stepsOf(codec, { ...input, pieces: before }).slice(0, -1)) perform(session, step);
    const steps = new Steps(codec, false);
    for (let pushed = 0; pushed < count; pushed += 1000) {
      const parts = Array.from({ length: Math.min(1000, count - pushed) }, () => steps.framed(repeated.bytes)).flat();
      const chunk = joined(parts);
      total += chunk.length;
      session.push(chunk);
    }
    return session;
  });
  const most = HELD_ALWAYS + HELD_PER_BYTE * (total + sizeOf(input));
  return held > most ? [`piece ${at} x ${count}: ${held} bytes are held after ${total}`] : [];
}

function flawsOf(codec: Codec, input: Case, effort: Effort): string[] {
  const steps = stepsOf(codec, input);
  const session = openSession(codec, optionsOf(input));
  const events: DecodeEvent[] = [];
  /** Of each call before the next one: a request's bytes may lie in memory that is used again. */
  const keys: string[] = [];
  for (const step of steps) {
    const given = perform(session, step);
    events.push(...given);
    if (effort !== "quick") keys.push(...withoutErrors(given));
  }
  const flaws = eventFlaws(codec, events);
  if (effort === "quick" || flaws.length > 0) return flaws;
  const hasErrors = events.some(({ type }) => type === "error");
  flaws.push(...cutFlaws(codec, input, steps, keys));
  flaws.push(...packetFlaws(codec, input, hasErrors, keys));
  // A trace of the bools of VP8 and VP9 takes ten times as long as all the rest.
  if (!isPackets(codec) || sizeOf(input) % 16 === 0) flaws.push(...tilingFlaws(codec, input, steps));
  if (effort === "deep") flaws.push(...memoryFlaws(codec, input));
  return flaws;
}

/** What was read of a piece: elements up to the first that is coded in bools, and those that are. */
interface ReadPiece {
  readonly elements: readonly TraceElement[];
  readonly bools: CodedBools | undefined;
}

/** What was read of the pieces of cases. */
class KnownPieces {
  readonly #codec: Codec;
  readonly #read = new WeakMap<Uint8Array, ReadPiece>();

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  of(piece: Uint8Array): ReadPiece | undefined {
    return this.#read.get(piece);
  }

  learn(input: Case): void {
    const trace = new TraceRecorder();
    const session = openSession(this.#codec, { ...optionsOf(input), trace });
    for (const step of stepsOf(this.#codec, input)) perform(session, step);
    const read = new Map(trace.units.map(({ bytes, elements }) => [keyOf(bytes), elements]));
    for (const { bytes } of input.pieces) {
      const elements = read.get(keyOf(bytes));
      if (elements === undefined) continue;
      this.#read.set(bytes, { elements: plainElements(elements), bools: codedBools(elements) });
    }
  }
}

const keyOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

/** What stands before the first element that is coded in bools, or lies between AV1's tiles. */
function plainElements(elements: readonly TraceElement[]): readonly TraceElement[] {
  const bool = elements.findIndex(({ descriptor, name }) => descriptor === "bool" || name === "tile_size_minus_1");
  return bool < 0 ? elements : elements.slice(0, bool);
}

/** The target of a codec's session. */
export function sessionTarget(codec: Codec): Target {
  const known = new KnownPieces(codec);
  const isEscaped = codec === "h264" || codec === "h265";
  return {
    name: codec,
    calls: [
      "unit",
      "unit",
      "unit",
      "bytes",
      "decode",
      "configure",
      "startCodes",
      "flush",
      "reset",
      "lost",
      "ends",
      "pts",
    ],
    bare: ["startCodes", "flush", "reset", "lost", "ends"],
    choices: {
      decodeMode: ["frame", "slice"],
      startCode: ["annexb", "none"],
      startAt: ["any", "random-access"],
      missingReferences: ["mark", "nearest", "drop"],
      output: ["earliest", "c.4.5.3"],
      operatingPoint: [0, 1, 2, 31],
      rawControls: [false, true],
      kernel: ["99.0", "4.19", "5.11", "6.1", "7.2"],
      prefix: [0, 4],
    },
    seeds: () => sessionSeeds(codec),
    learn: (input) => known.learn(input),
    rewrite(base, at, random) {
      const piece = base.pieces[at];
      if (piece === undefined) return undefined;
      const read = known.of(piece.bytes);
      if (read === undefined) return undefined;
      const { elements, bools } = read;
      if (bools !== undefined && random.below(4) > 0) return rewrittenBools(piece.bytes, bools, random);
      const changed = rewritten(piece.bytes, elements, isEscaped, random);
      // An OBU that says another length than it has takes others for its own, and nothing else is tried then.
      return codec === "av1" && changed && changed.length > 2 && random.below(8) > 0 ? withSize(changed) : changed;
    },
    flaws: (input, effort) => flawsOf(codec, input, effort),
  };
}
