import { describe, expect, it } from "vitest";
import { ffmpegVersion } from "../../conformance/trace/trace-headers.ts";
import type { RequestEvent } from "../../src/events.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import { controlsOf } from "../../support/h265-requests.ts";
import { bitsOf, type Element, flag, se, u, ue } from "../../support/rewrite/elements.ts";
import { headerExtension } from "../../support/rewrite/h265-edits.ts";
import { escapedHeaders, lowDelay } from "../../support/rewrite/h265-scripts.ts";
import type { EditableUnit } from "../../support/rewrite/units.ts";
import { only } from "../../support/streams/h264-stream.ts";
import { firstSlices, isSlice, misreadStreams, paramsOf, requestsOf, run } from "../support/edited-streams.ts";

/** Every expected value below is one that an edit script has written, or follows from them by the clause that is named. */

describe("what is in slice headers and changes nothing else", () => {
  const plain = firstSlices(requestsOf(lowDelay("h265_weight_fade", 3).units));

  /** The slices' params but for the two fields that count bytes. */
  const rest = (slices: typeof plain) => slices.map((slice) => ({ ...slice, bit_size: 0, data_byte_offset: 0 }));

  it.each([1, 2, 7])("num_extra_slice_header_bits %i", (bits) => {
    const { pps, idr, slices, units } = lowDelay("h265_weight_fade", 3);
    pps.set("num_extra_slice_header_bits", bits);
    const reserved = Array.from({ length: bits }, (_, i) => flag("slice_reserved_flag", 1, i));
    for (const slice of [idr, ...slices]) slice.before("slice_type", ...reserved);
    const requests = requestsOf(units);
    expect(controlsOf(requests[0]!).pps.num_extra_slice_header_bits).toBe(bits);
    expect(rest(firstSlices(requests))).toEqual(rest(plain));
  });

  it.each([0, 1, 256])("slice_segment_header_extension_length %i", (length) => {
    const { pps, idr, slices, units } = lowDelay("h265_weight_fade", 3);
    pps.set("slice_segment_header_extension_present_flag", 1);
    const extension = headerExtension(Array.from({ length }, (_, i) => (7 * i + 1) % 256));
    for (const slice of [idr, ...slices]) slice.append(...extension);
    const requests = requestsOf(units);
    expect(rest(firstSlices(requests))).toEqual(rest(plain));
    const headerBytes = [idr, ...slices].map((slice) => slice.bytes().length - slice.data.length);
    expect(firstSlices(requests).map((slice) => slice.data_byte_offset)).toEqual(headerBytes.map((bytes) => 3 + bytes));
  });

  it("ids at their ends: VPS 15, SPS 15, PPS 63", () => {
    const { vps, sps, pps, idr, slices, units } = lowDelay("h265_weight_fade", 3);
    vps.set("vps_video_parameter_set_id", 15);
    sps.set("sps_video_parameter_set_id", 15).set("sps_seq_parameter_set_id", 15);
    pps.set("pps_pic_parameter_set_id", 63).set("pps_seq_parameter_set_id", 15);
    for (const slice of [idr, ...slices]) slice.set("slice_pic_parameter_set_id", 63);
    const requests = requestsOf(units);
    const controls = controlsOf(requests[3]!);
    expect(controls.sps).toMatchObject({ video_parameter_set_id: 15, seq_parameter_set_id: 15 });
    expect(controls.pps.pic_parameter_set_id).toBe(63);
    expect(rest(firstSlices(requests))).toEqual(rest(plain));
  });
});

