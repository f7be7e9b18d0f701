import type { DecodeEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import { BitWriter, escaped } from "../../src/testing/bit-writer.ts";
import { type Element, writeElement } from "../rewrite/elements.ts";
import { entryPoints, explicitSet, type LongTerm, longTermOfSlice, longTermOfSps } from "../rewrite/h265-edits.ts";

/** Small H.265 streams from a few lines: headers as the syntax tables say, and one byte of slice data, which nobody reads. */

/** Table 7-1. */
const nalTypes = {
  TRAIL_N: 0,
  TRAIL_R: 1,
  RADL_N: 6,
  RADL_R: 7,
  RASL_N: 8,
  RASL_R: 9,
  BLA_W_LP: 16,
  BLA_W_RADL: 17,
  BLA_N_LP: 18,
  IDR_W_RADL: 19,
  IDR_N_LP: 20,
  CRA: 21,
} as const;

export interface Sps {
  id?: number;
  width?: number;
  height?: number;
  bitDepth?: number;
  log2_max_lsb?: number;
  /** sps_max_dec_pic_buffering_minus1, sps_max_num_reorder_pics, sps_max_latency_increase_plus1: of each sub-layer. */
  buffering?: [number, number, number][];
  longTerm?: [lsb: number, used: 0 | 1][];
  /** frame_field_info_present_flag: picture timing SEI messages have pic_struct. */
  frame_field_info_present_flag?: number;
}

export interface Pps {
  id?: number;
  sps?: number;
  dependent_slice_segments_enabled_flag?: number;
  output_flag_present_flag?: number;
  /** Columns and rows, uniformly spaced. */
  tiles?: [number, number];
  entropy_coding_sync_enabled_flag?: number;
  num_ref_idx?: [number, number];
}

export interface Slice {
  nal?: keyof typeof nalTypes;
  type?: "B" | "P" | "I";
  /** PicOrderCntVal: its least significant bits are coded. */
  poc?: number;
  /** Differences of order counts of the pictures that this one refers to. Without any, it is an I slice. */
  refs?: number[];
  /** Those of pictures that are kept for later ones. */
  keeps?: number[];
  longTerm?: LongTerm[];
  temporalId?: number;
  pps?: number;
  /** slice_segment_address; the first segment has none. */
  address?: number;
  dependent?: boolean;
  pic_output_flag?: number;
  no_output_of_prior_pics_flag?: number;
  entry_points?: number;
}

/** Writes NAL units one after the other; knows the parameter sets that it has written. */
export class H265Stream {
  readonly units: Uint8Array[] = [];
  readonly #sps = new Map<number, Sps>();
  readonly #pps = new Map<number, Pps>();

  /** The stream with four-byte start codes. */
  get bytes(): Uint8Array {
    return Uint8Array.from(this.units.flatMap((unit) => [0, 0, 0, 1, ...unit]));
  }

  unit(nal_unit_type: number, rbsp: Uint8Array, { temporalId = 0, layer = 0 } = {}): this {
    this.units.push(escaped(Uint8Array.of(nal_unit_type * 2, layer * 8 + temporalId + 1, ...rbsp)));
    return this;
  }

  writeSps(sps: Sps = {}): this {
    const { buffering = [[4, 0, 0]], log2_max_lsb = 8, bitDepth = 8, longTerm } = sps;
    this.#sps.set(sps.id ?? 0, sps);
    const last = buffering.length - 1;
    const w = new BitWriter().u(4, 0).u(3, last).u(1, 1);
    w.u(8, 1).u(32, 0).u(4, 0b1001).u(32, 0).u(12, 0).u(8, 93);
    for (let i = 0; last > 0 && i < 8; i++) w.u(2, 0);
    w.ue(sps.id ?? 0)
      .ue(1)
      .ue(sps.width ?? 64)
      .ue(sps.height ?? 64)
      .u(1, 0);
    w.ue(bitDepth - 8)
      .ue(bitDepth - 8)
      .ue(log2_max_lsb - 4)
      .u(1, 1);
    for (const values of buffering) for (const value of values) w.ue(value);
    // Coding tree blocks of 16x16; no scaling lists, AMP, SAO, PCM; no short-term sets.
    w.ue(0).ue(1).ue(0).ue(2).ue(0).ue(0).u(4, 0).ue(0);
    if (longTerm) this.#write(w, longTermOfSps(log2_max_lsb, longTerm));
    else w.u(1, 0);
    w.u(2, 0).u(1, sps.frame_field_info_present_flag ?? 0);
    // VUI parameters: all flags 0 but for field_seq_flag's neighbour.
    if (sps.frame_field_info_present_flag) w.u(6, 0).u(1, 1).u(3, 0);
    return this.unit(33, w.u(1, 0).trailing().bytes());
  }

  writePps(pps: Pps = {}): this {
    this.#pps.set(pps.id ?? 0, pps);
    const [l0, l1] = pps.num_ref_idx ?? [1, 1];
    const w = new BitWriter().ue(pps.id ?? 0).ue(pps.sps ?? 0);
    w.u(1, pps.dependent_slice_segments_enabled_flag ?? 0)
      .u(1, pps.output_flag_present_flag ?? 0)
      .u(5, 0);
    w.ue(l0 - 1)
      .ue(l1 - 1)
      .se(0)
      .u(3, 0)
      .se(0)
      .se(0)
      .u(4, 0);
    w.u(1, pps.tiles ? 1 : 0).u(1, pps.entropy_coding_sync_enabled_flag ?? 0);
    if (pps.tiles)
      w.ue(pps.tiles[0] - 1)
        .ue(pps.tiles[1] - 1)
        .u(2, 0b10);
    return this.unit(34, w.u(4, 0).ue(0).u(2, 0).trailing().bytes());
  }

  /** A picture timing SEI message with pic_struct, for an SPS with frame_field_info_present_flag and no HRD. */
  picTiming(pic_struct: number): this {
    return this.unit(39, Uint8Array.of(1, 1, pic_struct * 16, 0x80));
  }

  recoveryPoint(recovery_poc_cnt: number): this {
    const payload = new BitWriter().se(recovery_poc_cnt).u(2, 0);
    if (payload.position % 8 !== 0) payload.trailing(); // the same bits as payload_bit_equal_to_one and _zero
    const bytes = payload.bytes();
    return this.unit(39, Uint8Array.of(6, bytes.length, ...bytes, 0x80));
  }

  endOfSequence(): this {
    return this.unit(36, new Uint8Array());
  }

  slice(s: Slice = {}): this {
    const pps = this.#pps.get(s.pps ?? 0) as Pps;
    const sps = this.#sps.get(pps.sps ?? 0) as Sps;
    const nal_unit_type = nalTypes[s.nal ?? "TRAIL_R"];
    const w = new BitWriter().u(1, s.address === undefined ? 1 : 0);
    if (nal_unit_type >= 16) w.u(1, s.no_output_of_prior_pics_flag ?? 0);
    w.ue(s.pps ?? 0);
    if (s.address !== undefined) {
      if (pps.dependent_slice_segments_enabled_flag) w.u(1, s.dependent ? 1 : 0);
      const ctbs = Math.ceil((sps.width ?? 64) / 16) * Math.ceil((sps.height ?? 64) / 16);
      w.u(Math.ceil(Math.log2(ctbs)), s.address);
    }
    if (!s.dependent) this.#independent(w, s, sps, pps);
    if (pps.tiles || pps.entropy_coding_sync_enabled_flag) {
      this.#write(w, entryPoints(0, new Array<number>(s.entry_points ?? 0).fill(0)));
    }
    return this.unit(nal_unit_type, w.trailing().u(8, 0x5a).bytes(), { temporalId: s.temporalId ?? 0 });
  }

  #independent(w: BitWriter, s: Slice, sps: Sps, pps: Pps): void {
    const { poc = 0, refs = [], keeps = [], longTerm = [] } = s;
    const bits = sps.log2_max_lsb ?? 8;
    const type = s.type ?? (refs.length > 0 || longTerm.some((entry) => "used" in entry && entry.used) ? "P" : "I");
    w.ue(["B", "P", "I"].indexOf(type));
    if (pps.output_flag_present_flag) w.u(1, s.pic_output_flag ?? 1);
    if (s.nal !== "IDR_W_RADL" && s.nal !== "IDR_N_LP") {
      w.u(bits, ((poc % 2 ** bits) + 2 ** bits) % 2 ** bits).u(1, 0);
      this.#write(w, shortTerm(refs, keeps));
      if (sps.longTerm) this.#write(w, longTermOfSlice(bits, sps.longTerm.length, longTerm));
    }
    if (type !== "I") w.u(1, 0);
    if (type === "B") w.u(1, 0);
    if (type !== "I") w.ue(0);
    w.se(0);
  }

  #write(w: BitWriter, elements: readonly Element[]): void {
    for (const element of elements) writeElement(w, element);
  }
}

/** st_ref_pic_set(0) with these differences of order counts. */
function shortTerm(refs: readonly number[], keeps: readonly number[]): Element[] {
  const side = (sign: number) => {
    const distances = [...refs, ...keeps].map((delta) => sign * delta).filter((distance) => distance > 0);
    let before = 0;
    return distances
      .sort((a, b) => a - b)
      .map((distance): [number, 0 | 1] => {
        const minus1 = distance - before - 1;
        before = distance;
        return [minus1, refs.includes(sign * distance) ? 1 : 0];
      });
  };
  return explicitSet(0, side(-1), side(1));
}

/** All the events of a stream, pushed whole. */
export function eventsOf(stream: { readonly bytes: Uint8Array }, options: SessionOptions = {}): DecodeEvent[] {
  const session = openSession("h265", options);
  return [...session.push(stream.bytes), ...session.flush()];
}
