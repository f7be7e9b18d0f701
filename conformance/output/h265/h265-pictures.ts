import type { Trace } from "../../../src/bitreader/index.ts";
import { StreamError } from "../../../src/errors.ts";
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
import { v4l2_ctrl_hevc_decode_params } from "../../../src/uapi/h265.ts";
import { viewOf } from "../../../src/uapi/struct.ts";
import { TracedUnits } from "../traced-units.ts";

/** A picture as our session requested it. */
export interface H265Picture extends SetFacts {
  readonly timestamp: number;
  /** Of its first slice segment in the stream. */
  readonly byte: number;
  readonly PicOrderCntVal: number;
  /** Grows with each IRAP picture with NoRaslOutputFlag 1. */
  readonly sequence: number;
  readonly pic_output_flag: number;
  /** C.5.2.2: it begins a sequence, and what waits is not output. */
  readonly NoOutputOfPriorPicsFlag: boolean;
}

/** What a picture's parameter sets say. */
interface SetFacts {
  readonly hasUnequalBitDepths: boolean;
  readonly refersToItself: boolean;
  /** No VPS with the id that its SPS names was sent before that. */
  readonly hasNoVps: boolean;
  /** Its SPS was sent with other content after its PPS. */
  readonly hasOlderPps: boolean;
  /** Of its SPS, for the highest sub-layer. */
  readonly limits: BumpingLimits;
}

/** C.5.2.2: what makes a picture go out. */
export interface BumpingLimits {
  readonly sps_max_num_reorder_pics: number;
  /** Null where the latency is not limited. */
  readonly SpsMaxLatencyPictures: number | null;
  readonly sps_max_dec_pic_buffering_minus1: number;
}

/** An `output` event. */
export interface H265Output {
  readonly picture: H265Picture;
  /** The pictures requested so far. */
  readonly after: number;
  /** Pictures requested and not yet released, this one included. */
  readonly held: number;
  /** Caused by `flush`. */
  readonly isLast: boolean;
}

/** What our session makes of a stream. */
export interface H265Outputs {
  /** In decoding order. */
  readonly pictures: readonly H265Picture[];
  /** In output order. */
  readonly outputs: readonly H265Output[];
  /** Places of pictures that were skipped because decoding cannot start there. */
  readonly skipped: readonly number[];
  /** Broken promises of the events themselves. */
  readonly faults: readonly string[];
}

/** The parameter sets that were sent so far, and in which order. */
class ParameterSets {
  readonly #vps = new Set<number>();
  readonly #sps = new Map<number, { readonly sps: SeqParameterSet; readonly bytes: Uint8Array; hasVps: boolean }>();
  readonly #pps = new Map<number, { readonly pps: PicParameterSet; isOlder: boolean }>();

  /** Damaged ones count for nothing; those whose trailing bits alone are wrong are taken, as the session takes them. */
  take(bytes: Uint8Array): void {
    try {
      const r = nalReader(bytes, undefined);
      const { nal_unit_type, nuh_layer_id } = nal_unit_header(r);
      if (nuh_layer_id > 0) return;
      if (nal_unit_type === 32) this.#vps.add(video_parameter_set_rbsp(r).vps_video_parameter_set_id);
      if (nal_unit_type === 33) this.#takeSps(bytes, seq_parameter_set_rbsp(r));
      if (nal_unit_type === 34) {
        const pps = pic_parameter_set_rbsp(r);
        this.#pps.set(pps.pps_pic_parameter_set_id, { pps, isOlder: false });
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
    }
  }

  #takeSps(bytes: Uint8Array, sps: SeqParameterSet): void {
    const id = sps.sps_seq_parameter_set_id;
    const before = this.#sps.get(id);
    this.#sps.set(id, { sps, bytes: bytes.slice(), hasVps: this.#vps.has(sps.sps_video_parameter_set_id) });
    if (before === undefined || Buffer.compare(before.bytes, bytes) === 0) return;
    for (const entry of this.#pps.values()) if (entry.pps.pps_seq_parameter_set_id === id) entry.isOlder = true;
  }

  /** What a slice segment's sets say; undefined where they were not sent. */
  facts(slice_pic_parameter_set_id: number): SetFacts | undefined {
    const entry = this.#pps.get(slice_pic_parameter_set_id);
    const active = entry && this.#sps.get(entry.pps.pps_seq_parameter_set_id);
    if (active === undefined) return undefined;
    const { pps, isOlder } = entry as NonNullable<typeof entry>;
    const { sps, hasVps } = active;
    return {
      hasUnequalBitDepths: sps.bit_depth_luma_minus8 !== sps.bit_depth_chroma_minus8,
      refersToItself: pps.pps_scc_extension?.pps_curr_pic_ref_enabled_flag === 1,
      hasNoVps: !hasVps,
      hasOlderPps: isOlder,
      limits: bumpingLimits(sps),
    };
  }
}

function bumpingLimits(sps: SeqParameterSet): BumpingLimits {
  const highest = sps.sps_max_sub_layers_minus1;
  const reorder = sps.sps_max_num_reorder_pics[highest] as number;
  const increase = sps.sps_max_latency_increase_plus1[highest] as number;
  return {
    sps_max_num_reorder_pics: reorder,
    SpsMaxLatencyPictures: increase === 0 ? null : reorder + increase - 1, // (7-9)
    sps_max_dec_pic_buffering_minus1: sps.sps_max_dec_pic_buffering_minus1[highest] as number,
  };
}

/** Remembers what is in no control: places, flags of slice segment headers, ends of sequences, parameter sets. */
class StreamTrace implements Trace {
  readonly #sets = new ParameterSets();
  readonly #units = new TracedUnits();
  readonly #places = new Map<Uint8Array, number>();
  readonly #flags = new Map<Uint8Array, Map<string, number>>();
  readonly #facts = new Map<Uint8Array, SetFacts | undefined>();
  #current = new Map<string, number>();
  #currentUnit: Uint8Array = new Uint8Array();
  #ends: number[] = [];

