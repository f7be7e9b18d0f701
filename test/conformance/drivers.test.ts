import { existsSync, readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { readJournal } from "../../conformance/drivers/journal.ts";
import { nodes } from "../../conformance/drivers/nodes.ts";
import { hashOf, programDifferences, programOf } from "../../conformance/drivers/program.ts";
import { fixtureStreams, pairsOf } from "../../conformance/drivers/streams.ts";
import { corpusFolder } from "../../conformance/streams/corpus.ts";
import type { Control } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import { targetByName, targetRefusals } from "../../src/targets/index.ts";
import { refusalText } from "../../src/targets/refusals.ts";
import { codecs } from "../../src/uapi/index.ts";

/** Writes a journal as the fake hardware does. */
class JournalWriter {
  readonly #parts: Buffer[] = [];

  add(kind: number, ...values: (readonly [bytes: 1 | 4 | 8, value: number] | Uint8Array)[]): this {
    const body = Buffer.concat(
      values.map((value) => {
        if (value instanceof Uint8Array) return value;
        const [bytes, number] = value;
        const buffer = Buffer.alloc(8);
        buffer.writeBigUInt64LE(BigInt(number));
        return buffer.subarray(0, bytes);
      }),
    );
    const head = Buffer.alloc(8);
    head.writeUInt32LE(kind, 0);
    head.writeUInt32LE(body.length, 4);
    this.#parts.push(head, body, Buffer.alloc((8 - (body.length % 8)) % 8));
    return this;
  }

  text(value: string, bytes: number): Uint8Array {
    const buffer = Buffer.alloc(bytes);
    buffer.write(value);
    return buffer;
  }

  write(node: number, offset: number, value: number): this {
    return this.add(2, [1, node], [1, 0], [1, 1], [1, 4], [4, offset], [8, value]);
  }

  /** A job with an OUTPUT buffer at `base`, the current picture after it, and one that was decoded before. */
  job(base: number, timestamp: number, before: number): this {
    const buffer = (index: number, isCapture: number, address: number, of: number) =>
      [
        [4, index],
        [4, isCapture],
        [8, address],
        [8, 0x1000],
        [8, of],
      ] as const;
    return this.add(
      5,
      ...([
        [4, 0],
        [4, 1],
        [4, 100],
        [4, 7],
        [4, 0],
        [4, 3],
        [8, timestamp],
      ] as const),
      ...buffer(0, 0, base, timestamp),
      ...buffer(0, 1, base + 0x1000, timestamp),
      ...buffer(1, 1, base + 0x2000, before),
    );
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Two jobs of rk3399's node, the second with a reference to the first; all addresses begin at `base`. */
function journalAt(base: number, value = 5): Buffer {
  const writer = new JournalWriter();
  const table = base + 0x10000;
  const address = Buffer.alloc(4);
  // Of the scaling list, as the parameter sets of H.264 have it.
  address.writeUInt32LE(table + 4 * 464 * 2);
  return writer
    .add(1, [4, 0], [4, 23], writer.text("rk3399-vdec", 32), writer.text("rk3399", 16))
    .add(3, [4, 9], [4, 0], [8, table], [8, 0x8000], writer.text("rkvdec_h264_start [rockchip_vdec]", 64))
    .job(base, 1000, 0)
    .write(0, 8, base + 0x1000)
    .write(0, 4, 1)
    .add(6, [4, 0], [4, 1], [8, 0])
    .add(7, [4, 9], [4, 23], address)
    .add(8, [4, 0], [4, 1], [4, 0], [4, 0], [8, 0])
    .add(9, Buffer.from("a label"))
    .job(base, 2000, 1000)
    .write(0, 8, base + 0x1040)
    .write(0, 12, base + 0x2000)
    .write(0, 16, value)
    .add(6, [4, 0], [4, 2], [8, 0])
    .write(0, 4, 0x100)
    .add(8, [4, 0], [4, 2], [4, 1], [4, 0], [8, 0]).bytes;
}

describe("the journal of the fake hardware", () => {
  const [first, second] = readJournal(journalAt(0x6000_0000));

  it("has the jobs that were started, with what was written before the start, and their end", () => {
    expect(first).toMatchObject({ node: "rk3399-vdec", bytesUsed: 100, timestamp: 1000n, outcome: "ok", labels: [] });
    expect(second).toMatchObject({ outcome: "error", labels: ["a label"] });
    expect(second!.writes.map(([register]) => register)).toEqual(["0008", "000c", "0010"]);
    expect(second!.contents.get("rkvdec_h264_start#0")).toHaveLength(0x8000);
  });

  it("makes programs in which addresses have names, also in tables", () => {
    expect([...programOf(second!).registers]).toEqual([
      ["0008", "current+40"],
      ["000c", "picture0+0"],
      ["0010", "5"],
    ]);
    expect(programOf(first!).registers.get("0008")).toBe("current+0");
    const elsewhere = readJournal(journalAt(0x7100_0000));
    expect(elsewhere.map((job) => hashOf(programOf(job)))).toEqual(
      [first!, second!].map((job) => hashOf(programOf(job))),
    );
  });

  it("tells programs apart, by the register", () => {
    const other = readJournal(journalAt(0x6000_0000, 6))[1]!;
    expect(hashOf(programOf(other))).not.toBe(hashOf(programOf(second!)));
    expect(programDifferences(second!, programOf(second!), programOf(other))).toEqual([
      { where: "0010", a: "5", b: "6" },
    ]);
  });

  it("names the field of a parameter set that differs", () => {
    const program = programOf(second!);
    const [name, contents] = [...program.tables][0] ?? ["rkvdec_h264_start#0", new Uint8Array(0x8000)];
    const [one, other] = [Uint8Array.from(contents), Uint8Array.from(contents)];
    // The first packet comes after the CABAC table, the scaling lists and the reference lists.
    other[4 * 464 * 2 + 6 * 16 + 6 * 64 + 128 + 4 * 128] = 1 << 4;
    const tables = (table: Uint8Array) => ({ ...program, tables: new Map([[name, table]]) });
    expect(programDifferences(second!, tables(one), tables(other))).toMatchObject([
      { where: `${name} param_set[0].PROFILE_IDC` },
    ]);
  });
});

const fixtures = new URL("../fixtures/", import.meta.url);
const folder = new URL("../../conformance/drivers/programs/", import.meta.url);
const files = existsSync(folder) ? readdirSync(folder) : [];

/** By stream: the hashes of the requests' programs, or why it is refused. */
function programsIn(file: string): Record<string, string> {
  return (JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { streams: Record<string, string> }).streams;
}

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

describe("the programs that are checked in", () => {
  it("are those of every node", () => {
    expect(files.sort()).toEqual(nodes.map(({ name }) => `${name}.json`).sort());
  });

  it("are those of every fixture and of 72 streams of the corpus, 565 pairs of stream and node, as README.md says", () => {
    const seen = files.flatMap((file) => Object.keys(programsIn(file)).map((stream) => `${stream} on ${file}`));
    const wanted = pairsOf(fixtureStreams()).map(({ stream, node }) => `${stream.name} on ${node.name}.json`);
    expect(wanted.filter((pair) => !seen.includes(pair))).toEqual([]);
    const others = new Set(files.flatMap((file) => Object.keys(programsIn(file)).filter((name) => !isFixture(name))));
    expect({ others: others.size, pairs: seen.length }).toEqual({ others: 72, pairs: 565 });
    expect(readme).toContain("for every fixture and 72 streams of the corpus, 565 pairs of stream and decoder");
  });

  const corpus = corpusFolder();
  const isFixture = (stream: string) => !stream.includes("/");
  const title = "%s: one for each request, and refusals by the target's limits";
  it.each(files)(title, (file) => compare(file, isFixture, fixtures));
  it.skipIf(corpus === undefined).each(files)(`corpus, ${title}`, { tags: "long" }, (file) => {
    compare(file, (stream) => !isFixture(stream), pathToFileURL(`${corpus}/`));
  });

  function compare(file: string, isWanted: (stream: string) => boolean, where: URL): void {
    const node = nodes.find(({ name }) => file === `${name}.json`)!;
    const streams = programsIn(file);
    const target = targetByName(node.target)!;
    for (const [stream, text] of Object.entries(streams).filter(([name]) => isWanted(name))) {
      const codec = node.codecs.find((each) => new RegExp(`^${each}[_/]`).test(stream));
      if (codec === undefined) expect.fail(`${stream}: ${node.name} takes no such codec`);
      const taken = target.codecs[codec]!;
      const limitsOf = (controls: readonly Control[]) =>
        targetRefusals(target, codec, new Map(controls.map(({ name, payload }) => [name, payload]))).filter(
          ({ path }) => path !== "",
        );
      const session = openSession(codec, {
        decodeMode: codecs[codec].modes === null ? undefined : taken.decodeModes[0],
        startCode: taken.startCodes[0],
        missingReferences: taken.missingReferences,
      });
      const bytes = readFileSync(new URL(stream, where));
      const events = [...session.push(bytes), ...session.flush()];
      // A stream may become another one, which the driver is known not to decode.
      const end = events.findIndex(
        (event, i) => i > 0 && event.type === "sequence" && limitsOf(event.controls).length > 0,
      );
      const sent = end < 0 || text.startsWith("refused: ") ? events : events.slice(0, end);
      const requests = sent.filter((event) => event.type === "request");
      if (text.startsWith("refused: ")) {
        // The first request has what the sequence has, and the program names the driver.
        const [first] = requests;
        const limits = limitsOf(first!.controls);
        const withoutName = (reason: string) => reason.replaceAll(/: [\w-]+ takes/g, ": takes");
        expect(withoutName(`refused: ${limits.map(refusalText).join(", ")}`), stream).toBe(withoutName(text));
        continue;
      }
      const hashes = text.slice(text.indexOf(":") + 2).split(" ");
      expect(hashes, stream).toHaveLength(requests.length);
      for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{8}$/);
    }
  }
});
