import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesOf, fixture, run } from "./command-line.ts";

const numbersOf = (stdout: string) => [...stdout.matchAll(/^request (\d+)\b/gm)].map(([, number]) => Number(number));

describe("--request", () => {
  it.each([
    ["2..4", [2, 3, 4]],
    ["..1", [0, 1]],
    ["18..", [18, 19]],
    ["1,5..6", [1, 5, 6]],
  ])("inspect shows %s in full", async (requests, wanted) => {
    const { stdout } = await run(["inspect", "--request", requests, fixture("h264_high_bpyramid.264")]);
    expect(numbersOf(stdout)).toEqual(wanted);
    expect(stdout.match(/^V4L2_CID_STATELESS_H264_DECODE_PARAMS /gm)).toHaveLength(wanted.length);
  });

  it("may be given several times", async () => {
    const argv = ["inspect", "--request", "7", "--request=1..2", fixture("h264_high_bpyramid.264")];
    expect(numbersOf((await run(argv)).stdout)).toEqual([1, 2, 7]);
  });

  it("says in full what the line says, with order and pts", async () => {
    const { stdout } = await run(["inspect", "--request", "2", fixture("containers/h264_mbaff_tff.mp4")]);
    expect(stdout).toMatch(/^request 2 {2}timestamp 3000, .*, order 1, pts -?\d+$/m);
    expect(stdout).toContain("type B, structure frame, POC 3/2, frame_num 2, nal_ref_idc 2\nreferences 0 1\n");
  });

  it("validate checks only these", async () => {
    const argv = ["validate", "--target", "tegra-vde", fixture("h264_mbaff_tff.264")];
    const all = (await run(argv)).stdout.trimEnd().split("\n");
    const first = (await run([...argv, "--request", "0"])).stdout.trimEnd().split("\n");
    expect(first).toEqual(all.filter((line) => / request 0:|^request 0:/.test(line)));
    expect(await run([...argv, "--request", "3..5"])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: expect.stringMatching(/: 3 of 20 requests; nothing is refused by the kernel or by tegra-vde\n$/),
    });
  });

  it.each(["inspect", "validate", "trace"])("%s says how many there are where it lies beyond them", async (command) => {
    for (const name of ["h264_mbaff_tff.264", "mpeg2_ipb.m2v", "vp9_lossless.ivf"]) {
      const { status, stderr } = await run([command, "--request", "20..", fixture(name)]);
      const last = name.startsWith("mpeg2") ? 9 : name.startsWith("vp9") ? 9 : 19;
      expect(status).toBe(2);
      expect(stderr).toMatch(/: there is no request 20\.\.: it has \d+ requests, numbers 0 to \d+\n$/);
      expect(Number(/ to (\d+)\n/.exec(stderr)![1])).toBeLessThanOrEqual(Math.max(last, 19));
    }
  });
});

