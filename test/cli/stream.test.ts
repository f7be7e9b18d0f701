import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { unknownText } from "../../src/cli/input-bytes.ts";
import { sessionCodecs } from "../../src/open-session.ts";
import { readRecord, resolveRequests } from "../../src/record/index.ts";
import schema from "../../src/record/schema.json" with { type: "json" };
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { bytesOf, fixture, goldenText, run } from "./command-line.ts";

const stream = "h264_high_bpyramid.264";
const validate = new Ajv2020().compile(schema);
let folder = "";

beforeAll(() => {
  folder = temporaryFolder();
});

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe("record", () => {
  it("writes the requests that the peers send: the same OUTPUT buffers", async () => {
    const { status, stdout, stderr } = await run(["record", fixture(stream)]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const line of stdout.trimEnd().split("\n")) expect(validate(JSON.parse(line)), line).toBe(true);
    const record = readRecord(stdout);
    expect(record.header).toMatchObject({
      codec: "h264",
      target: "generic",
      decodeMode: "frame",
      startCode: "annexb",
      stream,
    });
    expect(record.header.producer).toMatch(/^v4l2-stateless \d/);
    const buffers = (text: string) => [...resolveRequests(readRecord(text))].map(({ bitstream }) => bitstream);
    expect(buffers(stdout)).toEqual(buffers(goldenText(`${stream}.gst-frame`)));
    // Menus, then the sequence with its controls, then the requests.
    expect(record.lines.slice(0, 4).map(({ type }) => type)).toEqual(["set", "sequence", "set", "request"]);
  });

  it("writes the same to a file, and from standard input", async () => {
    const path = join(folder, "out.jsonl");
    expect(await run(["record", fixture(stream), "-o", path])).toEqual({ status: 0, stdout: "", stderr: "" });
    const { stdout } = await run(["record", fixture(stream)]);
    expect(readFileSync(path, "utf8")).toBe(stdout);
    const piped = await run(["record", "-"], { stdin: [readFileSync(fixture(stream))] });
    expect(piped.stdout).toBe(stdout.replace(`,"stream":"${stream}"`, ""));
  });

  it("adds the bytes with --with-data", async () => {
    const { stdout } = await run(["record", "--with-data", fixture(stream)]);
    for (const { bitstream } of resolveRequests(readRecord(stdout)))
      expect(bitstream.data?.length).toBe(bitstream.bytes);
  });

  it("does not write over its input", async () => {
    const path = file("input.264", readFileSync(fixture(stream)));
    const { status, stderr } = await run(["record", path, "-o", path]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `v4l2-stateless: ${path} is the input; the output would overwrite it\n`,
    });
    expect(readFileSync(path)).toEqual(readFileSync(fixture(stream)));
  });

  it("refuses an output that cannot be written", async () => {
    const path = join(folder, "none", "out.jsonl");
    expect(await run(["record", fixture(stream), "-o", path])).toMatchObject({
      status: 2,
      stderr: `v4l2-stateless: ${path}: no such file or directory\n`,
    });
  });
});

describe("inspect, validate and trace of a stream", () => {
  it("show the pictures as they do from the record of it", async () => {
    const { stdout: record } = await run(["record", fixture(stream)]);
    const fromStream = await run(["inspect", fixture(stream)]);
    expect(fromStream).toMatchObject({ status: 0, stderr: "" });
    expect(fromStream.stdout).toBe((await run(["inspect", "-"], { stdin: bytesOf(record) })).stdout);
    expect(fromStream.stdout.split("\n")[0]).toMatch(
      /^sequence {2}96x80 {2}4:2:0 {2}8 bit {2}shows 96x80\+0\+0 {2}\d+ CAPTURE buffers$/,
    );
    const shown = await run(["inspect", "--request", "5", fixture(stream)]);
    expect(shown.stdout).toBe((await run(["inspect", "--request", "5", "-"], { stdin: bytesOf(record) })).stdout);
  });

  it("find nothing that the kernel would refuse", async () => {
    expect(await run(["validate", fixture(stream)])).toEqual({
      status: 0,
      stdout: "",
      stderr: `${fixture(stream)}: 20 requests; nothing is refused by the kernel or by generic\n`,
    });
  });

  it("trace every element with its place", async () => {
    const { status, stdout, stderr } = await run(["trace", fixture(stream)]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines.find((line) => line.startsWith("unit 0"))).toMatch(
      /^unit 0 {2}seq_parameter_set_rbsp \(nal_unit_type 7\) {2}byte 4, \d+ bytes$/,
    );
    const profile = lines.find((line) => line.includes(" profile_idc "))!;
    expect(profile.trim().split(/ +/)).toEqual(["8", "5:0", "8", "u", "profile_idc", "100"]);
    expect(stdout).toMatch(/ slice_type +\d/);
  });
});