describe("NAL units that are not of the base layer's pictures (7.4.2.2, Table 7-1)", () => {
  const { units } = lowDelay("h265_weight_fade", 3);
  const keys = (found: readonly RequestEvent[]) =>
    found.map((request) => [bitstreamBytes(request), ...request.controls.map(({ payload }) => payload)]);
  const reserved = [10, 11, 12, 13, 14, 15, 22, 23, 24, 31, 41, 47, 48, 63];

  it.each(reserved)("type %i is ignored", (type) => {
    const alike = units.flatMap((unit) => (isSlice(unit) ? [unit, unit.copy().set("nal_unit_type", type)] : [unit]));
    expect(keys(requestsOf(alike))).toEqual(keys(requestsOf(units)));
  });

  it.each([1, 31, 32, 62])("nuh_layer_id %i is skipped: slices, parameter sets, SEI", (layer) => {
    const other = (unit: EditableUnit) => unit.copy().set("nuh_layer_id", layer);
    expect(keys(requestsOf(units.flatMap((unit) => [unit, other(unit)])))).toEqual(keys(requestsOf(units)));
  });
});

describe("weights and offsets at their limits (7.4.7.3)", () => {
  /** pred_weight_table() of one picture, with these weights and offsets. */
  const table = (luma: [number, number], chroma: [number, number][]): Element[] => [
    ue("luma_log2_weight_denom", 7),
    se("delta_chroma_log2_weight_denom", -7),
    flag("luma_weight_l0_flag", 1, 0),
    flag("chroma_weight_l0_flag", 1, 0),
    se("delta_luma_weight_l0", luma[0], 0),
    se("luma_offset_l0", luma[1], 0),
    ...chroma.flatMap(([weight, offset], j) => [
      se("delta_chroma_weight_l0", weight, 0, j),
      se("delta_chroma_offset_l0", offset, 0, j),
    ]),
  ];

  it("fit the kernel's fields; chroma offsets are (7-56) and clipped", () => {
    const { pps, slices, units } = lowDelay("h265_weight_fade", 2);
    pps.set("weighted_pred_flag", 1);
    slices[0]!.before(
      "five_minus_max_num_merge_cand",
      ...table(
        [127, 127],
        [
          [127, 511],
          [-128, -512],
        ],
      ),
    );
    slices[1]!.before(
      "five_minus_max_num_merge_cand",
      ...table(
        [-128, -128],
        [
          [0, -1],
          [-1, 1],
        ],
      ),
    );
    const [, a, b] = firstSlices(requestsOf(units)).map((slice) => slice.pred_weight_table);
    expect(a).toMatchObject({ luma_log2_weight_denom: 7, delta_chroma_log2_weight_denom: -7 });
    expect([a!.delta_luma_weight_l0[0], a!.luma_offset_l0[0]]).toEqual([127, 127]);
    expect(a!.delta_chroma_weight_l0[0]).toEqual([127, -128]);
    // ChromaWeight 1 + 127 = 128: 128 + 511 - 128 * 128 and, with 1 - 128 = -127, 128 - 512 + 128 * 127.
    expect(a!.chroma_offset_l0[0]).toEqual([-128, 127]);
    expect([b!.delta_luma_weight_l0[0], b!.luma_offset_l0[0]]).toEqual([-128, -128]);
    // 128 - 1 - 128 * 1, and 128 + 1 - 128 * 0, clipped.
    expect(b!.chroma_offset_l0[0]).toEqual([-1, 127]);
  });

  it("with high precision may not: the kernel's s8 gets its limit, and an error event names it", () => {
    const { sps, pps, slices, units } = lowDelay("h265_422_10", 4);
    pps.set("weighted_pred_flag", 1);
    sps
      .set("sps_extension_present_flag", 1)
      .append(
        ...[
          "sps_range_extension_flag",
          "sps_multilayer_extension_flag",
          "sps_3d_extension_flag",
          "sps_scc_extension_flag",
        ].map((name, i) => flag(name, i === 0 ? 1 : 0)),
        u(4, "sps_extension_4bits", 0),
        ...[
          "transform_skip_rotation_enabled_flag",
          "transform_skip_context_enabled_flag",
          "implicit_rdpcm_enabled_flag",
        ].map((name) => flag(name, 0)),
        ...["explicit_rdpcm_enabled_flag", "extended_precision_processing_flag", "intra_smoothing_disabled_flag"].map(
          (name) => flag(name, 0),
        ),
        flag("high_precision_offsets_enabled_flag", 1),
        flag("persistent_rice_adaptation_enabled_flag", 0),
        flag("cabac_bypass_alignment_enabled_flag", 0),
      );
    // wpOffsetHalfRange 512: luma from -512 to 511; chroma 512 + delta - 512 * ChromaWeight, which is 1, in the last 2.
    const offsets: [y: number, cb: number, cr: number, weight: number][] = [
      [511, 0, 2047, 0],
      [-512, -2048, 0, 0],
      [-128, 127, -128, 0],
      [0, 500, 400, 1],
    ];
    for (const [i, [y, cb, cr, weight]] of offsets.entries()) {
      slices[i]!.before(
        "five_minus_max_num_merge_cand",
        ...table(
          [0, y],
          [
            [weight, cb],
            [weight, cr],
          ],
        ),
      );
    }
    const events = run(units);
    expect(only(events, "error").map(({ kind, element }) => `${kind} ${element}`)).toEqual([
      "unsupported pred_weight_table",
      "unsupported pred_weight_table",
    ]);
    const found = firstSlices(only(events, "request")).map(({ pred_weight_table: t }) => [
      t.luma_offset_l0[0],
      ...t.chroma_offset_l0[0]!,
    ]);
    expect(found.slice(1)).toEqual([
      [127, 0, 127],
      [-128, -128, 0],
      [-128, 127, -128],
      [0, -12, -112],
    ]);
  });
});

