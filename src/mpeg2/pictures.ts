/** From headers and slices to pictures: references, and at a picture's end its request. */

import { UnsupportedError } from "../errors.ts";
import type { Control, SequenceEvent } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { mpeg2KernelRules } from "../kernel/mpeg2.ts";
import type { ResolvedOptions } from "../options.ts";
import { ControlMaker } from "../session/control-maker.ts";
import type { EventSink } from "../session/event-sink.ts";
import { PictureBitstream } from "../session/picture-bitstream.ts";
import { Timestamps } from "../session/timestamps.ts";
import { mpeg2Controls } from "../uapi/mpeg2.ts";
import { mpeg2Picture, mpeg2Quantisation, mpeg2Sequence, type QuantiserMatrices } from "./controls.ts";
import { outputEvent } from "./output.ts";
import { type Sequence, sequenceEvent, visibleRectangle } from "./sequence.ts";
import { Frame, ReferenceFrames } from "./state.ts";
import type { GroupOfPicturesHeader, PictureCodingExtension, PictureHeader } from "./structures.ts";

/** Table 6-12. */
const I_PICTURE = 1;
const P_PICTURE = 2;
const B_PICTURE = 3;

/** Table 6-14. */
const FRAME_PICTURE = 3;

/** Everything that a picture's headers say. */
export interface PictureHeaders {
  readonly unit: StreamUnit;
  readonly sequence: Sequence;
  readonly matrices: QuantiserMatrices;
  /** A header that may have changed the matrices could not be read: the picture is decoded with others. */
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
  /** A frame whose second field may come. */
  #half: { readonly frame: Frame; readonly headers: PictureHeaders } | null = null;
  /** The sequence ends with the frame whose second field may come. */
  #isEnding = false;
  readonly #timestamps = new Timestamps();
  /** Of the open picture. A slice's start code is part of its syntax. */
  readonly #bitstream = new PictureBitstream("annexb");
  /** Decoding starts at an I picture. */
  #isWaiting = true;
  /** 6.3.8: of the B pictures right after the first I picture of a group, up to the next reference frame. */
  #leading: Pick<GroupOfPicturesHeader, "closed_gop" | "broken_link"> | null = null;

