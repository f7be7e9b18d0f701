/**
 * Puts slice segments together into pictures: activation and reference picture sets; and, when a picture ends, its requests.
 */

import { UnsupportedError } from "../errors.ts";
import type { SequenceEvent } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { type HeldPicture, holdPicture } from "../nal/held-picture.ts";
import type { PictureInfo } from "../nal/nal-reader.ts";
import type { ResolvedOptions } from "../options.ts";
import type { EventSink } from "../session/event-sink.ts";
import { FrameEvents } from "../session/frame-events.ts";
import { HeldUnits } from "../session/held-units.ts";
import { hasTooManyTinyUnits } from "../session/limits.ts";
import { dropsPicture } from "../session/missing-references.ts";
import { Timestamps } from "../session/timestamps.ts";
import { Frame } from "./dpb.ts";
import { CRA_NUT, isIrap } from "./nal-types.ts";
import { outputEvent } from "./output.ts";
import type { ActiveParameterSets } from "./parameter-sets.ts";
import { checkSegmentCount, maxSegments, type PictureSegment, RequestBuilder } from "./picture-requests.ts";
import { Recovery } from "./recovery.ts";
import { buildRefPicLists, nearestReference, type RefPicList } from "./ref-lists.ts";
import type { MissingReference } from "./ref-pic-set.ts";
import { sequenceEvent } from "./sequence.ts";
import { hasLargeOffset } from "./slice-controls.ts";
import { DecoderState, type Picture } from "./state.ts";
import type { PicTiming, RecoveryPoint, SeqParameterSet, SliceSegmentHeader } from "./structures.ts";
import type { ReadSliceSegmentHeader } from "./syntax.ts";

/** A slice segment as it was read. */
export interface ReadSegment extends ReadSliceSegmentHeader {
  readonly unit: StreamUnit;
}

/** Well above MaxSliceSegmentsPerPicture in Table A.8, which is 600 for all levels that have such a limit. */
const SEGMENTS_OF_ANY_SIZE = 2048;

type Info = PictureInfo<RecoveryPoint, PicTiming>;

/** A picture that has begun, and that may get more slice segments. */
interface OpenPicture extends HeldPicture {
  /** The header of its first segment. */
  readonly h: SliceSegmentHeader;
  /** Null where the picture is skipped. */
  readonly picture: Picture | null;
  /** The number of its segments and their length in bytes. Segments that are not kept count, too. */
  count: number;
  bytes: number;
}

export class PictureDecoder {
  readonly #options: ResolvedOptions;
  readonly #sets: ActiveParameterSets;
  readonly #sink: EventSink;
  readonly #requests: RequestBuilder;
  readonly #recovery: Recovery;
  readonly #state: DecoderState;
  readonly #timestamps = new Timestamps();
  #sequence: SequenceEvent | null = null;
  #open: OpenPicture | null = null;
  /** The slice segments of the open picture. */
  readonly #segments = new HeldUnits<PictureSegment>();

  constructor(options: ResolvedOptions, sets: ActiveParameterSets, sink: EventSink) {
    this.#options = options;
    this.#sets = sets;
    this.#sink = sink;
    this.#requests = new RequestBuilder(options);
    this.#recovery = new Recovery(options.startAt);
    this.#state = new DecoderState(new FrameEvents(sink, outputEvent));
  }

  /** A picture has begun, and more of its slice segments may come. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** The header of the open picture's first slice segment; null where none is open. */
  get firstHeader(): SliceSegmentHeader | null {
    return this.#open === null ? null : this.#open.h;
  }

  /** Takes an end of sequence NAL unit: the next picture begins a coded video sequence. */
  endSequence(): void {
    this.#state.endSequence();
  }

  /** Part of the open picture is lost. */
  markDamaged(): void {
    if (!this.#open?.picture) return;
    this.#open.picture.frame.corrupt = true;
    this.#recovery.damage();
  }

  /** Begins a picture. The one before it must have ended. */
  beginPicture(first: ReadSegment, info: Info): void {
    this.#open = {
      unit: first.unit,
      h: first.h,
      picture: this.#startPicture(first, info),
      isHeld: false,
      count: 0,
      bytes: 0,
    };
    this.#segments.clear();
  }

