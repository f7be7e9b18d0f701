import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../support/random.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture, type Outcome, run } from "./command-line.ts";

/** Files in containers that mediabunny reads, and the streams that they were made from. */
const libraryFiles = [
  { file: "containers/h264_mbaff_tff.mp4", stream: "h264_mbaff_tff.264", format: "an MP4 file", codec: "h264" },
  {
    file: "containers/h265_temporal_layers.mkv",
    stream: "h265_temporal_layers.265",
    format: "a Matroska file",
    codec: "h265",
  },
  { file: "containers/vp8_altref.webm", stream: "vp8_altref.ivf", format: "a WebM file", codec: "vp8" },
  {
    file: "containers/vp9_altref_superframes.webm",
    stream: "vp9_altref_superframes.ivf",
    format: "a WebM file",
    codec: "vp9",
  },
] as const;
const files = [
  ...libraryFiles,
  { file: "containers/h264_baseline_slices.m2t", stream: "h264_baseline_slices.264", codec: "h264" },
] as const;
const commands = ["record", "inspect", "validate", "trace"];

let folder = "";
beforeAll(() => {
  folder = temporaryFolder();
});

function written(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A record's lines without what a container may change: the stream's name and the pts. */
function linesOf(record: string): unknown[] {
  return record
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), stream: undefined, pts: undefined }));
}

function ptsOf(record: string): number[] {
  const lines = record.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line)).flatMap((line) => ("output" in line ? [line.pts] : []));
}

/**
 * A trace without the units' places in the input, without the delimiters that a transport stream has to have, and each unit
 * once: a configuration record holds the parameter sets that a stream repeats.
 */
function elementsOf(trace: string): string[] {
  const units = trace.split(/\n(?=unit )|^(?=unit )/).map((unit) =>
    unit
      .replace(/^unit \d+ +(.*?) +(byte|in the configuration record).*\n/, "$1\n")
      .replaceAll(/^( +\d+) +\d+:\d/gm, "$1")
      .trimEnd(),
  );
  return [...new Set(units)].filter((unit) => !unit.startsWith("access_unit_delimiter_rbsp"));
}

it("a file whose index is missing says what may be the reason", async () => {
  // The movie's index is at its end.
  const bytes = readFileSync(fixture("containers/h265_rewritten_escaped_headers.mp4"));
  const path = written("cut.mp4", bytes.subarray(0, Math.floor(bytes.length * 0.6)));
  const { status, stderr } = await run(["inspect", path]);
  expect(status).toBe(2);
  expect(stderr).toContain(
    "cut.mp4: an MP4 file without video that can be decoded; where the file is cut off, its index may be missing",
  );
});

