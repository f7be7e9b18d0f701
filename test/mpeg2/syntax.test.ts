import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../src/errors.ts";
import * as mpeg2 from "../../src/mpeg2/index.ts";
import { BitWriter } from "../../src/testing/bit-writer.ts";
import { bitOf, described, type Row, readRows, rows, withValue } from "../../support/rows.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

// Every element of 6.2.2 and 6.2.3, as rows of its table: what is read back is what was written.

const marker = (i?: number): Row => [i === undefined ? "marker_bit" : `marker_bit[${i}]`, 1, 1];
const matrix = (name: string, first: number): Row[] =>
  Array.from({ length: 64 }, (_, i) => [`${name}[${i}]`, 8, first + i]);
const extension = (id: number): Row[] => [
  ["extension_start_code", 8, 0xb5],
  ["extension_start_code_identifier", 4, id],
];

const sequenceHeader: Row[] = [
  ["sequence_header_code", 8, 0xb3],
  ...rows(12, { horizontal_size_value: 1920, vertical_size_value: 1080 }),
  ...rows(4, { aspect_ratio_information: 3, frame_rate_code: 4 }),
  ["bit_rate_value", 18, 0x2aaaa],
  marker(),
  ["vbv_buffer_size_value", 10, 597],
  ...rows(1, { constrained_parameters_flag: 0, load_intra_quantiser_matrix: 1 }),
  ...matrix("intra_quantiser_matrix", 8),
  ["load_non_intra_quantiser_matrix", 1, 1],
  ...matrix("non_intra_quantiser_matrix", 100),
];