  #startPicture({ unit, h, sets: { sps } }: ReadSegment, info: Info): Picture | null {
    const isSkipped = !this.#recovery.admits(h);
    if (isSkipped || this.#state.isSkippedLeading(h)) {
      const reason = isSkipped
        ? "decoding starts at an IRAP picture"
        : "the RASL picture refers to pictures before the start";
      this.#sink.report("before-random-access", `the picture is skipped: ${reason}`, unit);
      return null;
    }
    if (this.#state.continuesEnded(h)) {
      this.#sink.report("sequence-end", "a picture that is not an IRAP picture follows an end of sequence", unit);
    }
    const isActivated = sps !== this.#sets.sps.active;
    this.#checkActivation(sps, h, unit);
    if (isActivated && h.nal_unit_type === CRA_NUT) this.#state.splice();
    const NoRaslOutputFlag = this.#state.NoRaslOutputFlag(h);
    if (isActivated || NoRaslOutputFlag) this.#state.emptyBuffer(h);
    if (isActivated) this.#activate(sps);
    const PicOrderCntVal = this.#state.picOrderCntVal(sps, h, NoRaslOutputFlag);
    const { visible } = this.#sequence as SequenceEvent;
    const frame = new Frame(this.#timestamps.next(), info.pts, visible, PicOrderCntVal);
    frame.pic_struct = Math.max(info.picTiming?.pic_struct ?? 0, 0);
    frame.corrupt = this.#recovery.beginPicture(h, PicOrderCntVal, info.recoveryPoint);
    const picture = this.#state.beginPicture(sps, h, frame, NoRaslOutputFlag);
    for (const reference of picture.set.missing) this.#loseReference(frame, reference, unit);
    this.#growBuffers(unit);
    return this.#options.missingReferences === "nearest" ? this.#withStandIns(picture) : picture;
  }

