/** MP4 and QuickTime files: ISO/IEC 14496-12. */
import { UnsupportedError } from "../../errors.ts";
import type { ContainerChecks, Patch, SampleConfiguration } from "./container-checks.ts";
import { type FileBytes, type Span, textAt } from "./file-bytes.ts";
import { boxes, siblings } from "./mp4-boxes.ts";
import { checkTables } from "./mp4-tables.ts";

/** Dolby Vision's names for sample entries, and the usual names for the same entries. */
const otherNames: Readonly<Record<string, string>> = { dvh1: "hvc1", dvhe: "hev1", dva1: "avc1", dvav: "avc3" };

/** Bytes of a visual sample entry before its boxes: 8.5.2 and 12.1.3. */
const VISUAL_ENTRY_BYTES = 78;

export async function checkMp4(bytes: FileBytes): Promise<ContainerChecks> {
  const whole = { start: 0, end: bytes.size };
  const tables = await checkTables(bytes);
  const { refusal } = tables;
  if (refusal !== undefined) return { refusal };
  let hasSamples = false;
  let hint: string | undefined;
  const patches: Patch[] = [...tables.patches];
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

interface SampleEntry {
  readonly type: string;
  readonly typeAt: number;
  /** The avcC or hvcC record; empty where there is none. */
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

/** 8.7.4: which samples have which description. Undefined where the movie's own table does not have it. */
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
