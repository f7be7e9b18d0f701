/** Turns frames into requests: references, the sequence, output. */

import { BitstreamError } from "../errors.ts";
import type { Control, SequenceEvent } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { vp9KernelRules } from "../kernel/vp9.ts";
import type { ResolvedOptions } from "../options.ts";
import { ControlMaker } from "../session/control-maker.ts";
import type { EventSink } from "../session/event-sink.ts";
import type { ReleaseListener } from "../session/frame-events.ts";
import { dropsPicture, missingFramesText } from "../session/missing-references.ts";
import { Timestamps } from "../session/timestamps.ts";
import { vp9Controls } from "../uapi/vp9.ts";
import { vp9CompressedHeader, vp9Frame } from "./controls.ts";
import { type ParsedFrame, readFrame, startOf } from "./parser.ts";
import { sequenceEvent, visibleRectangle } from "./sequence.ts";
import {
  type Frame,
  initialParams,
  isSameFormat,
  isScalable,
  type PersistentParams,
  paramsOf,
  ReferenceSlots,
} from "./state.ts";
import { ColorConfig, type ShowExistingFrame, type UncompressedHeader } from "./structures.ts";
import { KEY_FRAME } from "./tables.ts";

const referenceNames = ["LAST_FRAME", "GOLDEN_FRAME", "ALTREF_FRAME"] as const;

export class PictureDecoder implements ReleaseListener<Frame> {
  readonly #options: ResolvedOptions;
  readonly #sink: EventSink;
  readonly #maker: ControlMaker<keyof typeof vp9Controls>;
  readonly #slots: ReferenceSlots;
  readonly #timestamps = new Timestamps();
  #sequence: SequenceEvent | null = null;
  #params: PersistentParams = initialParams;
  #color = new ColorConfig();
  /** Frames are skipped until decoding can start: at a key frame or, with `startAt: "any"`, at an intra-only frame. */
  #isWaiting = true;
  /** A frame was lost: the frames up to the next key frame may refer to it. */
  #isDamaged = false;

  constructor(options: ResolvedOptions, sink: EventSink) {
    this.#options = options;
    this.#sink = sink;
    this.#maker = new ControlMaker(vp9Controls, vp9KernelRules, options);
    this.#slots = new ReferenceSlots(this);
  }

  /** A frame is in no slot any more. */
  release({ timestamp }: Frame): void {
    this.#sink.emit({ type: "release", timestamp });
  }

  /** Takes note of the loss of what may have been a frame. */
  lose(): void {
    this.#isDamaged = true;
    if (this.#options.missingReferences === "drop") this.#waitForStart();
  }

  /**
   * Skips frames until decoding can start again. The slots are emptied, because their contents would not be those that the
   * stream means.
   */
  #waitForStart(): void {
    this.#isWaiting = true;
    this.#slots.clear();
  }

