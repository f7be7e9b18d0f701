import { describe, expect, it } from "vitest";
import { normalise, validate } from "../../src/kernel/index.ts";
import { viewOf } from "../../src/uapi/index.ts";
import { payload, type Values } from "./payload.ts";

const sequence = "V4L2_CID_STATELESS_AV1_SEQUENCE";
const frame = "V4L2_CID_STATELESS_AV1_FRAME";
const grain = "V4L2_CID_STATELESS_AV1_FILM_GRAIN";
const tiles = "V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY";

const X = 0x10000;
const Y = 0x20000;
const MONO = 0x4000;
const UV_DELTA = 0x80000;
/** What the kernel begins with. */
const fresh = { bit_depth: 8, flags: X | Y };

/** Payloads, and what VIDIOC_S_EXT_CTRLS of Linux 7.2.13 with visl said to each: 0, or an errno. */
const sequences: readonly (readonly [what: string, Values, errno: number])[] = [
  ["default", fresh, 0],
  ["reserved=1", { ...fresh, reserved: 1 }, 0],
  ["flag 1<<20", { ...fresh, flags: X | Y | (1 << 20) }, 22],
  ["profile 3", { ...fresh, seq_profile: 3 }, 22],
  ["profile 0 depth 12", { ...fresh, bit_depth: 12 }, 22],
  ["profile 0 444", { ...fresh, flags: 0 }, 22],
  ["profile 0 mono depth 12", { bit_depth: 12, flags: X | Y | MONO }, 0],
  ["mono depth 0", { bit_depth: 0, flags: X | Y | MONO }, 0],
  ["mono uv_delta_q", { bit_depth: 8, flags: X | Y | MONO | UV_DELTA }, 22],
  ["mono no subsampling", { bit_depth: 8, flags: MONO }, 22],
  ["profile 1 420", { ...fresh, seq_profile: 1 }, 22],
  ["profile 1 444", { seq_profile: 1, bit_depth: 8, flags: 0 }, 0],
  ["profile 2 8 bit 420", { ...fresh, seq_profile: 2 }, 22],
  ["profile 2 8 bit 422", { seq_profile: 2, bit_depth: 8, flags: X }, 0],
  ["profile 2 12 bit 440", { seq_profile: 2, bit_depth: 12, flags: Y }, 22],
  ["order_hint_bits 200", { ...fresh, order_hint_bits: 200 }, 0],
  ["bit_depth 9", { ...fresh, bit_depth: 9 }, 22],
];

const frames: readonly (readonly [what: string, Values, errno: number])[] = [
  ["zero", {}, 0],
  ["reserved", { "reserved[*]": 255 }, 0],
  ["tile_cols 64 rows 8", { "tile_info.tile_cols": 64, "tile_info.tile_rows": 8 }, 0],
  ["tile_cols 64 rows 9", { "tile_info.tile_cols": 64, "tile_info.tile_rows": 9 }, 22],
  ["tile_cols 65", { "tile_info.tile_cols": 65 }, 22],
  ["tile_info flags 0xff", { "tile_info.flags": 0xff }, 0],
  ["tile_size_bytes 9", { "tile_info.tile_size_bytes": 9 }, 0],
  ["quant flags 8", { "quantization.flags": 8 }, 22],
  ["delta_q_y_dc -64", { "quantization.delta_q_y_dc": -64 }, 0],
  ["delta_q_y_dc 64", { "quantization.delta_q_y_dc": 64 }, 22],
  ["delta_q_res 4", { "quantization.delta_q_res": 4 }, 22],
  ["qm_y 16", { "quantization.qm_y": 16 }, 22],
  ["seg flags 32", { "segmentation.flags": 32 }, 22],
  ["feature_data[0][0] -255", { "segmentation.feature_data[0][0]": -255 }, 0],
  ["feature_data[0][0] -256", { "segmentation.feature_data[0][0]": -256 }, 22],
  ["feature_data[7][4] -64", { "segmentation.feature_data[7][4]": -64 }, 22],
  ["feature_data[7][5] 8", { "segmentation.feature_data[7][5]": 8 }, 22],
  ["feature_data[7][6] 1", { "segmentation.feature_data[7][6]": 1 }, 22],
  ["last_active_seg_id 200", { "segmentation.last_active_seg_id": 200 }, 0],
  ["lf flags 16", { "loop_filter.flags": 16 }, 22],
  ["lf level 64", { "loop_filter.level[0]": 64 }, 22],
  ["sharpness 8", { "loop_filter.sharpness": 8 }, 22],
  ["ref_delta -64", { "loop_filter.ref_deltas[0]": -64 }, 0],
  ["ref_delta 64", { "loop_filter.ref_deltas[7]": 64 }, 22],
  ["mode_delta -65", { "loop_filter.mode_deltas[1]": -65 }, 22],
  ["delta_lf_res 200", { "loop_filter.delta_lf_res": 200 }, 0],
  ["cdef damping 4", { "cdef.damping_minus_3": 4 }, 22],
  ["cdef bits 4", { "cdef.bits": 4 }, 22],
  ["sec strength 4", { "cdef.y_sec_strength[0]": 4 }, 0],
  ["sec strength 5", { "cdef.y_sec_strength[0]": 5 }, 22],
  ["pri strength 16", { "cdef.uv_pri_strength[0]": 16 }, 22],
  ["sec strength 200 beyond bits", { "cdef.bits": 1, "cdef.y_sec_strength[2]": 200 }, 0],
  ["lr_unit_shift 3", { "loop_restoration.lr_unit_shift": 3 }, 0],
  ["lr_unit_shift 4", { "loop_restoration.lr_unit_shift": 4 }, 22],
  ["lr_uv_shift 2", { "loop_restoration.lr_uv_shift": 2 }, 22],
  ["lr flags 0xff", { "loop_restoration.flags": 0xff }, 0],
  ["restoration type 77", { "loop_restoration.frame_restoration_type[*]": 77 }, 0],
  ["superres 16", { superres_denom: 16 }, 0],
  ["superres 17", { superres_denom: 17 }, 22],
  ["superres 1", { superres_denom: 1 }, 0],
  ["flags 1<<20", { flags: 1 << 20 }, 22],
  ["frame_type 9", { frame_type: 9 }, 0],
  ["primary_ref_frame 200", { primary_ref_frame: 200 }, 0],
  ["ref_frame_idx -1 and 100", { "ref_frame_idx[0]": -1, "ref_frame_idx[1]": 100 }, 0],
  ["interpolation_filter 9, tx_mode 9", { interpolation_filter: 9, tx_mode: 9 }, 0],
  ["gm type 9 flags 0xff", { "global_motion.type[*]": 9, "global_motion.flags[*]": 0xff }, 0],
  ["skip_mode_frame 9", { "skip_mode_frame[*]": 9 }, 0],
];

