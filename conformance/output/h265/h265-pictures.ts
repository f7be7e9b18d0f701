import type { Trace } from "../../../src/bitreader/index.ts";
import { BitstreamError, UnsupportedError } from "../../../src/errors.ts";
import type { DecodeEvent, RequestEvent } from "../../../src/events.ts";
import { CRA_NUT, isBla, isIdr } from "../../../src/h265/nal-types.ts";
import type { PicParameterSet, SeqParameterSet } from "../../../src/h265/structures.ts";
import {
  nal_unit_header,
  pic_parameter_set_rbsp,
  seq_parameter_set_rbsp,
  video_parameter_set_rbsp,
} from "../../../src/h265/syntax.ts";
import { nalReader } from "../../../src/h265/units.ts";
import { openSession } from "../../../src/open-session.ts";
import { v4l2_ctrl_hevc_decode_params, v4l2_ctrl_hevc_pps } from "../../../src/uapi/h265.ts";
import { viewOf } from "../../../src/uapi/struct.ts";

/** A picture as our session requested it. */
export interface HevcPicture {
  readonly timestamp: number;
  /** Of its first slice segment in the stream. */
  readonly byte: number;
  readonly PicOrderCntVal: number;
  /** Grows with each IRAP picture with NoRaslOutputFlag 1. */
  readonly sequence: number;
  readonly pic_output_flag: number;
  /** C.5.2.2: it begins a sequence, and what waits is not output. */
  readonly NoOutputOfPriorPicsFlag: boolean;
  readonly hasUnequalBitDepths: boolean;
  readonly refersToItself: boolean;
  /** No VPS with the id that its SPS names was sent before that. */
  readonly hasNoVps: boolean;
  /** Its SPS was sent with other content after its PPS. */
  readonly hasOlderPps: boolean;
}

/** What our session makes of a stream. */
export interface HevcOutputs {
  /** In decoding order. */
  readonly pictures: readonly HevcPicture[];
  /** In output order. */
  readonly outputs: readonly HevcPicture[];
  /** Broken promises of the events themselves. */
  readonly faults: readonly string[];
}

/** The parameter sets that were sent so far, and in which order. */
class ParameterSets {
  private readonly vps = new Set<number>();
  private readonly sps = new Map<
    number,
    { readonly sps: SeqParameterSet; readonly bytes: Uint8Array; hasVps: boolean }
  >();
  private readonly pps = new Map<number, { readonly pps: PicParameterSet; isOlder: boolean }>();

  /** Damaged ones count for nothing; those whose trailing bits alone are wrong are taken, as the session takes them. */
  take(bytes: Uint8Array): void {
    try {
      const r = nalReader(bytes, undefined);
      const { nal_unit_type, nuh_layer_id } = nal_unit_header(r);
      if (nuh_layer_id > 0) return;
      if (nal_unit_type === 32) this.vps.add(video_parameter_set_rbsp(r).vps_video_parameter_set_id);
      if (nal_unit_type === 33) this.takeSps(bytes, seq_parameter_set_rbsp(r));
      if (nal_unit_type === 34) {
        const pps = pic_parameter_set_rbsp(r);
        this.pps.set(pps.pps_pic_parameter_set_id, { pps, isOlder: false });
      }
    } catch (error) {
      if (!(error instanceof BitstreamError || error instanceof UnsupportedError)) throw error;
    }
  }

  private takeSps(bytes: Uint8Array, sps: SeqParameterSet): void {
    const id = sps.sps_seq_parameter_set_id;
    const before = this.sps.get(id);
    this.sps.set(id, { sps, bytes: bytes.slice(), hasVps: this.vps.has(sps.sps_video_parameter_set_id) });
    if (before === undefined || Buffer.compare(before.bytes, bytes) === 0) return;
    for (const entry of this.pps.values()) if (entry.pps.pps_seq_parameter_set_id === id) entry.isOlder = true;
  }

  facts(pic_parameter_set_id: number) {
    const { pps, isOlder } = this.pps.get(pic_parameter_set_id)!;
    const { sps, hasVps } = this.sps.get(pps.pps_seq_parameter_set_id)!;
    return {
      hasUnequalBitDepths: sps.bit_depth_luma_minus8 !== sps.bit_depth_chroma_minus8,
      refersToItself: pps.pps_scc_extension?.pps_curr_pic_ref_enabled_flag === 1,
      hasNoVps: !hasVps,
      hasOlderPps: isOlder,
    };
  }
}

