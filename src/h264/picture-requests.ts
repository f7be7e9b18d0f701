/** The requests of a picture: which controls go with which slices. */

import type { UnsupportedError } from "../errors.ts";
import type { Control } from "../events.ts";
import { h264KernelRules } from "../kernel/h264.ts";
import type { ResolvedOptions } from "../options.ts";
import { bitstreamOf, unitPrefix } from "../session/bitstream.ts";
import { ControlMaker } from "../session/control-maker.ts";
import type { EventSink } from "../session/event-sink.ts";
import type { HeldUnit } from "../session/held-units.ts";
import { h264Controls, V4L2_H264_NUM_DPB_ENTRIES } from "../uapi/h264.ts";
import { decodeModeValues, startCodeValues } from "../uapi/modes.ts";
import {
  h264DecodeParams,
  h264Pps,
  h264PredWeights,
  h264ScalingMatrix,
  h264SliceParams,
  h264Sps,
  hasScalingMatrix,
} from "./controls.ts";
import type { ReferenceFrame } from "./dpb.ts";
import type { RefPicLists } from "./ref-lists.ts";
import type { Picture } from "./state.ts";
import type { ParameterSets, PicParameterSet, SeqParameterSet, SliceHeader } from "./structures.ts";

/** A slice of the picture: its NAL unit as coded, with its reference picture lists in slice mode. */
export interface PictureSlice extends HeldUnit {
  readonly h: SliceHeader;
  readonly sets: ParameterSets;
  readonly lists: RefPicLists | null;
}

/** Builds controls. Those of a parameter set are built once and used again. */
export class RequestBuilder {
  readonly #options: ResolvedOptions;
  readonly #maker: ControlMaker<keyof typeof h264Controls>;
  readonly #prefix: Uint8Array | null;
  readonly #bySps = new WeakMap<SeqParameterSet, readonly Control[]>();
  readonly #refusals = new WeakMap<SeqParameterSet, UnsupportedError | null>();
  readonly #byPps = new WeakMap<PicParameterSet, { sps: SeqParameterSet; controls: readonly Control[] }>();

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#prefix = unitPrefix(options.startCode);
    this.#maker = new ControlMaker(h264Controls, h264KernelRules, options);
  }

  /** V4L2_CID_STATELESS_H264_DECODE_MODE and START_CODE: set once, before the first request. */
  modeControls(): Control[] {
    const { decodeMode, startCode } = this.#options;
    const controls: Control[] = [];
    this.#maker.add(controls, "V4L2_CID_STATELESS_H264_DECODE_MODE", decodeModeValues[decodeMode]);
    this.#maker.add(controls, "V4L2_CID_STATELESS_H264_START_CODE", startCodeValues[startCode]);
    return controls;
  }

  /**
   * Why the kernel would refuse an SPS that is valid, or that has a profile unknown to the kernel; null where the kernel
   * accepts it.
   */
  refusalOf(sps: SeqParameterSet): UnsupportedError | null {
    let refusal = this.#refusals.get(sps);
    if (refusal === undefined) {
      refusal = this.#maker.refusalOf(this.spsControls(sps));
      this.#refusals.set(sps, refusal);
    }
    return refusal;
  }

  /** V4L2_CID_STATELESS_H264_SPS. */
  spsControls(sps: SeqParameterSet): readonly Control[] {
    const cached = this.#bySps.get(sps);
    if (cached) return cached;
    const controls: Control[] = [];
    this.#maker.add(controls, "V4L2_CID_STATELESS_H264_SPS", h264Sps(sps));
    this.#bySps.set(sps, controls);
    return controls;
  }

  /** V4L2_CID_STATELESS_H264_SPS, PPS and, where lists were sent, SCALING_MATRIX. */
  #setControls(sets: ParameterSets): readonly Control[] {
    const cached = this.#byPps.get(sets.pps);
    if (cached?.sps === sets.sps) return cached.controls;
    const controls = [...this.spsControls(sets.sps)];
    this.#maker.add(controls, "V4L2_CID_STATELESS_H264_PPS", h264Pps(sets));
    if (hasScalingMatrix(sets)) {
      this.#maker.add(controls, "V4L2_CID_STATELESS_H264_SCALING_MATRIX", h264ScalingMatrix(sets));
    }
    this.#byPps.set(sets.pps, { sps: sets.sps, controls });
    return controls;
  }

  /**
   * Emits the request of a picture in frame mode.
   *
   * @param sets those of the first slice.
   * @param references the frames used for reference before the picture's own marking, in the order of the DPB array.
   */
  emitPicture(
    picture: Picture,
    sets: ParameterSets,
    bitstream: Uint8Array[],
    references: readonly ReferenceFrame[],
    sink: EventSink,
  ): void {
    const params = h264DecodeParams(decodeParamsOf(picture, references));
    const controls = this.#maker.with(this.#setControls(sets), "V4L2_CID_STATELESS_H264_DECODE_PARAMS", params);
    const { timestamp } = picture.frame;
    sink.emit({ type: "request", timestamp, bitstream, controls, hold: isFirstField(picture) });
  }

  /** Emits the requests of a picture in slice mode, one for each slice. @param references as in `emitPicture`. */
  emitSlices(
    picture: Picture,
    slices: readonly PictureSlice[],
    references: readonly ReferenceFrame[],
    sink: EventSink,
  ): void {
    const params = h264DecodeParams(decodeParamsOf(picture, references));
    const { timestamp } = picture.frame;
    for (const [i, slice] of slices.entries()) {
      const controls = this.#setControls(slice.sets).slice();
      this.#addSliceControls(controls, slice, references);
      this.#maker.addUnchanged(controls, "V4L2_CID_STATELESS_H264_DECODE_PARAMS", params);
      const bitstream = bitstreamOf([slice], this.#prefix);
      const hold = isFirstField(picture) || i < slices.length - 1;
      sink.emit({ type: "request", timestamp, bitstream, controls, hold });
    }
  }

  #addSliceControls(controls: Control[], { h, lists }: PictureSlice, references: readonly ReferenceFrame[]): void {
    // An entry without a reference has no fields. Drivers index the DPB array before they look at the fields, so the index must
    // be valid: it is that of the first unused DPB entry, or 0 where all sixteen are used.
    const unused = references.length < V4L2_H264_NUM_DPB_ENTRIES ? references.length : 0;
    const indexOf = (frame: ReferenceFrame | null) => (frame === null ? unused : references.indexOf(frame));
    const params = h264SliceParams(h, lists?.list0 ?? [], lists?.list1 ?? [], indexOf);
    const weights = h264PredWeights(h);
    this.#maker.addUnchanged(controls, "V4L2_CID_STATELESS_H264_SLICE_PARAMS", params);
    if (weights) this.#maker.addUnchanged(controls, "V4L2_CID_STATELESS_H264_PRED_WEIGHTS", weights);
  }
}

function isFirstField({ h, isSecondField }: Picture): boolean {
  return h.field_pic_flag === 1 && !isSecondField;
}

function decodeParamsOf({ h, structure, frame, hasP, hasB }: Picture, references: readonly ReferenceFrame[]) {
  return { h, structure, poc: frame, references, hasP, hasB };
}
