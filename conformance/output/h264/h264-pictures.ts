import type { Trace, TraceElement } from "../../../src/bitreader/index.ts";
import type { DecodeEvent, ErrorEvent, RequestEvent } from "../../../src/events.ts";
import { openSession } from "../../../src/open-session.ts";
import {
  V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD,
  V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC,
  V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC,
  V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE,
  v4l2_ctrl_h264_decode_params,
  v4l2_ctrl_h264_pps,
  v4l2_ctrl_h264_sps,
} from "../../../src/uapi/h264.ts";
import { decodeStruct } from "../../../src/uapi/struct.ts";
import { TracedUnits } from "../traced-units.ts";

/** A frame or field as our session requested it. */
export interface H264Picture {
  readonly frame: H264Frame;
  /** Of its slices' first bytes in the stream. */
  readonly slices: readonly number[];
  readonly structure: "frame" | "top" | "bottom";
  readonly frame_num: number;
  readonly isReference: boolean;
  readonly isIdr: boolean;
  readonly no_output_of_prior_pics_flag: boolean;
  /** Has a memory_management_control_operation equal to 5. */
  readonly hasMmco5: boolean;
  /** Bits of the longest se(v) of its slice headers. */
  readonly longestCode: number;
  readonly hasSliceGroups: boolean;
  readonly hasSeparatePlanes: boolean;
  /** "Non-existing" frames in the DPB array. */
  readonly nonExisting: number;
}

/** A CAPTURE buffer's content: a frame, a field pair or a single field. */
export interface H264Frame {
  readonly timestamp: number;
  /** One, or the two fields. */
  readonly pictures: H264Picture[];
  /** Grows with each picture that begins a new order: IDR pictures and those with memory_management_control_operation 5. */
  period: number;
  /** PicOrderCnt of (8-1), after memory_management_control_operation 5. */
  PicOrderCnt: number;
}

/** An `output` event. */
export interface H264Output {
  readonly frame: H264Frame;
  /** The pictures requested so far. */
  readonly after: number;
  /** Frames requested and not yet released, this one included. */
  readonly held: number;
  /** `captureBuffers` of the sequence. */
  readonly captureBuffers: number;
  /** Caused by `flush`. */
  readonly isLast: boolean;
}

/** What our session makes of a stream. */
export interface H264Pictures {
  /** In decoding order. */
  readonly pictures: readonly H264Picture[];
  readonly frames: readonly H264Frame[];
  /** In output order. */
  readonly outputs: readonly H264Output[];
  readonly errors: readonly ErrorEvent[];
  /** Broken promises of the events themselves. */
  readonly faults: readonly string[];
}

/** What the trace says of a slice. */
interface SliceFacts {
  readonly byte: number;
  hasMmco5: boolean;
  no_output_of_prior_pics_flag: boolean;
  longestCode: number;
}

/** Remembers facts of slice headers that are in no control. */
class SliceTrace implements Trace {
  readonly #slices = new Map<Uint8Array, SliceFacts>();
  readonly #units = new TracedUnits();
  #current: SliceFacts | undefined;

  unit({ byte, bytes }: { readonly byte: number; readonly bytes: Uint8Array }): void {
    this.#current = { byte, hasMmco5: false, no_output_of_prior_pics_flag: false, longestCode: 0 };
    this.#slices.set(bytes, this.#current);
    this.#units.add(bytes);
  }

  element({ name, value, descriptor, length }: TraceElement): void {
    const current = this.#current;
    if (current === undefined) return;
    if (name === "memory_management_control_operation" && value === 5) current.hasMmco5 = true;
    if (name === "no_output_of_prior_pics_flag" && value === 1) current.no_output_of_prior_pics_flag = true;
    if (descriptor === "se") current.longestCode = Math.max(current.longestCode, length);
  }

  /** Of each slice of a request. */
  factsOf(parts: readonly Uint8Array[]): SliceFacts[] {
    return this.#units.ofRequest(parts).map((unit) => this.#slices.get(unit) as SliceFacts);
  }
}

