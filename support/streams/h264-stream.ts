import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import { BitWriter, escaped } from "../../src/testing/bit-writer.ts";
import { decodeStruct, v4l2_ctrl_h264_decode_params } from "../../src/uapi/index.ts";

/** Small H.264 streams from a few lines: headers as the syntax tables say, and one byte of slice data, which nobody reads. */

export interface Sps {
  id?: number;
  profile_idc?: number;
  constraint_set1_flag?: number;
  constraint_set3_flag?: number;
  level_idc?: number;
  log2_max_frame_num?: number;
  poc_type?: 0 | 1 | 2;
  log2_max_lsb?: number;
  /** offset_for_non_ref_pic, offset_for_top_to_bottom_field, offset_for_ref_frame[]. */
  cycle?: [number, number, number[]];
  delta_pic_order_always_zero_flag?: number;
  max_num_ref_frames?: number;
  gaps?: boolean;
  widthInMbs?: number;
  heightInMapUnits?: number;
  frame_mbs_only_flag?: number;
  /** max_dec_frame_buffering. */
  max_dec_frame_buffering?: number;
  /** Default: max_dec_frame_buffering. Goes with it. */
  max_num_reorder_frames?: number;
  crop?: [left: number, right: number, top: number, bottom: number];
}

export interface Pps {
  id?: number;
  sps?: number;
  bottom_field_pic_order_in_frame_present_flag?: number;
  redundant_pic_cnt_present_flag?: number;
  num_ref_idx?: [number, number];
}

export interface Slice {
  type?: "P" | "B" | "I" | "SP" | "SI";
  idr?: boolean;
  nal_ref_idc?: number;
  first_mb?: number;
  pps?: number;
  frame_num?: number;
  field?: "top" | "bottom";
  idr_pic_id?: number;
  lsb?: number;
  delta_bottom?: number;
  delta?: number[];
  redundant_pic_cnt?: number;
  num_ref_idx?: [number] | [number, number];
  /** modification_of_pic_nums_idc and its operand, of list 0. */
  modify?: [number, number][];
  no_output_of_prior_pics_flag?: number;
  long_term_reference_flag?: number;
  /** memory_management_control_operation and its operands. */
  mmco?: number[][];
  slice_qp_delta?: number;
}

/** Writes NAL units one after the other; knows the parameter sets that it has written. */
export class H264Stream {
  readonly units: Uint8Array[] = [];
  readonly #sps = new Map<number, Required<Omit<Sps, "crop" | "max_dec_frame_buffering" | "max_num_reorder_frames">>>();
  readonly #pps = new Map<number, Pps>();

  /** The stream with four-byte start codes. */
  get bytes(): Uint8Array {
    return Uint8Array.from(this.units.flatMap((unit) => [0, 0, 0, 1, ...unit]));
  }

  unit(nal_ref_idc: number, nal_unit_type: number, rbsp: Uint8Array): this {
    this.units.push(escaped(Uint8Array.of(nal_ref_idc * 32 + nal_unit_type, ...rbsp)));
    return this;
  }

  writeSps(given: Sps = {}): this {
    const sps = {
      id: 0,
      profile_idc: 77,
      constraint_set1_flag: 0,
      constraint_set3_flag: 0,
      level_idc: 40,
      log2_max_frame_num: 4,
      poc_type: 0 as const,
      log2_max_lsb: 8,
      cycle: [0, 0, []] as [number, number, number[]],
      delta_pic_order_always_zero_flag: 0,
      max_num_ref_frames: 4,
      gaps: false,
      widthInMbs: 4,
      heightInMapUnits: 4,
      frame_mbs_only_flag: 1,
      ...given,
    };
    this.#sps.set(sps.id, sps);
    const w = new BitWriter().u(8, sps.profile_idc).u(1, 0).u(1, sps.constraint_set1_flag).u(1, 0);
    w.u(1, sps.constraint_set3_flag).u(4, 0).u(8, sps.level_idc);
    w.ue(sps.id);
    if (sps.profile_idc === 100) w.ue(1).ue(0).ue(0).u(2, 0);
    w.ue(sps.log2_max_frame_num - 4).ue(sps.poc_type);
    if (sps.poc_type === 0) w.ue(sps.log2_max_lsb - 4);
    if (sps.poc_type === 1) {
      const [nonRef, topToBottom, offsets] = sps.cycle;
      w.u(1, sps.delta_pic_order_always_zero_flag).se(nonRef).se(topToBottom).ue(offsets.length);
      for (const offset of offsets) w.se(offset);
    }
    w.ue(sps.max_num_ref_frames).u(1, sps.gaps ? 1 : 0);
    w.ue(sps.widthInMbs - 1)
      .ue(sps.heightInMapUnits - 1)
      .u(1, sps.frame_mbs_only_flag);
    if (!sps.frame_mbs_only_flag) w.u(1, 0);
    w.u(1, 1).u(1, given.crop ? 1 : 0);
    for (const offset of given.crop ?? []) w.ue(offset);
    if (given.max_dec_frame_buffering === undefined) w.u(1, 0);
    else {
      w.u(1, 1).u(8, 0).u(1, 1).u(1, 1); // VUI: all flags 0 up to bitstream_restriction_flag
      w.ue(0)
        .ue(0)
        .ue(9)
        .ue(9)
        .ue(given.max_num_reorder_frames ?? given.max_dec_frame_buffering);
      w.ue(given.max_dec_frame_buffering);
    }
    return this.unit(3, 7, w.trailing().bytes());
  }

