import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readRecord, resolveRequests } from "../../src/record/index.ts";
import { BitWriter, escaped } from "../../src/testing/bit-writer.ts";
import { controlByName, decodePayload, V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST } from "../../src/uapi/index.ts";
import { Mpeg2Stream } from "../../support/streams/mpeg2-stream.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { bytesOf, fixture, goldenText, run } from "./command-line.ts";

const HEVC = "V4L2_CID_STATELESS_HEVC_";
let folder = "";

beforeAll(() => {
  folder = temporaryFolder();
});

/** The names of the controls that a record sends at all, without their prefix. */
async function sent(stream: string, target: string, ...options: string[]): Promise<string[]> {
  const { status, stdout, stderr } = await run(["record", "--target", target, ...options, fixture(stream)]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { lines } = readRecord(stdout);
  const names = lines.flatMap((line) =>
    line.type === "set" || line.type === "request" ? [...line.controls.keys()] : [],
  );
  return [...new Set(names)].map((name) => name.replace(/^V4L2_CID_STATELESS_[^_]+_/, "")).sort();
}

describe("record --target", () => {
  it("sends what the driver has, in the modes that it takes", async () => {
    const common = ["DECODE_MODE", "DECODE_PARAMS", "PPS", "SPS", "START_CODE"];
    expect(await sent("h264_cqm_jvt.264", "hantro-g1")).toEqual([...common, "SCALING_MATRIX"].sort());
    expect(await sent("h264_baseline_slices.264", "tegra-vde")).toEqual(common);
    expect(await sent("h264_baseline_slices.264", "cedrus")).toEqual([...common, "SLICE_PARAMS"].sort());
    expect(await sent("h265_default_ra.265", "hantro-g2")).toEqual(common);
    expect(await sent("h265_default_ra.265", "rpi-hevc-dec")).toEqual([...common, "SLICE_PARAMS"].sort());
    expect(await sent("h265_default_ra.265", "vdpu381")).toEqual(expect.arrayContaining(["SPS"]));
    expect(await sent("h265_default_ra.265", "vdpu381")).not.toContain("SLICE_PARAMS");
  });

  it.each([
    ["h264_high_bpyramid.264", "rk3399", "frame", "annexb"],
    ["h264_high_bpyramid.264", "cedrus", "slice", "none"],
    ["h265_default_ra.265", "rpi-hevc-dec", "frame", "none"],
  ])("of %s, %s: %s, %s unless the user says otherwise", async (stream, target, decodeMode, startCode) => {
    const { stdout } = await run(["record", "--target", target, fixture(stream)]);
    const { header } = readRecord(stdout);
    expect(header).toMatchObject({ target, decodeMode, startCode });
    const [request] = resolveRequests(readRecord(stdout));
    const prefix = stream.startsWith("h264") ? "H264" : "HEVC";
    expect(request!.controls.get(`V4L2_CID_STATELESS_${prefix}_DECODE_MODE`)).toBe(decodeMode === "slice" ? 0 : 1);
    expect(request!.controls.get(`V4L2_CID_STATELESS_${prefix}_START_CODE`)).toBe(startCode === "none" ? 0 : 1);
  });

  it("takes a mode of the user that the driver has", async () => {
    const argv = ["record", "--target", "rpi-hevc-dec", "--start-code", "annexb", fixture("h265_default_ra.265")];
    expect(readRecord((await run(argv)).stdout).header.startCode).toBe("annexb");
  });

  it.each([
    ["hantro-g1", "--decode-mode", "slice", "h264", "hantro-g1 takes --decode-mode frame for h264, not slice"],
    ["rk3399", "--start-code", "none", "h265", "rk3399 takes --start-code annexb for h265, not none"],
    ["cedrus", "--decode-mode", "frame", "h265", "cedrus takes --decode-mode slice for h265, not frame"],
  ])("%s refuses %s %s for %s in one line", async (target, option, value, codec, message) => {
    const stream = codec === "h264" ? "h264_high_bpyramid.264" : "h265_default_ra.265";
    for (const command of ["record", "inspect", "validate"]) {
      expect(await run([command, "--target", target, option, value, fixture(stream)])).toEqual({
        status: 2,
        stdout: "",
        stderr: `v4l2-stateless: ${message}\n`,
      });
    }
  });

  it("refuses a codec that the driver does not decode", async () => {
    expect(await run(["record", "--target", "tegra-vde", fixture("h265_default_ra.265")])).toMatchObject({
      status: 2,
      stderr: "v4l2-stateless: tegra-vde does not decode h265\n",
    });
  });
});

describe("record --target hantro-g1", () => {
  it("sets TOP_FIELD_FIRST in both fields of a frame whose top field came first", async () => {
    const path = join(folder, "fields.m2v");
    const stream = new Mpeg2Stream().sequence();
    for (const structure of [1, 2]) stream.picture("P", { structure }); // skipped: decoding starts at an I picture
    for (const structure of [1, 2, 2, 1, 1, 2]) stream.picture("I", { structure });
    writeFileSync(path, stream.bytes);
    const flagsFor = async (target: string) => {
      const { status, stdout } = await run(["record", "--target", target, path]);
      expect(status).toBe(0);
      const name = "V4L2_CID_STATELESS_MPEG2_PICTURE";
      return [...resolveRequests(readRecord(stdout))].map(({ controls }) => {
        const { flags } = decodePayload(controlByName(name)!, controls.get(name) as Uint8Array) as { flags: number };
        return flags & V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST;
      });
    };
    expect(await flagsFor("hantro-g1")).toEqual([1, 1, 0, 0, 1, 1]);
    expect(await flagsFor("generic")).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

/** NAL units of IDR pictures, each of its own SPS 0: `sets` writes its short-term and long-term sets. */
function intraStream(...sets: ((w: BitWriter) => BitWriter)[]): Uint8Array {
  const unit = (type: number, w: BitWriter) => [
    0,
    0,
    1,
    ...escaped(Uint8Array.of(type * 2, 1, ...w.trailing().bytes())),
  ];
  const sps = (write: (w: BitWriter) => BitWriter) => {
    const w = new BitWriter().u(4, 0).u(3, 0).u(1, 1);
    w.u(8, 1).u(32, 0).u(4, 0b1001).u(32, 0).u(12, 0).u(8, 93);
    w.ue(0).ue(1).ue(64).ue(64).u(1, 0).ue(0).ue(0).ue(4).u(1, 1).ue(4).ue(0).ue(0);
    w.ue(0).ue(1).ue(0).ue(2).ue(0).ue(0).u(4, 0);
    return write(w).u(4, 0);
  };
  const pps = () =>
    new BitWriter().ue(0).ue(0).u(7, 0).ue(0).ue(0).se(0).u(3, 0).se(0).se(0).u(6, 0).u(4, 0).ue(0).u(2, 0);
  const slice = () => new BitWriter().u(1, 1).u(1, 0).ue(0).ue(2).se(0).u(1, 1).u(7, 0).u(8, 0x5a);
  return Uint8Array.from(sets.flatMap((write) => [...unit(33, sps(write)), ...unit(34, pps()), ...unit(19, slice())]));
}

describe("record --target vdpu383", () => {
  const oneEmptySet = (w: BitWriter) => w.ue(1).ue(0).ue(0).u(1, 0);
  const oneSet = (w: BitWriter) => w.ue(1).ue(1).ue(0).ue(0).u(1, 1).u(1, 0);
  const longTerm = (w: BitWriter) => w.ue(0).u(1, 1).ue(1).u(8, 0).u(1, 0);

  /** The lines in a few words: the array's bytes that are not zero. */
  async function lines(target: string, stream: Uint8Array): Promise<string[]> {
    const path = join(folder, "intra.265");
    writeFileSync(path, stream);
    const { status, stdout } = await run(["record", "--target", target, path]);
    expect(status).toBe(0);
    return readRecord(stdout).lines.flatMap((line) => {
      if (line.type !== "set" && line.type !== "request") return [];
      const arrays = [...line.controls].flatMap(([name, payload]) =>
        name.startsWith(`${HEVC}EXT_SPS_`) && payload instanceof Uint8Array
          ? [`${name.slice(HEVC.length + 8)}=${payload.some((byte) => byte !== 0) ? "other" : "zeros"}`]
          : [],
      );
      const sps = line.controls.has(`${HEVC}SPS`) ? ["SPS"] : [];
      return [[line.type, ...sps, ...arrays].join(" ")];
    });
  }

  it.each(["vdpu381", "vdpu383"])("sets an array that differs before one of zeros: %s", async (target) => {
    expect(await lines(target, intraStream(oneEmptySet, oneEmptySet))).toEqual([
      "set",
      "set ST_RPS=other",
      "set SPS ST_RPS=zeros",
      "request",
      "request",
    ]);
    expect(await lines(target, intraStream(longTerm))).toEqual([
      "set",
      "set LT_RPS=other",
      "set SPS LT_RPS=zeros",
      "request",
    ]);
  });

  it("does it again when the active SPS changes to such an array", async () => {
    expect(await lines("vdpu383", intraStream(oneSet, oneEmptySet, oneSet))).toEqual([
      "set",
      "set SPS ST_RPS=other",
      "request",
      "set ST_RPS=other",
      "set ST_RPS=zeros",
      "request",
      "request ST_RPS=other",
    ]);
  });

  it("leaves the true arrays in effect for every request", async () => {
    const path = join(folder, "empty-set.265");
    writeFileSync(path, intraStream(oneEmptySet, longTerm, oneEmptySet));
    const of = async (target: string) =>
      [...resolveRequests(readRecord((await run(["record", "--target", target, path])).stdout))].map(({ controls }) => [
        controls.get(`${HEVC}EXT_SPS_ST_RPS`),
        controls.get(`${HEVC}EXT_SPS_LT_RPS`),
      ]);
    expect(await of("vdpu383")).toEqual(await of("generic"));
  });

  it("is what inspect and validate see too", async () => {
    const path = join(folder, "validated.265");
    writeFileSync(path, intraStream(oneSet, oneEmptySet));
    const { stdout: record } = await run(["record", "--target", "vdpu383", path]);
    const fromStream = await run(["inspect", "--target", "vdpu383", "--request", "1", path]);
    expect(fromStream.stdout).toBe((await run(["inspect", "--request", "1", "-"], { stdin: bytesOf(record) })).stdout);
    expect(await run(["validate", "--target", "vdpu383", path])).toMatchObject({ status: 0, stdout: "" });
  });

  it("is no other target's business", async () => {
    expect(await lines("generic", intraStream(oneEmptySet))).toEqual(["set", "set SPS ST_RPS=zeros", "request"]);
    expect(await lines("rk3399", intraStream(oneEmptySet))).toEqual(["set", "set SPS", "request"]);
  });
});

describe("validate --target", () => {
  it("finds nothing in what is made for the driver", async () => {
    const made = [
      ["rk3399", "h264_high422_interlaced.264"],
      ["vdpu383", "h264_mbaff_tff.264"],
      ["hantro-g1", "h264_cqm_jvt.264"],
      ["cedrus", "h264_baseline_slices.264"],
      ["rk3399", "h265_main10_wpp_slices.265"],
      ["vdpu381", "h265_default_ra.265"],
      ["hantro-g2", "h265_main10_wpp_slices.265"],
      ["cedrus", "h265_main10_wpp_slices.265"],
      ["rpi-hevc-dec", "h265_main10_wpp_slices.265"],
    ] as const;
    for (const [target, stream] of made) {
      const { status, stdout } = await run(["validate", "--target", target, fixture(stream)]);
      expect({ target, status, stdout }).toEqual({ target, status: 0, stdout: "" });
    }
  });

  it("says what the driver refuses of a stream", async () => {
    const refused = async (target: string, stream: string) => {
      const { status, stdout } = await run(["validate", "--target", target, fixture(stream)]);
      expect(status).toBe(1);
      return [...new Set(stdout.trimEnd().split("\n"))].map((line) => line.replace(/^.*V4L2_CID_STATELESS_/, ""));
    };
    expect(await refused("hantro-g1", "h264_high10.264")).toEqual([
      "H264_SPS bit_depth_luma_minus8 = 2 (bit depth 10: hantro-g1 takes 8)",
      "H264_SPS bit_depth_chroma_minus8 = 2 (bit depth 10: hantro-g1 takes 8)",
      "H264_SPS profile_idc = 110 (profile: hantro-g1 takes 66, 77, 100)",
    ]);
    expect(await refused("vdpu383", "h265_422_10.265")).toContain(
      "HEVC_SPS chroma_format_idc = 2 (chroma_format_idc: vdpu383 takes 1)",
    );
    expect(await refused("tegra-vde", "h264_mbaff_tff.264")).toContain(
      "H264_PPS flags = 75 (tegra-vde does not take V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE)",
    );
  });

  it("says what the driver refuses of a record: modes, controls, elements", async () => {
    const text = goldenText("h265_main10_wpp_slices.265.gst-frame");
    const { status, stdout } = await run(["validate", "--target", "cedrus", "-"], { stdin: bytesOf(text) });
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^header: \w+_HEVC_DECODE_MODE = 1 \(cedrus takes slice\)\nheader: \w+_START_CODE = 1 \(cedrus takes none\)\n/,
    );
    expect(stdout).toMatch(/HEVC_SLICE_PARAMS = \d+ \(cedrus takes 1 element at most\)/);
    const made = await run(["record", "-"], { stdin: [intraStream((w) => w.ue(1).ue(1).ue(0).ue(0).u(1, 1).u(1, 0))] });
    const other = await run(["validate", "--target", "cedrus", "-"], { stdin: bytesOf(made.stdout) });
    expect(other.stdout).toMatch(/HEVC_EXT_SPS_ST_RPS \(cedrus does not have this control\)/);
    expect(other.stdout.match(/DECODE_MODE/g)).toHaveLength(1);
    const points = `${"00000000".repeat(257)}`;
    const many = [
      '{"format":"v4l2-stateless-requests/1","codec":"h265"}',
      `{"request":0,"timestamp":1000,"controls":{"${HEVC}ENTRY_POINT_OFFSETS":"${points}"}}`,
    ].join("\n");
    expect((await run(["validate", "--target", "cedrus", "-"], { stdin: bytesOf(many) })).stdout).toContain(
      "HEVC_ENTRY_POINT_OFFSETS = 257 (cedrus takes 256 elements at most)",
    );
  });
});

it("two targets are refused: neither is meant more than the other", async () => {
  const argv = ["explain", "--target", "visl", "--target", "cedrus", "--request", "0", fixture("h264_high10.264")];
  const { status, stderr } = await run(argv);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/--target is given twice, as visl and cedrus: name one/)]);
});

it.each([
  ["5.10", "h264_high_bpyramid.264", "h264: Linux 5.11"],
  ["5.12", "vp8_altref.ivf", "vp8: Linux 5.13"],
  ["4.19", "h265_default_ra.265", "h265: Linux 6.0"],
])(
  "a kernel without the codec's controls, %s, is refused: nothing would be left to say",
  async (kernel, name, found) => {
    const { status, stdout, stderr } = await run(["record", "--kernel", kernel, fixture(name)]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(`v4l2-stateless: Linux ${kernel} has no stateless controls of ${found} has the first\n`);
  },
);
