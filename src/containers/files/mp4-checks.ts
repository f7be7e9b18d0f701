/** MP4 and QuickTime files: ISO/IEC 14496-12. */
import { UnsupportedError } from "../../errors.ts";
import { repackAdvice } from "../container-error.ts";
import type { ContainerChecks, Patch, SampleConfiguration } from "./container-checks.ts";
import { type FileBytes, type Span, textAt } from "./file-bytes.ts";
import { boxes, siblings } from "./mp4-boxes.ts";
import { readEsds } from "./mp4-esds.ts";
import { checkTables } from "./mp4-tables.ts";

/** Dolby Vision's names for sample entries, and the usual names for the same entries. */
const otherNames: Readonly<Record<string, string>> = { dvh1: "hvc1", dvhe: "hev1", dva1: "avc1", dvav: "avc3" };

/** The name under which `mediabunny.ts` finds MPEG-2, for entries that have none of their own. */
const MPEG2_ENTRY = "m2v1";

/** AV1 Codec ISO Media File Format Binding, 2.2. */
const AV1_ENTRY = "av01";

/** The sample entries whose records the library does not give. */
const ownRecords: readonly string[] = [MPEG2_ENTRY, AV1_ENTRY];

/** QuickTime's entries of MPEG-2 and MPEG-1: of camcorders (HDV, XDCAM), of IMX, and of files that programs wrote. */
const isMpeg2Entry = (type: string): boolean =>
  /^(m[12]v1|mp[12]v|mpg2|hdv[1-9a]|xdv[1-9a-f]|xd5[1-9a-f]|xdh[d2]|mx[345][np])$/.test(type);

/** MPEG-2 of any profile, and MPEG-1, whose error the session of MPEG-2 gives: ISO/IEC 14496-1, table 5. */
const isMpeg2Object = (objectTypeIndication: number): boolean =>
  (objectTypeIndication >= 0x60 && objectTypeIndication <= 0x65) || objectTypeIndication === 0x6a;

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
  const configurations = new Map<number, readonly SampleConfiguration[]>();
  const { movie, loss } = await movies(bytes, whole);
  for await (const track of boxes(bytes, movie, ["trak"])) {
    if (!(await isVideo(bytes, track))) continue;
    for await (const table of boxes(bytes, track, ["mdia", "minf", "stbl"])) {
      const entries = await sampleEntries(bytes, table);
      for (const { type, typeAt, isRenamed } of entries) {
        if (isRenamed) patches.push({ at: typeAt, bytes: Uint8Array.from(Buffer.from(type, "latin1")) });
        if (type === "encv") hint = "its video is encrypted, so it must be decrypted first";
      }
      const records = new Set(entries.map(({ record }) => Buffer.from(record).toString("latin1")));
      const track_ID = await trackId(bytes, track);
      const [entry] = entries;
      if (entry !== undefined && ownRecords.includes(entry.type) && entry.record.length > 0) {
        configurations.set(track_ID, [{ first: 0, record: entry.record }]);
      }
      if (records.size > 1) {
        if (new Set(entries.map(({ type }) => type.slice(0, 3))).size > 1) {
          return {
            refusal: "whose video changes its codec between sample descriptions; each codec needs a file of its own",
          };
        }
        const own = await configurationsOf(bytes, table, entries);
        // A sample of AV1 that begins anew may have its own sequence header.
        if (own === undefined && entry?.type === AV1_ENTRY) continue;
        if (own === undefined) {
          return {
            refusal: `whose video has ${records.size} sample descriptions in fragments, which are not told apart; ${repackAdvice}`,
          };
        }
        configurations.set(track_ID, own);
      }
      hasSamples ||= await hasSizes(bytes, table);
    }
  }
  const checks = {
    patches,
    ...(hint === undefined ? {} : { hint }),
    ...(loss === undefined ? {} : { loss }),
    configurations,
  };
  if (!hasSamples) return checks;
  for await (const _ of boxes(bytes, whole, ["moof"])) {
    return {
      ...checks,
      loss: new UnsupportedError("unread-part", "the fragments after the movie's own samples are not read"),
    };
  }
  return checks;
}

