/** Puts headers and slices together into pictures: references; and, when a picture ends, its request. */

import { UnsupportedError } from "../errors.ts";
import type { Control, SequenceEvent } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { mpeg2KernelRules } from "../kernel/mpeg2.ts";
import type { ResolvedOptions } from "../options.ts";
import { ControlMaker } from "../session/control-maker.ts";
import type { EventSink } from "../session/event-sink.ts";
import { FrameEvents } from "../session/frame-events.ts";
import { dropsPicture } from "../session/missing-references.ts";
import { PictureBitstream } from "../session/picture-bitstream.ts";
import { Timestamps } from "../session/timestamps.ts";
import { mpeg2Controls } from "../uapi/mpeg2.ts";
import { mpeg2Picture, mpeg2Quantisation, mpeg2Sequence } from "./controls.ts";
import { outputEvent } from "./output.ts";
import { type Sequence, sequenceEvent, visibleRectangle } from "./sequence.ts";
import { Frame, type QuantiserMatrices, ReferenceFrames } from "./state.ts";
import type { GroupOfPicturesHeader, PictureCodingExtension, PictureHeader } from "./structures.ts";
import { B_PICTURE, FRAME_PICTURE, I_PICTURE, P_PICTURE } from "./tables.ts";

/** A picture's headers, and what is in force for it. */
export interface PictureHeaders {
  readonly unit: StreamUnit;
  readonly sequence: Sequence;
  readonly matrices: QuantiserMatrices;
  /** The matrices may be wrong: a header that may have changed them could not be read. */
  readonly hasLostMatrices: boolean;
  /** The group of pictures header right before it, if there is one. */
  readonly group: GroupOfPicturesHeader | null;
  readonly header: PictureHeader;
  readonly coding: PictureCodingExtension;
  readonly pts: number | undefined;
}

interface OpenPicture {
  readonly headers: PictureHeaders;
  readonly frame: Frame;
}

export class PictureDecoder {
  readonly #options: ResolvedOptions;
  readonly #sink: EventSink;
  readonly #maker: ControlMaker<keyof typeof mpeg2Controls>;
  readonly #references: ReferenceFrames;
  #sequence: SequenceEvent | null = null;
  #sequenceControls: { readonly of: Sequence; readonly controls: Control[] } | null = null;
  #matrixControls: { readonly of: QuantiserMatrices; readonly controls: Control[] } | null = null;
  #open: OpenPicture | null = null;
  /** A frame with one field, whose second field may come next. */
  #half: OpenPicture | null = null;
  /** A sequence end code came after the first field: the sequence ends when this frame does. */
  #isEnding = false;
  readonly #timestamps = new Timestamps();
  /** The bytes of the open picture. They have start codes, because in MPEG-2 a slice's start code is part of its syntax. */
  readonly #bitstream = new PictureBitstream("annexb");
  /** Pictures are skipped until an I picture, at which decoding starts. */
  #isWaiting = true;
  /**
   * 6.3.8: the group of pictures header in force for the B pictures between a group's first I picture and the next reference
   * frame.
   */
  #leading: Pick<GroupOfPicturesHeader, "closed_gop" | "broken_link"> | null = null;

  /** The place in the order of output from which temporal_reference counts, modulo 1024. */
  #groupPlace = 0;
  /** The farthest that a reference frame came after the one before it, in the order of output. */
  #largestStep = 0;

  constructor(options: ResolvedOptions, sink: EventSink) {
    this.#options = options;
    this.#sink = sink;
    this.#maker = new ControlMaker(mpeg2Controls, mpeg2KernelRules, options);
    this.#references = new ReferenceFrames(new FrameEvents(sink, outputEvent));
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Begins a picture with its first slice. Returns false where the picture is skipped. */
  beginPicture(headers: PictureHeaders): boolean {
    const { header, coding, unit } = headers;
    if (header.picture_coding_type > B_PICTURE)
      throw new UnsupportedError("mpeg1-stream", "D pictures exist in MPEG-1 only");
    const first = this.#firstFieldOf(headers);
    if (first === null) this.#endFrame();
    if (this.#isWaiting && header.picture_coding_type !== I_PICTURE) {
      const reason = "the picture is skipped: decoding starts at an I picture after a sequence header";
      this.#sink.report("before-random-access", reason, unit);
      return false;
    }
    this.#isWaiting = false;
    this.#activate(headers.sequence);
    if (first === null) this.#beginFrame(headers);
    const frame = first ?? this.#newFrame(headers);
    this.#open = { headers, frame };
    this.#bitstream.clear();
    if (first !== null || coding.picture_structure === FRAME_PICTURE) frame.isHalf = false;
    if (headers.hasLostMatrices) frame.corrupt = true;
    return this.#checkReferences(this.#open);
  }

  /**
   * 6.1.1.4.1, 6.3.9: a field belongs to the frame of the field before it if it has the opposite parity and the same
   * temporal_reference. Otherwise a field was lost between them. Returns that frame; null for the first field of a frame, and for a frame.
   */
  #firstFieldOf({ header, coding, sequence }: PictureHeaders): Frame | null {
    if (!this.#half || coding.picture_structure === FRAME_PICTURE) return null;
    const { headers: first, frame } = this.#half;
    const isSecond =
      sequence === first.sequence &&
      coding.picture_structure !== first.coding.picture_structure &&
      header.temporal_reference === first.header.temporal_reference &&
      (header.picture_coding_type === B_PICTURE) === (first.header.picture_coding_type === B_PICTURE);
    return isSecond ? frame : null;
  }

  #beginFrame({ header, group }: PictureHeaders): void {
    if (header.picture_coding_type === B_PICTURE) return;
    const last = this.#lastReference;
    const place = this.#placeOf(header, group);
    this.#groupPlace = (place - header.temporal_reference) & 1023;
    if (last !== null && !last.isSuperseded)
      this.#largestStep = Math.max(this.#largestStep, (place - last.place) & 1023);
    this.#leading = group;
    this.#references.beginReference();
  }