describe("trace --request", () => {
  const names = (stdout: string) =>
    [...stdout.matchAll(/^unit \d+ {2}([\w ]+?) ?(?:\(| {2})/gm)].map(([, name]) => name);

  const title = "gives each unit of %s to one request";
  it.each([
    ["mpeg2_interlaced.m2v", 20],
    ["av1_8bit.ivf", 10],
  ])(title, isOfOneRequest);
  it.each([
    ["h264_high422_interlaced.264", 20],
    ["h264_baseline_slices.264", 20],
    ["h264_repeat_headers_aud_hrd.264", 20],
    ["vp8_altref.ivf", 20],
    ["vp9_altref_superframes.ivf", 20],
    ["h265_main10_wpp_slices.265", 20],
    ["containers/h264_mbaff_tff.mp4", 20],
  ])(title, { tags: "long" }, isOfOneRequest);

  async function isOfOneRequest(name: string, count: number): Promise<void> {
    const path = fixture(name);
    const all = names((await run(["trace", path])).stdout);
    const each: (string | undefined)[] = [];
    for (let request = 0; request < count; request++) {
      each.push(...names((await run(["trace", "--request", String(request), path])).stdout));
    }
    // Units after the last picture, as an end of sequence, are of none.
    expect(each).toEqual(all.slice(0, each.length));
    expect(all.length - each.length).toBeLessThanOrEqual(1);
  }

  it.each([
    ["h264_high_bpyramid.264", 1],
    ["h264_baseline_slices.264", 3],
    ["h265_default_ra.265", 1],
    ["h265_main10_wpp_slices.265", 2],
  ])("gives each picture of %s its own slices, however the bytes come", async (name, slices) => {
    const bytes = readFileSync(fixture(name));
    for (const size of [100, 1000, 3333]) {
      const stdin = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const { stdout } = await run(["trace", "--request", "0..", "-"], { stdin });
      const requests = stdout.split(/^request \d+$/m).slice(1);
      expect(requests).toHaveLength(20);
      for (const request of requests) {
        expect(names(request).filter((unit) => unit?.startsWith("slice"))).toHaveLength(slices);
      }
    }
  });

  it("gives parameter sets to the picture after them, and all slices of a picture to it", async () => {
    const units = async (requests: string, ...options: string[]) =>
      names((await run(["trace", "--request", requests, ...options, fixture("h264_baseline_slices.264")])).stdout);
    const first = await units("0");
    expect(first.slice(0, 2)).toEqual(["seq_parameter_set_rbsp", "pic_parameter_set_rbsp"]);
    expect(first.filter((name) => name!.startsWith("slice"))).toHaveLength(3);
    expect(await units("1")).toHaveLength(3);
    // Slice by slice, the first one with what comes before it.
    expect(await units("0", "--decode-mode", "slice")).toEqual(first.slice(0, -2));
    expect(await units("1", "--decode-mode", "slice")).toHaveLength(1);
    expect(await units("0..1", "--unit", "pps")).toEqual(["pic_parameter_set_rbsp"]);
  });

  it("gives each frame of AV1 its own OBU, with the OBUs before it", async () => {
    const units = async (request: string) =>
      names((await run(["trace", "--request", request, fixture("av1_8bit.ivf")])).stdout);
    const unit = ["OBU_TEMPORAL_DELIMITER", "OBU_FRAME"];
    expect(await units("0")).toEqual(["OBU_TEMPORAL_DELIMITER", "OBU_SEQUENCE_HEADER", "OBU_FRAME"]);
    expect(await units("1")).toEqual(unit);
    expect(await units("2..3")).toEqual(["OBU_FRAME", "OBU_FRAME"]);
  });

  it("gives messages that come after a picture to it", async () => {
    // A suffix SEI NAL unit (type 40) with the picture's hash, payload type 132, after the first picture.
    const whole = readFileSync(fixture("h265_default_ra.265"));
    const slices = [...whole.keys()].filter((i) => whole.readUIntBE(Math.min(i, whole.length - 3), 3) === 1);
    const second = slices.filter((i) => (whole[i + 3] ?? 0) >> 1 < 32)[1]!;
    const sei = Buffer.from([0, 0, 1, 40 << 1, 1, 132, 5, 2, 1, 2, 3, 4, 0x80]);
    const stream = Buffer.concat([whole.subarray(0, second), sei, whole.subarray(second)]);
    const units = async (bytes: Buffer, request: string) =>
      names((await run(["trace", "--codec", "h265", "--request", request, "-"], { stdin: [bytes] })).stdout);
    expect(await units(stream, "0")).toEqual([...(await units(whole, "0")), "sei_rbsp"]);
    expect(await units(stream, "1")).toEqual(["slice_segment_layer_rbsp"]);
  });

  it("counts only pictures that were decoded: those skipped before an I picture of MPEG-2 have no request", async () => {
    const whole = readFileSync(fixture("mpeg2_ipb.m2v"));
    const starts = [...whole.keys()].filter((i) => whole.readUInt32BE(Math.min(i, whole.length - 4)) === 0x100);
    // The sequence header, then the pictures from the third on: P and B pictures that cannot be decoded.
    const cut = Buffer.concat([
      whole.subarray(0, whole.indexOf(Buffer.from([0, 0, 1, 0xb8]))),
      whole.subarray(starts[2]),
    ]);
    const { stdout } = await run(["trace", "--codec", "mpeg2", "--request", "0", "--unit", "picture", "-"], {
      stdin: [cut],
    });
    const types = [...stdout.matchAll(/ picture_coding_type +(\d)/g)].map(([, type]) => type);
    expect(types.at(-1)).toBe("1");
  });
});

describe("trace --unit", () => {
  it("prints the kinds that are named", async () => {
    const wrong = await run(["trace", "--unit", "SPS,Slicee", fixture("h264_mbaff_tff.264")]);
    expect(wrong.stderr).toMatch(/--unit: h264 has no "Slicee"; .*; did you mean slice[?]/);
    const { stdout } = await run(["trace", "--request", "0", "--unit", "SPS,pps", fixture("h264_mbaff_tff.264")]);
    expect([...stdout.matchAll(/^unit (\d+) {2}(\w+)/gm)].map(([, , name]) => name)).toEqual([
      "seq_parameter_set_rbsp",
      "pic_parameter_set_rbsp",
    ]);
  });

  it("refuses what the codec has not", async () => {
    const { status, stderr } = await run(["trace", "--unit", "vps", fixture("h264_mbaff_tff.264")]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/--unit: h264 has no "vps"; its units are sps, .*, other; did you mean \w+\?\n$/);
  });
});

describe("several inputs", () => {
  const paths = [fixture("mpeg2_ipb.m2v"), fixture("vp8_odd_size.ivf")];

  it.each(["inspect", "validate", "trace"])("%s gives each a heading", async (command) => {
    const { status, stdout } = await run([command, ...paths]);
    const each = await Promise.all(paths.map((path) => run([command, path])));
    expect(status).toBe(0);
    expect(stdout).toBe(`==> ${paths[0]} <==\n${each[0]!.stdout}\n==> ${paths[1]} <==\n${each[1]!.stdout}`);
  });

  it("goes on after one that cannot be read, and exits with 2", async () => {
    const { status, stdout, stderr } = await run(["inspect", "/missing.264", paths[1]!]);
    expect(status).toBe(2);
    expect(stderr).toBe("v4l2-stateless: /missing.264: no such file or directory\n");
    expect(stdout).toContain(`==> ${paths[1]} <==\nsequence`);
  });
});

describe("errors", () => {
  const whole = readFileSync(fixture("h264_high_bpyramid.264"));
  const headless = whole.subarray(whole.indexOf(Buffer.from([0, 0, 1, 0x41])));
  const damaged = Buffer.concat([headless, headless, whole]);
  const on = (command: string, ...options: string[]) =>
    run([command, "--codec", "h264", ...options, "-"], { stdin: [damaged] });

  it.each(["record", "inspect", "validate", "trace"])(
    "%s tells them on standard error, with status 0",
    async (command) => {
      const { status, stdout, stderr } = await on(command);
      expect(status).toBe(0);
      expect(stdout).not.toMatch(/^error/m);
      expect(stderr.match(/: error at byte \d+: /g)).toHaveLength(10);
      expect(stderr).toMatch(/: \d+ more errors; --errors=all tells all$/m);
    },
  );

  it.each(["record", "inspect", "validate", "trace"])(
    "%s: --strict makes the status 1, --errors=all tells all",
    async (command) => {
      const { status, stderr } = await on(command, "--strict", "--errors=all");
      expect(status).toBe(1);
      expect(stderr.match(/: error at byte \d+: /g)!.length).toBeGreaterThan(10);
      expect(stderr).not.toContain("more errors");
      expect((await run([command, "--strict", fixture("h264_high_bpyramid.264")])).status).toBe(0);
    },
  );

  it.each(["inspect", "validate", "trace"])("%s: --errors prints nothing else", async (command) => {
    const { stdout, stderr } = await on(command, "--errors");
    const lines = stdout.trimEnd().split("\n");
    expect(lines.every((line) => /^error at byte \d+: /.test(line))).toBe(true);
    expect(lines.length).toBeGreaterThan(10);
    expect(stderr).not.toContain("error at");
    const json = (await on(command, "--errors=only", "--json")).stdout.trimEnd().split("\n");
    const types = json.map((line) => (JSON.parse(line) as { readonly type: string }).type);
    expect(types.filter((type) => type === "error")).toHaveLength(lines.length);
  });

  it("count bytes of the file, or say that they count those of the video in it", async () => {
    const { stderr } = await run(["inspect", fixture("field/ts_pmt_other_stream_type.m2t")]);
    expect(stderr).not.toMatch(/error at byte \d+: transport/);
    const packets = readFileSync(fixture("containers/h264_baseline_slices.m2t"));
    const lossy = Buffer.concat([packets.subarray(0, 188 * 12), packets.subarray(188 * 13)]);
    const lost = await run(["inspect", "-"], { stdin: [lossy] });
    for (const line of lost.stderr.trimEnd().split("\n")) {
      expect(line).toMatch(/: error(?: at byte \d+ of the video)?: /);
    }
    expect(lost.stderr).toMatch(/error at byte \d+ of the video: .* \(byte \d+ of the file\)/);
  });
});

describe("messages", () => {
  const stderrOf = async (argv: readonly string[], stdin?: Uint8Array[]) =>
    (await run(argv, stdin === undefined ? {} : { stdin })).stderr.replace(/^.*: (?=an? |no )/gm, "");

  it("say what a file is that another codec was asked of", async () => {
    expect(await stderrOf(["inspect", "--codec", "h264", fixture("vp9_lossless.ivf")])).toBe(
      "an IVF file of vp9, not of h264; leave out --codec\n",
    );
    expect(await stderrOf(["inspect", "--codec", "h265", fixture("h264_high_bpyramid.264")])).toContain(
      "no picture could be decoded as h265: its first bytes are h264; leave out --codec\n",
    );
  });

  it("say that one transport packet is a transport stream", async () => {
    const packet = new Uint8Array(188).fill(0xff);
    packet.set([0x47, 0x1f, 0xff, 0x10]);
    for (const codec of [[], ["--codec", "h264"]]) {
      const video = codec.length === 0 ? "MPEG-2, H.264 or HEVC" : "h264";
      expect(await stderrOf(["inspect", ...codec, "-"], [packet])).toBe(
        `an MPEG transport stream without ${video} video: it has no program tables (PAT and PMT)\n`,
      );
    }
  });

  it.each([
    [["--decode-mode", "slice"], "vp8_altref.ivf", "--decode-mode has no effect on vp8; it is for h264, h265"],
    [["--start-code", "none"], "mpeg2_ipb.m2v", "--start-code has no effect on mpeg2; it is for h264, h265"],
    [["--start-at", "any"], "vp8_altref.ivf", "--start-at has no effect on vp8; it is for h264, h265, vp9, av1"],
    [
      ["--target", "visl"],
      "vp8_odd_size.ivf.gst-frame.jsonl.br",
      "a record holds requests that were made already: --target cannot change them",
    ],
  ])("refuse %j for %s, where it has no effect", async (options, name, message) => {
    expect(await run(["inspect", ...options, fixture(name)])).toEqual({
      status: 2,
      stdout: "",
      stderr: `v4l2-stateless: ${fixture(name)}: ${message}\n`,
    });
  });

  it("help of what is no command exits with 2", async () => {
    expect(await run(["help", "nonsense"])).toMatchObject({ status: 2, stdout: "" });
    expect((await run(["help", "inspect"])).status).toBe(0);
  });
});

describe("--color", () => {
  const argv = ["inspect", fixture("mpeg2_ipb.m2v")];
  const isColoured = async (options: string[], io: Parameters<typeof run>[1]) =>
    (await run([...argv, ...options], io)).stdout.includes("\u001b[");

  it.each([
    ["a terminal", [], { terminal: true }, true],
    ["a pipe", [], {}, false],
    ["NO_COLOR", [], { terminal: true, environment: { NO_COLOR: "1" } }, false],
    ["an empty NO_COLOR", [], { terminal: true, environment: { NO_COLOR: "" } }, true],
    ["FORCE_COLOR", [], { environment: { FORCE_COLOR: "1" } }, true],
    ["FORCE_COLOR=0", [], { terminal: true, environment: { FORCE_COLOR: "0" } }, false],
    ["--color always", ["--color", "always"], { environment: { NO_COLOR: "1" } }, true],
    ["--color=never", ["--color=never"], { terminal: true, environment: { FORCE_COLOR: "1" } }, false],
  ])("%s", async (_, options, io, wanted) => {
    expect(await isColoured(options, io)).toBe(wanted);
  });
});

describe("inspect of a record of many pictures without output lines", () => {
  const head = '{"format":"v4l2-stateless-requests/1","codec":"vp8"}\n';
  const line = (i: number) => `{"request":${i},"timestamp":${i * 1000},"controls":{}}\n`;

  it("shows all of them", async () => {
    const lines = Array.from({ length: 200 }, (_, i) => line(i)).join("");
    const { stdout } = await run(["inspect", "--json", "-"], { stdin: bytesOf(head + lines) });
    expect(stdout.match(/"shown":null/g)).toHaveLength(200);
  });

  it("does not read to the end to show one", async () => {
    const lines = Array.from({ length: 60 }, (_, i) => line(i)).join("");
    const text = `${head}${lines}{"request": this is no JSON\n`;
    expect((await run(["inspect", "-"], { stdin: bytesOf(text) })).status).toBe(2);
    const { status, stdout } = await run(["inspect", "--request", "4", "-"], { stdin: bytesOf(text) });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^request 4 {2}timestamp 4000\b/m);
  });

  it("knows requests by the numbers that the record gives them", async () => {
    const text = `${head}${line(100)}${line(101)}`;
    expect((await run(["inspect", "--request", "101", "-"], { stdin: bytesOf(text) })).stdout).toContain("request 101");
    expect((await run(["validate", "--request", "..7,102", "-"], { stdin: bytesOf(text) })).stderr).toMatch(
      /there is no request 102: it has 2 requests, numbers 100 to 101\n$/,
    );
  });
});
