/**
 * Puts slices together into pictures: activation, gaps and references; and, when a picture ends, its requests and its marking.
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
import { PictureBitstream } from "../session/picture-bitstream.ts";
import { Timestamps } from "../session/timestamps.ts";
import { BOTH_FIELDS, Frame, isNonExisting, type ReferenceFrame } from "./dpb.ts";
import { isFirstOfNewPicture } from "./first-slice.ts";
import { IDR_SLICE } from "./nal-types.ts";
import { outputEvent } from "./output.ts";
import type { ActiveParameterSets } from "./parameter-sets.ts";
import type { PictureSlice } from "./picture-requests.ts";
import { RequestBuilder } from "./picture-requests.ts";
import { maxFrameNum, picOrderCnt } from "./poc.ts";
import { Recovery } from "./recovery.ts";
import type { ListContext, RefPicList, RefPicLists } from "./ref-lists.ts";
import { buildRefPicLists, missingOperations, nearestReference } from "./ref-lists.ts";
import { sequenceEvent } from "./sequence.ts";
import type { Picture } from "./state.ts";
import { DecoderState } from "./state.ts";
import type { ParameterSets, PicTiming, RecoveryPoint, SeqParameterSet, SliceHeader } from "./structures.ts";
import type { ReadSliceHeader } from "./syntax.ts";
import { codedHeight, codedWidth } from "./visible-rectangle.ts";

/** A slice as it was read. */
export interface ReadSlice extends ReadSliceHeader {
  readonly unit: StreamUnit;
}

/** MaxFS of levels 5.1 and 5.2 in Table A-1: a slice for each macroblock of a picture with 4096x2304 samples. */
const SLICES_OF_ANY_SIZE = 36_864;

type Info = PictureInfo<RecoveryPoint, PicTiming>;

/** The picture whose slices are coming. */
interface OpenPicture extends HeldPicture {
  /** The header of its first slice, and the sets that it refers to. */
  readonly h: SliceHeader;
  readonly sets: ParameterSets;
  /** Null where the picture is skipped. */
  readonly picture: Picture | null;
  /** Whether its slices could refer to everything that was marked for reference when it began: then their lists have a picture. */
  readonly hasReference: boolean;
  /** Whether the buffer had a corrupt reference picture then. */
  readonly hasCorruptReference: boolean;
  /** Whether its slices may refer to a picture that was lost, which no list shows. */
  readonly mayFollowLoss: boolean;
  sliceCount: number;
  /** The length of its slices so far, in bytes. */
  bytes: number;
  /** It has already had as many slices as it can have. */
  isFull: boolean;
  /** A slice refers to a missing picture. */
  lacksReference: boolean;
  /** A slice refers to another PPS than the first slice. */
  hasOtherPps: boolean;
}

export class PictureDecoder {
  readonly #options: ResolvedOptions;
  readonly #sets: ActiveParameterSets;
  readonly #sink: EventSink;
  readonly #requests: RequestBuilder;
  /** The bytes of the open picture, in frame mode. */
  readonly #bitstream: PictureBitstream;
  readonly #recovery: Recovery;
  readonly #state: DecoderState;
  readonly #timestamps = new Timestamps();
  #sequence: SequenceEvent | null = null;
  #open: OpenPicture | null = null;
  /** The slices of the open picture, in slice mode. */
  readonly #slices = new HeldUnits<PictureSlice>();

  constructor(options: ResolvedOptions, sets: ActiveParameterSets, sink: EventSink) {
    this.#options = options;
    this.#sets = sets;
    this.#sink = sink;
    this.#bitstream = new PictureBitstream(options.startCode);
    this.#requests = new RequestBuilder(options);
    this.#recovery = new Recovery(options.startAt);
    this.#state = new DecoderState(new FrameEvents(sink, outputEvent), options.output);
  }

  /** A picture has begun, and more of its slices may come. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Whether the slice belongs to the open picture. */
  continues({ h, sets }: ReadSlice): boolean {
    return this.#open !== null && !isFirstOfNewPicture(this.#open.h, this.#open.sets, h, sets);
  }