  writePps(pps: Pps = {}): this {
    this.#pps.set(pps.id ?? 0, pps);
    const [l0, l1] = pps.num_ref_idx ?? [1, 1];
    const w = new BitWriter()
      .ue(pps.id ?? 0)
      .ue(pps.sps ?? 0)
      .u(1, 0);
    w.u(1, pps.bottom_field_pic_order_in_frame_present_flag ?? 0).ue(0);
    w.ue(l0 - 1)
      .ue(l1 - 1)
      .u(1, 0)
      .u(2, 0)
      .se(0)
      .se(0)
      .se(0)
      .u(1, 0)
      .u(1, 0);
    w.u(1, pps.redundant_pic_cnt_present_flag ?? 0);
    return this.unit(3, 8, w.trailing().bytes());
  }

  /** A recovery point SEI message. */
  recoveryPoint(recovery_frame_cnt: number): this {
    const payload = new BitWriter().ue(recovery_frame_cnt).u(4, 0);
    if (payload.position % 8 !== 0) payload.trailing(); // bit_equal_to_one, bit_equal_to_zero: the same bits
    const bytes = payload.bytes();
    return this.unit(0, 6, Uint8Array.of(6, bytes.length, ...bytes, 0x80));
  }

  slice(s: Slice = {}): this {
    const pps = this.#pps.get(s.pps ?? 0) as Pps;
    const sps = this.#sps.get(pps.sps ?? 0);
    if (sps === undefined) throw new Error(`there is no SPS ${pps.sps}`);
    const type = s.type ?? (s.idr ? "I" : "P");
    const nal_ref_idc = s.nal_ref_idc ?? 1;
    const w = new BitWriter()
      .ue(s.first_mb ?? 0)
      .ue(["P", "B", "I", "SP", "SI"].indexOf(type))
      .ue(s.pps ?? 0);
    w.u(sps.log2_max_frame_num, s.frame_num ?? 0);
    if (!sps.frame_mbs_only_flag) {
      w.u(1, s.field ? 1 : 0);
      if (s.field) w.u(1, s.field === "bottom" ? 1 : 0);
    }
    if (s.idr) w.ue(s.idr_pic_id ?? 0);
    const hasBottom = pps.bottom_field_pic_order_in_frame_present_flag && !s.field;
    if (sps.poc_type === 0) {
      w.u(sps.log2_max_lsb, s.lsb ?? 0);
      if (hasBottom) w.se(s.delta_bottom ?? 0);
    }
    if (sps.poc_type === 1 && !sps.delta_pic_order_always_zero_flag) {
      w.se(s.delta?.[0] ?? 0);
      if (hasBottom) w.se(s.delta?.[1] ?? 0);
    }
    if (pps.redundant_pic_cnt_present_flag) w.ue(s.redundant_pic_cnt ?? 0);
    if (type === "B") w.u(1, 1);
    if (type === "P" || type === "SP" || type === "B") this.#lists(w, s, type);
    if (nal_ref_idc !== 0) this.#marking(w, s);
    w.se(s.slice_qp_delta ?? 0);
    if (type === "SP") w.u(1, 0);
    if (type === "SP" || type === "SI") w.se(0);
    return this.unit(nal_ref_idc, s.idr ? 5 : 1, w.trailing().u(8, 0x5a).bytes());
  }

  #lists(w: BitWriter, s: Slice, type: string): void {
    w.u(1, s.num_ref_idx ? 1 : 0);
    for (const count of s.num_ref_idx ?? []) w.ue(count - 1);
    w.u(1, s.modify ? 1 : 0);
    if (s.modify) {
      for (const [idc, operand] of s.modify) w.ue(idc).ue(operand);
      w.ue(3);
    }
    if (type === "B") w.u(1, 0);
  }

  #marking(w: BitWriter, s: Slice): void {
    if (s.idr) {
      w.u(1, s.no_output_of_prior_pics_flag ?? 0).u(1, s.long_term_reference_flag ?? 0);
      return;
    }
    w.u(1, s.mmco ? 1 : 0);
    if (!s.mmco) return;
    for (const operation of s.mmco) for (const value of operation) w.ue(value);
    w.ue(0);
  }
}

/** DECODE_PARAMS of a request, with the used entries of its DPB array. */
export function decodeParams(request: RequestEvent) {
  const control = request.controls.find(({ name }) => name === "V4L2_CID_STATELESS_H264_DECODE_PARAMS");
  const params = decodeStruct(v4l2_ctrl_h264_decode_params, control?.payload as Uint8Array);
  return { ...params, dpb: params.dpb.filter((entry) => entry.flags !== 0) };
}

/** `"2000"`, `"2000L"` for a long-term reference, `"2000t"` and `"2000b"` for one field; `"gap3"` for frame_num 3 without a buffer. */
export function references(request: RequestEvent): string {
  return decodeParams(request)
    .dpb.map(({ reference_ts, frame_num, fields, flags }) => {
      const picture = reference_ts === 0n ? `gap${frame_num}` : `${reference_ts}`;
      return picture + ["", "t", "b", ""][fields] + (flags & 4 ? "L" : "");
    })
    .join(" ");
}

/** All the events of a stream, pushed whole. */
export function eventsOf(stream: H264Stream, options: SessionOptions = {}): DecodeEvent[] {
  const session = openSession("h264", options);
  return [...session.push(stream.bytes), ...session.flush()];
}

/** The events of one type. */
export function only<T extends DecodeEvent["type"]>(events: readonly DecodeEvent[], type: T) {
  return events.filter((event): event is Extract<DecodeEvent, { type: T }> => event.type === type);
}

/** Events in short: `sequence`, `request 1000`, `output 1000 corrupt`, `release 1000`, `error <cause>`. */
export function summary(events: readonly DecodeEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "sequence") return "sequence";
    if (event.type === "error") return `error ${event.kind}`;
    return `${event.type} ${event.timestamp}${event.type === "output" && event.corrupt ? " corrupt" : ""}`;
  });
}