describe.each(files)("$file", ({ file, stream, codec }) => {
  it("gives the requests and outputs of the stream that lies in it", async () => {
    const { status, stdout, stderr } = await run(["record", fixture(file)]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout.split("\n")[0]!)).toMatchObject({ codec, stream: file.split("/")[1] });
    expect(linesOf(stdout)).toEqual(linesOf((await run(["record", fixture(stream)])).stdout));
  });

  it("is inspected, validated and traced like that stream", async () => {
    const [inspected, validated, traced] = await Promise.all(
      ["inspect", "validate", "trace"].map((command) => run([command, fixture(file)])),
    );
    // But for the pts, which a byte stream has not.
    const pictures = ({ stdout, ...rest }: Outcome) => ({
      ...rest,
      lines: stdout.split("\n").map((line) => line.replace(/^( +\d+ +\d+ +(?:\d+|-)) +(?:-?[\d.]+|-) {2}/, "$1  ")),
    });
    expect(pictures(inspected!)).toEqual(pictures(await run(["inspect", fixture(stream)])));
    expect(validated).toEqual({
      status: 0,
      stdout: "",
      stderr: `${fixture(file)}: 20 requests; nothing is refused by the kernel or by generic\n`,
    });
    expect(traced).toMatchObject({ status: 0, stderr: "" });
    expect(elementsOf(traced!.stdout)).toEqual(elementsOf((await run(["trace", fixture(stream)])).stdout));
  });

  it("is read from standard input too", async () => {
    const piped = await run(["record", "-"], { stdin: [readFileSync(fixture(file))] });
    const { stdout } = await run(["record", fixture(file)]);
    expect(piped).toEqual({ status: 0, stdout: stdout.replace(/,"stream":"[^"]*"/, ""), stderr: "" });
  });

  it("tells what went wrong when it is damaged, and never throws", { tags: "long" }, async () => {
    const whole = readFileSync(fixture(file));
    const random = new Random(whole.length);
    const statuses = new Set<number>();
    for (let round = 0; round < 40; round++) {
      const damaged = Uint8Array.from(whole.subarray(0, round % 2 === 0 ? whole.length : random.below(whole.length)));
      for (let i = 0; i < round % 5; i++) damaged[random.below(damaged.length)] = random.below(256);
      const { status, stderr } = await run(["record", written("damaged", damaged)]);
      statuses.add(status);
      expect([0, 2]).toContain(status);
      if (status === 2) expect(stderr).toMatch(/^v4l2-stateless: .*\/damaged: .*\n$/m);
      expect(stderr).not.toMatch(/^ +at /m);
    }
    expect(statuses).toEqual(new Set([0, 2]));
  });
});

describe("a container", () => {
  it("gives its packets' pts in the time base of the track", async () => {
    const webm = await run(["record", fixture("containers/vp9_altref_superframes.webm")]);
    expect(ptsOf(webm.stdout)).toEqual(Array.from({ length: 20 }, (_, i) => 40 * i));
  });

  it("gives MPEG-2, for which mediabunny has no name", async () => {
    const requests = (record: string) => linesOf(record).filter((line) => "request" in (line as object));
    const { status, stdout } = await run(["record", fixture("containers/mpeg2_ipb.mkv")]);
    const whole = await run(["record", fixture("mpeg2_ipb.m2v")]);
    expect(status).toBe(0);
    expect(requests(stdout)).toEqual(requests(whole.stdout).slice(0, 6));
  });

  it("reads the sequence header of Matroska's CodecPrivate where the stream begins without one", async () => {
    const file = readFileSync(fixture("containers/mpeg2_ipb.mkv"));
    const whole = await run(["record", written("whole.mkv", file)]);
    const inPrivate = file.indexOf(Buffer.of(0, 0, 1, 0xb3));
    const inStream = file.indexOf(Buffer.of(0, 0, 1, 0xb3), inPrivate + 1);
    expect(inStream).toBeGreaterThan(inPrivate);
    // Zero bytes may come before a start code.
    file.fill(0, inStream, file.indexOf(Buffer.of(0, 0, 1, 0xb8), inStream));
    const { status, stdout } = await run(["record", written("whole.mkv", file)]);
    expect(status).toBe(0);
    expect(linesOf(stdout).slice(1, 4)).toEqual(linesOf(whole.stdout).slice(1, 4));
    file.fill(0, inPrivate, inPrivate + 4);
    expect(await run(["record", written("whole.mkv", file)])).toMatchObject({
      stderr: expect.stringContaining("there is no sequence header"),
    });
  });

  it("reads that header where the track's number has eight bytes (RFC 8794, 7.2)", async () => {
    const file = readFileSync(fixture("containers/mpeg2_ipb.mkv"));
    const headers = Buffer.of(0, 0, 1, 0xb3);
    const inStream = file.indexOf(headers, file.indexOf(headers) + 1);
    file.fill(0, inStream, file.indexOf(Buffer.of(0, 0, 1, 0xb8), inStream));
    const expected = await run(["record", written("number.mkv", file)]);
    // TrackNumber gets the seven bytes of Language.
    const number = file.indexOf(Buffer.of(0xd7, 0x81, 1));
    const language = file.indexOf(Buffer.of(0x22, 0xb5, 0x9c, 0x83));
    file.copyWithin(number + 10, number + 3, language);
    Buffer.of(0xd7, 0x88, 0, 0, 0, 0, 0, 0, 0, 1).copy(file, number);
    expect(await run(["record", written("number.mkv", file)])).toEqual(expected);
    expect(expected).toMatchObject({ status: 0, stderr: expect.not.stringContaining("sequence header") });
  });

  /** The requests of an MP4 file of MPEG-2 after an edit, and what is said of it. */
  async function editedMpeg2(edit: (file: Buffer) => void): Promise<Outcome & { readonly requests: unknown[] }> {
    const file = readFileSync(fixture("containers/mpeg2_ipb.mp4"));
    edit(file);
    const outcome = await run(["record", written("mpeg2.mp4", file)]);
    const lines = outcome.status === 0 ? linesOf(outcome.stdout) : [];
    return { ...outcome, requests: lines.filter((line) => "request" in (line as object)) };
  }
  /** Offset of objectTypeIndication, after an ES_Descriptor's and a DecoderConfigDescriptor's header. */
  const objectTypeAt = (file: Buffer) => file.indexOf("esds") + 4 + 4 + 5 + 3 + 5;

  it.each<[string, (file: Buffer) => void]>([
    ["as FFmpeg writes it", () => {}],
    ...[0x60, 0x61, 0x62, 0x63, 0x64, 0x65].map((type): [string, (file: Buffer) => void] => [
      `objectTypeIndication ${type.toString(16)}`,
      (file) => file.writeUInt8(type, objectTypeAt(file)),
    ]),
    [
      "a track_ID of 7",
      (file) => {
        file.writeUInt32BE(7, file.indexOf("tkhd") + 4 + 12);
      },
    ],
    ...["m2v1", "xdvb", "hdv2", "mx5p"].map((name): [string, (file: Buffer) => void] => [
      `${name}, with the headers in glbl`,
      (file) => {
        // The box of the record begins where the DecoderSpecificInfo does, less its header of eight bytes.
        const esds = file.indexOf("esds");
        const headers = Buffer.from([0, 0, 1, 0xb3]);
        const begin = file.indexOf(headers, esds);
        const end = esds - 4 + file.readUInt32BE(esds - 4);
        file.writeUInt32BE(begin - 8 - (esds - 4), esds - 4);
        file.write("free", esds, "latin1");
        file.writeUInt32BE(end - (begin - 8), begin - 8);
        file.write("glbl", begin - 4, "latin1");
        file.write(name, file.indexOf("mp4v", file.indexOf("stsd")), "latin1");
      },
    ]),
  ])("gives MPEG-2 of an MP4 file: %s (ISO/IEC 14496-1, table 5)", async (_, edit) => {
    const whole = await run(["record", fixture("mpeg2_ipb.m2v")]);
    const expected = linesOf(whole.stdout).filter((line) => "request" in (line as object));
    const { status, stderr, requests } = await editedMpeg2(edit);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(requests).toEqual(expected.slice(0, 6));
  });

  it("says what other video under mp4v is, and that it is not decoded", async () => {
    const { status, stderr } = await editedMpeg2((file) => file.writeUInt8(0x20, objectTypeAt(file)));
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /: an MP4 file without video that can be decoded; it has mp4v: only H.264, HEVC, VP8, VP9, AV1 and MPEG-2 are decoded\n$/,
    );
  });

  it("never throws, whatever is in its esds", async () => {
    const random = new Random(11);
    for (let round = 0; round < 40; round++) {
      const { status, stderr } = await editedMpeg2((file) => {
        const at = file.indexOf("esds");
        for (let flips = 1 + random.below(4); flips > 0; flips--) file[at + 4 + random.below(46)] = random.below(256);
      });
      expect([0, 2]).toContain(status);
      if (status === 2) expect(stderr).toMatch(/^v4l2-stateless: .*\n$/m);
    }
  });

  it("is refused without a track of the codec that was asked for", async () => {
    const path = fixture("containers/vp8_altref.webm");
    expect(await run(["record", "--codec", "vp9", path])).toEqual({
      status: 2,
      stdout: "",
      stderr: `v4l2-stateless: ${path}: a WebM file without vp9 video; it has vp8: leave out --codec\n`,
    });
    expect((await run(["record", "--codec", "vp8", path])).status).toBe(0);
  });

  it("that ends too early gives the requests of what is there, and an error", async () => {
    const whole = readFileSync(fixture("containers/h264_mbaff_tff.mp4"));
    const path = written("cut.mp4", whole.subarray(0, 20_000));
    const { status, stdout, stderr } = await run(["record", path]);
    const requests = linesOf(stdout).filter((line) => "request" in (line as object)).length;
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `${path}: error: the file ends before packet ${requests} of the track does (bitstream)\n`,
    });
    expect(requests).toBeGreaterThan(5);
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1)!)).toHaveProperty("release");
    expect(stdout).toContain('{"error":');
  });

  it("gives every picture before a cut in its last or only cluster, of any kind, and an error (RFC 9559)", {
    tags: "long",
  }, async () => {
    const live = readFileSync(fixture("containers/h264_live.mkv"));
    // ffmpeg gives clusters a size, and the segment none. The same with a size for that, and with none for all.
    const known = Buffer.from(live);
    const segment = live.indexOf("18538067", 0, "hex") + 4;
    known.writeBigUInt64BE(2n ** 56n + BigInt(live.length - segment - 8), segment);
    const unknown = Buffer.from(live);
    for (const cluster of ["1f43b67572ac", "1f43b675620c"]) {
      unknown.writeUInt16BE(0x7fff, live.indexOf(cluster, 0, "hex") + 4);
    }
    for (const file of [live, known, unknown]) {
      for (const [missing, requests] of [
        [0, 20],
        [1, 19],
        [100, 19],
        [4000, 13],
        [9000, 11],
        [18_000, 1],
      ] as const) {
        const size = live.length - missing;
        const bytes = file.subarray(0, size);
        const path = written("cut.mkv", bytes);
        for (const argv of [[path], ["-"]]) {
          const { status, stdout, stderr } = await run(["record", ...argv], { stdin: [bytes] });
          const made = linesOf(stdout).filter((line) => "request" in (line as object)).length;
          expect({ size, status, made }).toEqual({ size, status: 0, made: requests });
          const told =
            size < live.length ? /: error: the file ends \d+ bytes before its (segment|last block) does/ : /^$/;
          expect(stderr).toMatch(told);
        }
      }
    }
  });

  it.each([
    ["nclx", "without the byte for its range"],
    ["nclc", "of QuickTime"],
  ])("is read with a colr box of 18 bytes, %s %s", async (type) => {
    const file = readFileSync(fixture("containers/h264_mbaff_tff.mp4"));
    // In place of the last two boxes of the sample entry, and as its last.
    const at = file.indexOf("pasp") - 4;
    expect(file.toString("latin1", at + 20, at + 24)).toBe("btrt");
    const colr = [0, 0, 0, 18, ...Buffer.from(`colr${type}`, "latin1"), 0, 1, 0, 1, 0, 1];
    const changed = Buffer.from(file);
    changed.set([0, 0, 0, 18, ...Buffer.from("free"), ...new Uint8Array(10), ...colr], at);
    const path = written("colr.mp4", changed);
    expect(await run(["inspect", path])).toEqual(await run(["inspect", fixture("containers/h264_mbaff_tff.mp4")]));
  });

  it("whose segment is cut off gives an error (RFC 9559)", async () => {
    const whole = readFileSync(fixture("containers/vp9_altref_superframes.webm"));
    const path = written("cut.webm", whole.subarray(0, -100));
    const { stderr } = await run(["record", path]);
    expect(stderr).toContain(`${path}: error: the file ends 100 bytes before its segment does (bitstream)\n`);
  });

  it("with no element where one should be gives the requests before, and an error: mediabunny would look for ever", async () => {
    const damaged = Buffer.from(readFileSync(fixture("containers/vp9_altref_superframes.webm")));
    damaged.writeUInt32BE(0, damaged.lastIndexOf("1c53bb6b", undefined, "hex")); // Cues, the last element of the segment
    const path = written("damaged.webm", damaged);
    for (const args of [[path], ["-"]]) {
      const { status, stdout, stderr } = await run(["record", ...args], { stdin: [damaged] });
      expect(status).toBe(0);
      expect(stderr).toMatch(
        /: error: mediabunny cannot read packet 20: it finds no element after byte \d+ \(bitstream\)\n$/,
      );
      expect(linesOf(stdout).filter((line) => "output" in (line as object))).toHaveLength(20);
    }
  });

  it("with elements that nobody knows at the end of its segment is read without an error (RFC 8794, 6)", async () => {
    const whole = readFileSync(fixture("containers/vp9_altref_superframes.webm"));
    const segment = whole.indexOf("18538067", 0, "hex") + 4;
    const size = whole.readBigUInt64BE(segment);
    for (const length of [3, 4, 9, 100]) {
      // An id of four bytes that no element of Matroska has. mediabunny would look for a known one for ever.
      const element = Buffer.from([0x1f, 0xed, 0xcb, 0xa9, 0x80 | length, ...new Uint8Array(length)]);
      const longer = Buffer.concat([whole, element]);
      longer.writeBigUInt64BE(size + BigInt(element.length), segment);
      const path = written("longer.webm", longer);
      const expected = await run(["inspect", fixture("containers/vp9_altref_superframes.webm")]);
      expect(await run(["inspect", path])).toEqual(expected);
    }
  });

  it("is told where the elements of a segment do not follow each other: bytes are in a Matroska file twice", async () => {
    const whole = readFileSync(fixture("containers/vp9_altref_superframes.webm"));
    const path = written("twice.webm", Buffer.concat([whole.subarray(0, 2000), whole.subarray(1900)]));
    const { status, stderr } = await run(["inspect", path]);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /error: the file is damaged: no element begins at byte \d+, where one should \(bitstream\)\n/,
    );
  });

  it.each(["vp9_altref_superframes.webm", "h264_live.mkv"])(
    "with another file after %s says that it is not read (RFC 8794, 2)",
    async (name) => {
      const whole = readFileSync(fixture(`containers/${name}`));
      const path = written(name, Buffer.concat([whole, whole]));
      const once = await run(["inspect", fixture(`containers/${name}`)]);
      expect(await run(["inspect", path])).toEqual({
        ...once,
        stderr: `${path}: error: another Matroska file begins at byte ${whole.length}: only the first one is read; split the file there (unsupported)\n`,
      });
    },
  );

  it("is read where its only video track is not enabled (RFC 9559, 5.1.4.1.4)", async () => {
    const whole = readFileSync(fixture("containers/h264_live.mkv"));
    const changed = Buffer.from(whole);
    // FlagLacing 0 becomes FlagEnabled 0: there is no laced block.
    const flag = changed.indexOf("9c8100", 0, "hex");
    changed.writeUInt8(0xb9, flag);
    const path = written("disabled.mkv", changed);
    expect(await run(["inspect", path])).toEqual(await run(["inspect", fixture("containers/h264_live.mkv")]));
  });

  it("with another movie after the first one says that it is not read (ISO/IEC 14496-12, 8.2.1)", async () => {
    const name = "containers/h264_mbaff_tff.mp4";
    const whole = readFileSync(fixture(name));
    const path = written("joined.mp4", Buffer.concat([whole, whole]));
    const at = whole.length + whole.indexOf("moov") - 4;
    expect(await run(["inspect", path])).toEqual({
      ...(await run(["inspect", fixture(name)])),
      stderr: `${path}: error: another movie follows, whose moov box is at byte ${at}: only the first one is read; split the file (unsupported)\n`,
    });
  });

  it("with fragments behind the movie's samples gives an error: they are not read", async () => {
    const whole = readFileSync(fixture("containers/h264_mbaff_tff.mp4"));
    const path = written("fragments.mp4", Buffer.concat([whole, Buffer.from("\0\0\0\x08moof", "latin1")]));
    const { status, stdout, stderr } = await run(["record", path]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `${path}: error: the fragments after the movie's own samples are not read (unsupported)\n`,
    });
    expect(linesOf(stdout).filter((line) => "request" in (line as object))).toHaveLength(20);
  });

  it("says so where the sizes of the movie's own samples are compact, too (ISO/IEC 14496-12, 8.7.3.3)", async () => {
    const whole = readFileSync(fixture("containers/h264_mbaff_tff.mp4"));
    const at = whole.indexOf("stsz");
    const count = whole.readUInt32BE(at + 12);
    const sizes = Array.from({ length: count }, (_, i) => whole.readUInt32BE(at + 16 + 4 * i));
    whole.write("stz2", at, "latin1");
    whole.writeUInt32BE(16, at + 8);
    whole.fill(0, at + 16, at + 16 + 4 * count);
    for (const [i, size] of sizes.entries()) whole.writeUInt16BE(size, at + 16 + 2 * i);
    const path = written("compact.mp4", Buffer.concat([whole, Buffer.from("\0\0\0\x08moof", "latin1")]));
    const { stdout, stderr } = await run(["record", path]);
    expect(stderr).toContain("the fragments after the movie's own samples are not read");
    expect(linesOf(stdout).filter((line) => "request" in (line as object))).toHaveLength(20);
  });

  /** A copy of a file with another sample description before its own, and with its tables edited. */
  function withDescriptions(edit: (file: Buffer) => void): Buffer {
    const whole = readFileSync(fixture("containers/h264_mbaff_tff.mp4"));
    const table = whole.indexOf("stsd");
    const entry = Buffer.from(whole.subarray(table + 12, table - 4 + whole.readUInt32BE(table - 4)));
    entry.writeUInt8(entry.readUInt8(entry.indexOf("avcC") + 4 + 3) ^ 1, entry.indexOf("avcC") + 4 + 3);
    const twice = Buffer.concat([whole.subarray(0, table + 12), entry, whole.subarray(table + 12)]);
    twice.writeUInt32BE(2, table + 8);
    for (const type of ["moov", "trak", "mdia", "minf", "stbl", "stsd"]) {
      const at = twice.indexOf(type) - 4;
      twice.writeUInt32BE(twice.readUInt32BE(at) + entry.length, at);
    }
    const chunks = twice.indexOf("stco") + 12;
    twice.writeUInt32BE(twice.readUInt32BE(chunks) + entry.length, chunks);
    edit(twice);
    return twice;
  }

  it("gives the samples of each sample description with its own record", async () => {
    const { stdout } = await run(["record", fixture("h264_mbaff_tff.264")]);
    // All samples have the second description: stsc, 8.7.4.
    const second = withDescriptions((file) => file.writeUInt32BE(2, file.indexOf("stsc") + 20));
    for (const args of [[written("second.mp4", second)], ["--codec", "h264", "-"]]) {
      const result = await run(["record", ...args], { stdin: [second] });
      expect(result).toMatchObject({ status: 0, stderr: "" });
      expect(linesOf(result.stdout)).toEqual(linesOf(stdout));
    }
  });

  it("is refused where sample descriptions differ in their codec", async () => {
    const file = withDescriptions((bytes) => bytes.write("hvc1", bytes.indexOf("avc1", bytes.indexOf("stsd"))));
    const { status, stderr } = await run(["record", written("codecs.mp4", file)]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /: an MP4 file whose video changes its codec between sample descriptions; each codec needs a file of its own\n$/,
    );
  });

  it.each([
    ["stsc", 12, 0xffffffff, /whose stsc box counts \d+ samples, more than the file has bytes/],
    ["stts", 8, 0x7fffffff, /whose stts box counts \d+ samples, more than the file has bytes/],
    ["stts", 4, 0x10000, /whose stts box counts 65536 entries, more than it has room for/],
    ["stsz", 8, 0xffffffff, /whose stsz box counts 4294967295 entries, more than it has room for/],
    ["stco", 4, 0xffffffff, /whose stco box counts 4294967295 entries, more than it has room for/],
  ])("is refused where its %s counts more than there can be", async (type, place, value, reason) => {
    const file = readFileSync(fixture("containers/h264_mbaff_tff.mp4"));
    file.writeUInt32BE(value, file.indexOf(type) + 4 + place);
    const { status, stderr } = await run(["record", written("counts.mp4", file)]);
    expect(status).toBe(2);
    expect(stderr).toMatch(reason);
  });

  it.each(commands)("that cannot be read is refused by %s in one line", async (command) => {
    const hopeless = [
      ["clip.mp4", "\0\0\0\x18ftypisom".padEnd(500, "\0"), "an MP4 file"],
      ["clip.mkv", "\x1a\x45\xdf\xa3\x9f".padEnd(500, "\xff"), "a Matroska file"],
      ["clip.ts", `G${"\xff".repeat(187)}`.repeat(9), "an MPEG transport stream"],
    ] as const;
    for (const [name, text, format] of hopeless) {
      const path = written(name, Buffer.from(text, "latin1"));
      const { status, stdout, stderr } = await run([command, path]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(/^v4l2-stateless: .*\n$/);
      expect(stderr).toContain(`${path}: ${format} `);
    }
  });
});