  /** Part of the open picture is lost. Returns false where there is none, or it is skipped. */
  markDamaged(): boolean {
    if (!this.#open?.picture) return false;
    this.#open.picture.frame.corrupt = true;
    this.#recovery.damage();
    return true;
  }

  /** Begins a picture. The one before it must have ended. */
  beginPicture(first: ReadSlice, info: Info): void {
    const picture = this.#startPicture(first, info);
    const references = this.#state.dpb.references();
    const structure = picture?.structure ?? BOTH_FIELDS;
    this.#open = {
      unit: first.unit,
      h: first.h,
      sets: first.sets,
      picture,
      hasReference: references.length > 0 && references.every((frame) => canBeReferredTo(frame, structure)),
      hasCorruptReference: references.some(isCorrupt),
      mayFollowLoss: this.#state.mayHoldLost(first.sets.sps) && picture !== null && !this.#recovery.isWhole(picture),
      isHeld: false,
      sliceCount: 0,
      bytes: 0,
      isFull: false,
      lacksReference: false,
      hasOtherPps: false,
    };
    this.#bitstream.clear();
    this.#slices.clear();
  }

  #startPicture({ unit, h, sets: { sps } }: ReadSlice, info: Info): Picture | null {
    if (!this.#state.isSecondField(h) && !this.#recovery.admits(h, info.recoveryPoint)) {
      this.#sink.report("before-random-access", "the picture is skipped: decoding cannot start here", unit);
      return null;
    }
    const isActivated = sps !== this.#sets.sps.active;
    const refusal = isActivated ? this.#requests.refusalOf(sps) : null;
    if (refusal) {
      this.#sink.error(refusal, unit);
      return null;
    }
    this.#checkActivation(sps, h, unit);
    if (isActivated || h.nal_unit_type === IDR_SLICE) this.#state.emptyBuffer(h);
    if (isActivated) this.#activate(sps);
    const gap = this.#state.gapBefore(sps, h);
    const isLoss = gap !== null && sps.gaps_in_frame_num_value_allowed_flag === 0;
    if (isLoss) this.#loseGap(gap, unit);
    else if (gap && !this.#state.fillGap(sps, gap.first, gap.last)) {
      this.#sink.report(
        "reference-marking",
        "the window of reference frames has no room for a gap's frames",
        unit,
        "frame_num",
      );
    }
    if (isLoss && this.#options.missingReferences === "drop") {
      this.#startAnew();
      return null;
    }
    const { visible } = this.#sequence as SequenceEvent;
    const frame = this.#state.isSecondField(h)
      ? null
      : new Frame(this.#timestamps.next(), info.pts, visible, h.frame_num, h.nal_ref_idc !== 0);
    const picture = this.#state.beginPicture(sps, h, frame);
    if (this.#recovery.beginPicture(picture, info.recoveryPoint)) picture.frame.corrupt = true;
    if (info.picTiming) picture.frame.pic_struct = info.picTiming.pic_struct;
    return picture;
  }

  /**
   * 7.4.1.2.1: an IDR picture activates an SPS. Another picture does so only at the start, or where IDR pictures were
   * lost, which is reported.
   */
  #checkActivation(sps: SeqParameterSet, h: SliceHeader, unit: StreamUnit): void {
    if (h.nal_unit_type === IDR_SLICE) return;
    if (this.#sets.sps.takeRefusedChange()) {
      this.#sink.report("set-change", "the active SPS was sent with other content, and no IDR picture follows", unit);
    }
    const { active } = this.#sets.sps;
    if (active !== null && active !== sps) {
      const reason = `a picture that is not an IDR picture activates SPS ${sps.seq_parameter_set_id}`;
      this.#sink.report("set-change", reason, unit, "pic_parameter_set_id");
    }
  }

  /** Begins a sequence. The buffer must be empty. */
  #activate(sps: SeqParameterSet): void {
    this.#sets.sps.activate(sps.seq_parameter_set_id, sps);
    this.#state.beginSequence(sps);
    const controls = [...this.#requests.modeControls(), ...this.#requests.spsControls(sps)];
    const event = sequenceEvent(sps, controls, this.#sequence);
    if (event === null) return;
    this.#sequence = event;
    this.#sink.emit(event);
  }

  /** Reports lost frames: frame_num has a gap (7.4.3), and the SPS allows none. */
  #loseGap({ first, last }: { first: number; last: number }, unit: StreamUnit): void {
    const reason =
      first === last
        ? `the picture with frame_num ${first} is missing`
        : `the pictures with frame_num ${first} to ${last} are missing`;
    this.#sink.report("missing-frames", reason, unit, "frame_num");
    this.#recovery.damage();
    this.#state.skipGap(last);
  }

  /** Adds a slice to the open picture. */
  addSlice(slice: ReadSlice): void {
    const open = this.#open;
    if (!open?.picture) return;
    const { unit, h, sets } = slice;
    if (!this.#hasRoomFor(open, slice)) return;
    if (this.#options.decodeMode === "frame" && sets.pps !== open.sets.pps && !open.hasOtherPps) {
      open.hasOtherPps = true;
      const id = open.sets.pps.pic_parameter_set_id;
      const reason = `the slices of the picture refer to several PPSs; the request can carry only one, PPS ${id}`;
      this.#sink.error(new UnsupportedError("several-pps", reason), unit);
    }
    const lists = isInter(h) ? this.#buildLists(open, open.picture, slice) : null;
    if (open.mayFollowLoss && isInter(h)) open.picture.frame.corrupt = true;
    const type = h.slice_type % 5;
    if (type === 0 || type === 3) open.picture.hasP = true;
    if (type === 1) open.picture.hasB = true;
    open.sliceCount++;
    if (this.#options.decodeMode === "frame") this.#bitstream.addUnit(unit);
    else this.#slices.add({ unit: unit.bytes, h, sets, lists });
  }

  /** Whether the picture can have one more slice. The first slice too many is reported. */
  #hasRoomFor(open: OpenPicture, { unit, sets }: ReadSlice): boolean {
    const { sliceCount } = open;
    open.bytes += unit.bytes.length;
    let reason: string;
    if (sliceCount >= maxSlices(sets.sps)) {
      reason = `the picture has more slices than its ${maxSlices(sets.sps)} macroblocks`;
    } else if (
      this.#options.decodeMode === "slice" &&
      hasTooManyTinyUnits(sliceCount, open.bytes, SLICES_OF_ANY_SIZE)
    ) {
      reason = `the picture has more than ${sliceCount} slices in ${open.bytes} bytes; a slice mode request for each is refused`;
    } else return true;
    if (!open.isFull) this.#sink.report("too-many-slices", reason, unit);
    open.isFull = true;
    this.markDamaged();
    return false;
  }

  /** 8.2.4: builds the lists where slice mode needs them, and finds out whether references are missing or corrupt. */
  #buildLists(open: OpenPicture, picture: Picture, { unit, h }: ReadSlice): RefPicLists | null {
    const isModified = h.ref_pic_list_modification_flag_l0 || h.ref_pic_list_modification_flag_l1;
    const follows = open.hasCorruptReference && !picture.frame.corrupt && !this.#recovery.isWhole(picture);
    const needsLists = follows || !open.hasReference || this.#options.decodeMode === "slice";
    if (!isModified && !needsLists) return null;
    const context = this.#contextOf(picture);
    const lists = needsLists ? buildRefPicLists(context, h) : null;
    const missing = lists?.missing ?? missingOperations(context, h);
    for (const operation of missing) {
      const element = operation.modification_of_pic_nums_idc === 2 ? "long_term_pic_num" : "abs_diff_pic_num_minus1";
      this.#reportMissing(open, picture, unit, element, `${operation[element]} names a picture that is not in the DPB`);
    }
    if (lists === null) return null;
    // 8.2.5.2: no slice refers to "non-existing" frames only, so pictures were lost among those that the encoder left out.
    if (missing.length === 0 && !refersTo(lists, isThere)) {
      this.#reportMissing(open, picture, unit, "slice_type", "the slice has no reference picture at all");
    }
    if (follows && refersTo(lists, isCorrupt)) picture.frame.corrupt = true;
    if (this.#options.missingReferences !== "nearest") return lists;
    const nearest = nearestReference(context);
    const isKept = open.lacksReference ? isThere : () => true;
    const complete = (list: RefPicList) => list.map((entry) => (entry && isKept(entry.frame) ? entry : nearest));
    return { ...lists, list0: complete(lists.list0), list1: complete(lists.list1) };
  }

  #contextOf(picture: Picture): ListContext {
    return {
      frames: this.#state.dpb.frames,
      current: picture,
      PicOrderCnt: picOrderCnt(picture),
      MaxFrameNum: maxFrameNum(picture.sps),
      pic_order_cnt_type: picture.sps.pic_order_cnt_type,
    };
  }

  #reportMissing(open: OpenPicture, picture: Picture, unit: StreamUnit, element: string, reason: string): void {
    open.lacksReference = true;
    picture.frame.corrupt = true;
    this.#recovery.loseReference();
    this.#sink.report("missing-reference", reason, unit, element);
  }

  /** Ends the picture after its last slice: emits its requests, then marks, stores and outputs it. */
  endPicture(): void {
    const open = this.#open;
    this.#open = null;
    if (!open?.picture) return;
    const { picture } = open;
    this.#recovery.endPicture(picture);
    const { decodeMode, missingReferences } = this.#options;
    const references = this.#state.dpb.references();
    const hasStandIn = open.lacksReference && nearestReference(this.#contextOf(picture)) !== null;
    if (open.lacksReference && dropsPicture(missingReferences, hasStandIn)) {
      this.#state.abandonPicture(picture);
      if (missingReferences === "drop") this.#startAnew();
      return;
    }
    if (decodeMode === "slice") this.#requests.emitSlices(picture, this.#slices.take(), references, this.#sink);
    else this.#requests.emitPicture(picture, open.sets, this.#bitstream.take(), references, this.#sink);
    this.#state.endPicture(picture, (element, reason) =>
      this.#sink.report("reference-marking", reason, open.unit, element),
    );
  }

  /** Waits for a random access point after a loss. The new start does not use the pictures before the loss. */
  #startAnew(): void {
    this.#recovery.requireRandomAccess();
    this.#state.flush();
  }

  /** Copies the bytes of the open picture that are still needed. Must be called before a call of the session returns. */
  holdUnits(): void {
    const open = this.#open;
    if (open === null) return;
    holdPicture(open);
    this.#bitstream.hold();
    this.#slices.hold();
  }

  /** Outputs all pictures that wait for output. The next picture is a new start. */
  flush(): void {
    this.endPicture();
    this.#state.flush();
    this.#forget();
  }

  /** Outputs nothing more. The next picture is a new start. */
  reset(): void {
    this.#open = null;
    this.#state.reset();
    this.#forget();
  }

  #forget(): void {
    this.#sets.sps.deactivate();
    this.#recovery.reset();
  }
}

