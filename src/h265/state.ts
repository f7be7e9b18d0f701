/** What outlives a picture: the picture order count and the decoded picture buffer. */
import { picOrderCntMsb } from "../nal/order-count.ts";
import type { FrameListener } from "../session/frame-events.ts";
import { DecodedPictureBuffer, type DpbLimits, type Frame } from "./dpb.ts";
import { CRA_NUT, isBla, isIdr, isIrap, isRadl, isRasl, isSubLayerNonReference } from "./nal-types.ts";
import { applyRefPicSet, maxPicOrderCntLsb, type RefPicSet } from "./ref-pic-set.ts";
import type { SeqParameterSet, SliceSegmentHeader } from "./structures.ts";

/** A picture that is being decoded. */
export interface Picture {
  readonly sps: SeqParameterSet;
  /** The header of its first slice segment. */
  readonly h: SliceSegmentHeader;
  readonly frame: Frame;
  readonly set: RefPicSet;
}

const EMPTY_SET: RefPicSet = { StCurrBefore: [], StCurrAfter: [], LtCurr: [], missing: [] };

/** C.5.2.2: the limits of the highest temporal sub-layer. */
export function dpbLimits(sps: SeqParameterSet): DpbLimits {
  const HighestTid = sps.sps_max_sub_layers_minus1;
  const sps_max_num_reorder_pics = sps.sps_max_num_reorder_pics[HighestTid] as number;
  const latency = sps.sps_max_latency_increase_plus1[HighestTid] as number;
  return {
    sps_max_dec_pic_buffering_minus1: sps.sps_max_dec_pic_buffering_minus1[HighestTid] as number,
    sps_max_num_reorder_pics,
    SpsMaxLatencyPictures: latency === 0 ? Infinity : sps_max_num_reorder_pics + latency - 1, // (7-9)
  };
}

export class DecoderState {
  readonly dpb: DecodedPictureBuffer;
  /** 8.3.1: PicOrderCntVal of prevTid0Pic. */
  #prevTid0PicOrderCntVal = 0;
  /** The next picture is the first in the bitstream, or follows an end of sequence or a seek. */
  #isStart = true;
  /** No picture has been decoded since the start or a seek. */
  #isFirst = true;
  /**
   * NoRaslOutputFlag of the last IRAP picture that was decoded: where it is 1, RASL pictures after it are not decoded. True before the
   * first.
   */
  #skipsRasl = true;

  constructor(listener: FrameListener<Frame>) {
    this.dpb = new DecodedPictureBuffer(listener);
  }

  /** Takes an end of sequence NAL unit: the next picture begins a coded video sequence. */
  endSequence(): void {
    this.#isStart = true;
  }

  /**
   * A CRA picture activates another SPS, as where streams are joined. It begins a coded video sequence. C.5.2.2 would not output what waits
   * before it; but where no end of sequence NAL unit came, the pictures before it do not know of it.
   */
  splice(): void {
    if (!this.#isStart) this.dpb.flush();
    this.endSequence();
  }

  /** Starts anew, after a seek or a loss. */
  restart(): void {
    this.endSequence();
    this.#isFirst = true;
    this.#skipsRasl = true;
  }

  /** 8.1.3: whether an IRAP picture begins a coded video sequence. */
  NoRaslOutputFlag({ nal_unit_type }: SliceSegmentHeader): boolean {
    if (isIdr(nal_unit_type) || isBla(nal_unit_type)) return true;
    return isIrap(nal_unit_type) && this.#isStart;
  }

  /** C.5.2.2: empties the buffer before an IRAP picture with NoRaslOutputFlag 1. */
  emptyBuffer(h: SliceSegmentHeader): void {
    const NoOutputOfPriorPicsFlag = h.nal_unit_type === CRA_NUT || h.no_output_of_prior_pics_flag === 1;
    if (NoOutputOfPriorPicsFlag) this.dpb.clear();
    else this.dpb.flush();
  }

  /**
   * Whether a picture that is not an IRAP picture follows an end of sequence. 7.4.3.6 forbids it; the picture is decoded with
   * its references.
   */
  continuesEnded({ nal_unit_type }: SliceSegmentHeader): boolean {
    return this.#isStart && !this.#isFirst && !isIrap(nal_unit_type);
  }

  /** 8.1.3: whether it is a RASL picture of an IRAP picture with NoRaslOutputFlag 1, which may not be decodable. */
  isSkippedLeading({ nal_unit_type }: SliceSegmentHeader): boolean {
    return isRasl(nal_unit_type) && this.#skipsRasl;
  }

  /**
   * 8.3.1 Decoding process for picture order count. Where decoding does not start at an IRAP picture, the first picture's
   * PicOrderCntMsb is not known, and is taken as 0.
   */
  picOrderCntVal(sps: SeqParameterSet, h: SliceSegmentHeader, NoRaslOutputFlag: boolean): number {
    if (NoRaslOutputFlag || this.#isFirst) return h.slice_pic_order_cnt_lsb;
    const MaxPicOrderCntLsb = maxPicOrderCntLsb(sps);
    const lsb = h.slice_pic_order_cnt_lsb;
    const prevLsb = this.#prevTid0PicOrderCntVal & (MaxPicOrderCntLsb - 1);
    const prevMsb = this.#prevTid0PicOrderCntVal - prevLsb;
    return (picOrderCntMsb(lsb, prevLsb, prevMsb, MaxPicOrderCntLsb) + lsb) | 0;
  }

  /**
   * Begins a picture with its first slice segment: finds its reference picture set, and outputs by bumping. `frame` must have
   * its order count, and the buffer must be empty for a picture with NoRaslOutputFlag 1.
   */
  beginPicture(sps: SeqParameterSet, h: SliceSegmentHeader, frame: Frame, NoRaslOutputFlag: boolean): Picture {
    if (isIrap(h.nal_unit_type)) this.#skipsRasl = NoRaslOutputFlag;
    // The order counts of later pictures are relative to the first picture, even where it could not be prevTid0Pic.
    if (this.#isFirst) this.#prevTid0PicOrderCntVal = frame.PicOrderCntVal;
    this.#isStart = this.#isFirst = false;
    let set = EMPTY_SET;
    if (!NoRaslOutputFlag) {
      set = applyRefPicSet(this.dpb.frames, h, sps, frame.PicOrderCntVal);
      this.dpb.makeRoom(dpbLimits(sps));
    }
    frame.neededForOutput = h.pic_output_flag === 1 && !this.isSkippedLeading(h);
    return { sps, h, frame, set };
  }

  /** Ends the picture: stores it and outputs what can be output (C.5.2.3). */
  endPicture(picture: Picture): void {
    this.dpb.store(picture.frame, dpbLimits(picture.sps));
    this.#remember(picture);
  }

  /** Gives up the picture: it is not decoded. Its order count still counts for later pictures, which cannot refer to it. */
  abandonPicture(picture: Picture): void {
    this.#remember(picture);
  }

  /** 8.3.1: keeps the order count of a picture that can be prevTid0Pic. */
  #remember({ h: { nal_unit_type, nuh_temporal_id_plus1 }, frame }: Picture): void {
    if (nuh_temporal_id_plus1 !== 1 || isRasl(nal_unit_type) || isRadl(nal_unit_type)) return;
    if (isSubLayerNonReference(nal_unit_type)) return;
    this.#prevTid0PicOrderCntVal = frame.PicOrderCntVal;
  }
}
