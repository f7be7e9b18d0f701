import { readdirSync, readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { RequestEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import { readRecord, resolveRequests } from "../../src/record/index.ts";
import { generic, type Target, targetByName, targetRefusals, targets, visl } from "../../src/targets/index.ts";
import { controlByName, controls, v4l2_ctrl_h264_sps } from "../../src/uapi/index.ts";
import { type FwhtFields, fwhtFrame } from "../../support/streams/fwht-frames.ts";

const fixtures = new URL("../fixtures/", import.meta.url);

/** The codec's part of a target with other limits or modes. */
function limited(codec: "h264" | "vp9", changes: Partial<NonNullable<Target["codecs"]["h264"]>>): Target {
  return { ...visl, name: "limited", codecs: { [codec]: { ...visl.codecs[codec]!, ...changes } } };
}

/** What a fixture's first request sets, and what was set before it. */
function firstRequest(stream: string) {
  const text = brotliDecompressSync(readFileSync(new URL(`${stream}.gst-frame.jsonl.br`, fixtures))).toString();
  return [...resolveRequests(readRecord(text))][0]!.controls;
}

describe("targets", () => {
  it("are found by name", () => {
    expect(targetByName("generic")).toBe(generic);
    expect(targetByName("visl")).toBe(visl);
    expect(targetByName("vivid")).toBeUndefined();
    expect(new Set(targets.map(({ name }) => name)).size).toBe(targets.length);
  });

  it("name controls that exist, with no more elements than the UAPI has", () => {
    for (const { codecs } of targets) {
      for (const [codec, { controls: taken }] of Object.entries(codecs)) {
        for (const [name, most] of Object.entries(taken)) {
          expect(controls).toHaveProperty(name);
          expect(most).toBeLessThanOrEqual(generic.codecs[codec as "h264"]!.controls[name]!);
        }
      }
    }
  });

  it("generic takes every control of the UAPI", () => {
    const taken = Object.values(generic.codecs).flatMap((codec) => Object.keys(codec.controls));
    expect(taken.sort()).toEqual(Object.keys(controls).sort());
  });
});

describe("targetRefusals", () => {
  it("finds nothing in what the peers sent to visl", { tags: "long" }, () => {
    // EXT_SPS_* is in the goldens because they were captured with these controls registered.
    const added = ["V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS", "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS"];
    for (const name of readdirSync(fixtures).filter((name) => name.endsWith(".jsonl.br"))) {
      const record = readRecord(brotliDecompressSync(readFileSync(new URL(name, fixtures))).toString());
      for (const { controls } of resolveRequests(record)) {
        expect(targetRefusals(generic, record.header.codec, controls)).toEqual([]);
        const refused = targetRefusals(visl, record.header.codec, controls).map(({ control }) => control);
        expect(refused.filter((control) => !added.includes(control))).toEqual([]);
      }
    }
  });

  it("names a codec, a control, a mode and a number of elements that the target does not take", () => {
    const sps = new Map([["V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS", new Uint8Array(4)]]);
    expect(targetRefusals(limited("vp9", {}), "h265", sps)).toMatchObject([{ reason: "limited does not decode h265" }]);
    expect(targetRefusals(visl, "h265", sps)).toMatchObject([{ reason: "visl does not have this control" }]);
    const foreign = new Map([["toString", 5]]); // A record of another program may name anything.
    expect(targetRefusals(visl, "h265", foreign)).toMatchObject([{ reason: "visl does not have this control" }]);
    const mode = new Map([["V4L2_CID_STATELESS_H264_DECODE_MODE", 0]]);
    expect(targetRefusals(visl, "h264", mode)).toEqual([]);
    expect(targetRefusals(limited("h264", { decodeModes: ["frame"] }), "h264", mode)).toEqual([
      { control: "V4L2_CID_STATELESS_H264_DECODE_MODE", path: "", value: 0, reason: "limited takes frame" },
    ]);
    const slices = new Map([["V4L2_CID_STATELESS_HEVC_SLICE_PARAMS", new Uint8Array(601 * 280)]]);
    expect(targetRefusals(visl, "h265", slices)).toMatchObject([
      { value: 601, reason: "visl takes 600 elements at most" },
    ]);
  });

  it("names the field that is beyond a limit", () => {
    const high10 = firstRequest("h264_high10.264");
    const limits = { maxWidth: 80, maxHeight: 64, bitDepths: [8], chromaFormats: [0], profiles: [66, 77] };
    expect(targetRefusals(limited("h264", { limits }), "h264", high10)).toMatchObject([
      { path: "pic_width_in_mbs_minus1", value: 5, reason: "width 96: limited takes 80 at most" },
      { path: "pic_height_in_map_units_minus1", value: 4, reason: "height 80: limited takes 64 at most" },
      { path: "bit_depth_luma_minus8", value: 2, reason: "bit depth 10: limited takes 8" },
      { path: "bit_depth_chroma_minus8", value: 2 },
      { path: "chroma_format_idc", value: 1, reason: "chroma_format_idc: limited takes 0" },
      { path: "profile_idc", value: 110, reason: "profile: limited takes 66, 77" },
    ]);
    expect(
      targetRefusals(limited("h264", { limits: { maxHeight: 95 } }), "h264", firstRequest("h264_mbaff_tff.264")),
    ).toMatchObject([
      { path: "pic_height_in_map_units_minus1", value: 2, reason: "height 96: limited takes 95 at most" },
    ]);
    const vp9 = limited("vp9", { limits: { bitDepths: [8], chromaFormats: [2] } });
    expect(targetRefusals(vp9, "vp9", firstRequest("vp9_profile2_10bit.ivf"))).toMatchObject([
      { path: "bit_depth", value: 10 },
      { path: "flags", reason: "chroma_format_idc 1: limited takes 2" },
    ]);
  });

  it("names a picture that is too small for vicodec, and chroma that it has no format for", () => {
    const refused = (fields: FwhtFields) => {
      const [request] = openSession("fwht")
        .decode(fwhtFrame(fields))
        .filter(({ type }) => type === "request");
      const { controls } = request as RequestEvent;
      const byName = new Map(controls.map(({ name, payload }) => [name as string, payload]));
      return targetRefusals(targetByName("vicodec") as Target, "fwht", byName);
    };
    expect(refused({ width: 639, height: 359 })).toMatchObject([
      { path: "width", value: 639, reason: "width: vicodec takes 640 at least" },
      { path: "height", value: 359, reason: "height: vicodec takes 360 at least" },
    ]);
    expect(refused({ width: 640, height: 360, across: 1 })).toMatchObject([
      { path: "flags", reason: "chroma format 4: vicodec takes 0, 1, 2, 3" },
    ]);
    expect(refused({ width: 4096, height: 2160 })).toEqual([]);
    expect(refused({ width: 4097, height: 2161 })).toHaveLength(2);
  });

  it("names flags that are refused, alone or only together", () => {
    const cabac = "V4L2_CID_STATELESS_H264_PPS.flags.V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE";
    const redundant = "V4L2_CID_STATELESS_H264_PPS.flags.V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT";
    const request = firstRequest("h264_high10.264");
    const refused = (...refusedFlags: string[][]) =>
      targetRefusals(limited("h264", { limits: { refusedFlags } }), "h264", request);
    expect(refused([cabac])).toMatchObject([
      { path: "flags", reason: "limited does not take V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE" },
    ]);
    expect(refused([redundant], [cabac, redundant])).toEqual([]);
    const transform = cabac.replace("ENTROPY_CODING_MODE", "TRANSFORM_8X8_MODE");
    expect(refused([cabac, transform])).toMatchObject([
      { reason: expect.stringMatching(/^limited does not take \w+_ENTROPY_CODING_MODE with \w+_TRANSFORM_8X8_MODE$/) },
    ]);
  });

  it.each([
    ["hantro-g2", "h265", "HEVC_SPS", { bit_depth_luma_minus8: 0, chroma_format_idc: 2 }, "chroma_format_idc"],
    ["hantro-g2", "h265", "HEVC_SPS", { bit_depth_luma_minus8: 0, chroma_format_idc: 3 }, "chroma_format_idc"],
    ["hantro-g2", "h265", "HEVC_SPS", { chroma_format_idc: 1, bit_depth_chroma_minus8: 2 }, "bit_depth_chroma_minus8"],
    ["hantro-g1", "mpeg2", "MPEG2_SEQUENCE", { chroma_format: 2 }, "chroma_format"],
    ["cedrus", "mpeg2", "MPEG2_SEQUENCE", { chroma_format: 2 }, "chroma_format"],
    ["mediatek", "h265", "HEVC_SPS", { chroma_format_idc: 0 }, "chroma_format_idc"],
    ["mediatek", "h265", "HEVC_SPS", { chroma_format_idc: 2 }, "chroma_format_idc"],
    ["mediatek", "h265", "HEVC_SPS", { chroma_format_idc: 1, bit_depth_chroma_minus8: 2 }, "bit_depth_chroma_minus8"],
    ...["rk3399", "vdpu381", "vdpu383", "hantro-g1", "cedrus", "mediatek", "tegra-vde"].map(
      (name) => [name, "h264", "H264_PPS", { num_slice_groups_minus1: 1 }, "num_slice_groups_minus1"] as const,
    ),
  ] as const)("knows what %s does not decode of %s: %s %j", (name, codec, suffix, values, path) => {
    const control = controlByName(`V4L2_CID_STATELESS_${suffix}`)!;
    if (control.type !== "struct") throw new Error("no struct");
    const payload = new Uint8Array(control.struct.size);
    const refusedPaths = () =>
      targetRefusals(targetByName(name)!, codec, new Map([[control.name, payload]])).map((refusal) => refusal.path);
    for (const field of control.struct.fields) {
      if (field.name.startsWith("chroma_format")) payload[field.offset] = 1;
    }
    expect(refusedPaths()).toEqual([]);
    for (const field of control.struct.fields) {
      const value = (values as Readonly<Record<string, number>>)[field.name];
      if (value !== undefined) payload[field.offset] = value;
    }
    expect(refusedPaths()).toContain(path);
  });

  it.each([
    ["cedrus", 88, 0, [88]],
    ["cedrus", 244, 0, [244]],
    ["cedrus", 100, 0, []],
    // constraint_set0_flag: Baseline, constraint_set1_flag: Main, constraint_set2_flag: Extended (A.2.1 to A.2.3).
    ["hantro-g1", 88, 0, [88]],
    ["hantro-g1", 88, 0b110, []],
    ["rk3399", 88, 0b001, []],
    ["rk3399", 88, 0b100, [88]],
    ["tegra-vde", 100, 0b010, [100]],
  ] as const)("of %s, profile_idc %i with constraint_set_flags %i: refused %j", (name, profile, flags, refused) => {
    const sps = Uint8Array.from(
      firstRequest("h264_baseline_slices.264").get("V4L2_CID_STATELESS_H264_SPS") as Uint8Array,
    );
    sps[v4l2_ctrl_h264_sps.offsets.profile_idc] = profile;
    sps[v4l2_ctrl_h264_sps.offsets.constraint_set_flags] = flags;
    const refusals = targetRefusals(targetByName(name)!, "h264", new Map([["V4L2_CID_STATELESS_H264_SPS", sps]]));
    expect(refusals.map(({ value }) => value)).toEqual(refused);
    for (const { path } of refusals) expect(path).toBe("profile_idc");
  });

  it("names a flag without which the driver does not decode", () => {
    const sps = Uint8Array.from(
      firstRequest("h264_baseline_slices.264").get("V4L2_CID_STATELESS_H264_SPS") as Uint8Array,
    );
    const refusals = () =>
      targetRefusals(targetByName("tegra-vde")!, "h264", new Map([["V4L2_CID_STATELESS_H264_SPS", sps]]));
    expect(refusals()).toEqual([]);
    sps[v4l2_ctrl_h264_sps.offsets.flags] = 0;
    expect(refusals()).toMatchObject([
      { path: "flags", value: 0, reason: "tegra-vde does not take this without V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY" },
    ]);
  });

  it("names a chroma bit depth that is not luma's", () => {
    const sps = firstRequest("h264_high10.264").get("V4L2_CID_STATELESS_H264_SPS") as Uint8Array;
    const mixed = Uint8Array.from(sps);
    mixed[v4l2_ctrl_h264_sps.offsets.bit_depth_chroma_minus8] = 0;
    const target = limited("h264", { limits: { bitDepths: [8, 10], equalBitDepths: true } });
    expect(targetRefusals(target, "h264", new Map([["V4L2_CID_STATELESS_H264_SPS", sps]]))).toEqual([]);
    expect(targetRefusals(target, "h264", new Map([["V4L2_CID_STATELESS_H264_SPS", mixed]]))).toMatchObject([
      { path: "bit_depth_chroma_minus8", value: 0, reason: "bit depth 8: limited takes only that of luma, 10" },
    ]);
  });

  it("leaves payloads of a wrong size to the kernel's checks", () => {
    expect(targetRefusals(visl, "h264", new Map([["V4L2_CID_STATELESS_H264_SPS", new Uint8Array(3)]]))).toEqual([]);
  });
});