describe("without mediabunny", () => {
  const fails = (code: string, message: string) => () => Promise.reject(Object.assign(new Error(message), { code }));

  it.each(commands)("%s says what to install", async (command) => {
    for (const { file, format } of libraryFiles) {
      const path = fixture(file);
      const importContainerLibrary = fails("ERR_MODULE_NOT_FOUND", "Cannot find package 'mediabunny'");
      expect(await run([command, path], { importContainerLibrary })).toEqual({
        status: 2,
        stdout: "",
        stderr: `v4l2-stateless: ${path}: is ${format}: install mediabunny to read containers, or demux it first\n`,
      });
    }
  });

  it("reads what is in no container", async () => {
    const importContainerLibrary = fails("ERR_MODULE_NOT_FOUND", "Cannot find package 'mediabunny'");
    const { status } = await run(["record", fixture("vp9_altref_superframes.ivf")], { importContainerLibrary });
    expect(status).toBe(0);
  });

  it("says why it cannot be loaded, when it is there", async () => {
    const importContainerLibrary = fails("ERR_INVALID_PACKAGE_CONFIG", "Invalid package config");
    const { status, stderr } = await run(["record", fixture("containers/vp8_altref.webm")], { importContainerLibrary });
    expect(status).toBe(2);
    expect(stderr).toMatch(/: is a WebM file, and mediabunny, .* cannot be loaded: Invalid package config\n$/);
  });
});
