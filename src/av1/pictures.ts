/** Turns OBUs into requests: sequences, frames, references, output. */

import { BitstreamError, UnsupportedError } from "../errors.ts";
import type { Control, SequenceEvent } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { sameBytes } from "../framing/bytes.ts";
import type { ResolvedOptions } from "../options.ts";
import { ControlMaker } from "../session/control-maker.ts";
import type { EventSink } from "../session/event-sink.ts";
import type { ReleaseListener } from "../session/frame-events.ts";
import { dropsPicture, missingFramesText } from "../session/missing-references.ts";
import { PictureBitstream } from "../session/picture-bitstream.ts";
import type { PictureTimes } from "../session/picture-times.ts";
import { Timestamps } from "../session/timestamps.ts";
import { av1Controls, V4L2_AV1_MAX_TILE_COUNT } from "../uapi/av1.ts";
import { av1FilmGrain, av1Frame, av1Sequence } from "./controls.ts";
import { OpenFrame } from "./open-frame.ts";
import { highestSpatialLayer, isDropped, operatingPointIdc } from "./operating-point.ts";
import { Output } from "./output.ts";
import { failShown, readFrameStart, readMetadata, readSequenceHeader, readTrailingBits } from "./parser.ts";
import { absentReferences, hasCorruptReference, referenceTimes, showFlaw, slotTimes } from "./references.ts";
import { isSameSequence, largest, type Size, sequenceEvent, sequenceSize, visibleRectangle } from "./sequence.ts";
import { type Frame, ReferenceSlots } from "./state.ts";
import { type FrameHeader, noGrain, type SequenceHeader, type ShowExistingFrame } from "./structures.ts";
import { byte_alignment, uncompressed_header } from "./syntax.ts";
import {
  INTRA_ONLY_FRAME,
  KEY_FRAME,
  OBU_FRAME,
  OBU_FRAME_HEADER,
  OBU_METADATA,
  OBU_REDUNDANT_FRAME_HEADER,
  OBU_SEQUENCE_HEADER,
  OBU_TEMPORAL_DELIMITER,
  OBU_TILE_GROUP,
  OBU_TILE_LIST,
} from "./tables.ts";
import { type Obu, obuType, readObu } from "./units.ts";

/** A sequence header in force, with what is made of it once. */
interface Sequence {
  readonly header: SequenceHeader;
  /** The OBU's payload. */
  readonly payload: Uint8Array;
  readonly OperatingPointIdc: number;
  readonly controls: readonly Control[];
}

/** The kernel rewrites nothing in AV1's controls, and refuses nothing that the syntax lets through. */
const nothingRewritten = {};

function isFrameHeader(type: number): boolean {
  return type === OBU_FRAME || type === OBU_FRAME_HEADER || type === OBU_REDUNDANT_FRAME_HEADER;
}

export class PictureDecoder implements ReleaseListener<Frame> {
  readonly #options: ResolvedOptions;
  readonly #sink: EventSink;
  readonly #times: PictureTimes;
  readonly #maker: ControlMaker<keyof typeof av1Controls>;
  readonly #slots: ReferenceSlots;
  readonly #output: Output;
  readonly #timestamps = new Timestamps();
  readonly #noGrain = av1FilmGrain(noGrain);
  /** The tiles of the open frame. */
  readonly #bitstream = new PictureBitstream("none");
  #sequence: Sequence | null = null;
  /** The event in force. */
  #event: SequenceEvent | null = null;
  /** The size of the buffers that `#sequence` needs; null before its first frame. */
  #size: Size | null = null;
  /** What the slots held when the buffers of their pictures were given up: see `#controlsOf`. */
  #formerSlotTimes: readonly number[] | null = null;
  /** The frame whose tiles are coming: SeenFrameHeader is 1. */
  #open: OpenFrame | null = null;
  /** The frame header before was skipped or had an error: tiles that follow are its own. */
  #isSkipping = false;
  /** Frames are skipped until decoding can start: at a key frame or, with `startAt: "any"`, at an intra-only frame. */
  #isWaiting = true;
  /** A frame was lost: the frames up to the next key frame may refer to it. */
  #isDamaged = false;