/** Follows the events of a session. */
class Follower {
  readonly pictures: H264Picture[] = [];
  readonly outputs: H264Output[] = [];
  readonly errors: ErrorEvent[] = [];
  readonly faults: string[] = [];
  readonly frames = new Map<number, H264Frame>();
  readonly #trace: SliceTrace;
  readonly #controls = new Map<string, Uint8Array | number>();
  readonly #held = new Set<number>();
  #captureBuffers = 0;
  #period = 0;

  constructor(trace: SliceTrace) {
    this.#trace = trace;
  }

  take(event: DecodeEvent, isLast: boolean): void {
    if (event.type === "error") this.errors.push(event);
    else if (event.type === "request") this.#request(event);
    else if (event.type === "sequence") this.#captureBuffers = event.captureBuffers;
    else if (event.type === "release") {
      if (!this.#held.delete(event.timestamp)) this.faults.push(`${event.timestamp} is released and is not held`);
    } else {
      const frame = this.frames.get(event.timestamp);
      if (frame === undefined || !this.#held.has(event.timestamp)) {
        this.faults.push(`${event.timestamp} is output and is not held`);
        return;
      }
      const captureBuffers = this.#captureBuffers;
      this.outputs.push({ frame, after: this.pictures.length, held: this.#held.size, captureBuffers, isLast });
    }
  }

  end(): void {
    for (const timestamp of this.#held) this.faults.push(`${timestamp} is never released`);
  }

  #control(name: string): Uint8Array {
    return this.#controls.get(`V4L2_CID_STATELESS_H264_${name}`) as Uint8Array;
  }

  #request({ timestamp, bitstream, controls }: RequestEvent): void {
    for (const { name, payload } of controls) this.#controls.set(name, payload);
    const params = decodeStruct(v4l2_ctrl_h264_decode_params, this.#control("DECODE_PARAMS"));
    const sps = decodeStruct(v4l2_ctrl_h264_sps, this.#control("SPS"));
    const pps = decodeStruct(v4l2_ctrl_h264_pps, this.#control("PPS"));
    const slices = this.#trace.factsOf(bitstream);
    const has = (flag: number): boolean => (params.flags & flag) !== 0;
    const isField = has(V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC);
    const hasMmco5 = slices.some((slice) => slice.hasMmco5);
    let frame = this.frames.get(timestamp);
    if (frame === undefined) {
      frame = { timestamp, pictures: [], period: this.#period, PicOrderCnt: 0 };
      this.frames.set(timestamp, frame);
      this.#held.add(timestamp);
    }
    const picture: H264Picture = {
      frame,
      slices: slices.map(({ byte }) => byte),
      structure: !isField ? "frame" : has(V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD) ? "bottom" : "top",
      frame_num: params.frame_num,
      isReference: params.nal_ref_idc !== 0,
      isIdr: has(V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC),
      no_output_of_prior_pics_flag: slices.some((slice) => slice.no_output_of_prior_pics_flag),
      hasMmco5,
      longestCode: Math.max(...slices.map((slice) => slice.longestCode)),
      hasSliceGroups: pps.num_slice_groups_minus1 > 0,
      hasSeparatePlanes: (sps.flags & V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE) !== 0,
      nonExisting: params.dpb.filter((entry) => entry.flags !== 0 && entry.reference_ts === 0n).length,
    };
    frame.pictures.push(picture);
    this.pictures.push(picture);
    if (picture.isIdr || hasMmco5) frame.period = ++this.#period;
    const { top_field_order_cnt: top, bottom_field_order_cnt: bottom } = params;
    const isSingle = isField && frame.pictures.length === 1;
    frame.PicOrderCnt = !isSingle ? Math.min(top, bottom) : picture.structure === "top" ? top : bottom;
    // 8.2.1: tempPicOrderCnt is subtracted after the picture.
    if (hasMmco5) frame.PicOrderCnt = 0;
  }
}

/** Runs a session over a byte stream in which every `output` can be traced to the bytes of its slices. */
export function decodeH264Pictures(stream: Uint8Array): H264Pictures {
  const trace = new SliceTrace();
  const session = openSession("h264", { trace, output: "c.4.5.3" });
  const follower = new Follower(trace);
  for (const event of session.push(stream)) follower.take(event, false);
  for (const event of session.flush()) follower.take(event, true);
  follower.end();
  const { pictures, outputs, errors, faults, frames } = follower;
  return { pictures, frames: [...frames.values()], outputs, errors, faults };
}