  constructor(options: ResolvedOptions, sink: EventSink) {
    this.#options = options;
    this.#sink = sink;
    this.#maker = new ControlMaker(mpeg2Controls, mpeg2KernelRules, options);
    this.#references = new ReferenceFrames({
      output: (frame) => sink.emit(outputEvent(frame)),
      release: ({ timestamp }) => sink.emit({ type: "release", timestamp }),
    });
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** A picture's first slice has come. False where the picture is skipped. */
  beginPicture(headers: PictureHeaders): boolean {
    const { header, coding, unit } = headers;
    if (header.picture_coding_type > B_PICTURE)
      throw new UnsupportedError("mpeg1-stream", "D pictures exist in MPEG-1 only");
    const isSecond = this.#isSecondField(headers);
    if (!isSecond) this.#endFrame();
    if (this.#isWaiting && header.picture_coding_type !== I_PICTURE) {
      const reason = "the picture is skipped: decoding starts at an I picture after a sequence header";
      this.#sink.report("before-random-access", reason, unit);
      return false;
    }
    this.#isWaiting = false;
    this.#activate(headers.sequence);
    if (!isSecond) this.#beginFrame(headers);
    const { frame } = isSecond ? (this.#half as OpenPicture) : { frame: this.#newFrame(headers) };
    this.#open = { headers, frame };
    this.#bitstream.clear();
    if (isSecond || coding.picture_structure === FRAME_PICTURE) frame.isHalf = false;
    if (headers.hasLostMatrices) frame.corrupt = true;
    return this.#checkReferences(this.#open);
  }

  /**
   * 6.1.1.4.1, 6.3.9: the field of opposite parity that follows a first field, and has its temporal_reference, is of its
   * frame. Where a field is lost, those after it are not.
   */
  #isSecondField({ header, coding, sequence }: PictureHeaders): boolean {
    if (!this.#half || coding.picture_structure === FRAME_PICTURE) return false;
    const first = this.#half.headers;
    if (sequence !== first.sequence) return false;
    if (coding.picture_structure === first.coding.picture_structure) return false;
    if (header.temporal_reference !== first.header.temporal_reference) return false;
    const isB = header.picture_coding_type === B_PICTURE;
    return isB === (first.header.picture_coding_type === B_PICTURE);
  }

  #beginFrame({ header, group }: PictureHeaders): void {
    if (header.picture_coding_type === B_PICTURE) return;
    this.#leading = group;
    this.#references.beginReference();
  }

  #newFrame({ sequence, coding, pts }: PictureHeaders): Frame {
    const frame = new Frame(this.#timestamps.next(), pts, visibleRectangle(sequence), coding.picture_structure);
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

  /** Tells what a P or B picture lacks. False where the picture is dropped for it. */
  #checkReferences({ headers, frame }: OpenPicture): boolean {
    const type = headers.header.picture_coding_type;
    const { older, newer } = this.#references;
    const isField = headers.coding.picture_structure !== FRAME_PICTURE;
    const isSecond = isField && this.#half !== null && this.#half.frame === frame;
    const lacksForward = (type === P_PICTURE && newer === null && !isSecond) || (type === B_PICTURE && older === null);
    // A closed group's B pictures use the backward reference only.
    const isClosed = type === B_PICTURE && this.#leading?.closed_gop === 1;
    if (type === B_PICTURE && this.#leading?.broken_link === 1 && !isClosed) frame.corrupt = true;
    const isForwardLost = type === B_PICTURE && !isClosed && older?.isUnsound;
    // A second field of an I picture starts anew, as that does, and one of another picture has its frame's mark.
    const isLastLost = type !== I_PICTURE && !isSecond && newer?.isUnsound;
    if (isForwardLost || isLastLost) frame.corrupt = true;
    if (!lacksForward || isClosed) return true;
    frame.corrupt = true;
    this.#sink.report("missing-reference", "the forward reference picture is missing", headers.unit);
    const { missingReferences } = this.#options;
    const isDropped = missingReferences === "drop" || (missingReferences === "nearest" && newer === null);
    if (!isDropped) return true;
    this.#open = null;
    if (missingReferences === "drop" && type === P_PICTURE) this.#isWaiting = true;
    return false;
  }

  /** A slice of the open picture. */
  addSlice(unit: StreamUnit): void {
    if (this.#open) this.#bitstream.add(unit.bytes);
  }

  /** A slice or header of the open picture could not be read. */
  markDamaged(): void {
    if (this.#open) this.#open.frame.corrupt = true;
  }

  /**
   * A picture was lost. The pictures that follow cannot tell, and refer to the reference frame before it.
   *
   * @param picture_coding_type as far as it can be read; of a B picture nothing depends.
   */
  lose(picture_coding_type: number): void {
    if (picture_coding_type === B_PICTURE) return;
    const isReference = this.#half && this.#half.headers.header.picture_coding_type !== B_PICTURE;
    const last = isReference ? this.#half?.frame : this.#references.newer;
    if (last) last.isSuperseded = true;
  }

  /** The picture's last slice has come. */
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
    const controls = this.#sequenceControls?.controls.slice() ?? [];
    this.#maker.add(controls, "V4L2_CID_STATELESS_MPEG2_PICTURE", mpeg2Picture(this.#pictureInput(headers)));
    return controls.concat(this.#quantisationControls(headers.matrices));
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

  /** The references by their timestamps; absent ones are 0. */
  #pictureInput({ sequence: { extension }, header, coding }: PictureHeaders) {
    const { older, newer } = this.#references;
    const isNearest = this.#options.missingReferences === "nearest";
    let forward: Frame | null = null;
    let backward: Frame | null = null;
    // Also of a second field the reference frame before: the driver takes the first field from the current buffer.
    if (header.picture_coding_type === P_PICTURE) forward = newer;
    else if (header.picture_coding_type === B_PICTURE) {
      forward = older ?? (isNearest ? newer : null);
      backward = newer;
    }
    return { extension, header, coding, forward: forward?.timestamp ?? 0, backward: backward?.timestamp ?? 0 };
  }

  /** A first field stays alone. */
  #endFrame(): void {
    if (!this.#half) return;
    const { frame, headers } = this.#half;
    this.#finish(frame, headers);
  }

  #finish(frame: Frame, { header, sequence }: PictureHeaders): void {
    this.#half = null;
    if (header.picture_coding_type === B_PICTURE) this.#references.endB(frame);
    else this.#references.endReference(frame, sequence.extension.low_delay);
    if (this.#isEnding) this.#references.flush();
    this.#isEnding = false;
  }

  /** A sequence ends: everything goes out. Some encoders end it between two fields, so an open frame is completed before. */
  endSequence(): void {
    this.endPicture();
    if (this.#half) this.#isEnding = true;
    else this.#references.flush();
  }

  /** A sequence begins: what ended before it has no second field any more. */
  beginSequence(): void {
    if (this.#isEnding) this.#endFrame();
  }

  /** A call returns: copies the open picture's slices. */
  holdUnits(): void {
    if (this.#open !== null) this.#bitstream.hold();
  }

  /** Everything that waits goes out. What comes next is a new start. */
  flush(): void {
    this.endPicture();
    this.#endFrame();
    this.#references.flush();
    this.#restart();
  }

  /** Nothing more goes out. What comes next is a new start. */
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
    this.#sequenceControls = null;
  }
}
