/**
 * Tables of MP4 and QuickTime files (ISO/IEC 14496-12) whose counts are larger than their content. mediabunny allocates memory
 * for all entries that a table claims, or loops over them, before it sees that they are missing: a file of 40 bytes may use up
 * all memory, or take hours.
 */
import type { Patch } from "./container-checks.ts";
import { type FileBytes, textAt } from "./file-bytes.ts";
import { siblings } from "./mp4-boxes.ts";

/** The errors in a file's tables, and the patches that remove harmless ones. */
export interface TableChecks {
  readonly refusal?: string;
  readonly patches: readonly Patch[];
}

/** Top-level boxes that contain no tables. */
const withoutTables = new Set(["mdat", "free", "skip", "wide"]);

/** A cut-off file may have counts that exceed its size. The library takes some 5 µs for a sample: counts up to this one cost little. */
const fewSamples = 1 << 15;

/** mediabunny removes entries with the same time one by one, and each time moves all that follow. */
const lookupLimit = 1 << 16;

/** The number of a table's entries, and the smallest size of an entry in bytes; 0 where entries need no bytes. */
interface Count {
  readonly entries: number;
  readonly bytes: number;
}

/** Reads the counts, by the type of the table. `content` begins after the box's type or long size. */
const counts: Readonly<Record<string, (content: DataView) => Count>> = {
  stts: entriesOf(8),
  ctts: entriesOf(8),
  stsc: entriesOf(12),
  stco: entriesOf(4),
  co64: entriesOf(8),
  stss: entriesOf(4),
  stsd: entriesOf(8),
  elst: entriesOf(12),
  keys: entriesOf(8),
  // 8.7.3.2: no sizes follow where all samples have the same one.
  stsz: (content) => ({ entries: content.getUint32(8), bytes: content.getUint32(4) === 0 ? 4 : 0 }),
  stz2: (content) => ({ entries: content.getUint32(8), bytes: content.getUint8(7) / 8 }),
  // ISO/IEC 23001-7, 8.1: version 0 has no key ids.
  pssh: (content) => ({ entries: content.getUint8(0) === 0 ? 0 : content.getUint32(20), bytes: 16 }),
  // 8.8.8: flags say which of four fields an entry has.
  trun: (content) => ({ entries: content.getUint32(4), bytes: 4 * bitsIn((content.getUint32(0) >> 8) & 0xf) }),
  // 8.8.10: two times of 32 or 64 bits, and three numbers of 1 to 4 bytes.
  tfra: (content) => {
    const lengths = content.getUint32(8);
    const numbers = 3 + ((lengths >> 4) & 3) + ((lengths >> 2) & 3) + (lengths & 3);
    return { entries: content.getUint32(12), bytes: numbers + (content.getUint8(0) === 1 ? 16 : 8) };
  },
  // 8.7.8: with the lowest flag, a type and its parameter come before the count.
  saiz: (content) => {
    const at = (content.getUint32(0) & 1) === 1 ? 12 : 4;
    return { entries: content.getUint32(at + 1), bytes: content.getUint8(at) === 0 ? 1 : 0 };
  },
  senc: entriesOf(0),
};

/** Tables whose entries are runs of samples, and the offset in the entry of the run's length. */
const runs: Readonly<Record<string, number>> = { stts: 0, ctts: 0, stsc: 4 };

function entriesOf(bytes: number): (content: DataView) => Count {
  return (content) => ({ entries: content.getUint32(4), bytes });
}

function bitsIn(mask: number): number {
  return [1, 2, 4, 8].filter((bit) => mask & bit).length;
}

/**
 * Searches for tables in the whole file except its media. It finds them by their names wherever they are, because it depends on
 * earlier boxes which boxes mediabunny reads.
 */
export async function checkTables(bytes: FileBytes): Promise<TableChecks> {
  const patches: Patch[] = [];
  const samples = new Map<string, number>();
  for await (const box of siblings(bytes, { start: 0, end: bytes.size })) {
    if (withoutTables.has(box.type)) continue;
    for await (const table of tablesIn(bytes, box.typeAt, box.end)) {
      const { type, at, size, count } = table;
      if (count.entries * count.bytes > size) {
        return { refusal: `whose ${type} box counts ${count.entries} entries, more than it has room for`, patches };
      }
      const more = type in runs ? await samplesOf(bytes, table) : count.bytes === 0 ? count.entries : 0;
      const all = (samples.get(type) ?? 0) + more;
      samples.set(type, all);
      if (all > Math.max(bytes.size, fewSamples)) {
        return { refusal: `whose ${type} box counts ${all} samples, more than the file has bytes`, patches };
      }
      if (type === "tfra" && count.entries > lookupLimit) patches.push({ at, bytes: Buffer.from("free", "latin1") });
      // An nclx box without the byte for the range, like QuickTime's nclc: the library would read beyond its end.
      if (type === "colr" && size === 10) patches.push({ at: at + 4, bytes: Buffer.from("nclc", "latin1") });
    }
  }
  return { patches };
}

interface Table {
  readonly type: string;
  /** The offset of its type. */
  readonly at: number;
  /** The size of its content in bytes; at most the bytes that are there. */
  readonly size: number;
  readonly count: Count;
}

const windowSize = 1 << 20;
/** The count of every table is in the first bytes of its content; this many are enough. */
const headerSize = 28;

/** Yields the tables whose types are between two offsets. */
async function* tablesIn(bytes: FileBytes, start: number, end: number): AsyncGenerator<Table> {
  const names = [...Object.keys(counts), "colrnclx"].map((name) => Buffer.from(name, "latin1"));
  const beforeType = 4;
  const afterType = 12 + headerSize;
  for (let from = start; from < end; from += windowSize) {
    const to = Math.min(from + windowSize, end);
    const { buffer } = await bytes.read(from - beforeType, to - from + beforeType + afterType);
    const text = Buffer.from(buffer);
    for (const name of names) {
      for (
        let i = text.indexOf(name, beforeType);
        i >= 0 && i < to - from + beforeType;
        i = text.indexOf(name, i + 1)
      ) {
        const at = from - beforeType + i;
        const content = new DataView(buffer, i + 4, headerSize);
        const coded = text.readUInt32BE(i - 4);
        // 4.2: size 1 means a 64-bit size after the type; 0 means that the box extends to the end of the box around it.
        const isLong = coded === 1;
        const size = isLong ? Number(content.getBigUint64(0)) - 16 : coded === 0 ? end - at - 4 : coded - 8;
        if (size < 0) continue;
        const type = textAt(new DataView(buffer), i, 4);
        const counted = new DataView(buffer, i + (isLong ? 12 : 4), headerSize);
        const count = counts[type]?.(counted) ?? { entries: 0, bytes: 1 };
        yield { type, at: at + (isLong ? 8 : 0), size: Math.min(size, end - at - 4), count };
      }
    }
  }
}

/** The number of samples in all runs of a table; for stsc, the most samples in one chunk. */
async function samplesOf(bytes: FileBytes, { type, at, count }: Table): Promise<number> {
  const view = await bytes.read(at + 12, count.entries * count.bytes);
  let samples = 0;
  for (let i = 0; i < count.entries; i++) {
    const run = view.getUint32(i * count.bytes + (runs[type] as number));
    samples = type === "stsc" ? Math.max(samples, run) : samples + run;
  }
  return samples;
}