  /**
   * Reads a frame, and decodes or shows it.
   *
   * @param isShown false if the frame must not be output, even if its header says that it is shown.
   * @throws BitstreamError where its headers break the specification.
   */
  decodeFrame(unit: StreamUnit, pts: number | undefined, isShown: boolean): void {
    if (this.#isWaiting && !this.#isStart(unit.bytes)) {
      const reason = "the frame is skipped: decoding starts at a key frame";
      this.#sink.report("before-random-access", reason, unit);
      return;
    }
    const { trace } = this.#options;
    const parsed = readFrame(unit.bytes, { references: this.#slots.frames, trace, byte: unit.byte });
    if (parsed.compressed === null) this.#showExisting(parsed.header, unit, pts, isShown);
    else this.#request(parsed, unit, pts, isShown);
  }

  #isStart(bytes: Uint8Array): boolean {
    const { frame_type, intra_only } = startOf(bytes);
    return frame_type === KEY_FRAME || (intra_only === 1 && this.#options.startAt === "any");
  }

  /** 7.2: frame_to_show_map_idx. Nothing is decoded, and no state changes. */
  #showExisting(
    { frame_to_show_map_idx }: ShowExistingFrame,
    unit: StreamUnit,
    pts: number | undefined,
    isShown: boolean,
  ): void {
    const frame = this.#slots.frames[frame_to_show_map_idx];
    if (frame) {
      // A frame that was lost may have been meant for the slot.
      if (isShown) this.#show({ ...frame, corrupt: frame.corrupt || this.#isDamaged }, pts);
    } else {
      const reason = `the frame shows slot ${frame_to_show_map_idx}, which is empty`;
      this.#sink.report("missing-reference", reason, unit, "frame_to_show_map_idx");
    }
  }

  #request({ header, compressed }: ParsedFrame, unit: StreamUnit, pts: number | undefined, isShown: boolean): void {
    const isKeyFrame = header.frame_type === KEY_FRAME;
    const color = header.color_config ?? this.#color;
    const named = header.FrameIsIntra ? [] : header.ref_frame_idx.map((idx) => this.#slots.frames[idx] ?? null);
    checkProfile(header, color);
    checkReferences(header, color, named);
    const references = this.#completeReferences(named, header, unit);
    if (references === null) return;
    if (isKeyFrame || this.#isWaiting) this.#isDamaged = false;
    this.#isWaiting = false;
    this.#params = paramsOf(header, this.#params);
    this.#color = color;
    const { reference_mode } = compressed;
    const payload = vp9Frame({ header, reference_mode, params: this.#params, color, references });
    const frameControls = this.#maker.only("V4L2_CID_STATELESS_VP9_FRAME", payload);
    this.#activate(header, isKeyFrame, frameControls);
    const frame: Frame = {
      timestamp: this.#timestamps.next(),
      FrameWidth: header.frame_size.FrameWidth,
      FrameHeight: header.frame_size.FrameHeight,
      color,
      visible: visibleRectangle(header.frame_size),
      corrupt: this.#isDamaged || named.some((reference) => reference === null || reference.corrupt),
    };
    const probabilities = vp9CompressedHeader(compressed);
    const controls = this.#maker.with(frameControls, "V4L2_CID_STATELESS_VP9_COMPRESSED_HDR", probabilities);
    this.#sink.emit({ type: "request", timestamp: frame.timestamp, bitstream: [unit.bytes], controls, hold: false });
    if (header.show_frame && isShown) this.#show(frame, pts);
    this.#slots.update(frame, header.refresh_frame_flags);
  }

  /**
   * The timestamps of the references. `missingReferences` decides what replaces a missing one. Null where the frame is dropped.
   */
  #completeReferences(named: readonly (Frame | null)[], h: UncompressedHeader, unit: StreamUnit): number[] | null {
    if (!named.includes(null)) return named.map((frame) => (frame as Frame).timestamp);
    const missing = named.flatMap((frame, i) => (frame ? [] : [`${referenceNames[i]} (slot ${h.ref_frame_idx[i]})`]));
    const { missingReferences } = this.#options;
    const { newest } = this.#slots;
    const drops = dropsPicture(missingReferences, newest !== null);
    this.#sink.report("missing-reference", missingFramesText(missing, drops), unit, "ref_frame_idx");
    if (missingReferences === "drop") this.#waitForStart();
    if (drops) {
      this.#isDamaged = true;
      return null;
    }
    const substitute = missingReferences === "nearest" && newest ? newest.timestamp : 0;
    return named.map((frame) => frame?.timestamp ?? substitute);
  }

  /**
   * Emits the event of a new sequence. At a key frame, the pictures of the old sequence are freed; at another frame they may
   * still be referred to.
   */
  #activate(header: UncompressedHeader, isKeyFrame: boolean, controls: readonly Control[]): void {
    const keepsReferences = !isKeyFrame && this.#slots.newest !== null;
    const event = sequenceEvent(header.frame_size, this.#color, keepsReferences, controls, this.#sequence);
    if (event === null) return;
    if (event.realloc && !event.keepsReferences) this.#slots.clear();
    this.#sequence = event;
    this.#sink.emit(event);
  }

  #show({ timestamp, visible, corrupt }: Frame, pts: number | undefined): void {
    this.#sink.emit({ type: "output", timestamp, pts, visible, fieldOrder: "progressive", repeat: 0, corrupt });
  }

  /** Frees all pictures, at the end or before a seek. The next frame is a new start. */
  reset(): void {
    this.#waitForStart();
    this.#isDamaged = false;
    this.#params = initialParams;
  }
}

/** 7.2: checks that the profile allows the format. An inter frame codes its profile, but not its format. */
function checkProfile({ Profile }: UncompressedHeader, { BitDepth, subsampling_x, subsampling_y }: ColorConfig): void {
  const is420 = subsampling_x === 1 && subsampling_y === 1;
  if (Profile < 2 === (BitDepth === 8) && (Profile % 2 === 0) === is420) return;
  const reason = `profile ${Profile} does not allow the bit depth and chroma format of the references`;
  throw new BitstreamError("set-mismatch", reason, { unit: "frame", element: "Profile" });
}

/**
 * 7.2, 7.2.5: checks that the references have the frame's format, and that the size of at least one can be scaled to the
 * frame's. Missing references are ignored.
 */
function checkReferences(h: UncompressedHeader, color: ColorConfig, named: readonly (Frame | null)[]): void {
  const found = named.filter((frame) => frame !== null);
  const odd = named.findIndex((frame) => frame !== null && !isSameFormat(frame.color, color));
  if (odd >= 0) {
    const reason = `${referenceNames[odd]} has another bit depth or chroma format`;
    throw new BitstreamError("set-mismatch", reason, { unit: "frame", element: `ref_frame_idx[${odd}]` });
  }
  if (found.length > 0 && !found.some((frame) => isScalable(h.frame_size, frame))) {
    const { FrameWidth, FrameHeight } = h.frame_size;
    const reason = `no reference can be scaled to ${FrameWidth}x${FrameHeight}`;
    throw new BitstreamError("set-mismatch", reason, { unit: "frame", element: "frame_size_with_refs" });
  }
}