  #newFrame({ header, sequence, coding, pts }: PictureHeaders): Frame {
    const frame = new Frame(this.#timestamps.next(), pts, visibleRectangle(sequence), coding.picture_structure);
    frame.place = this.#placeOf(header, null);
    frame.top_field_first = coding.top_field_first;
    frame.repeat_first_field = coding.repeat_first_field;
    frame.progressive_frame = coding.progressive_frame;
    frame.progressive_sequence = sequence.extension.progressive_sequence;
    return frame;
  }

  #activate(sequence: Sequence): void {
    if (this.#sequenceControls?.of === sequence) return;
    const controls: Control[] = [];
    const payload = mpeg2Sequence(sequence.header, sequence.extension);
    this.#maker.add(controls, "V4L2_CID_STATELESS_MPEG2_SEQUENCE", payload);
    this.#sequenceControls = { of: sequence, controls };
    const event = sequenceEvent(sequence, controls, this.#sequence);
    if (event === null) return;
    if (event.realloc) this.#references.flush();
    this.#sequence = event;
    this.#sink.emit(event);
  }

  /** Reports a missing reference of a P or B picture. Returns false where the picture is dropped because of it. */
  #checkReferences({ headers, frame }: OpenPicture): boolean {
    const { picture_coding_type } = headers.header;
    const { older, newer } = this.#references;
    const isB = picture_coding_type === B_PICTURE;
    const isP = picture_coding_type === P_PICTURE;
    // A second field needs no check: its frame is marked already, or began with an I picture.
    const isSecond = this.#half?.frame === frame;
    const forward = isB ? older : newer;
    // A closed group's B pictures use the backward reference only.
    const needsForward = isB ? this.#leading?.closed_gop !== 1 : isP && !isSecond;
    const isBroken = isB && this.#leading?.broken_link === 1;
    if (needsForward && (isBroken || forward?.damagesFollowers)) frame.corrupt = true;
    if (isB && !isSecond && newer?.damagesFollowers) frame.corrupt = true;
    if (!needsForward || forward !== null) return true;
    frame.corrupt = true;
    this.#sink.report("missing-reference", "the forward reference picture is missing", headers.unit);
    const { missingReferences } = this.#options;
    if (!dropsPicture(missingReferences, newer !== null)) return true;
    this.#open = null;
    if (missingReferences === "drop" && isP) this.#isWaiting = true;
    return false;
  }