  #loseReference(frame: Frame, reference: MissingReference, unit: StreamUnit): void {
    const { poc, isLsb } = reference;
    const what = isLsb ? `slice_pic_order_cnt_lsb ${poc}` : `PicOrderCntVal ${poc}`;
    frame.corrupt = true;
    this.#recovery.loseReference(reference);
    this.#sink.report("missing-reference", `the reference picture with ${what} is missing`, unit);
  }

  /**
   * 7.4.2.4.2: an IRAP picture with NoRaslOutputFlag 1 activates an SPS. Another picture does so only at the start, or
   * where IRAP pictures were lost, which is reported.
   */
  #checkActivation(sps: SeqParameterSet, h: SliceSegmentHeader, unit: StreamUnit): void {
    if (isIrap(h.nal_unit_type)) return;
    if (this.#sets.sps.takeRefusedChange()) {
      this.#sink.report("set-change", "the active SPS was sent with other content, and no IRAP picture follows", unit);
    }
    const { active } = this.#sets.sps;
    if (active !== null && active !== sps) {
      const reason = `a picture that is not an IRAP picture activates SPS ${sps.sps_seq_parameter_set_id}`;
      this.#sink.report("set-change", reason, unit, "slice_pic_parameter_set_id");
    }
  }

  /** Begins a sequence. The buffer must be empty. */
  #activate(sps: SeqParameterSet): void {
    this.#sets.sps.activate(sps.sps_seq_parameter_set_id, sps);
    const controls = [...this.#requests.modeControls(), ...this.#requests.spsControls(sps)];
    const event = sequenceEvent(sps, controls, this.#sequence);
    if (event === null) return;
    this.#sequence = event;
    this.#sink.emit(event);
  }

  /** Adds a slice segment to the open picture. */
  addSlice({ unit, h, sets }: ReadSegment): void {
    const open = this.#open;
    if (!open?.picture) return;
    if (!this.#hasRoomFor(open, unit)) return;
    const lists = buildRefPicLists(open.picture.set, h);
    if (this.#followsDamage(open.picture.frame, lists)) open.picture.frame.corrupt = true;
    if (h.slice_type !== 2 && lists.list0.length === 0 && !h.dependent_slice_segment_flag) {
      this.markDamaged();
      this.#sink.report("missing-reference", "the slice has no reference picture at all", unit, "slice_type");
    }
    if (h.pred_weight_table && !h.dependent_slice_segment_flag && hasLargeOffset(h.pred_weight_table, sets.sps)) {
      const reason =
        "a prediction offset of high precision does not fit the kernel's 8 bits; the request has the nearest value";
      this.#sink.error(new UnsupportedError("kernel-limit", reason, { element: "pred_weight_table" }), unit);
    }
    this.#segments.add({ unit: unit.bytes, h, sets, list0: lists.list0, list1: lists.list1 });
  }

  /**
   * Whether one more segment is kept. In frame mode, `endPicture` refuses a picture that has too many; in slice mode, the first
   * segment too many is reported.
   */
  #hasRoomFor(open: OpenPicture, unit: StreamUnit): boolean {
    open.bytes += unit.bytes.length;
    open.count++;
    if (this.#options.decodeMode === "frame") return open.count <= maxSegments();
    if (!hasTooManyTinyUnits(open.count, open.bytes, SEGMENTS_OF_ANY_SIZE)) return true;
    const reason = `the picture has ${open.count} slice segments in ${open.bytes} bytes; a slice mode request for each is refused`;
    if (this.#segments.count === open.count - 1) this.#sink.report("too-many-slices", reason, unit);
    this.markDamaged();
    return false;
  }

  /**
   * Whether a slice refers to a corrupt picture, and no recovery point says that the current picture is undamaged all the same.
   */
  #followsDamage({ PicOrderCntVal }: Frame, { list0, list1 }: { list0: RefPicList; list1: RefPicList }): boolean {
    for (const frame of this.#state.dpb.frames) {
      if (!frame.corrupt || !(list0.includes(frame) || list1.includes(frame))) continue;
      return !this.#recovery.isWhole(PicOrderCntVal);
    }
    return false;
  }

  /** The picture, with a stand-in for each missing reference as far as there is a picture for it. */
  #withStandIns(picture: Picture): Picture {
    const nearest = nearestReference(this.#state.dpb.frames, picture.frame.PicOrderCntVal);
    const complete = (list: RefPicList) => list.map((frame) => frame ?? nearest);
    const { StCurrBefore, StCurrAfter, LtCurr, missing } = picture.set;
    const set = {
      StCurrBefore: complete(StCurrBefore),
      StCurrAfter: complete(StCurrAfter),
      LtCurr: complete(LtCurr),
      missing,
    };
    return { ...picture, set };
  }

  /** Asks for one more buffer where the stream keeps more pictures than its SPS allows. */
  #growBuffers(unit: StreamUnit): void {
    const needed = this.#state.dpb.frames.length + 1;
    if (this.#sequence === null || needed <= this.#sequence.captureBuffers) return;
    const reason = `the stream needs ${needed} buffers; its sps_max_dec_pic_buffering_minus1 allows fewer`;
    this.#sink.report("too-many-references", reason, unit);
    this.#sequence = { ...this.#sequence, captureBuffers: needed, realloc: true, keepsReferences: true };
    this.#sink.emit(this.#sequence);
  }

  /** Ends the picture after its last slice segment: emits its requests, then stores and outputs it. */
  endPicture(): void {
    const open = this.#open;
    this.#open = null;
    if (!open?.picture) return;
    const { picture } = open;
    const references = this.#state.dpb.frames.filter((frame) => frame.marking !== "unused");
    const { missingReferences } = this.#options;
    const isDropped = dropsPicture(missingReferences, references.length > 0);
    if (picture.set.missing.length > 0 && isDropped) {
      this.#state.abandonPicture(picture);
      if (missingReferences === "drop") this.#startAnew();
      return;
    }
    try {
      checkSegmentCount(open.count, this.#options.decodeMode);
      this.#requests.buildRequests(picture, this.#segments.take(), references, this.#sink);
    } catch (error) {
      this.#sink.catchError(error, open.unit);
      this.#state.abandonPicture(picture);
      return;
    }
    this.#state.endPicture(picture);
  }

  /**
   * Waits for an IRAP picture after a loss. The pictures before the loss are undamaged, so they are output now: the IRAP
   * picture's no_output_of_prior_pics_flag must not discard them.
   */
  #startAnew(): void {
    this.#state.dpb.flush();
    this.#state.restart();
    this.#recovery.requireIrap();
  }

  /** Copies the bytes of the open picture that are still needed. Must be called before a call of the session returns. */
  holdUnits(): void {
    const open = this.#open;
    if (open === null) return;
    holdPicture(open);
    this.#segments.hold();
  }

  /** Outputs all pictures that wait for output. The next picture is a new start. */
  flush(): void {
    this.endPicture();
    this.#state.dpb.flush();
    this.#forget();
  }

  /** Outputs nothing more. The next picture is a new start. */
  reset(): void {
    this.#open = null;
    this.#state.dpb.clear();
    this.#forget();
  }

  #forget(): void {
    this.#sets.sps.deactivate();
    this.#state.restart();
    this.#recovery.reset();
  }
}