const APPLY = 1;
const falling = { num_y_points: 2, "point_y_value[0]": 5, "point_y_value[1]": 5 };
const rising = { num_y_points: 2, "point_y_value[0]": 5, "point_y_value[1]": 6 };
const fifteen = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`point_cr_value[${i}]`, 10 + i]));

const grains: readonly (readonly [what: string, Values, errno: number])[] = [
  ["zero", {}, 0],
  ["flags 32", { flags: 32 }, 22],
  ["ref_idx 8", { film_grain_params_ref_idx: 8 }, 22],
  ["num_y 14", { num_y_points: 14 }, 0],
  ["num_y 15", { num_y_points: 15 }, 22],
  ["num_cb 11", { num_cb_points: 11 }, 22],
  ["num_cr 15", { num_cr_points: 15 }, 0],
  ["num_cr 16", { num_cr_points: 16 }, 22],
  ["points not rising, not applied", falling, 0],
  ["points not rising, applied", { ...falling, flags: APPLY }, 22],
  ["points rising, applied", { ...rising, flags: APPLY }, 0],
  ["num_cr 15 applied, points rise", { ...fifteen, num_cr_points: 15, flags: APPLY }, 0],
  ["lag 4", { ar_coeff_lag: 4 }, 22],
  ["cb_offset 65535", { cb_offset: 65535 }, 0],
  ["reserved", { "reserved[*]": 255 }, 0],
];

/** Sizes in bytes. The kernel cuts a size down to whole elements, which `validate` refuses: no caller can want it. */
const entries: readonly (readonly [what: string, bytes: number, errno: number])[] = [
  ["1 element of 0xff", 16, 0],
  ["512", 512 * 16, 0],
  ["513", 513 * 16, 28],
  ["0", 0, 14],
  ["2", 2 * 16, 0],
];

describe("the kernel's answer to", () => {
  it.each(sequences)("SEQUENCE %s", (_, values, errno) => {
    expect(validate(sequence, payload(sequence, values)).length > 0).toBe(errno !== 0);
  });
  it.each(frames)("FRAME %s", (_, values, errno) => {
    expect(validate(frame, payload(frame, values)).length > 0).toBe(errno !== 0);
  });
  it("FRAME: the first refusal is the kernel's, which looks at the tiles first (validate_av1_frame)", () => {
    const both = { "tile_info.tile_cols": 65, "quantization.qm_y": 16, superres_denom: 17 };
    const paths = validate(frame, payload(frame, both)).map(({ path }) => path);
    expect(paths).toEqual(["tile_info.tile_cols", "quantization.qm_y", "superres_denom"]);
  });
  it.each(grains)("FILM_GRAIN %s", (_, values, errno) => {
    expect(validate(grain, payload(grain, values)).length > 0).toBe(errno !== 0);
  });
  it.each(entries)("TILE_GROUP_ENTRY of %s", (_, bytes, errno) => {
    expect(validate(tiles, new Uint8Array(bytes).fill(0xff)).length > 0).toBe(errno !== 0);
  });
});

it("names what it refuses", () => {
  expect(validate(frame, payload(frame, { "loop_filter.level[3]": 64 }))).toEqual([
    { path: "loop_filter.level[3]", value: 64, reason: "not in 0..63" },
  ]);
});

it("does not touch a payload: no reserved field is cleared", () => {
  for (const name of [sequence, frame, grain, tiles]) {
    const bytes = new Uint8Array(payload(name, {}).length).fill(0xa5);
    expect(normalise(name, bytes)).toEqual(bytes);
    expect(viewOf(bytes).getUint8(0)).toBe(0xa5);
  }
});