/**
 * 8.2.1: a file has one movie. Where files are joined, another one follows, and the library reads only the first. A movie without samples
 * of its own is repeated between fragments.
 */
async function movies(
  bytes: FileBytes,
  whole: Span,
): Promise<{ readonly movie: Span; readonly loss?: UnsupportedError }> {
  let movie: Span | undefined;
  for await (const box of boxes(bytes, whole, ["moov"])) {
    if (movie === undefined) {
      movie = box;
      continue;
    }
    for await (const table of boxes(bytes, box, ["trak", "mdia", "minf", "stbl"])) {
      if (!(await hasSizes(bytes, table))) continue;
      const reason = `another movie follows, whose moov box is at byte ${box.typeAt - 4}: only the first one is read; split the file`;
      return { movie, loss: new UnsupportedError("unread-part", reason) };
    }
  }
  return { movie: movie ?? { start: 0, end: 0 } };
}

/** 8.7.3: the number of samples is in one place in both tables of their sizes. */
async function hasSizes(bytes: FileBytes, table: Span): Promise<boolean> {
  for (const type of ["stsz", "stz2"]) {
    for await (const { start } of boxes(bytes, table, [type])) {
      if ((await bytes.read(start + 8, 4)).getUint32(0) > 0) return true;
    }
  }
  return false;
}

/** 8.3.2: track_ID is after two times, which have 64 bits in version 1. 0 where there is none. */
async function trackId(bytes: FileBytes, track: Span): Promise<number> {
  for await (const { start } of boxes(bytes, track, ["tkhd"])) {
    const header = await bytes.read(start, 24);
    return header.getUint32(header.getUint8(0) === 1 ? 20 : 12);
  }
  return 0;
}

async function isVideo(bytes: FileBytes, track: Span): Promise<boolean> {
  for await (const { start } of boxes(bytes, track, ["mdia", "hdlr"])) {
    return textAt(await bytes.read(start + 8, 4), 0, 4) === "vide";
  }
  return true;
}

interface SampleEntry {
  /** As the library knows it. */
  readonly type: string;
  readonly typeAt: number;
  /** The file has another type there. */
  readonly isRenamed: boolean;
  /** The avcC, hvcC or av1C record, or the headers of MPEG-2 video; empty where there is none. */
  readonly record: Uint8Array;
}

async function sampleEntries(bytes: FileBytes, table: Span): Promise<SampleEntry[]> {
  const entries: SampleEntry[] = [];
  for await (const { start, end } of boxes(bytes, table, ["stsd"])) {
    for await (const entry of siblings(bytes, { start: start + 8, end })) {
      let record = new Uint8Array(0);
      let isMpeg2 = isMpeg2Entry(entry.type);
      for await (const box of siblings(bytes, { start: entry.start + VISUAL_ENTRY_BYTES, end: entry.end })) {
        const isRecord =
          box.type === "avcC" || box.type === "hvcC" || box.type === "av1C" || (isMpeg2 && box.type === "glbl");
        if (!isRecord && !(entry.type === "mp4v" && box.type === "esds")) continue;
        const content = new Uint8Array((await bytes.read(box.start, Math.min(box.end - box.start, 1 << 16))).buffer);
        const config = isRecord ? undefined : readEsds(content);
        if (isRecord) record = content;
        else if (config !== undefined && isMpeg2Object(config.objectTypeIndication)) {
          isMpeg2 = true;
          record = config.specific.slice();
        }
      }
      const type = isMpeg2 ? MPEG2_ENTRY : (otherNames[entry.type] ?? entry.type);
      entries.push({ type, typeAt: entry.typeAt, isRenamed: type !== entry.type, record });
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
