import { describe, expect, it } from "vitest";
import { decodeStream } from "../../conformance/streams/our-requests.ts";
import type { EffectiveRequest } from "../../src/compare/request.ts";
import { openSession } from "../../src/open-session.ts";
import { decodePayload } from "../../src/uapi/control.ts";
import { hevcControls } from "../../src/uapi/h265.ts";

// Streams written bit by bit, for the rows of h265-disagreements.json in which neither peer is right.

/** A bit string: `"101"`, with helpers for the descriptors of 7.2. */
const u = (bits: number, value: number): string => value.toString(2).padStart(bits, "0");
const ue = (value: number): string => {
  const code = (value + 1).toString(2);
  return "0".repeat(code.length - 1) + code;
};
const se = (value: number): string => ue(value > 0 ? 2 * value - 1 : -2 * value);

/** 7.3.1.1: a NAL unit with its start code and emulation prevention. `bits` come with their alignment. */
function nal(nal_unit_type: number, bits: string): number[] {
  const bytes = [nal_unit_type << 1, 1];
  for (const byte of (bits.match(/.{8}/g) ?? []).map((text) => Number.parseInt(text, 2))) {
    if (byte <= 3 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
    bytes.push(byte);
  }
  return [0, 0, 1, ...bytes];
}

/** rbsp_trailing_bits() or byte_alignment(): a 1, then zeros. */
function aligned(...elements: readonly string[]): string {
  const bits = `${elements.join("")}1`;
  return bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");
}

interface Sequence {
  /** Each st_ref_pic_set() of the SPS. */
  readonly sets?: readonly string[];
  /** sps_max_dec_pic_buffering_minus1 */
  readonly buffering?: number;
  readonly bitDepth?: number;
  readonly highPrecision?: boolean;
}

/** 7.3.2.2: 64x64, 4:2:0, coding tree blocks of 16x16, slice_pic_order_cnt_lsb of 8 bits. */
function sps({ sets = [], buffering = 4, bitDepth = 8, highPrecision = false }: Sequence = {}): number[] {
  const profileTierLevel = u(8, 4) + u(32, 0) + u(32, 0) + u(16, 0) + u(8, 93);
  const size = ["0000", "000", "1", profileTierLevel, ue(0), ue(1), ue(64), ue(64), "0"];
  const format = [ue(bitDepth - 8), ue(bitDepth - 8), ue(4), "1", ue(buffering), ue(0), ue(0)];
  const blocks = [ue(0), ue(1), ue(0), ue(2), ue(0), ue(0)];
  // Neither scaling lists, AMP, SAO nor PCM; neither long-term pictures, TMVP, strong smoothing nor VUI.
  const tools = ["0000", ue(sets.length), ...sets, "0000"];
  // sps_range_extension(): the seventh flag is high_precision_offsets_enabled_flag.
  const extension = highPrecision ? ["1", "10000000", "000000100"] : ["0"];
  return nal(33, aligned(...size, ...format, ...blocks, ...tools, ...extension));
}

/** 7.3.2.3. */
function pps({ weighted = 0, extension = 0 } = {}): number[] {
  const start = [ue(0), ue(0), "0000000", ue(0), ue(0), se(0), "000", se(0), se(0), "0"];
  return nal(34, aligned(...start, u(1, weighted), "0", "0000", "00", "0", ue(0), u(1, extension), "0"));
}

const sliceData = "0101101001011010";

/** 7.3.6.1: an I slice of an IDR picture. */
function idr(end = ""): number[] {
  return nal(19, aligned("1", "0", ue(0), ue(2), se(0), end) + sliceData);
}

/** A P slice of a trailing picture with one reference, the picture before. `set`: from short_term_ref_pic_set_sps_flag on. */
function p(lsb: number, set: string, weights = ""): number[] {
  return nal(1, aligned("1", ue(0), ue(1), u(8, lsb), set, "0", weights, ue(0), se(0)) + sliceData);
}

/** 7.3.7, not predicted: num_negative_pics 1, num_positive_pics 0, delta_poc_s0_minus1 0, used_by_curr_pic_s0_flag 1. */
const previous = `${ue(1)}${ue(0)}${ue(0)}1`;

function decode(...units: readonly number[][]) {
  return decodeStream("h265", new Uint8Array(units.flat()));
}

function requestsOf(...units: readonly number[][]): readonly EffectiveRequest[] {
  const { requests, errors } = decode(...units);
  expect(errors.map(({ message }) => message)).toEqual([]);
  return requests;
}

function stRps(request: EffectiveRequest | undefined) {
  const control = hevcControls.V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS;
  return decodePayload(control, request!.controls.get(control.name)!);
}

function slices(request: EffectiveRequest | undefined) {
  const control = hevcControls.V4L2_CID_STATELESS_HEVC_SLICE_PARAMS;
  return decodePayload(control, request!.controls.get(control.name)!);
}

describe("scaling lists", () => {
  it("are not sent with scaling_list_enabled_flag 0", () => {
    const [request] = requestsOf(sps(), pps(), idr());
    expect(request!.controls.has("V4L2_CID_STATELESS_HEVC_PPS")).toBe(true);
    expect(request!.controls.has("V4L2_CID_STATELESS_HEVC_SCALING_MATRIX")).toBe(false);
  });
});

describe("the sets of an SPS (7.3.7)", () => {
  // Predicted from the set before: deltaRps -1; of its picture and the one that it belongs to, the flags of both.
  const coded = { delta_rps_sign: 1, abs_delta_rps_minus1: 0, used_by_curr_pic: 0b01, use_delta_flag: 0b11 };
  // used_by_curr_pic_flag[0] 1; used_by_curr_pic_flag[1] 0 and use_delta_flag[1] 1
  const predicted = `11${ue(0)}101`;
  const requests = requestsOf(sps({ sets: [previous, predicted] }), pps(), idr());

  it("have no flags for pictures that they do not have", () => {
    const [first, second] = stRps(requests[0]);
    expect(first).toMatchObject({ flags: 0, use_delta_flag: 0, used_by_curr_pic: 1, num_negative_pics: 1 });
    expect(second).toMatchObject({ flags: 1, ...coded });
  });

  it("have neither counts nor distances where they are predicted", () => {
    const zeros = new Array<number>(16).fill(0);
    const lists = { delta_poc_s0_minus1: zeros, delta_poc_s1_minus1: zeros };
    expect(stRps(requests[0])[1]).toMatchObject({ num_negative_pics: 0, num_positive_pics: 0, ...lists });
  });

  it("are those of the SPS that an IRAP picture activates, and not sent where it has none (7.4.2.4.2)", () => {
    const stream = [sps({ sets: [previous] }), pps(), idr(), p(1, "1"), sps(), pps(), idr(), p(1, `0${previous}`)];
    const session = openSession("h265");
    const events = [...session.push(new Uint8Array(stream.flat())), ...session.flush()];
    const sent = events.flatMap((event) => (event.type === "request" ? [event.controls.map(({ name }) => name)] : []));
    const name = "V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS";
    expect(sent.map((names) => names.includes(name))).toEqual([true, true, false, false]);
  });
});

describe("data_byte_offset", () => {
  const extension = (bytes: readonly number[]): string => ue(bytes.length) + bytes.map((byte) => u(8, byte)).join("");

  it.each([
    // Start code 3, NAL unit header 2, first_slice_segment_in_pic_flag to slice_qp_delta 7 bits, ue(4) 5, 4 bytes, alignment.
    [[0x55, 0x55, 0x55, 0x55], 3 + 2 + Math.ceil((7 + 5 + 32 + 1) / 8)],
    // 4 bits of the header stand before the first 0: 0x?0 00 00 10, one emulation prevention byte.
    [[0x00, 0x00, 0x00, 0x10], 3 + 2 + Math.ceil((7 + 5 + 32 + 1) / 8) + 1],
  ])("counts the emulation prevention bytes of the header: extension %j", (bytes, expected) => {
    const unit = idr(extension(bytes));
    const [request] = requestsOf(sps(), pps({ extension: 1 }), unit);
    expect(slices(request)[0]!.data_byte_offset).toBe(expected);
    expect(unit.slice(expected)).toEqual([0x5a, 0x5a]);
  });
});

describe("offsets of high precision (7.4.7.3)", () => {
  it.each([
    [-512, -128],
    [-129, -128],
    [-128, -128],
    [127, 127],
    [511, 127],
  ])("%d is %d in the control, and an error event says where it cannot be", (offset, expected) => {
    // luma_log2_weight_denom, delta_chroma_log2_weight_denom, luma_weight_l0_flag, chroma_weight_l0_flag, weight, offset
    const weights = `${ue(0)}${se(0)}10${se(0)}${se(offset)}`;
    const stream = [sps({ bitDepth: 10, highPrecision: true }), pps({ weighted: 1 }), idr()];
    const { requests, errors } = decode(...stream, p(1, `0${previous}`, weights));
    expect(slices(requests[1])[0]!.pred_weight_table.luma_offset_l0[0]).toBe(expected);
    expect(errors.map(({ kind }) => kind)).toEqual(offset === expected ? [] : ["unsupported"]);
  });
});

describe("a picture that refers to more pictures than the SPS's DPB has", () => {
  it("is requested all the same, with its references and an error event", () => {
    const { requests, errors } = decode(
      sps({ buffering: 0 }),
      pps(),
      idr(),
      p(1, `0${previous}`),
      p(2, `0${previous}`),
    );
    const control = hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_PARAMS;
    const params = requests.map(({ controls }) => decodePayload(control, controls.get(control.name)!));
    const references = params.map(({ dpb, num_active_dpb_entries }) =>
      dpb.slice(0, num_active_dpb_entries).map(({ timestamp }) => timestamp),
    );
    expect(references).toEqual([[], [1000n], [2000n]]);
    expect(errors.map(({ kind }) => kind)).toEqual(["limit"]);
  });
});

describe("an IDR picture (8.3.2)", () => {
  it("has no reference in any of the lists", () => {
    const requests = requestsOf(sps(), pps(), idr(), p(1, `0${previous}`), idr());
    const control = hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_PARAMS;
    expect(decodePayload(control, requests[2]!.controls.get(control.name)!)).toMatchObject({
      num_active_dpb_entries: 0,
      num_poc_st_curr_before: 0,
      num_poc_st_curr_after: 0,
      num_poc_lt_curr: 0,
    });
  });
});
