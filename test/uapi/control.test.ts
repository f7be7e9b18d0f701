import { describe, expect, expectTypeOf, it } from "vitest";
import type * as uapi from "../../src/uapi/index.ts";
import {
  controlById,
  controlByName,
  controls,
  decodePayload,
  payloadLeaves,
  V4L2_H264_CTRL_PRED_WEIGHTS_REQUIRED,
  V4L2_H264_PPS_FLAG_WEIGHTED_PRED,
  V4L2_H264_SPS_HAS_CHROMA_FORMAT,
  V4L2_VP9_SEGMENT_FEATURE_ENABLED,
} from "../../src/uapi/index.ts";

import { constants } from "./structs.ts";

const { V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS: entryPoints, V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: ltRps } =
  controls;

describe("controls", () => {
  it("has every control id of the header, each under its own name", () => {
    const ids = [...constants].filter(([name]) => name.startsWith("V4L2_CID_STATELESS_"));
    expect(Object.fromEntries(Object.entries(controls).map(([name, { id }]) => [name, id]))).toEqual(
      Object.fromEntries(ids),
    );
    for (const [name, control] of Object.entries(controls)) expect(control.name).toBe(name);
  });

  it("names the struct that belongs to the id", () => {
    for (const control of Object.values(controls)) {
      if (control.type !== "struct") continue;
      expect(control.struct.name).toBe(control.name.replace("V4L2_CID_STATELESS", "v4l2_ctrl").toLowerCase());
    }
  });

  it("says since which kernel each control is stable", () => {
    const since = (codec: string) =>
      new Set(Object.values(controls).filter(({ name }) => name.includes(codec)).map((control) => control.since)); // biome-ignore format: one line
    expect(since("H264")).toEqual(new Set(["5.11"]));
    expect(since("VP8")).toEqual(new Set(["5.13"]));
    expect(since("MPEG2")).toEqual(new Set(["5.14"]));
    expect(since("VP9")).toEqual(new Set(["5.17"]));
    expect(since("EXT_SPS")).toEqual(new Set(["7.0"]));
    expect(since("HEVC")).toEqual(new Set(["6.0", "7.0"]));
  });

  it("finds controls by name and by id", () => {
    expect(controlByName("V4L2_CID_STATELESS_VP8_FRAME")).toBe(controls.V4L2_CID_STATELESS_VP8_FRAME);
    expect(controlById(0xa409c8)).toBe(controls.V4L2_CID_STATELESS_VP8_FRAME);
    expect(controlByName("V4L2_CID_FWHT_I_FRAME_QP")).toBeUndefined();
    expect(controlByName("constructor")).toBeUndefined();
    expect(controlById(0)).toBeUndefined();
  });
});

describe("decodePayload", () => {
  it("gives an object, a list of objects, a list of numbers or a menu's number", () => {
    const pps = decodePayload(controls.V4L2_CID_STATELESS_H264_PPS, new Uint8Array(12).fill(0xff));
    expectTypeOf(pps).toEqualTypeOf<uapi.v4l2_ctrl_h264_pps>();
    expect(pps.pic_init_qp_minus26).toBe(-1);

    const list = decodePayload(ltRps, new Uint8Array([1, 0, 1, 0, 2, 0, 0, 0]));
    expectTypeOf(list).toEqualTypeOf<uapi.v4l2_ctrl_hevc_ext_sps_lt_rps[]>();
    expect(list).toEqual([
      { lt_ref_pic_poc_lsb_sps: 1, flags: 1 },
      { lt_ref_pic_poc_lsb_sps: 2, flags: 0 },
    ]);

    expect(decodePayload(entryPoints, new Uint8Array([1, 0, 0, 0, 0, 1, 0, 0]))).toEqual([1, 256]);
    expect(decodePayload(entryPoints, new Uint8Array(0))).toEqual([]);
    expect(decodePayload(controls.V4L2_CID_STATELESS_HEVC_DECODE_MODE, 1)).toBe(1);
  });

  it("takes more elements than a driver would", () => {
    expect(decodePayload(ltRps, new Uint8Array(4 * 33))).toHaveLength(33);
  });

  it("refuses what is no payload of the control", () => {
    const decode = (name: keyof typeof controls, payload: Uint8Array | number) => () =>
      decodePayload(controls[name], payload);
    expect(decode("V4L2_CID_STATELESS_H264_PPS", new Uint8Array(13))).toThrow(TypeError);
    expect(decode("V4L2_CID_STATELESS_H264_PPS", 1)).toThrow(TypeError);
    expect(decode("V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS", new Uint8Array(6))).toThrow(TypeError);
    expect(decode("V4L2_CID_STATELESS_H264_DECODE_MODE", new Uint8Array(4))).toThrow(TypeError);
  });
});

describe("payloadLeaves", () => {
  it("gives each integer with path, offset and value", () => {
    const bytes = new Uint8Array(560);
    bytes.set([0x22, 0x11], 3 * 32 + 8);
    const leaves = payloadLeaves(controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS, bytes);
    expect(leaves.find(({ path }) => path === "dpb[3].pic_num")).toMatchObject({ offset: 104, value: 0x1122 });
    expect(leaves.filter(({ value }) => value !== 0 && value !== 0n)).toHaveLength(1);
  });

  it("begins the paths of a dynamic array with the element's index", () => {
    const places = (control: uapi.StructControl | uapi.U32ArrayControl, bytes: number[]) =>
      payloadLeaves(control, new Uint8Array(bytes)).map(({ path, offset, value }) => [path, offset, value]);
    expect(places(ltRps, [1, 0, 0, 0, 2, 0, 1, 0])).toEqual([
      ["[0].lt_ref_pic_poc_lsb_sps", 0, 1],
      ["[0].flags", 2, 0],
      ["[1].lt_ref_pic_poc_lsb_sps", 4, 2],
      ["[1].flags", 6, 1],
    ]);
    expect(places(entryPoints, [1, 0, 0, 0, 2, 0, 0, 0])).toEqual([
      ["[0]", 0, 1],
      ["[1]", 4, 2],
    ]);
  });
});

describe("the header's macros", () => {
  it("know the profiles with chroma_format_idc, 7.3.2.1.1", () => {
    const profiles = Array.from({ length: 256 }, (_, profile_idc) => profile_idc);
    expect(profiles.filter((profile_idc) => V4L2_H264_SPS_HAS_CHROMA_FORMAT({ profile_idc }))).toEqual([
      44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244,
    ]);
  });

  it("ask for weights in weighted P and SP slices and in explicitly weighted B slices", () => {
    const required = (flags: number, weighted_bipred_idc: number) =>
      [0, 1, 2, 3, 4].filter((slice_type) =>
        V4L2_H264_CTRL_PRED_WEIGHTS_REQUIRED({ flags, weighted_bipred_idc }, { slice_type }),
      );
    expect(required(0, 0)).toEqual([]);
    expect(required(V4L2_H264_PPS_FLAG_WEIGHTED_PRED, 2)).toEqual([0, 3]);
    expect(required(0, 1)).toEqual([1]);
  });

  it("make a mask of a VP9 segment feature", () => {
    expect([0, 1, 2, 3].map(V4L2_VP9_SEGMENT_FEATURE_ENABLED)).toEqual([1, 2, 4, 8]);
  });
});