  unit({ byte, bytes }: { readonly byte: number; readonly bytes: Uint8Array }): void {
    this.#sets.take(bytes);
    this.#places.set(bytes, byte);
    this.#units.add(bytes);
    this.#current = new Map();
    this.#currentUnit = bytes;
    this.#flags.set(bytes, this.#current);
    const type = (bytes[0] ?? 0) >> 1;
    if (type === 36 || type === 37) this.#ends.push(byte);
  }

  element({ name, value }: { readonly name: string; readonly value: number | bigint }): void {
    if (/^(no_output_of_prior_pics|pic_output)_flag$/.test(name)) this.#current.set(name, Number(value));
    // The sets that count are those of this moment: the events of a push come after all of its units.
    if (name === "slice_pic_parameter_set_id") this.#facts.set(this.#currentUnit, this.#sets.facts(Number(value)));
  }

  /** The first slice segment of a request. */
  firstOf(parts: readonly Uint8Array[]): Uint8Array {
    return this.#units.ofRequest(parts)[0] as Uint8Array;
  }

  place(unit: Uint8Array): number {
    return this.#places.get(unit) as number;
  }

  factsOf(unit: Uint8Array): SetFacts {
    return this.#facts.get(unit) as SetFacts;
  }

  flag(unit: Uint8Array, name: string): number | undefined {
    return this.#flags.get(unit)?.get(name);
  }

  hasEndBetween(before: number, byte: number): boolean {
    return this.#ends.some((end) => end > before && end < byte);
  }
}

/** Follows the events of a session. */
class Follower {
  readonly pictures = new Map<number, H265Picture>();
  readonly outputs: H265Output[] = [];
  readonly skipped: number[] = [];
  readonly faults: string[] = [];
  readonly #trace: StreamTrace;
  readonly #controls = new Map<string, Uint8Array | number>();
  readonly #held = new Set<number>();
  #last: H265Picture | undefined;

  constructor(trace: StreamTrace) {
    this.#trace = trace;
  }

  take(event: DecodeEvent, isLast: boolean): void {
    if (event.type === "request") this.#request(event);
    if (event.type === "error" && event.kind === "before-random-access") this.skipped.push(event.byte ?? -1);
    if (event.type === "release" && !this.#held.delete(event.timestamp)) {
      this.faults.push(`${event.timestamp} is released and is not held`);
    }
    if (event.type !== "output") return;
    if (!this.#held.has(event.timestamp)) this.faults.push(`${event.timestamp} is output and is not held`);
    const picture = this.pictures.get(event.timestamp) as H265Picture;
    this.outputs.push({ picture, after: this.pictures.size, held: this.#held.size, isLast });
  }

  end(): void {
    for (const timestamp of this.#held) this.faults.push(`${timestamp} is never released`);
  }

  #payload(name: string): DataView {
    return viewOf(this.#controls.get(`V4L2_CID_STATELESS_HEVC_${name}`) as Uint8Array);
  }

  #request({ timestamp, bitstream, controls }: RequestEvent): void {
    for (const { name, payload } of controls) this.#controls.set(name, payload);
    const unit = this.#trace.firstOf(bitstream);
    const byte = this.#trace.place(unit);
    const type = (unit[0] ?? 0) >> 1;
    const isFirst = this.#last === undefined || this.#trace.hasEndBetween(this.#last.byte, byte);
    const begins = isIdr(type) || isBla(type) || (type === CRA_NUT && isFirst);
    const isNotOutput = type === CRA_NUT || this.#trace.flag(unit, "no_output_of_prior_pics_flag") === 1;
    this.#last = {
      timestamp,
      byte,
      PicOrderCntVal: this.#payload("DECODE_PARAMS").getInt32(
        v4l2_ctrl_hevc_decode_params.offsets.pic_order_cnt_val,
        true,
      ),
      sequence: (this.#last?.sequence ?? 0) + (begins ? 1 : 0),
      pic_output_flag: this.#trace.flag(unit, "pic_output_flag") ?? 1,
      NoOutputOfPriorPicsFlag: begins && isNotOutput,
      ...this.#trace.factsOf(unit),
    };
    this.pictures.set(timestamp, this.#last);
    this.#held.add(timestamp);
  }
}

/** Runs a session over a byte stream in which every `output` can be traced to the bytes of its slice segments. */
export function decodeH265Pictures(stream: Uint8Array): H265Outputs {
  const trace = new StreamTrace();
  const session = openSession("h265", { trace });
  const follower = new Follower(trace);
  for (const event of session.push(stream)) follower.take(event, false);
  for (const event of session.flush()) follower.take(event, true);
  follower.end();
  const { pictures, outputs, skipped, faults } = follower;
  return { pictures: [...pictures.values()], outputs, skipped, faults };
}
