/** What mediabunny says nothing of, and what would be wrong or missing without a word. */
import { open } from "node:fs/promises";
import { BitstreamError, UnsupportedError } from "../errors.ts";

/** What the library does not tell of a file. */
export interface ContainerChecks {
  /** Why its packets cannot be decoded rightly. */
  readonly refusal?: string;
  /** What the library leaves out at the end. */
  readonly loss?: BitstreamError | UnsupportedError;
}

/** Bytes that can be read at any place; past their end every byte reads as 0. */
interface Bytes {
  readonly size: number;
  read(at: number, length: number): Promise<DataView>;
}

/** An element or a box: where its content lies. */
interface Span {
  readonly start: number;
  readonly end: number;
}

const textAt = ({ buffer, byteOffset }: DataView, at: number, length: number) =>
  Buffer.from(buffer, byteOffset + at, length).toString("latin1");

/** @param source the file's path, or all its bytes. */
export async function checkContainer(source: string | Uint8Array): Promise<ContainerChecks> {
  if (typeof source !== "string") return check(bytesOf(source));
  const file = await open(source, "r");
  try {
    const { size } = await file.stat();
    const read = async (at: number, length: number) => {
      const bytes = new Uint8Array(length);
      await file.read(bytes, 0, length, at);
      return new DataView(bytes.buffer);
    };
    return await check({ size, read });
  } finally {
    await file.close();
  }
}

function bytesOf(bytes: Uint8Array): Bytes {
  const read = async (at: number, length: number) => {
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(at, at + length));
    return new DataView(copy.buffer);
  };
  return { size: bytes.length, read };
}

async function check(bytes: Bytes): Promise<ContainerChecks> {
  const head = await bytes.read(0, 8);
  if (head.getUint32(0) === EBML) return checkMatroska(bytes);
  return /^(ftyp|styp)$/.test(textAt(head, 4, 4)) ? checkMp4(bytes) : {};
}

// Matroska (RFC 9559): the segment is the second element of the file (RFC 8794).

const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;

/** Of a cluster that is cut off the library reads nothing. */
async function checkMatroska(bytes: Bytes): Promise<ContainerChecks> {
  const header = await elementSize(bytes, 4);
  if (header === undefined) return {};
  const segmentAt = header.start + header.size;
  if ((await bytes.read(segmentAt, 4)).getUint32(0) !== SEGMENT) return {};
  const segment = await elementSize(bytes, segmentAt + 4);
  if (segment === undefined) return {};
  const missing = segment.start + segment.size - bytes.size;
  return missing > 0 ? { loss: new BitstreamError(`the file ends ${missing} bytes before its segment does`) } : {};
}

/** RFC 8794, 4: an element's data size, and where the data start; undefined where the size is not known. */
async function elementSize(
  bytes: Bytes,
  at: number,
): Promise<{ readonly start: number; readonly size: number } | undefined> {
  const view = await bytes.read(at, 8);
  const length = Math.clz32(view.getUint8(0)) - 23;
  if (length > 8) return undefined;
  const unused = BigInt(64 - 8 * length);
  const value = BigInt.asUintN(7 * length, view.getBigUint64(0) >> unused);
  const isUnknown = value === (1n << BigInt(7 * length)) - 1n;
  return isUnknown ? undefined : { start: at + length, size: Number(value) };
}

// MP4 and QuickTime (ISO/IEC 14496-12).

/** More boxes side by side than files have before what is looked for. */
const boxLimit = 4096;

async function checkMp4(bytes: Bytes): Promise<ContainerChecks> {
  const whole = { start: 0, end: bytes.size };
  let hasSamples = false;
  for await (const track of boxes(bytes, whole, ["moov", "trak"])) {
    for await (const table of videoBoxes(bytes, track, "stsd")) {
      const different = await sampleDescriptions(bytes, table);
      if (different > 1)
        return { refusal: `whose video has ${different} sample descriptions: mediabunny gives only one of them` };
    }
    for await (const sizes of videoBoxes(bytes, track, "stsz")) {
      if ((await bytes.read(sizes.start + 8, 4)).getUint32(0) > 0) hasSamples = true;
    }
  }
  if (!hasSamples) return {};
  for await (const _ of boxes(bytes, whole, ["moof"]))
    return { loss: new UnsupportedError("the fragments after the movie's own samples are not read") };
  return {};
}

/** A box of the sample table, where the track is of video. */
async function* videoBoxes(bytes: Bytes, track: Span, type: string): AsyncGenerator<Span> {
  for await (const { start } of boxes(bytes, track, ["mdia", "hdlr"])) {
    if (textAt(await bytes.read(start + 8, 4), 0, 4) !== "vide") return;
  }
  yield* boxes(bytes, track, ["mdia", "minf", "stbl", type]);
}

/** 8.5.2: how many sample descriptions there are that are not the same. */
async function sampleDescriptions(bytes: Bytes, { start, end }: Span): Promise<number> {
  const entries = new Set<string>();
  for await (const entry of siblings(bytes, { start: start + 8, end })) {
    const content = await bytes.read(entry.start, Math.min(entry.end - entry.start, 1 << 16));
    entries.add(textAt(content, 0, content.byteLength));
  }
  return entries.size;
}

/** The boxes at a path of types. */
async function* boxes(bytes: Bytes, within: Span, path: readonly string[]): AsyncGenerator<Span> {
  const [first, ...rest] = path;
  for await (const box of siblings(bytes, within)) {
    if (box.type !== first) continue;
    if (rest.length === 0) yield box;
    else yield* boxes(bytes, box, rest);
  }
}

/** 4.2: size and type before the content; size 1: the size is in the 64 bits after the type; 0: the box goes to the file's end. */
async function* siblings(bytes: Bytes, { start, end }: Span): AsyncGenerator<Span & { readonly type: string }> {
  let at = start;
  for (let count = 0; count < boxLimit && at + 8 <= end; count++) {
    const view = await bytes.read(at, 16);
    const coded = view.getUint32(0);
    const header = coded === 1 ? 16 : 8;
    const size = coded === 1 ? Number(view.getBigUint64(8)) : coded === 0 ? end - at : coded;
    if (size < header) return;
    yield { type: textAt(view, 4, 4), start: at + header, end: Math.min(at + size, end) };
    at += size;
  }
}
