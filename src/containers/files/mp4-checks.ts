/** MP4 and QuickTime files: ISO/IEC 14496-12. */
import { UnsupportedError } from "../../errors.ts";
import type { ContainerChecks, Patch, SampleConfiguration } from "./container-checks.ts";
import { type FileBytes, type Span, textAt } from "./file-bytes.ts";

/** More boxes side by side than files have before what is looked for. */
const boxLimit = 4096;

/** Boxes that hold boxes, on the way to those with tables. */
const parents = new Set(["moov", "trak", "mdia", "minf", "stbl", "edts", "moof", "traf", "mvex", "mfra"]);

/** Where in its content a box counts its entries, and the fewest bytes that an entry has. */
const tables: Readonly<Record<string, { readonly at: number; readonly entry: number }>> = {
  stts: { at: 4, entry: 8 },
  ctts: { at: 4, entry: 8 },
  stsc: { at: 4, entry: 12 },
  stco: { at: 4, entry: 4 },
  co64: { at: 4, entry: 8 },
  stss: { at: 4, entry: 4 },
  stsd: { at: 4, entry: 8 },
  elst: { at: 4, entry: 12 },
  sbgp: { at: 8, entry: 8 },
  trun: { at: 4, entry: 0 },
};

/** Dolby Vision's names of sample entries, and those that the same entry has elsewhere. */
const otherNames: Readonly<Record<string, string>> = { dvh1: "hvc1", dvhe: "hev1", dva1: "avc1", dvav: "avc3" };

/** Bytes of a visual sample entry before its boxes: 8.5.2 and 12.1.3. */
const VISUAL_ENTRY_BYTES = 78;

export async function checkMp4(bytes: FileBytes): Promise<ContainerChecks> {
  const whole = { start: 0, end: bytes.size };
  const refusal = await badTable(bytes, whole);
  if (refusal !== undefined) return { refusal };
  let hasSamples = false;
  let hint: string | undefined;
  const patches: Patch[] = [];
  let configurations: readonly SampleConfiguration[] | undefined;
  for await (const track of boxes(bytes, whole, ["moov", "trak"])) {
    if (!(await isVideo(bytes, track))) continue;
    for await (const table of boxes(bytes, track, ["mdia", "minf", "stbl"])) {
      const entries = await sampleEntries(bytes, table);
      for (const { type, typeAt } of entries) {
        const name = otherNames[type];
        if (name !== undefined) patches.push({ at: typeAt, bytes: Uint8Array.from(Buffer.from(name, "latin1")) });
        if (type === "encv") hint = "its video is encrypted";
      }
      const records = new Set(entries.map(({ record }) => Buffer.from(record).toString("latin1")));
      if (records.size > 1) {
        if (new Set(entries.map(({ type }) => type.slice(0, 3))).size > 1) {
          return { refusal: "whose video changes its codec between sample descriptions" };
        }
        configurations ??= await configurationsOf(bytes, table, entries);
        if (configurations === undefined) {
          return {
            refusal: `whose video has ${records.size} sample descriptions in fragments, which are not told apart`,
          };
        }
      }
      for await (const sizes of boxes(bytes, table, ["stsz"])) {
        if ((await bytes.read(sizes.start + 8, 4)).getUint32(0) > 0) hasSamples = true;
      }
    }
  }
  const checks = { patches, ...(hint === undefined ? {} : { hint }), ...(configurations ? { configurations } : {}) };
  if (!hasSamples) return checks;
  for await (const _ of boxes(bytes, whole, ["moof"])) {
    return {
      ...checks,
      loss: new UnsupportedError("unread-part", "the fragments after the movie's own samples are not read"),
    };
  }
  return checks;
}

async function isVideo(bytes: FileBytes, track: Span): Promise<boolean> {
  for await (const { start } of boxes(bytes, track, ["mdia", "hdlr"])) {
    return textAt(await bytes.read(start + 8, 4), 0, 4) === "vide";
  }
  return true;
}

/** Why a table cannot be what it says: the library would make room for as many entries as it counts. */
async function badTable(bytes: FileBytes, within: Span): Promise<string | undefined> {
  for await (const box of siblings(bytes, within)) {
    if (parents.has(box.type)) {
      const found = (await badTable(bytes, box)) ?? (box.type === "stbl" ? await badSamples(bytes, box) : undefined);
      if (found !== undefined) return found;
      continue;
    }
    const count = await countOf(bytes, box);
    if (count !== undefined && count.entries * count.bytes > box.end - box.start) {
      return `whose ${box.type} box counts ${count.entries} entries, more than it has room for`;
    }
    if (count?.bytes === 0 && count.entries > bytes.size) return tooManySamples(box.type, count.entries);
  }
  return undefined;
}

/** A sample has a byte at least; the library walks through as many samples as a table says. */
async function badSamples(bytes: FileBytes, table: Span): Promise<string | undefined> {
  for (const type of ["stts", "ctts"]) {
    for await (const { start, end } of boxes(bytes, table, [type])) {
      const view = await bytes.read(start, end - start);
      let samples = 0;
      for (let i = 0; i < view.getUint32(4); i++) samples += view.getUint32(8 + 8 * i);
      if (samples > bytes.size) return tooManySamples(type, samples);
    }
  }
  const runs = await chunkRuns(bytes, table);
  const samples = runs.reduce((sum, run) => sum + run.samples, 0);
  return samples > bytes.size ? tooManySamples("stsc", samples) : undefined;
}

