/** What a request of HEVC is made of: the units of its parameter sets and slice segments, and the pictures before it. */

import { sameBytes } from "../../framing/bytes.ts";
import { CRA_NUT, isBla, isIdr, isIrap, isRadl, isRasl, isSubLayerNonReference } from "../../h265/nal-types.ts";
import { parseSps } from "../../h265/parser.ts";
import { decodePayload, hevcControls } from "../../uapi/index.ts";
import type { Rules } from "../field.ts";
import type { CodecHistory, ReadRequest } from "../history.ts";
import { ParameterSetUnits, parsed } from "../parameter-set-units.ts";
import type { ReadUnit } from "../read-unit.ts";
import { decodeParamsRules } from "./decode-params.ts";
import { extSpsLtRpsRules, extSpsStRpsRules, ppsRules, spsRules } from "./parameter-sets.ts";
import { scalingMatrixRules } from "./scaling-matrix.ts";
import { entryPointRules, sliceParamsRules } from "./slice-params.ts";
import type { H265State, Link, Picture, Segment } from "./state.ts";

export class H265History implements CodecHistory {
  readonly #sps = new ParameterSetUnits();
  readonly #pps = new Map<number, ReadUnit>();
  readonly #frames = new Map<number, Picture>();
  #picture: Picture | undefined;
  #payload: Uint8Array | undefined;
  #segments: Segment[] = [];
  #independent: ReadUnit | undefined;
  #tid0: Link | null = null;
  /** The next picture is the first one, or comes after an end of sequence. */
  #isStart = true;

  take({ number, timestamp, controls, sent, others }: ReadRequest): void {
    for (const unit of others) this.#receive(unit);
    const payload = controls.get("V4L2_CID_STATELESS_HEVC_DECODE_PARAMS");
    this.#segments = sent.map((unit) => {
      if (unit.value("dependent_slice_segment_flag") !== 1) this.#independent = unit;
      return { unit, header: this.#independent ?? unit };
    });
    const [h] = sent;
    const ends = others.filter(({ kind }) => kind === "eos" || kind === "eob");
    if (h !== undefined && ends.some(({ byte }) => byte < h.byte)) this.#isStart = true;
    this.#takePicture(number, timestamp, h, payload, others);
    if (h !== undefined && ends.some(({ byte }) => byte > h.byte)) this.#isStart = true;
  }

  #takePicture(
    number: number,
    timestamp: number,
    h: ReadUnit | undefined,
    payload: Uint8Array | number | undefined,
    others: readonly ReadUnit[],
  ): void {
    if (h === undefined || !(payload instanceof Uint8Array)) {
      this.#picture = undefined;
      return;
    }
    // In slice mode, the requests of a picture share a payload.
    if (this.#picture !== undefined && this.#payload === payload) return;
    this.#payload = payload;
    const timing = others.filter((unit) => unit.kind === "sei" && unit.has("pic_struct")).at(-1);
    this.#begin(number, timestamp, payload, h, timing);
  }

  #begin(request: number, timestamp: number, payload: Uint8Array, h: ReadUnit, timing: ReadUnit | undefined): void {
    const type = h.value("nal_unit_type") ?? 0;
    const pps = this.#pps.get(h.value("slice_pic_parameter_set_id") ?? 0);
    const before = this.#sps.active;
    const sps = this.#sps.activate(pps?.value("pps_seq_parameter_set_id") ?? 0, isIrap(type));
    this.#picture = undefined;
    if (sps === undefined || pps === undefined) return;
    const params = decodePayload(hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_PARAMS, payload);
    // Where streams are joined, a CRA picture activates another SPS without an end of sequence before it.
    const isJoint = type === CRA_NUT && before !== undefined && !sameBytes(before.bytes, sps.bytes);
    const startsSequence = isIdr(type) || isBla(type) || (isIrap(type) && (this.#isStart || isJoint));
    this.#isStart = false;
    const link: Link = { request, sps, pps, h, timing, startsSequence };
    this.#picture = { ...link, params, previousTid0: this.#tid0 };
    this.#frames.set(timestamp, this.#picture);
    const isTid0 = h.value("nuh_temporal_id_plus1") === 1;
    // The order counts of later pictures are relative to the first picture, even where it could not be prevTid0Pic.
    if (this.#tid0 === null) this.#tid0 = link;
    if (isTid0 && !isRasl(type) && !isRadl(type) && !isSubLayerNonReference(type)) this.#tid0 = link;
  }

  #receive(unit: ReadUnit): void {
    if (unit.kind === "sps") {
      this.#sps.receive(parsed(() => parseSps(unit.bytes))?.sps_seq_parameter_set_id, unit);
    } else if (unit.kind === "pps") {
      const id = unit.value("pps_pic_parameter_set_id");
      if (id !== undefined) this.#pps.set(id, unit);
    }
  }

  release(timestamp: number): void {
    this.#frames.delete(timestamp);
  }

  rules(): Readonly<Record<string, Rules>> {
    const picture = this.#picture;
    if (picture === undefined) return {};
    const state: H265State = { picture, segments: this.#segments, frames: this.#frames };
    return {
      V4L2_CID_STATELESS_HEVC_SPS: spsRules(picture.sps),
      V4L2_CID_STATELESS_HEVC_PPS: ppsRules(picture),
      V4L2_CID_STATELESS_HEVC_SCALING_MATRIX: scalingMatrixRules(picture),
      V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: extSpsStRpsRules(picture.sps),
      V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: extSpsLtRpsRules(picture.sps),
      V4L2_CID_STATELESS_HEVC_DECODE_PARAMS: decodeParamsRules(state),
      V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: sliceParamsRules(state),
      V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS: entryPointRules(state),
    };
  }
}