/** Remembers what is in no control: places, flags of slice segment headers, ends of sequences, parameter sets. */
class StreamTrace implements Trace {
  readonly sets = new ParameterSets();
  private readonly places = new Map<Uint8Array, number>();
  private readonly flags = new Map<Uint8Array, Map<string, number>>();
  private current = new Map<string, number>();
  private ends: number[] = [];

  unit({ byte, bytes }: { readonly byte: number; readonly bytes: Uint8Array }): void {
    this.sets.take(bytes);
    this.places.set(bytes, byte);
    this.current = new Map();
    this.flags.set(bytes, this.current);
    const type = (bytes[0] ?? 0) >> 1;
    if (type === 36 || type === 37) this.ends.push(byte);
  }

  element({ name, value }: { readonly name: string; readonly value: number | bigint }): void {
    if (/^(no_output_of_prior_pics|pic_output)_flag$/.test(name)) this.current.set(name, Number(value));
  }

  place(unit: Uint8Array): number {
    return this.places.get(unit) as number;
  }

  flag(unit: Uint8Array, name: string): number | undefined {
    return this.flags.get(unit)?.get(name);
  }

  hasEndBetween(before: number, byte: number): boolean {
    return this.ends.some((end) => end > before && end < byte);
  }
}

/** Follows the events of a session. */
class Follower {
  readonly pictures = new Map<number, HevcPicture>();
  readonly outputs: HevcPicture[] = [];
  readonly faults: string[] = [];
  private readonly trace: StreamTrace;
  private readonly controls = new Map<string, Uint8Array | number>();
  private readonly held = new Set<number>();
  private last: HevcPicture | undefined;

  constructor(trace: StreamTrace) {
    this.trace = trace;
  }

  take(event: DecodeEvent): void {
    if (event.type === "request") this.request(event);
    if (event.type === "release" && !this.held.delete(event.timestamp)) {
      this.faults.push(`${event.timestamp} is released and is not held`);
    }
    if (event.type !== "output") return;
    if (!this.held.has(event.timestamp)) this.faults.push(`${event.timestamp} is output and is not held`);
    this.outputs.push(this.pictures.get(event.timestamp) as HevcPicture);
  }

  end(): void {
    for (const timestamp of this.held) this.faults.push(`${timestamp} is never released`);
  }

  private payload(name: string): DataView {
    return viewOf(this.controls.get(`V4L2_CID_STATELESS_HEVC_${name}`) as Uint8Array);
  }

  private request({ timestamp, bitstream, controls }: RequestEvent): void {
    for (const { name, payload } of controls) this.controls.set(name, payload);
    // The parts are a start code and a slice segment in turns.
    const unit = bitstream[1] as Uint8Array;
    const byte = this.trace.place(unit);
    const type = (unit[0] ?? 0) >> 1;
    const isFirst = this.last === undefined || this.trace.hasEndBetween(this.last.byte, byte);
    const begins = isIdr(type) || isBla(type) || (type === CRA_NUT && isFirst);
    const pic_parameter_set_id = this.payload("PPS").getUint8(v4l2_ctrl_hevc_pps.offsets.pic_parameter_set_id);
    const isNotOutput = type === CRA_NUT || this.trace.flag(unit, "no_output_of_prior_pics_flag") === 1;
    this.last = {
      timestamp,
      byte,
      PicOrderCntVal: this.payload("DECODE_PARAMS").getInt32(
        v4l2_ctrl_hevc_decode_params.offsets.pic_order_cnt_val,
        true,
      ),
      sequence: (this.last?.sequence ?? 0) + (begins ? 1 : 0),
      pic_output_flag: this.trace.flag(unit, "pic_output_flag") ?? 1,
      NoOutputOfPriorPicsFlag: begins && isNotOutput,
      ...this.trace.sets.facts(pic_parameter_set_id),
    };
    this.pictures.set(timestamp, this.last);
    this.held.add(timestamp);
  }
}

/** Runs a session over a byte stream in which every `output` can be traced to the bytes of its slice segments. */
export function decodeHevcPictures(stream: Uint8Array): HevcOutputs {
  const trace = new StreamTrace();
  const session = openSession("h265", { trace });
  const follower = new Follower(trace);
  for (const event of [...session.push(stream), ...session.flush()]) follower.take(event);
  follower.end();
  const { pictures, outputs, faults } = follower;
  return { pictures: [...pictures.values()], outputs, faults };
}