const tables: Record<string, Row[]> = {
  "6.2.2.1 sequence_header": sequenceHeader,
  "6.2.2.3 sequence_extension": [
    ...extension(1),
    ["profile_and_level_indication", 8, 0x85],
    ["progressive_sequence", 1, 1],
    ...rows(2, { chroma_format: 2, horizontal_size_extension: 1, vertical_size_extension: 2 }),
    ["bit_rate_extension", 12, 0xabc],
    marker(),
    ["vbv_buffer_size_extension", 8, 0x91],
    ["low_delay", 1, 1],
    ["frame_rate_extension_n", 2, 2],
    ["frame_rate_extension_d", 5, 17],
  ],
  "6.2.2.4 sequence_display_extension": [
    ...extension(2),
    ["video_format", 3, 2],
    ["colour_description", 1, 1],
    ...rows(8, { colour_primaries: 5, transfer_characteristics: 6, matrix_coefficients: 7 }),
    ["display_horizontal_size", 14, 9000],
    marker(),
    ["display_vertical_size", 14, 16000],
  ],
  "6.2.2.5 sequence_scalable_extension, spatial": [
    ...extension(5),
    ["scalable_mode", 2, 1],
    ["layer_id", 4, 3],
    ["lower_layer_prediction_horizontal_size", 14, 360],
    marker(),
    ["lower_layer_prediction_vertical_size", 14, 288],
    ...rows(5, { horizontal_subsampling_factor_m: 1, horizontal_subsampling_factor_n: 2 }),
    ...rows(5, { vertical_subsampling_factor_m: 3, vertical_subsampling_factor_n: 4 }),
  ],
  "6.2.2.5 sequence_scalable_extension, temporal": [
    ...extension(5),
    ["scalable_mode", 2, 3],
    ["layer_id", 4, 1],
    ...rows(1, { picture_mux_enable: 1, mux_to_progressive_sequence: 1 }),
    ...rows(3, { picture_mux_order: 5, picture_mux_factor: 6 }),
  ],
  "6.2.2.6 group_of_pictures_header": [
    ["group_start_code", 8, 0xb8],
    ["time_code", 25, 0x1555555],
    ...rows(1, { closed_gop: 1, broken_link: 1 }),
  ],
  "6.2.3 picture_header, I": [
    ["picture_start_code", 8, 0],
    ["temporal_reference", 10, 1023],
    ["picture_coding_type", 3, 1],
    ["vbv_delay", 16, 0x8001],
    ["extra_bit_picture[0]", 1, 0],
  ],
  "6.2.3 picture_header, B with extra information": [
    ["picture_start_code", 8, 0],
    ["temporal_reference", 10, 513],
    ["picture_coding_type", 3, 3],
    ["vbv_delay", 16, 0xfffe],
    ...([
      ["full_pel_forward_vector", 1, 1],
      ["forward_f_code", 3, 5],
    ] as Row[]),
    ...([
      ["full_pel_backward_vector", 1, 0],
      ["backward_f_code", 3, 6],
    ] as Row[]),
    ...([
      ["extra_bit_picture[0]", 1, 1],
      ["extra_information_picture[0]", 8, 0xa7],
    ] as Row[]),
    ...([
      ["extra_bit_picture[1]", 1, 1],
      ["extra_information_picture[1]", 8, 0x18],
    ] as Row[]),
    ["extra_bit_picture[2]", 1, 0],
  ],
  "6.2.3.1 picture_coding_extension": [
    ...extension(8),
    ...rows(4, { "f_code[0][0]": 1, "f_code[0][1]": 2, "f_code[1][0]": 3, "f_code[1][1]": 15 }),
    ...rows(2, { intra_dc_precision: 3, picture_structure: 2 }),
    ...rows(1, { top_field_first: 1, frame_pred_frame_dct: 0, concealment_motion_vectors: 1, q_scale_type: 0 }),
    ...rows(1, { intra_vlc_format: 1, alternate_scan: 0, repeat_first_field: 1, chroma_420_type: 0 }),
    ...rows(1, { progressive_frame: 1, composite_display_flag: 1, v_axis: 0 }),
    ["field_sequence", 3, 5],
    ["sub_carrier", 1, 1],
    ["burst_amplitude", 7, 77],
    ["sub_carrier_phase", 8, 200],
  ],
  "6.2.3.2 quant_matrix_extension": [
    ...extension(3),
    ...["intra", "non_intra", "chroma_intra", "chroma_non_intra"].flatMap((name, i): Row[] => [
      [`load_${name}_quantiser_matrix`, 1, 1],
      ...matrix(`${name}_quantiser_matrix`, 1 + 50 * i),
    ]),
  ],
  "6.2.3.3 picture_display_extension": [
    ...extension(7),
    ...[0, 1, 2].flatMap((i): Row[] => [
      [`frame_centre_horizontal_offset[${i}]`, 16, -32768 + i],
      marker(i),
      [`frame_centre_vertical_offset[${i}]`, 16, 32767 - i],
      marker(i),
    ]),
  ],
  "6.2.3.4 picture_temporal_scalable_extension": [
    ...extension(10),
    ["reference_select_code", 2, 2],
    ["forward_temporal_reference", 10, 700],
    marker(),
    ["backward_temporal_reference", 10, 3],
  ],
  "6.2.3.5 picture_spatial_scalable_extension": [
    ...extension(9),
    ["lower_layer_temporal_reference", 10, 1000],
    marker(),
    ["lower_layer_horizontal_offset", 15, -16384],
    marker(),
    ["lower_layer_vertical_offset", 15, 16383],
    ["spatial_temporal_weight_code_table_index", 2, 3],
    ...rows(1, { lower_layer_progressive_frame: 1, lower_layer_deinterlaced_field_select: 1 }),
  ],
  "6.2.3.6 copyright_extension": [
    ...extension(4),
    ["copyright_flag", 1, 1],
    ["copyright_identifier", 8, 0x5a],
    ["original_or_copy", 1, 1],
    ["reserved", 7, 0],
    marker(),
    ["copyright_number_1", 20, 0xabcde],
    marker(),
    ["copyright_number_2", 22, 0x2bcdef],
    marker(),
    ["copyright_number_3", 22, 0x3fffff],
  ],
};

