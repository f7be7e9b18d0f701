import { describe, expect, it } from "vitest";
import { boardByName, boards, boardTarget } from "../../src/targets/boards.ts";
import { targets } from "../../src/targets/index.ts";
import { fixture, run } from "../cli/command-line.ts";

describe("boards", () => {
  const names = boards.flatMap((board) => board.names);

  it("have names of their own, in lower case", () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name !== name.toLowerCase())).toEqual([]);
  });

  it.each(boards)("$names: a target takes each codec, and no limit is above the target's", ({ decoders, source }) => {
    expect(source).not.toBe("");
    for (const { target, codecs } of decoders) {
      expect(targets).toContain(target);
      for (const [codec, limits] of Object.entries(codecs)) {
        const taken = target.codecs[codec as keyof typeof codecs];
        expect(taken, `${target.name} ${codec}`).toBeDefined();
        expect(limits.maxWidth ?? 0).toBeLessThanOrEqual(taken!.limits.maxWidth ?? Infinity);
        for (const depth of limits.bitDepths ?? []) expect(taken!.limits.bitDepths).toContain(depth);
        for (const profile of limits.profiles ?? []) expect(taken!.limits.profiles).toContain(profile);
      }
    }
  });

  it.each([
    ["rk3588", "h264", "vdpu381", ["hantro-g1"]],
    ["rk3588", "h265", "vdpu381", []],
    ["rk3588", "vp8", "hantro-g1", []],
    ["rk3568", "h264", "hantro-g1", []],
    ["rk3399", "mpeg2", "hantro-g1", []],
    ["rk3288", "h265", "rk3399", []],
    ["imx8mq", "vp9", "hantro-g2", []],
    ["h6", "vp9", "hantro-g2", []],
    ["a64", "h265", "cedrus", []],
    ["rpi4", "h265", "rpi-hevc-dec", []],
  ] as const)("%s decodes %s with %s", (name, codec, target, others) => {
    const choice = boardTarget(boardByName(name)!, codec);
    expect(choice?.target.name).toBe(target);
    expect(choice?.others.map((other) => other.name)).toEqual(others);
  });
});

describe("--target with a board", () => {
  const validate = (target: string, name: string) => run(["validate", "--target", target, fixture(name)]);

  it("takes the decoder of the codec, and says which where there are two", async () => {
    const { status, stderr } = await validate("rk3588", "h264_high_bpyramid.264");
    expect(status).toBe(0);
    expect(stderr).toMatch(/^rk3588: h264 by vdpu381; --target hantro-g1 for its other decoder\n/);
    expect(stderr).toMatch(/nothing is refused by the kernel or by vdpu381\n$/);
    expect((await validate("RK3588", "vp8_altref.ivf")).stderr).toMatch(/^[^\n]* or by hantro-g1\n$/);
    expect((await validate("rk3399", "h264_high_bpyramid.264")).stderr).toMatch(/ or by rk3399\n$/);
    expect((await validate("rk3399", "mpeg2_ipb.m2v")).stderr).toMatch(/ or by hantro-g1\n$/);
  });

  it("has the board's limits", async () => {
    expect((await validate("a64", "h265_main10_wpp_slices.265")).stdout).toContain(
      "bit_depth_luma_minus8 = 2 (bit depth 10: cedrus takes 8)",
    );
    expect((await validate("h6", "h265_main10_wpp_slices.265")).status).toBe(0);
    const { status, stdout } = await validate("mt8192", "vp9_profile2_10bit.ivf");
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /bit_depth = 10 \(bit depth: mediatek takes 8\).*\n.*profile = 2 \(profile: mediatek takes 0\)/,
    );
    expect((await validate("mt8195", "vp9_profile2_10bit.ivf")).status).toBe(0);
  });

  it("says what the board has where it lacks the codec", async () => {
    expect(await validate("rk3568", "h265_default_ra.265")).toEqual({
      status: 2,
      stdout: "",
      stderr: "v4l2-stateless: rk3568 does not decode h265: it has hantro-g1 (h264, vp8, mpeg2)\n",
    });
  });
});
