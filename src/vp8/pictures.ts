/** Turns frames into requests, outputs and releases: RFC 6386, 9.7. */

import type { Rectangle, SequenceEvent } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { vp8KernelRules } from "../kernel/vp8.ts";
import type { ResolvedOptions } from "../options.ts";
import { ControlMaker } from "../session/control-maker.ts";
import type { EventSink } from "../session/event-sink.ts";
import { Timestamps } from "../session/timestamps.ts";
import { vp8Controls } from "../uapi/vp8.ts";
import { vp8Frame } from "./controls.ts";
import { sequenceEvent } from "./sequence.ts";
import {
  type CodingState,
  emptySlots,
  initialState,
  type Picture,
  type Slots,
  stateAfter,
  stateOfFrame,
  updatedSlots,
} from "./state.ts";
import type { Frame } from "./structures.ts";

export class PictureDecoder {
  readonly #options: ResolvedOptions;
  readonly #sink: EventSink;
  readonly #maker: ControlMaker<keyof typeof vp8Controls>;
  readonly #timestamps = new Timestamps();
  #sequence: SequenceEvent | null = null;
  #state: CodingState = initialState;
  #slots: Slots = emptySlots;
  /** The picture that was shown last. An empty frame shows it again. */
  #shown: Picture | null = null;
  /** Frames are skipped until a key frame, at which decoding starts. */
  #isWaiting = true;
  /** A frame was lost: the frames up to the next key frame may refer to wrong pictures. */
  #isDamaged = false;

  constructor(options: ResolvedOptions, sink: EventSink) {
    this.#options = options;
    this.#sink = sink;
    this.#maker = new ControlMaker(vp8Controls, vp8KernelRules, options);
  }

  /** Decodes a frame whose header has been read. */
  decodeFrame(frame: Frame, unit: StreamUnit, pts: number | undefined): void {
    const isKey = frame.tag.frame_type === 0;
    if (this.#isWaiting && !isKey) {
      const reason = "the frame is skipped: decoding starts at a key frame";
      this.#sink.report("before-random-access", reason, unit);
      return;
    }
    if (isKey) this.#activate(frame);
    this.#forgetShown();
    const { visible } = this.#sequence as SequenceEvent;
    const picture: Picture = { timestamp: this.#timestamps.next(), visible, corrupt: this.#isDamaged };
    this.#emitRequest(frame, picture, unit.bytes);
    this.#updateSlots(frame, picture, pts);
  }

  /** Handles an empty frame, which the encoder dropped: the last picture is shown again. */
  repeatShown(unit: StreamUnit, pts: number | undefined): void {
    // A frame that was lost may have been meant to be shown last.
    if (this.#shown) this.#show({ ...this.#shown, corrupt: this.#shown.corrupt || this.#isDamaged }, pts);
    else this.#sink.report("missing-reference", "the frame is empty, and there is no picture to show again", unit);
  }

  /** Takes note of a frame that could not be read. It is not known what it would have changed. */
  lose(): void {
    this.#isDamaged = true;
    if (this.#options.missingReferences === "drop") this.#isWaiting = true;
  }

  /** Frees all pictures, at the end or before a seek. Decoding starts again at a key frame. */
  reset(): void {
    const slots = this.#slots;
    const shown = this.#shown;
    this.#slots = emptySlots;
    this.#shown = null;
    this.#release([slots.last, slots.golden, slots.alternate, shown]);
    this.#isWaiting = true;
  }

  #activate({ tag, header }: Frame): void {
    this.#isWaiting = this.#isDamaged = false;
    const visible: Rectangle = { left: 0, top: 0, width: tag.width, height: tag.height };
    const event = sequenceEvent(visible, header, this.#sequence);
    if (event === null) return;
    if (event.realloc) this.reset();
    this.#isWaiting = false;
    this.#sequence = event;
    this.#sink.emit(event);
  }

  /** Releases the picture that was shown last. It was kept for an empty frame; the next request may need its buffer. */
  #forgetShown(): void {
    const shown = this.#shown;
    if (this.#isInSlot(shown)) return;
    this.#shown = null;
    this.#release([shown]);
  }

  #emitRequest(frame: Frame, { timestamp, visible }: Picture, bytes: Uint8Array): void {
    const state = stateOfFrame(frame, this.#state);
    const payload = vp8Frame({
      frame,
      state,
      width: visible.width,
      height: visible.height,
      last: this.#slots.last?.timestamp ?? 0,
      golden: this.#slots.golden?.timestamp ?? 0,
      alternate: this.#slots.alternate?.timestamp ?? 0,
    });
    this.#state = stateAfter(frame, this.#state, state);
    const controls = this.#maker.only("V4L2_CID_STATELESS_VP8_FRAME", payload);
    this.#sink.emit({ type: "request", timestamp, bitstream: [bytes], controls, hold: false });
  }

  #updateSlots({ tag, header }: Frame, picture: Picture, pts: number | undefined): void {
    const slots = this.#slots;
    const shown = this.#shown;
    this.#slots = updatedSlots(slots, header, picture);
    if (tag.show_frame) {
      this.#show(picture, pts);
      this.#shown = picture;
    }
    this.#release([slots.last, slots.golden, slots.alternate, shown, picture]);
  }

  #show({ timestamp, visible, corrupt }: Picture, pts: number | undefined): void {
    this.#sink.emit({ type: "output", timestamp, pts, visible, fieldOrder: "progressive", repeat: 0, corrupt });
  }

  #isInSlot(picture: Picture | null): boolean {
    const { last, golden, alternate } = this.#slots;
    return picture !== null && (picture === last || picture === golden || picture === alternate);
  }

  /** Releases those of the pictures that are no longer in use. */
  #release(pictures: readonly (Picture | null)[]): void {
    for (let i = 0; i < pictures.length; i++) {
      const picture = pictures[i] as Picture | null;
      if (picture === null || picture === this.#shown || this.#isInSlot(picture)) continue;
      if (pictures.indexOf(picture) < i) continue;
      this.#sink.emit({ type: "release", timestamp: picture.timestamp });
    }
  }
}