  /** Adds a slice to the open picture. */
  addSlice(unit: StreamUnit): void {
    if (this.#open) this.#bitstream.addUnit(unit);
  }

  /** Marks the open picture as damaged: a slice or header of it could not be read. */
  markDamaged(): void {
    if (this.#open) this.#open.frame.corrupt = true;
  }

  /**
   * Takes note of a lost picture. No later picture shows the loss: it refers to the reference frame before the lost one.
   *
   * @param picture_coding_type as far as it can be read. The loss of a B picture does no harm, because no picture refers to it.
   */
  lose(picture_coding_type: number): void {
    if (picture_coding_type === B_PICTURE) return;
    const last = this.#lastReference;
    if (last) last.isSuperseded = true;
  }

  /**
   * Looks for a reference frame that is lost, or its second field, where bytes are missing before a picture. A B picture comes before
   * the last reference frame in the order of output; another one comes after it, and not farther than reference frames were
   * from each other so far.
   */
  findLoss(header: PictureHeader, group: GroupOfPicturesHeader | null): void {
    const last = this.#lastReference;
    if (last === null) return;
    const distance = (this.#placeOf(header, group) - last.place) & 1023;
    let isNext: boolean;
    if (last.isHalf) isNext = distance === 0;
    else if (header.picture_coding_type === B_PICTURE) isNext = distance > 512;
    else isNext = this.#largestStep === 0 || (distance > 0 && distance <= this.#largestStep);
    if (!isNext) last.isSuperseded = true;
  }

  /** A picture's place in the order of output, modulo 1024. A group of pictures is shown after all frames before it (6.1.1.7). */
  #placeOf({ temporal_reference }: PictureHeader, group: GroupOfPicturesHeader | null): number {
    if (group !== null) return ((this.#lastReference?.place ?? -1) + 1 + temporal_reference) & 1023;
    return (this.#groupPlace + temporal_reference) & 1023;
  }

  /** It may lack its second field. */
  get #lastReference(): Frame | null {
    const half = this.#half;
    if (half === null || half.headers.header.picture_coding_type === B_PICTURE) return this.#references.newer;
    return half.frame;
  }

  /** Ends the picture after its last slice: emits its request. */
  endPicture(): void {
    const open = this.#open;
    this.#open = null;
    if (!open) return;
    const { headers, frame } = open;
    const isSecond = this.#half?.frame === frame;
    const isFirstField = headers.coding.picture_structure !== FRAME_PICTURE && !isSecond;
    this.#sink.emit({
      type: "request",
      timestamp: frame.timestamp,
      bitstream: this.#bitstream.take(),
      controls: this.#requestControls(headers),
      hold: isFirstField,
    });
    if (isFirstField) this.#half = { frame, headers };
    else this.#finish(frame, headers);
  }

  #requestControls(headers: PictureHeaders): Control[] {
    const payload = mpeg2Picture(this.#pictureInput(headers));
    const before = this.#sequenceControls?.controls ?? [];
    const controls = this.#maker.with(before, "V4L2_CID_STATELESS_MPEG2_PICTURE", payload);
    for (const control of this.#quantisationControls(headers.matrices)) controls.push(control);
    return controls;
  }

  /** Built once for each set of matrices, and shared by the requests that carry it. */
  #quantisationControls(matrices: QuantiserMatrices): readonly Control[] {
    if (this.#matrixControls?.of !== matrices) {
      const controls: Control[] = [];
      this.#maker.add(controls, "V4L2_CID_STATELESS_MPEG2_QUANTISATION", mpeg2Quantisation(matrices));
      this.#matrixControls = { of: matrices, controls };
    }
    return this.#matrixControls.controls;
  }

  /** What the picture's control is computed from. The timestamp of an absent reference is 0. */
  #pictureInput({ sequence: { extension }, header, coding }: PictureHeaders) {
    const { older, newer } = this.#references;
    const isNearest = this.#options.missingReferences === "nearest";
    let forward: Frame | null = null;
    let backward: Frame | null = null;
    // For a second field, too, this is the reference frame before its own frame: the driver takes the first field from the
    // current buffer.
    if (header.picture_coding_type === P_PICTURE) forward = newer;
    else if (header.picture_coding_type === B_PICTURE) {
      forward = older ?? (isNearest ? newer : null);
      backward = newer;
    }
    return { extension, header, coding, forward: forward?.timestamp ?? 0, backward: backward?.timestamp ?? 0 };
  }

  /** Ends a frame whose second field did not come: 6.1.1.4.1 has no frames of one field. */
  #endFrame(): void {
    if (!this.#half) return;
    const { frame, headers } = this.#half;
    frame.corrupt = true;
    this.#finish(frame, headers);
  }

  #finish(frame: Frame, { header, sequence }: PictureHeaders): void {
    this.#half = null;
    if (header.picture_coding_type === B_PICTURE) this.#references.endB(frame);
    else this.#references.endReference(frame, sequence.extension.low_delay);
    if (this.#isEnding) this.#references.flush();
    this.#isEnding = false;
  }

  /**
   * Ends a sequence: outputs all frames. Some encoders end it between the two fields of a frame, so a frame with one field is
   * completed first.
   */
  endSequence(): void {
    this.endPicture();
    if (this.#half) this.#isEnding = true;
    else this.#references.flush();
  }

  /** Begins a sequence. After a sequence end code, the second field of the last frame can no longer come. */
  beginSequence(): void {
    if (this.#isEnding) this.#endFrame();
  }

  /** Copies the open picture's slices. Must be called before a call of the session returns. */
  holdUnits(): void {
    if (this.#open !== null) this.#bitstream.hold();
  }

  /** Outputs all frames that wait for output. The next picture is a new start. */
  flush(): void {
    this.endPicture();
    this.#endFrame();
    this.#references.flush();
    this.#restart();
  }

  /** Outputs nothing more. The next picture is a new start. */
  reset(): void {
    this.#open = null;
    if (this.#half) this.#sink.emit({ type: "release", timestamp: this.#half.frame.timestamp });
    this.#half = null;
    this.#isEnding = false;
    this.#references.clear();
    this.#restart();
  }

  #restart(): void {
    this.#isWaiting = true;
    this.#leading = null;
    this.#groupPlace = this.#largestStep = 0;
    this.#sequenceControls = null;
  }
}