/**
 * How many slices a picture can have: each has at least one macroblock, and separate colour planes each have their own slices.
 */
function maxSlices(sps: SeqParameterSet): number {
  const macroblocks = (codedWidth(sps) * codedHeight(sps)) / 256;
  return sps.separate_colour_plane_flag ? 3 * macroblocks : macroblocks;
}

/** Whether it is the header of a P, SP or B slice. */
function isInter(h: SliceHeader): boolean {
  return h.slice_type % 5 !== 2 && h.slice_type % 5 !== 4;
}

/** 8.2.4.2.1, 8.2.4.2.2: whether the lists of a picture can have a reference frame, and 8.2.5.2 lets its slices refer to it. */
function canBeReferredTo(frame: Frame, structure: number): boolean {
  const isMarked = structure !== BOTH_FIELDS || frame.shortTerm === BOTH_FIELDS || frame.longTerm === BOTH_FIELDS;
  return isMarked && isThere(frame);
}

function isThere(frame: ReferenceFrame): boolean {
  return !isNonExisting(frame);
}

/** @param frame one of the buffer. */
function isCorrupt(frame: ReferenceFrame): boolean {
  return (frame as Frame).corrupt;
}

/** Whether the lists have a frame for which `is` is true. */
function refersTo({ list0, list1 }: RefPicLists, is: (frame: ReferenceFrame) => boolean): boolean {
  return [...list0, ...list1].some((entry) => entry !== null && is(entry.frame));
}