  constructor(options: ResolvedOptions, sink: EventSink, times: PictureTimes) {
    this.#options = options;
    this.#sink = sink;
    this.#times = times;
    this.#maker = new ControlMaker(av1Controls, nothingRewritten, options);
    this.#slots = new ReferenceSlots(this);
    this.#output = new Output(sink, (frame) => {
      if (!this.#slots.frames.includes(frame)) this.release(frame);
    });
  }

  /** A frame is in no slot any more. One that waits for output is released after it. */
  release(frame: Frame): void {
    if (!frame.isWaiting) this.#sink.emit({ type: "release", timestamp: frame.timestamp });
  }

  /** Takes note of the loss of what may have been a frame. */
  lose(): void {
    this.#open = null;
    this.#isDamaged = true;
    this.#isSkipping = true;
    if (this.#options.missingReferences === "drop") this.#waitForStart();
  }

  /** Takes note of an OBU that could not be read. */
  loseObu({ bytes }: StreamUnit): void {
    const type = obuType(bytes);
    const isForbidden = (bytes[0] as number) >= 0x80; // Its type may be damaged, too.
    if (isForbidden || type === OBU_SEQUENCE_HEADER || type === OBU_TILE_GROUP || isFrameHeader(type)) this.lose();
  }

  #waitForStart(): void {
    this.#isWaiting = true;
    this.#slots.clear();
  }

  /**
   * Reads an OBU: 5.3.1.
   *
   * @throws BitstreamError, UnsupportedError which become `error` events.
   */
  takeObu(unit: StreamUnit): void {
    const obu = readObu(unit, this.#options.trace);
    const { header } = obu;
    if (isDropped(header, this.#sequence?.OperatingPointIdc ?? 0)) return;
    switch (header.obu_type) {
      case OBU_SEQUENCE_HEADER:
        this.#takeSequenceHeader(obu, unit);
        break;
      case OBU_TEMPORAL_DELIMITER:
        this.endFrame();
        this.endTemporalUnit();
        if (obu.payload.length > 0) this.#checkDelimiter(obu, unit);
        break;
      case OBU_FRAME_HEADER:
      case OBU_REDUNDANT_FRAME_HEADER:
      case OBU_FRAME:
        this.#takeFrameHeader(obu, unit);
        break;
      case OBU_TILE_GROUP:
        this.#takeTileGroup(obu, unit);
        break;
      case OBU_METADATA:
        this.#sink.guardOnce(unit, () => {
          readMetadata(obu);
          if (obu.reader.flaw) throw obu.reader.flaw;
        });
        break;
      case OBU_TILE_LIST:
        throw new UnsupportedError(
          "large-scale-tile",
          "tile lists are decoded by no driver: no control describes them",
        );
    }
  }

  /** 5.6: a temporal delimiter is empty. One that is not may have taken other OBUs for its own. */
  #checkDelimiter(obu: Obu, unit: StreamUnit): void {
    readTrailingBits(obu);
    if (obu.reader.flaw === null) return;
    this.#reportFlaw(obu, unit);
    this.lose();
  }

  /** 7.5: another sequence header begins a new coded video sequence, which refers to nothing before it. */
  #takeSequenceHeader(obu: Obu, unit: StreamUnit): void {
    const header = readSequenceHeader(obu);
    this.#reportFlaw(obu, unit);
    const { payload } = obu;
    const before = this.#sequence;
    // Most sequence headers are repeated as they are.
    if (before !== null && (sameBytes(before.payload, payload) || isSameSequence(before.header, header))) return;
    this.endFrame();
    this.endTemporalUnit();
    if (before !== null) {
      this.#isWaiting = true;
      this.#slots.retire();
    }
    const OperatingPointIdc = operatingPointIdc(header, this.#options.operatingPoint);
    const controls = this.#maker.only("V4L2_CID_STATELESS_AV1_SEQUENCE", av1Sequence(header));
    this.#sequence = { header, payload: payload.slice(), OperatingPointIdc, controls };
    this.#size = null;
    this.#output.highestLayer = highestSpatialLayer(OperatingPointIdc);
  }

  /** 5.9.1. */
  #takeFrameHeader(obu: Obu, unit: StreamUnit): void {
    const { reader: r } = obu;
    const { obu_type, spatial_id } = obu.header;
    if (this.#open !== null) {
      if (obu_type !== OBU_FRAME && this.#isCopy(this.#open, obu)) return;
      this.endFrame();
    }
    if (obu_type === OBU_REDUNDANT_FRAME_HEADER) {
      if (this.#isSkipping) return;
      r.failAs("missing-header", "a copy of a frame header, without the header itself", 0, "frame_header_copy");
    }
    this.#isSkipping = true;
    const sequence = this.#sequence?.header;
    if (sequence === undefined) {
      throw new BitstreamError("missing-sequence-header", "the frame is skipped: no sequence header has come");
    }
    if (this.#isWaiting && !this.#isStart(unit, sequence)) {
      const reason = "the frame is skipped: decoding starts at a key frame";
      throw new BitstreamError("before-random-access", reason);
    }
    const start = r.position;
    const header = uncompressed_header(r, sequence, this.#slots.headers, obu.header);
    if (header.show_existing_frame) {
      if (obu_type === OBU_FRAME) failShown(r);
      readTrailingBits(obu);
      this.#reportFlaw(obu, unit);
      this.#isSkipping = false;
      this.#showExisting(header, spatial_id, unit);
      return;
    }
    this.#checkTiles(header);
    // What a frame that was lost has left there.
    this.#bitstream.clear();
    const open = new OpenFrame(header, r.position - start, obu, unit, this.#bitstream);
    if (obu_type === OBU_FRAME) {
      byte_alignment(r);
      open.addTiles(obu);
    } else readTrailingBits(obu);
    this.#reportFlaw(obu, unit);
    this.#isSkipping = false;
    this.#open = open;
    if (open.isComplete) this.#endOpenFrame(open);
  }

  #reportFlaw({ reader: { flaw } }: Obu, unit: StreamUnit): void {
    if (flaw === null) return;
    this.#sink.guardOnce(unit, () => {
      throw flaw;
    });
  }

  #isStart(unit: StreamUnit, sequence: SequenceHeader): boolean {
    const { show_existing_frame, frame_type } = readFrameStart(readObu(unit).reader, sequence);
    if (show_existing_frame) return false;
    return frame_type === KEY_FRAME || (frame_type === INTRA_ONLY_FRAME && this.#options.startAt === "any");
  }

  /** 5.9.1, frame_header_copy: whether the OBU has the bits of the header that has come. */
  #isCopy(open: OpenFrame, obu: Obu): boolean {
    const { reader: r, payload } = obu;
    if (payload.length * 8 < open.headerBits) return false;
    let isEqual = true;
    for (let bit = 0; bit < open.headerBits && isEqual; bit += 8) {
      const count = Math.min(8, open.headerBits - bit);
      const frame_header_copy = r.u(count, "frame_header_copy", bit >> 3);
      isEqual = frame_header_copy === open.headerBitsAt(bit, count);
    }
    if (isEqual) readTrailingBits(obu);
    return isEqual;
  }

  #checkTiles({ tile_info: { TileCols, TileRows } }: FrameHeader): void {
    const tiles = TileCols * TileRows;
    if (tiles <= V4L2_AV1_MAX_TILE_COUNT) return;
    const reason = `the frame has ${tiles} tiles; V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY has room for ${V4L2_AV1_MAX_TILE_COUNT}`;
    throw new UnsupportedError("kernel-limit", reason, { element: "tile_info" });
  }

  #takeTileGroup(obu: Obu, unit: StreamUnit): void {
    const open = this.#open;
    if (open === null) {
      if (this.#isSkipping) return;
      throw new BitstreamError("missing-header", "tiles without a frame header");
    }
    open.addTiles(obu);
    this.#reportFlaw(obu, unit);
    if (open.isComplete) this.#endOpenFrame(open);
  }

  /** The open frame has no more tiles: a frame header, temporal delimiter or the end of a packet has come. */
  endFrame(): void {
    const open = this.#open;
    if (open === null) return;
    const reason = `the frame is lost: ${open.tiles} of its ${open.NumTiles} tiles have come`;
    this.#sink.report("missing-tiles", reason, open.unit);
    this.lose();
  }

  /** 7.18.1: no frame of a higher layer follows. */
  endTemporalUnit(): void {
    this.#output.endTemporalUnit();
    this.#isSkipping = false;
  }

  /** 6.8.2: frame_to_show_map_idx. Nothing is decoded. After a key frame all slots are that frame: 7.21. */
  #showExisting(h: ShowExistingFrame, spatial_id: number, unit: StreamUnit): void {
    const slot = h.frame_to_show_map_idx;
    const frame = this.#slots.frames[slot];
    const flaw = showFlaw(h, frame);
    if (flaw !== null || !frame) {
      this.#sink.report("missing-reference", `the frame shows slot ${slot}, ${flaw}`, unit, "frame_to_show_map_idx");
      return;
    }
    // A key frame is a new start. Any other slot may be one that a lost frame should have refreshed.
    const isStart = frame.header.frame_type === KEY_FRAME;
    if (isStart) this.#isDamaged = false;
    this.#output.show(frame, spatial_id, this.#times.take(), frame.corrupt || this.#isDamaged);
    if (!isStart) return;
    frame.isShowable = false;
    this.#slots.update(frame, 0xff);
  }

  /** 7.4: the frame's request, its output, and the update of the slots. */
  #endOpenFrame(open: OpenFrame): void {
    this.#open = null;
    const { header } = open;
    const sequence = this.#sequence as Sequence;
    if (header.ref_order_hint !== null) this.#slots.checkOrderHints(header.ref_order_hint);
    const missing = absentReferences(header, this.#slots);
    if (missing.length > 0 && this.#isDroppedWithout(missing, open.unit)) return;
    if ((header.frame_type === KEY_FRAME && header.show_frame === 1) || this.#isWaiting) this.#isDamaged = false;
    this.#isWaiting = false;
    this.#activate(sequence, header, open.spatial_id);
    const frame: Frame = {
      timestamp: this.#timestamps.next(),
      header,
      visible: visibleRectangle(header.frame_size),
      corrupt:
        missing.length > 0 || (this.#isDamaged && !header.FrameIsIntra) || hasCorruptReference(header, this.#slots),
      isShowable: header.showable_frame === 1,
      isWaiting: false,
    };
    const { timestamp } = frame;
    const controls = this.#controlsOf(sequence, open);
    this.#sink.emit({ type: "request", timestamp, bitstream: open.takeBitstream(), controls, hold: false });
    if (header.show_frame) this.#output.show(frame, open.spatial_id, this.#times.take());
    this.#slots.update(frame, header.refresh_frame_flags);
  }

  /** Reports missing references. `missingReferences` decides whether the frame is dropped. */
  #isDroppedWithout(missing: readonly string[], unit: StreamUnit): boolean {
    const { missingReferences } = this.#options;
    const drops = dropsPicture(missingReferences, this.#slots.newest !== null);
    this.#sink.report("missing-reference", missingFramesText(missing, drops), unit, "ref_frame_idx");
    if (missingReferences === "drop") this.#waitForStart();
    this.#isDamaged ||= drops;
    return drops;
  }

  /** Emits the event of a new sequence or a larger frame. Where nothing of before can be referred to, everything is released first. */
  #activate({ header, OperatingPointIdc, controls }: Sequence, frame: FrameHeader, spatial_id: number): void {
    const within = this.#size;
    const size = largest(within ?? sequenceSize(header, OperatingPointIdc, frame.frame_size), frame.frame_size);
    if (size === within) return;
    this.#size = size;
    // 5.9.2: a key frame that is shown ends what the slots hold.
    const isStart = frame.frame_type === KEY_FRAME && frame.show_frame === 1;
    const keepsReferences = !isStart && this.#slots.newest !== null;
    const event = sequenceEvent({ header, OperatingPointIdc, controls, size, keepsReferences }, this.#event);
    if (event === null) return;
    if (event.realloc && !keepsReferences) {
      if (isStart) this.#output.makeWay(spatial_id);
      this.#formerSlotTimes = slotTimes(this.#slots);
      this.#slots.clear();
    }
    this.#event = event;
    this.#sink.emit(event);
  }

  #controlsOf({ controls }: Sequence, { header, entries }: OpenFrame): Control[] {
    const substitute = this.#options.missingReferences === "nearest" ? (this.#slots.newest?.timestamp ?? 0) : 0;
    // 7.20: the first frame in new buffers finds the slots as they were. It refers to none of them.
    const times = this.#formerSlotTimes ?? referenceTimes(header, this.#slots, substitute);
    this.#formerSlotTimes = null;
    const frame = this.#maker.with(controls, "V4L2_CID_STATELESS_AV1_FRAME", av1Frame(header, times));
    const tiles = this.#maker.with(frame, "V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY", entries);
    const { film_grain_params: g } = header;
    const grain = g === noGrain ? this.#noGrain : av1FilmGrain(g);
    return this.#maker.with(tiles, "V4L2_CID_STATELESS_AV1_FILM_GRAIN", grain);
  }

  /** Copies the bytes that are still needed. Called before a call of the session returns. */
  hold(): void {
    this.#open?.hold();
  }

  /** Frees all pictures, at the end or before a seek. The next frame is a new start. */
  reset(): void {
    this.#open = null;
    this.#formerSlotTimes = null;
    this.#isSkipping = false;
    this.#output.clear();
    this.#waitForStart();
    this.#isDamaged = false;
  }
}
