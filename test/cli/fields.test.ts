import { describe, expect, it } from "vitest";
import { type FieldLine, fieldLines, menuName } from "../../src/cli/printing/fields.ts";
import {
  controls,
  decodeStruct,
  encodeStruct,
  leafFields,
  v4l2_ctrl_h264_decode_params,
} from "../../src/uapi/index.ts";

const noNote = () => "";
const { V4L2_CID_STATELESS_H264_DECODE_PARAMS, V4L2_CID_STATELESS_H264_SCALING_MATRIX, V4L2_CID_STATELESS_H264_SPS } =
  controls;
const named = (lines: readonly FieldLine[], path: string) => lines.find((line) => line.path === path);

/** DECODE_PARAMS with this picture as the DPB's second entry. */
function decodeParams(entry: { reference_ts: bigint; fields: number; flags: number }): Uint8Array {
  const value = decodeStruct(v4l2_ctrl_h264_decode_params, new Uint8Array(560));
  Object.assign(value.dpb[1]!, entry);
  return encodeStruct(v4l2_ctrl_h264_decode_params, { ...value, top_field_order_cnt: -3, flags: 0x43 });
}

describe("fieldLines", () => {
  const lines = fieldLines(
    V4L2_CID_STATELESS_H264_DECODE_PARAMS,
    decodeParams({ reference_ts: 3000n, fields: 1, flags: 7 }),
    (timestamp) => `made ${timestamp}`,
  );

  it("names flags and enumeration values, and what is no name", () => {
    expect(named(lines, "dpb[1].flags")).toMatchObject({
      value: "7",
      note: "0x7 V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE | V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM",
    });
    expect(named(lines, "dpb[1].fields")?.note).toBe("V4L2_H264_TOP_FIELD_REF");
    expect(named(lines, "flags")?.note).toBe(
      "0x43 V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC | V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC | 0x40",
    );
    expect(named(lines, "top_field_order_cnt")?.value).toBe("-3");
  });

  it("explains timestamps", () => {
    expect(named(lines, "dpb[1].reference_ts")).toMatchObject({ value: "3000", note: "made 3000" });
  });

  it("puts equal neighbours on one line that names them all", () => {
    expect(named(lines, "dpb[0]")).toMatchObject({ value: "0", note: "all zero" });
    expect(named(lines, "dpb[2..15]")).toMatchObject({ value: "0", note: "all zero" });
  });

  it("shows every number of an array that is not all the same", () => {
    const sps = new Uint8Array(1048);
    sps.fill(1, 12 + 4 * 20, 12 + 4 * 21);
    const cycle = fieldLines(V4L2_CID_STATELESS_H264_SPS, sps, noNote).filter(({ path }) =>
      path.startsWith("offset_for_ref_frame"),
    );
    expect(cycle).toEqual([
      { path: "offset_for_ref_frame[0..15]", value: "0", note: "all 16" },
      { path: "offset_for_ref_frame[16..31]", value: "0 0 0 0 16843009 0 0 0 0 0 0 0 0 0 0 0", note: "" },
      { path: "offset_for_ref_frame[32..254]", value: "0", note: "all 223" },
    ]);
  });

  it("keeps all dimensions", () => {
    const matrix = new Uint8Array(480).fill(16).fill(9, 16, 32);
    expect(fieldLines(V4L2_CID_STATELESS_H264_SCALING_MATRIX, matrix, noNote).slice(0, 3)).toEqual([
      { path: "scaling_list_4x4[0][0..15]", value: "16", note: "all 16" },
      { path: "scaling_list_4x4[1][0..15]", value: "9", note: "all 16" },
      { path: "scaling_list_4x4[2..5][0..15]", value: "16", note: "all 16" },
    ]);
  });

  it("numbers the elements of a dynamic array", () => {
    const two = new Uint8Array(8).fill(1, 4, 5);
    const { V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS, V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS } = controls;
    expect(fieldLines(V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS, two, noNote)).toMatchObject([
      { path: "[0..1]", value: "0 1" },
    ]);
    expect(fieldLines(V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS, two, noNote).map(({ path }) => path)).toEqual([
      "[0]",
      "[1].lt_ref_pic_poc_lsb_sps",
      "[1].flags",
    ]);
  });

  it("shows the known fields only, when not all are known", () => {
    const known = ["dpb[1].fields", "frame_num"];
    const shown = fieldLines(V4L2_CID_STATELESS_H264_DECODE_PARAMS, new Uint8Array(560), noNote, known);
    expect(shown.map(({ path }) => path)).toEqual(known);
  });

  it("hides nothing: the values of every line, put back, are the payload", () => {
    const payload = decodeParams({ reference_ts: 5n, fields: 3, flags: 3 });
    const shown = fieldLines(V4L2_CID_STATELESS_H264_DECODE_PARAMS, payload, noNote);
    const view = new DataView(payload.buffer, payload.byteOffset);
    for (const { path, type, offset } of leafFields(v4l2_ctrl_h264_decode_params)) {
      const value = type.read(view, offset);
      const line = named(shown, path) ?? shown.find((candidate) => covers(candidate.path, path));
      expect(line?.value, path).toBe(String(value));
    }
  });
});

/** Whether a line for several elements stands for this leaf: `dpb[2..15]` for `dpb[3].fields`. */
function covers(shown: string, path: string): boolean {
  const pattern = shown.replaceAll(/[.[\]]/g, "\\$&").replaceAll(/(\d+)\\\.\\\.(\d+)/g, "(\\d+)");
  const match = new RegExp(`^${pattern}(\\.|\\[|$)`).exec(path);
  const [, first = "0", last = first] = /(\d+)\.\.(\d+)/.exec(shown) ?? [];
  return (
    match !== null &&
    (match[1] === undefined ||
      !shown.includes("..") ||
      (Number(match[1]) >= Number(first) && Number(match[1]) <= Number(last)))
  );
}

describe("menuName", () => {
  it("names a menu's value", () => {
    expect(menuName("V4L2_CID_STATELESS_H264_DECODE_MODE", 1)).toBe("V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED");
    expect(menuName("V4L2_CID_STATELESS_H264_DECODE_MODE", 7)).toBeUndefined();
    expect(menuName("V4L2_CID_STATELESS_H264_SPS", 1)).toBeUndefined();
  });
});
