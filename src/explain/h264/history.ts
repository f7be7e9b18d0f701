/** What a request of H.264 is made of: the units of its parameter sets and slices, and the pictures before it. */
import { parseSps } from "../../h264/parser.ts";
import { decodePayload, h264Controls, type v4l2_ctrl_h264_decode_params } from "../../uapi/index.ts";
import type { Rules } from "../field.ts";
import type { CodecHistory, ReadRequest } from "../history.ts";
import { ParameterSetUnits, parsed } from "../parameter-set-units.ts";
import type { ReadUnit } from "../read-unit.ts";
import { decodeParamsRules } from "./decode-params.ts";
import { ppsRules, scalingMatrixRules, spsRules } from "./parameter-sets.ts";
import { predWeightsRules, sliceParamsRules } from "./slice-params.ts";
import { firstSlice, type H264State, type Link, type Picture, type StoredFrame } from "./state.ts";

export class H264History implements CodecHistory {
  readonly #sps = new ParameterSetUnits();
  readonly #pps = new Map<number, ReadUnit>();
  readonly #frames = new Map<number, StoredFrame>();
  #gaps = new Map<number, Link>();
  #picture: Picture | undefined;
  #payload: Uint8Array | undefined;
  #slice: ReadUnit | undefined;
  /** Of the request's slices. The slices of one picture may refer to different ones. */
  #slicePps: ReadUnit | undefined;
  #previousReference: Link | null = null;

  take({ number, timestamp, controls, sent, others }: ReadRequest): void {
    for (const unit of others) this.#receive(unit);
    const payload = controls.get("V4L2_CID_STATELESS_H264_DECODE_PARAMS");
    const [slice] = sent;
    if (slice === undefined || !(payload instanceof Uint8Array)) {
      this.#picture = undefined;
      return;
    }
    this.#slice = slice;
    this.#slicePps = this.#pps.get(slice.value("pic_parameter_set_id") ?? 0);
    // In slice mode, the requests of a picture share a payload.
    if (this.#picture !== undefined && this.#payload === payload) {
      for (const unit of sent) this.#picture.slices.push(unit);
      return;
    }
    this.#payload = payload;
    this.#begin(number, timestamp, payload, sent);
  }

  #begin(request: number, timestamp: number, payload: Uint8Array, slices: readonly ReadUnit[]): void {
    const h = slices[0] as ReadUnit;
    const pps = this.#pps.get(h.value("pic_parameter_set_id") ?? 0);
    const spsId = pps?.value("seq_parameter_set_id") ?? 0;
    const sps = this.#sps.activate(spsId, h.value("nal_unit_type") === 5);
    const before = this.#picture;
    if (before !== undefined) this.#endPicture(before);
    this.#picture = undefined;
    if (sps === undefined || pps === undefined) return;
    const params = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS, payload);
    const isSecond = before?.timestamp === timestamp;
    this.#picture = {
      ...{ request, timestamp, sps, pps, slices: [...slices], params },
      firstField: isSecond ? before : undefined,
      previous: before === undefined ? null : linkOf(before),
      previousReference: this.#previousReference,
    };
    const frame = this.#frames.get(timestamp);
    if (frame === undefined) this.#frames.set(timestamp, { pictures: [this.#picture], longTermBy: undefined });
    else frame.pictures.push(this.#picture);
    this.#noteMarking(params, before ?? this.#picture);
  }

  #endPicture(picture: Picture): void {
    if (firstSlice(picture).value("nal_ref_idc") !== 0) this.#previousReference = linkOf(picture);
  }

  /** Finds out which frames have become long-term references, and which were inferred, since the picture before. */
  #noteMarking({ dpb }: v4l2_ctrl_h264_decode_params, before: Picture): void {
    const gaps = new Map<number, Link>();
    for (const { reference_ts, frame_num, flags } of dpb) {
      if (flags === 0) continue;
      const frame = this.#frames.get(Number(reference_ts));
      if (reference_ts === 0n) gaps.set(frame_num, this.#gaps.get(frame_num) ?? linkOf(this.#picture as Picture));
      else if (frame !== undefined && flags & 4) frame.longTermBy ??= linkOf(before);
    }
    this.#gaps = gaps;
  }

  #receive(unit: ReadUnit): void {
    if (unit.kind === "sps") {
      this.#sps.receive(parsed(() => parseSps(unit.bytes))?.seq_parameter_set_id, unit);
    } else if (unit.kind === "pps") this.#receivePps(unit);
  }

  /** A PPS that came before its SPS has not been read by then. */
  #receivePps(unit: ReadUnit): void {
    const id = unit.value("pic_parameter_set_id");
    if (id !== undefined) this.#pps.set(id, unit);
  }

  release(timestamp: number): void {
    this.#frames.delete(timestamp);
  }

  rules(): Readonly<Record<string, Rules>> {
    const [picture, slice] = [this.#picture, this.#slice];
    if (picture === undefined || slice === undefined) return {};
    const state: H264State = { picture, slice, frames: this.#frames, gaps: this.#gaps };
    const ofSlice = { ...picture, pps: this.#slicePps ?? picture.pps };
    return {
      V4L2_CID_STATELESS_H264_SPS: spsRules(picture),
      V4L2_CID_STATELESS_H264_PPS: ppsRules(ofSlice),
      V4L2_CID_STATELESS_H264_SCALING_MATRIX: scalingMatrixRules(ofSlice),
      V4L2_CID_STATELESS_H264_DECODE_PARAMS: decodeParamsRules(state),
      V4L2_CID_STATELESS_H264_SLICE_PARAMS: sliceParamsRules({ ...state, picture: ofSlice }),
      V4L2_CID_STATELESS_H264_PRED_WEIGHTS: predWeightsRules({ ...state, picture: ofSlice }),
    };
  }
}

function linkOf({ request, timestamp, sps, pps, slices }: Picture): Link {
  return { request, timestamp, sps, pps, slices };
}
