/**
 * Tables of MP4 and QuickTime files (ISO/IEC 14496-12) that count more than there is. mediabunny makes room for as many entries as
 * a table counts, or walks through them, before it sees that they are not there: 40 bytes may cost all memory, or hours.
 */
import type { Patch } from "./container-checks.ts";
import { type FileBytes, textAt } from "./file-bytes.ts";
import { siblings } from "./mp4-boxes.ts";

/** What is wrong with a file's tables, and what of it can be left out. */
export interface TableChecks {
  readonly refusal?: string;
  readonly patches: readonly Patch[];
}

/** Boxes at the top that hold no tables. */
const withoutTables = new Set(["mdat", "free", "skip", "wide"]);

/** A file that was cut off may count more samples than it has bytes; so many cost little. */
const fewSamples = 1 << 21;

/** Of entries at the same time mediabunny removes one after the other, each time moving all that follow. */
const lookupLimit = 1 << 16;

/** How a table counts: where, and the fewest bytes that each entry has; 0 where entries need none. */
interface Count {
  readonly entries: number;
  readonly bytes: number;
}

/** The counts by type. `content` begins after the box's type or long size. */
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
  // 8.8.8: the flags say which of four fields an entry has.
  trun: (content) => ({ entries: content.getUint32(4), bytes: 4 * bitsIn((content.getUint32(0) >> 8) & 0xf) }),
  // 8.8.10: two times of 32 or 64 bits, and three numbers of 1 to 4 bytes.
  tfra: (content) => {
    const lengths = content.getUint32(8);
    const numbers = 3 + ((lengths >> 4) & 3) + ((lengths >> 2) & 3) + (lengths & 3);
    return { entries: content.getUint32(12), bytes: numbers + (content.getUint8(0) === 1 ? 16 : 8) };
  },
  // 8.7.8: with the lowest flag, a type and its parameter stand before the count.
  saiz: (content) => {
    const at = (content.getUint32(0) & 1) === 1 ? 12 : 4;
    return { entries: content.getUint32(at + 1), bytes: content.getUint8(at) === 0 ? 1 : 0 };
  },
  senc: entriesOf(0),
};

/** Tables whose entries are runs, each of so many samples: where in the entry. */
const runs: Readonly<Record<string, number>> = { stts: 0, ctts: 0, stsc: 4 };

function entriesOf(bytes: number): (content: DataView) => Count {
  return (content) => ({ entries: content.getUint32(4), bytes });
}

function bitsIn(mask: number): number {
  return [1, 2, 4, 8].filter((bit) => mask & bit).length;
}

/**
 * Looks for tables in all of a file but its media. They are found by their names, wherever these stand: which box mediabunny
 * looks into depends on what came before it.
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
      // A box of nclx without the byte for the range, as QuickTime's nclc: the library would read beyond it.
      if (type === "colr" && size === 10) patches.push({ at: at + 4, bytes: Buffer.from("nclc", "latin1") });
    }
  }
  return { patches };
}

interface Table {
  readonly type: string;
  /** Where its type stands. */
  readonly at: number;
  /** Of its content, in bytes; not more than there are. */
  readonly size: number;
  readonly count: Count;
}

const windowSize = 1 << 20;
/** The count of every table is within so many bytes of its content. */
const headerSize = 28;

/** The tables whose types stand between two places. */
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
        // 4.2: 1 is a size of 64 bits after the type, and 0 goes to the end of what is around.
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

/** How many samples the runs of a table have together; of stsc, the most that one chunk has. */
async function samplesOf(bytes: FileBytes, { type, at, count }: Table): Promise<number> {
  const view = await bytes.read(at + 12, count.entries * count.bytes);
  let samples = 0;
  for (let i = 0; i < count.entries; i++) {
    const run = view.getUint32(i * count.bytes + (runs[type] as number));
    samples = type === "stsc" ? Math.max(samples, run) : samples + run;
  }
  return samples;
}