function unitOf(all: readonly Row[]): Uint8Array {
  const w = new BitWriter();
  for (const [, bits, value] of all) w.i(bits as number, value);
  return w.bytes();
}

/** By the start code value. */
function parse(unit: Uint8Array, trace?: TraceRecorder): object | null {
  if (unit[0] === 0xb3) return mpeg2.parseSequenceHeader(unit, { trace });
  if (unit[0] === 0xb8) return mpeg2.parseGroupOfPicturesHeader(unit, { trace });
  if (unit[0] === 0xb5) return mpeg2.parseExtension(unit, { trace, frameCentreOffsets: 3 });
  return mpeg2.parsePictureHeader(unit, { trace });
}

describe("every element is read where it stands", () => {
  it.each(Object.entries(tables))("%s", (_, table) => {
    const trace = new TraceRecorder();
    const structure = parse(unitOf(table), trace) as Record<string, unknown>;
    expect(readRows(trace.units[0]!.elements)).toEqual(described(table));
    const inStructure = table.filter(([name]) => !/code$|identifier$|marker|extra_bit|reserved|\[/.test(name));
    for (const [name, , value] of inStructure) expect(structure[name], name).toBe(value);
    // A unit cut anywhere is an error that names the element.
    for (let length = 1; length < Math.min(unitOf(table).length, 30); length++) {
      expect(() => parse(unitOf(table).subarray(0, length))).toThrow(BitstreamError);
    }
  });

  it("and what follows the last one is not looked at (5.2.3)", () => {
    const unit = unitOf(tables["6.2.2.6 group_of_pictures_header"]!);
    const longer = Uint8Array.of(...unit, 0, 0, 0x80);
    expect(parse(longer)).toEqual(parse(unit));
  });

  it("but those of reserved extensions are not (Table 6-2)", () => {
    for (const id of [0, 6, 11, 15]) expect(parse(unitOf([...extension(id), ["x", 12, 5]]))).toBeNull();
  });
});

describe("what is forbidden is refused, by element and bit", () => {
  const wrong: [table: string, element: string, value: number][] = [
    ["6.2.2.1 sequence_header", "horizontal_size_value", 0],
    ["6.2.2.1 sequence_header", "vertical_size_value", 0],
    ["6.2.2.1 sequence_header", "marker_bit", 0],
    ["6.2.2.1 sequence_header", "intra_quantiser_matrix[63]", 0],
    ["6.2.2.1 sequence_header", "non_intra_quantiser_matrix[0]", 0],
    ["6.2.2.3 sequence_extension", "chroma_format", 0],
    ["6.2.3 picture_header, I", "picture_coding_type", 0],
    ["6.2.3 picture_header, I", "picture_coding_type", 5],
    ["6.2.3.1 picture_coding_extension", "picture_structure", 0],
    ["6.2.3.1 picture_coding_extension", "f_code[1][0]", 0],
    ["6.2.3.2 quant_matrix_extension", "chroma_non_intra_quantiser_matrix[5]", 0],
    ["6.2.3.3 picture_display_extension", "marker_bit[1]", 0],
  ];
  it.each(wrong)("%s: %s %i", (table, element, value) => {
    const rows = tables[table]!;
    const place = { element, bit: bitOf(rows, element) };
    expect(() => parse(unitOf(withValue(rows, element, value)))).toThrow(
      expect.objectContaining({ name: "BitstreamError", place: expect.objectContaining(place) }),
    );
  });

  it("a unit of another start code", () => {
    const message = "picture_header (start code 00), start_code, bit 0: the unit is no sequence_header (start code b3)";
    expect(() => mpeg2.parseSequenceHeader(Uint8Array.of(0, 1, 2))).toThrow(message);
    expect(() => mpeg2.parsePictureHeader(new Uint8Array())).toThrow(BitstreamError);
  });
});