describe("input that is no stream", () => {
  const commands = ["record", "inspect", "validate", "trace"];

  it.each(commands)("%s refuses it in one line", async (command) => {
    const hopeless = [
      [file("empty.264", ""), "empty: it has no bytes; was it written, and did the program before the pipe work?"],
      [file("text.264", "hello\n".repeat(1000)), unknownText],
      [
        file("zeros.264", new Uint8Array(3_000_000)),
        "no video was found in its first bytes; name the codec with --codec",
      ],
      [
        file("clip.flv", "FLV\x01".padEnd(500, "\0")),
        "an FLV file, which is not read here: ffmpeg -fflags +genpts -i FILE -map 0:v:0 -c copy OUT.mkv repacks its video",
      ],
      [folder, "is a directory, and no file in it is one of strace -ff: their names end in the number of a thread"],
      [join(folder, "missing.264"), "no such file or directory"],
    ] as const;
    for (const [path, reason] of hopeless) {
      expect(await run([command, path])).toEqual({
        status: 2,
        stdout: "",
        stderr: `v4l2-stateless: ${path}: ${reason}\n`,
      });
    }
    expect(await run([command, "-"])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^v4l2-stateless: standard input: empty: it has no bytes; .*\n$/),
    });
  });

  it.each(commands)("%s says when a codec is not there", async (command) => {
    for (const name of ["vp8_altref.ivf", "vp9_lossless.ivf", "mpeg2_ipb.m2v"]) {
      if (sessionCodecs.some((codec) => name.startsWith(codec))) continue;
      const { status, stdout, stderr } = await run([command, fixture(name)]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(/^v4l2-stateless: .*: streams of (vp8|vp9|mpeg2) cannot be read yet\n$/);
    }
  });

  it("has no picture of the codec that a start code in other bytes looks like: the codec is a guess", async () => {
    const path = file("cut.webm", Uint8Array.of(0x9a, 0, 0, 1, 0x41, 0x9a, 0x21, 0x6c));
    for (const command of ["record", "inspect", "validate"]) {
      const { status, stderr } = await run([command, path]);
      expect(status).toBe(2);
      const advice = "which its first bytes look like; where it has another codec, name that with --codec";
      expect(stderr).toContain(`cut.webm: no picture could be decoded as h264, ${advice}\n`);
    }
  });

  it("has no picture when it is called a stream", async () => {
    const path = file(
      "noise.264",
      Uint8Array.from({ length: 5000 }, (_, i) => (i * 2654435761) >>> 13),
    );
    for (const command of ["record", "inspect", "validate"]) {
      const { status, stderr } = await run([command, "--codec", "h264", path]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/: no picture could be decoded\n$/);
      expect(stderr).not.toMatch(/\bat .*\.ts/);
    }
  });
});

describe("a truncated stream", () => {
  const whole = readFileSync(fixture(stream));

  it("gives the requests that could be made, and exits with 0", async () => {
    for (const length of [5000, 9000, 12_345]) {
      const { status, stdout } = await run(["record", file("cut.264", whole.subarray(0, length))]);
      expect(status).toBe(0);
      const requests = [...resolveRequests(readRecord(stdout))];
      expect(requests.length).toBeGreaterThan(0);
      expect(requests.length).toBeLessThan(20);
    }
  });

  it("tells of the errors on stderr: the first ones, and how many more", async () => {
    // Without the parameter sets no slice can be read.
    const start = whole.indexOf(Buffer.from([0, 0, 1, 0x41]));
    const headless = Buffer.concat([whole.subarray(start), whole.subarray(start), whole]);
    const { status, stderr } = await run(["record", "--codec", "h264", file("headless.264", headless)]);
    expect(status).toBe(0);
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(11);
    expect(lines[0]).toMatch(/headless\.264: error at byte \d+: .* \([a-z-]+\)$/);
    expect(lines[10]).toMatch(/headless\.264: \d+ more errors; --errors=all tells all$/);
  });
});