function tooManySamples(type: string, samples: number): string {
  return `whose ${type} box counts ${samples} samples, more than the file has bytes`;
}

/** How many entries a box counts, and the fewest bytes that each has; undefined where it counts none. */
async function countOf(
  bytes: FileBytes,
  { type, start }: Box,
): Promise<{ readonly entries: number; readonly bytes: number } | undefined> {
  const head = await bytes.read(start, 28);
  if (type === "pssh") return head.getUint8(0) === 0 ? undefined : { entries: head.getUint32(20), bytes: 16 };
  // 8.7.3.2: no sizes follow where all samples have the same one.
  if (type === "stsz") return { entries: head.getUint32(8), bytes: head.getUint32(4) === 0 ? 4 : 0 };
  const table = Object.hasOwn(tables, type) ? tables[type] : undefined;
  if (table === undefined) return undefined;
  // 8.8.8: the flags say which of four fields an entry has.
  const entry = type === "trun" ? 4 * bitsIn((head.getUint32(0) >> 8) & 0xf) : table.entry;
  return { entries: head.getUint32(table.at), bytes: entry };
}

function bitsIn(mask: number): number {
  return [1, 2, 4, 8].filter((bit) => mask & bit).length;
}

interface SampleEntry {
  readonly type: string;
  readonly typeAt: number;
  /** The avcC or hvcC; empty where there is none. */
  readonly record: Uint8Array;
}

async function sampleEntries(bytes: FileBytes, table: Span): Promise<SampleEntry[]> {
  const entries: SampleEntry[] = [];
  for await (const { start, end } of boxes(bytes, table, ["stsd"])) {
    for await (const entry of siblings(bytes, { start: start + 8, end })) {
      let record = new Uint8Array(0);
      for await (const box of siblings(bytes, { start: entry.start + VISUAL_ENTRY_BYTES, end: entry.end })) {
        if (box.type !== "avcC" && box.type !== "hvcC") continue;
        record = new Uint8Array((await bytes.read(box.start, Math.min(box.end - box.start, 1 << 16))).buffer);
      }
      entries.push({ type: entry.type, typeAt: entry.typeAt, record });
    }
  }
  return entries;
}

/** 8.7.4: which samples have which description; undefined where the movie's own table does not say it. */
async function configurationsOf(
  bytes: FileBytes,
  table: Span,
  entries: readonly SampleEntry[],
): Promise<SampleConfiguration[] | undefined> {
  const configurations: SampleConfiguration[] = [];
  let first = 0;
  for (const { samples, sample_description_index } of await chunkRuns(bytes, table)) {
    const record = entries[sample_description_index - 1]?.record;
    if (record && samples > 0 && record !== configurations.at(-1)?.record) configurations.push({ first, record });
    first += samples;
  }
  return first > 0 ? configurations : undefined;
}

/** 8.7.4: runs of chunks with the same description, and how many samples each run has. */
async function chunkRuns(
  bytes: FileBytes,
  table: Span,
): Promise<{ readonly samples: number; readonly sample_description_index: number }[]> {
  let chunks = 0;
  for (const type of ["stco", "co64"]) {
    for await (const { start } of boxes(bytes, table, [type])) chunks = (await bytes.read(start + 4, 4)).getUint32(0);
  }
  for await (const { start, end } of boxes(bytes, table, ["stsc"])) {
    const view = await bytes.read(start, end - start);
    const count = view.getUint32(4);
    return Array.from({ length: count }, (_, run) => {
      const at = 8 + 12 * run;
      const next = run + 1 < count ? view.getUint32(at + 12) : chunks + 1;
      const samples = Math.max(0, next - view.getUint32(at)) * view.getUint32(at + 4);
      return { samples, sample_description_index: view.getUint32(at + 8) };
    });
  }
  return [];
}

interface Box extends Span {
  readonly type: string;
  readonly typeAt: number;
}

/** The boxes at a path of types. */
async function* boxes(bytes: FileBytes, within: Span, path: readonly string[]): AsyncGenerator<Box> {
  const [first, ...rest] = path;
  for await (const box of siblings(bytes, within)) {
    if (box.type !== first) continue;
    if (rest.length === 0) yield box;
    else yield* boxes(bytes, box, rest);
  }
}

/** 4.2: size and type before the content; size 1: the size is in the 64 bits after the type; 0: the box goes to the file's end. */
async function* siblings(bytes: FileBytes, { start, end }: Span): AsyncGenerator<Box> {
  let at = start;
  for (let count = 0; count < boxLimit && at + 8 <= end; count++) {
    const view = await bytes.read(at, 16);
    const coded = view.getUint32(0);
    const header = coded === 1 ? 16 : 8;
    const size = coded === 1 ? Number(view.getBigUint64(8)) : coded === 0 ? end - at : coded;
    if (size < header) return;
    yield { type: textAt(view, 4, 4), typeAt: at + 4, start: at + header, end: Math.min(at + size, end) };
    at += size;
  }
}
