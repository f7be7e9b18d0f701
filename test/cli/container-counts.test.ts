import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture, run } from "./command-line.ts";

const folder = temporaryFolder();

const u32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
};

/** The content of every box that counts, with a count that is not there. What stands after the space names a variant. */
const tables: Readonly<Record<string, (count: number) => Buffer>> = {
  ...Object.fromEntries(
    [
      "stts",
      "ctts",
      "stsc",
      "stco",
      "co64",
      "stss",
      "stsd",
      "elst",
      "keys",
      "sbgp",
      "sgpd",
      "dref",
      "iref",
      "senc",
    ].map((type) => [type, (count: number) => u32(0, count, 0, 0)]),
  ),
  "stts runs": (count) => u32(0, 2, count, 1, count, 1),
  "ctts runs": (count) => u32(0, 2, count, 1, count, 1),
  "stsc runs": (count) => u32(0, 2, 1, count, 1, count, count, 1),
  stsz: (count) => u32(0, 0, count, 1, 1),
  "stsz of one size": (count) => u32(0, 1, count),
  stz2: (count) => u32(0, 8, count, 1),
  "stz2 of no bits": (count) => u32(0, 0, count, 1),
  pssh: (count) => u32(0x0100_0000, 1, 2, 3, 4, count, 0),
  trun: (count) => u32(0, count),
  "trun with sizes": (count) => u32(0x200, count, 1, 1),
  tfra: (count) => u32(0, 1, 0, count, 1, 1),
  saiz: (count) => Buffer.concat([u32(0), Buffer.from([0]), u32(count)]),
  "saiz of one size": (count) => Buffer.concat([u32(0), Buffer.from([1]), u32(count)]),
  saio: (count) => u32(0, count, 0),
  iloc: (count) => u32(0, 0x4444_0000, count),
  avcC: (count) => Buffer.concat([Buffer.from([1, 100, 0, 10, 255, 255]), u32(count)]),
  hvcC: () => Buffer.alloc(23, 255),
};

interface Place {
  readonly at: number;
  readonly size: number;
}

const parents = ["moov", "trak", "mdia", "minf", "dinf", "stbl", "edts", "moof", "traf", "mvex", "udta"];

/** The boxes that hold boxes, each with those around it. */
function placesIn(bytes: Buffer, start = 0, end = bytes.length, around: readonly Place[] = []): Place[][] {
  const places: Place[][] = [];
  for (let at = start; at + 8 <= end; at += bytes.readUInt32BE(at)) {
    if (!parents.includes(bytes.toString("latin1", at + 4, at + 8))) continue;
    const place = [...around, { at, size: bytes.readUInt32BE(at) }];
    places.push(place, ...placesIn(bytes, at + 8, at + bytes.readUInt32BE(at), place));
  }
  return places;
}

/** A file with one more box in another, the first or the last there. */
function withBox(file: Buffer, place: readonly Place[], box: Buffer, isFirst: boolean): Buffer {
  const { at, size } = place.at(-1)!;
  const where = isFirst ? at + 8 : at + size;
  const changed = Buffer.from(file);
  for (const around of place) changed.writeUInt32BE(around.size + box.length, around.at);
  return Buffer.concat([changed.subarray(0, where), box, changed.subarray(where)]);
}

/** Reads a file; where it is refused, one line says so. Nobody waits for an answer that does not come: the test has a time. */
async function check(bytes: Uint8Array, what: string): Promise<void> {
  const path = join(folder, "file");
  writeFileSync(path, bytes);
  const { status, stderr } = await run(["inspect", "--errors", path]);
  expect([0, 2], what).toContain(status);
  const refusals = stderr.split("\n").filter((line) => line.startsWith("v4l2-stateless: "));
  expect(refusals.length, what).toBe(status === 0 ? 0 : 1);
}

