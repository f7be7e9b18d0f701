import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { unknownText } from "../../src/cli/input-bytes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture, goldenText, run } from "./command-line.ts";

const folder = temporaryFolder();

const text = goldenText("h264_high10.264.gst-frame");
const head = '{"format":"v4l2-stateless-requests/1","codec":"h264"}\n';
// Brotli at its best takes seconds for what a bomb is made of.
const brotli = (bytes: string | Uint8Array) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
const compressions = { gzip: gzipSync, brotli } as const;

function fileOf(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** What a command says of a file, without the file's name. */
async function said(path: string): Promise<string> {
  const { status, stdout, stderr } = await run(["inspect", path]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  return stderr.trimEnd().replace(`v4l2-stateless: ${path}: `, "");
}

describe.each(["gzip", "brotli"] as const)("a record compressed with %s", (compression) => {
  const compress = compressions[compression];
  const ending = compression === "gzip" ? "gz" : "br";

  it("is read by its content, whatever its name is, and through a pipe", async () => {
    const expected = await run(["inspect", fileOf("plain.jsonl", text)]);
    expect(expected).toMatchObject({ status: 0, stderr: "" });
    const bytes = compress(text);
    for (const name of ["a.jsonl.gz", "a.jsonl.br", "a.jsonl", "a.264"]) {
      expect(await run(["inspect", fileOf(name, bytes)])).toEqual(expected);
    }
    const pieces = [bytes.subarray(0, 5), bytes.subarray(5)];
    expect(await run(["inspect", "-"], { stdin: pieces })).toEqual(expected);
    expect(await run(["inspect", fileOf(`not-compressed.${ending}`, text)])).toEqual(expected);
  });

  it("is said to be cut off where it is", async () => {
    const bytes = compress(text);
    for (const length of [20, 300, bytes.length - 1]) {
      const path = fileOf(`cut.jsonl.${ending}`, bytes.subarray(0, length));
      const { status, stderr } = await run(["inspect", path]);
      expect(status).toBe(2);
      expect(stderr).toBe(
        `v4l2-stateless: ${path}: compressed with ${compression}, and cut off: its last bytes are missing\n`,
      );
    }
  });

  const refusesGrowth = (filler: string) => async () => {
    const bytes = compress(head + filler.repeat(4e7));
    expect(bytes.length).toBeLessThan(50_000);
    const { status, stderr } = await run(["inspect", fileOf(`bomb.${ending}`, bytes)]);
    expect(status).toBe(2);
    expect(stderr).toMatch(new RegExp(`compressed with ${compression}, and grows to more than 500 times its size`));
  };
  it("is refused when it grows out of all proportion in one line", { tags: "long" }, refusesGrowth(" "));
  it("and in many", { tags: "long" }, refusesGrowth("\n"));

  it("is written where the name of the output says so", async () => {
    const stream = fixture("h264_high10.264");
    const path = join(folder, `out.jsonl.${ending}`);
    expect(await run(["record", stream, "-o", path])).toEqual({ status: 0, stdout: "", stderr: "" });
    const decompress = compression === "gzip" ? gunzipSync : brotliDecompressSync;
    expect(decompress(readFileSync(path)).toString()).toBe((await run(["record", stream])).stdout);
  });
});

describe("a stream that is compressed with gzip", () => {
  const stream = readFileSync(fixture("h264_high10.264"));

  it("is read as it is, by its content, and through a pipe", async () => {
    const expected = await run(["inspect", fixture("h264_high10.264")]);
    const bytes = gzipSync(stream);
    for (const name of ["clip.264.gz", "clip.264"])
      expect(await run(["inspect", fileOf(name, bytes)])).toEqual(expected);
    expect(await run(["inspect", "-"], { stdin: [bytes] })).toEqual(expected);
    expect(await run(["inspect", "--codec", "h264", fileOf("clip", bytes)])).toEqual(expected);
    const other = await run(["diff", fileOf("clip.264.gz", bytes), fixture("h264_high10.264")]);
    expect(other).toMatchObject({ status: 0, stdout: expect.stringContaining("20 pairs, 0 differ") });
  });

  it("is read inside of a container, too", async () => {
    const container = fixture("containers/av1_8bit.mp4");
    expect(await run(["inspect", fileOf("clip.mp4.gz", gzipSync(readFileSync(container)))])).toEqual(
      await run(["inspect", container]),
    );
  });

  it("is read up to where it is cut off", async () => {
    const path = fileOf("cut.264.gz", gzipSync(stream).subarray(0, 15_000));
    const { status, stdout, stderr } = await run(["record", path]);
    expect([status, stderr]).toEqual([
      2,
      `v4l2-stateless: ${path}: compressed with gzip, and cut off: its last bytes are missing\n`,
    ]);
    expect(stdout.split("\n").length).toBeGreaterThan(20);
  });
});

describe("what only other programs decompress", () => {
  it.each([
    ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "xz -dc"],
    ["zstd", [0x28, 0xb5, 0x2f, 0xfd], "zstd -dc"],
    ["bzip2", [0x42, 0x5a, 0x68, 0x39], "bzip2 -dc"],
    ["lz4", [0x04, 0x22, 0x4d, 0x18], "lz4 -dc"],
    ["zip", [0x50, 0x4b, 0x03, 0x04], "unzip -p"],
  ])("is named: %s", async (name, mark, advice) => {
    // Incompressible bytes are there as they are.
    const path = fileOf("packed", Uint8Array.of(...mark, ...readFileSync(fixture("h264_high10.264"))));
    expect(await said(path)).toBe(
      `compressed with ${name}; only gzip and brotli are read: give what ${advice} prints (- is standard input)`,
    );
    expect((await run(["lint", path])).stderr).toContain(`compressed with ${name};`);
  });
});

it("brotli streams that are joined are no record: what comes after the first is not left out without a word", async () => {
  const half = text.indexOf("\n", text.length / 2) + 1;
  const path = fileOf("joined.br", Buffer.concat([brotli(text.slice(0, half)), brotli(text.slice(half))]));
  expect(await run(["inspect", path])).toMatchObject({
    status: 2,
    stderr: `v4l2-stateless: ${path}: compressed with brotli, and other bytes come after its end: files that are joined must be compressed anew, as one\n`,
  });
});

describe("what is named as if it were compressed", () => {
  it.each([
    ["x.br", "hello hello", "not compressed with brotli, or damaged"],
    ["x.gz", "hello hello", "not compressed with gzip, or damaged"],
    ["y.gz", gzipSync("hello"), unknownText],
    ["y.gz", gzipSync(Uint8Array.of(1, 2, 3)), "no video was found in its first bytes; name the codec with --codec"],
    [
      "x.gz",
      gzipSync(""),
      "empty: what is compressed in it has no bytes; did the program that wrote it work, and did its output reach the compression? Write it again",
    ],
    [
      "x.br",
      brotliCompressSync(""),
      "empty: what is compressed in it has no bytes; did the program that wrote it work, and did its output reach the compression? Write it again",
    ],
    ["z.br", "", "empty: it has no bytes; was it written, and did the program before the pipe work?"],
  ])("%s", async (name, bytes, message) => {
    expect(await said(fileOf(name, bytes))).toBe(message);
  });
});

it("a line that is wrong ends the record there", async () => {
  const path = fileOf("wrong.jsonl", `${text}{"request":0,"timestamp":1,"controls":{}}\n`);
  const { status, stderr } = await run(["inspect", path]);
  expect(status).toBe(2);
  const line = text.trimEnd().split("\n").length + 1;
  expect(stderr).toMatch(new RegExp(`wrong.jsonl: line ${line}: request 0 comes after request \\d+; the numbers`));
});

it("what is odd in a record is told on standard error", async () => {
  const path = fileOf("odd.jsonl", `${text}{"output":7}\n{"output":8}\n`);
  const { status, stderr } = await run(["inspect", path]);
  expect(status).toBe(0);
  expect(stderr).toMatch(
    /^.*odd\.jsonl: line \d+: it shows the picture of timestamp 7, which no request before it made\n$/,
  );
});

describe("an output that is the input", () => {
  it("is refused, also where the input is standard input", async () => {
    const path = fileOf("in.264", readFileSync(fixture("h264_high10.264")));
    const { dev, ino } = statSync(path);
    const refused = {
      status: 2,
      stdout: "",
      stderr: `v4l2-stateless: ${path} is the input; the output would overwrite it\n`,
    };
    const before = readFileSync(path);
    expect(await run(["record", path, "-o", path])).toEqual(refused);
    const stdin = { stdin: [before], stdinFile: { dev, ino } };
    expect(await run(["record", "-", "-o", path], stdin)).toEqual(refused);
    expect(readFileSync(path).equals(before)).toBe(true);
    const other = join(folder, "other.jsonl");
    expect(await run(["record", "-", "-o", other], stdin)).toMatchObject({ status: 0, stderr: "" });
  });
});