describe("emulation prevention bytes in slice headers (7.3.1.1)", () => {
  const { idr, slices, units } = escapedHeaders();
  const headers = [idr, ...slices].map((slice) => slice.bytes().subarray(0, slice.bytes().length - slice.data.length));
  const requests = requestsOf(units);

  it("count in data_byte_offset and bit_size, which are of the buffer, with and without start code", () => {
    const escapes = headers.map((header, i) => header.length - Math.ceil(bitsOf([idr, ...slices][i]!.placed()) / 8));
    expect(escapes[0]).toBe(4); // Before the last byte or two of each offset of the IDR picture: they lie on bytes.
    expect(Math.min(...escapes)).toBeGreaterThan(0);
    for (const [startCode, bytes] of [
      ["annexb", 3],
      ["none", 0],
    ] as const) {
      const found = requestsOf(units, { startCode });
      const { length } = headers;
      expect(length).toBe(4);
      expect(firstSlices(found).map((slice) => slice.data_byte_offset)).toEqual(headers.map((h) => bytes + h.length));
      const sizes = [idr, ...slices].map((slice) => 8 * (bytes + slice.bytes().length));
      expect(firstSlices(found).map((slice) => slice.bit_size)).toEqual(sizes);
    }
  });

  it("do not count in the sizes of the reference picture sets, which are of the RBSP", () => {
    expect(paramsOf(requests).map((params) => params.short_term_ref_pic_set_size)).toEqual([0, 6, 6, 6]);
    const sizes = [0, 1, 3 + (16 + 1 + 1), 3 + (16 + 1 + 1 + 1)];
    expect(paramsOf(requests).map((params) => params.long_term_ref_pic_set_size)).toEqual(sizes);
  });

  it("ENTRY_POINT_OFFSETS are entry_point_offset_minus1 + 1, of 32 bits too", () => {
    expect(requests.map((request) => controlsOf(request).entryPoints)).toEqual([
      [704, 217, 237, 192],
      [237, 131, 141, 140],
      [209, 133, 111, 128],
      [224, 133, 128, 147],
    ]);
    expect(firstSlices(requests).map((slice) => slice.num_entry_point_offsets)).toEqual([4, 4, 4, 4]);
  });
});

const version = ffmpegVersion();

it.skipIf(version === undefined)(
  `FFmpeg reads all these streams as written (${version ?? "no ffmpeg"})`,
  { tags: "long" },
  async () => {
    const { streams, flaws } = await misreadStreams();
    expect(flaws).toEqual([]);
    expect(streams).toBe(29);
  },
);