describe.each(["containers/h264_mbaff_tff.mp4", "containers/h264_fragments.mp4"])(
  "a box in %s that counts",
  { tags: "long" },
  (name) => {
    const file = readFileSync(fixture(name));
    const places = placesIn(file);

    it.each(Object.keys(tables))("%s: what is not there is not looked for", async (kind) => {
      const table = tables[kind]!;
      const type = Buffer.from(kind.slice(0, 4), "latin1");
      for (const [i, place] of places.entries()) {
        for (const count of [0xffff_ffff, 0x7fff_ffff, 100_000_000, 5_000_000]) {
          const content = table(count);
          // Every other place takes a box with a size of 64 bits (4.2).
          const box =
            i % 2 === 0
              ? Buffer.concat([u32(8 + content.length), type, content])
              : Buffer.concat([u32(1), type, u32(0, 16 + content.length), content]);
          for (const isFirst of [true, false]) {
            await check(withBox(file, place, box, isFirst), `${kind} ${count} in place ${i}, first: ${isFirst}`);
          }
        }
      }
    });

    it("after very many others is not overlooked", async () => {
      const stbl = places.find(
        (place) => file.toString("latin1", place.at(-1)!.at + 4, place.at(-1)!.at + 8) === "stbl",
      )!;
      const free = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.concat([u32(8), Buffer.from("free")])));
      const stss = Buffer.concat([u32(16), Buffer.from("stss"), u32(0, 0xffff_ffff)]);
      const path = join(folder, "many.mp4");
      writeFileSync(path, withBox(file, stbl, Buffer.concat([free, stss]), true));
      const { status, stderr } = await run(["inspect", path]);
      expect(status).toBe(2);
      expect(stderr).toContain("whose stss box counts 4294967295 entries, more than it has room for\n");
    });
  },
);

describe("an element of Matroska", { tags: "long" }, () => {
  const length = (byte: number) => Math.clz32(byte) - 23;
  /** Where the sizes of elements stand, of those in others too. */
  function sizesIn(bytes: Buffer, start: number, end: number): { readonly at: number; readonly length: number }[] {
    const masters = [
      "1a45dfa3",
      "18538067",
      "1549a966",
      "1654ae6b",
      "ae",
      "e0",
      "1f43b675",
      "a0",
      "1c53bb6b",
      "bb",
      "b7",
      "114d9b74",
      "4dbb",
    ];
    const found = [];
    for (let at = start; at + 2 <= end; ) {
      const idLength = length(bytes[at]!);
      const sizeAt = at + idLength;
      const sizeLength = length(bytes[sizeAt]!);
      const size = bytes.readUIntBE(sizeAt, Math.min(sizeLength, 6)) % 2 ** (7 * Math.min(sizeLength, 6));
      found.push({ at: sizeAt, length: sizeLength });
      const content = sizeAt + sizeLength;
      const real = sizeLength === 8 ? Number(bytes.readBigUInt64BE(sizeAt) & 0x00ff_ffff_ffff_ffffn) : size;
      const to = Math.min(content + real, end);
      if (masters.includes(bytes.toString("hex", at, sizeAt))) found.push(...sizesIn(bytes, content, to));
      at = to;
    }
    return found;
  }

  it.each(["containers/h265_temporal_layers.mkv", "containers/vp8_altref.webm"])(
    "of any size costs no time: %s",
    async (name) => {
      const file = readFileSync(fixture(name));
      for (const { at, length: bytes } of sizesIn(file, 0, file.length)) {
        for (const fill of [0x00, 0x7f, 0xff]) {
          const damaged = Buffer.from(file);
          damaged.fill(fill, at + 1, at + bytes);
          damaged[at] = (0x80 >> (bytes - 1)) | (fill & ((0x80 >> (bytes - 1)) - 1));
          await check(damaged, `the size at byte ${at} filled with ${fill}`);
        }
      }
    },
  );

  it.each([1, 2, 3])("of a block with lacing %s has any number of frames", async (lacing) => {
    const file = readFileSync(fixture("containers/vp8_altref.webm"));
    // SimpleBlock: its track, its time, its flags, and then the number of frames.
    for (let at = file.indexOf(0xa3); at >= 0 && at < 20_000; at = file.indexOf(0xa3, at + 1)) {
      const head = at + 1 + length(file[at + 1]!);
      if (file[head] !== 0x81) continue;
      for (const frames of [0, 1, 0x7f, 0xff]) {
        const damaged = Buffer.from(file);
        damaged[head + 3] = damaged[head + 3]! | (lacing << 1);
        damaged[head + 4] = frames;
        await check(damaged, `lacing ${lacing} at ${at} with ${frames} frames`);
      }
    }
  });
});
