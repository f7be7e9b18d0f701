/** Turns frames into requests, outputs and releases. Each P frame is predicted from the frame before it. */

import { BitstreamError } from "../errors.ts";
import type { SequenceEvent } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { fwhtKernelRules } from "../kernel/fwht.ts";
import type { ResolvedOptions } from "../options.ts";
import { ControlMaker } from "../session/control-maker.ts";
import type { EventSink } from "../session/event-sink.ts";
import { Timestamps } from "../session/timestamps.ts";
import { fwhtControls } from "../uapi/fwht.ts";
import { fwhtParams } from "./controls.ts";
import { fieldOrderOf } from "./output.ts";
import { sequenceEvent } from "./sequence.ts";
import { formatOf, hasSamePlanes, isIntra, type PictureFormat, planeBytes } from "./state.ts";
import type { FrameHeader } from "./structures.ts";
import { frameData } from "./units.ts";

/** The picture that was decoded last. */
interface Reference {
  /** Nanoseconds. */
  readonly timestamp: number;
  readonly format: PictureFormat;
}

export class PictureDecoder {
  readonly #options: ResolvedOptions;
  readonly #sink: EventSink;
  readonly #maker: ControlMaker<keyof typeof fwhtControls>;
  readonly #timestamps = new Timestamps();
  #sequence: SequenceEvent | null = null;
  /** Null until an I frame has come: decoding starts there. */
  #reference: Reference | null = null;
  /** A frame was lost: the frames up to the next I frame are predicted from wrong pictures. */
  #isDamaged = false;

  constructor(options: ResolvedOptions, sink: EventSink) {
    this.#options = options;
    this.#sink = sink;
    this.#maker = new ControlMaker(fwhtControls, fwhtKernelRules, options);
  }

  /**
   * Decodes a frame whose header has been read.
   *
   * @throws BitstreamError, UnsupportedError where it cannot be decoded.
   */
  decodeFrame(header: FrameHeader, unit: StreamUnit, pts: number | undefined): void {
    const format = formatOf(header);
    checkSize(header, format);
    const intra = isIntra(header);
    const before = this.#reference;
    if (intra) this.#activate(header, format);
    else if (before === null) {
      this.#sink.report("before-random-access", "the frame is skipped: decoding starts at an I frame", unit);
      return;
    } else if (!hasSamePlanes(format, before.format)) {
      const reason = "a P frame has another size or other components than the frame before it";
      throw new BitstreamError("set-mismatch", reason, { element: "V4L2_FWHT_FL_I_FRAME" });
    }
    const timestamp = this.#timestamps.next();
    const payload = fwhtParams(header, intra ? 0 : (before as Reference).timestamp);
    const controls = this.#maker.only("V4L2_CID_STATELESS_FWHT_PARAMS", payload);
    const { visible } = this.#sequence as SequenceEvent;
    const corrupt = this.#isDamaged;
    this.#sink.emit({ type: "request", timestamp, bitstream: [frameData(unit.bytes)], controls, hold: false });
    this.#sink.emit({ type: "output", timestamp, pts, visible, fieldOrder: fieldOrderOf(header), repeat: 0, corrupt });
    this.#replaceReference({ timestamp, format });
  }

  /** Takes note of a frame that could not be read. */
  lose(): void {
    this.#isDamaged = true;
    if (this.#options.missingReferences === "drop") this.#replaceReference(null);
  }

  /** Frees all pictures, at the end or before a seek. Decoding starts again at an I frame. */
  reset(): void {
    this.#replaceReference(null);
  }

  #activate(header: FrameHeader, format: PictureFormat): void {
    this.#isDamaged = false;
    const event = sequenceEvent(header, format, this.#sequence);
    if (event === null) return;
    if (event.realloc) this.#replaceReference(null);
    this.#sequence = event;
    this.#sink.emit(event);
  }

  #replaceReference(reference: Reference | null): void {
    const before = this.#reference;
    this.#reference = reference;
    if (before !== null) this.#sink.emit({ type: "release", timestamp: before.timestamp });
  }
}

/** codec-fwht.h: a plane that would need more bytes than its samples is stored as they are. */
function checkSize({ size }: FrameHeader, format: PictureFormat): void {
  const most = planeBytes(format);
  if (size > 0 && size <= most) return;
  const reason = `the data has ${size} bytes; the planes of such a picture have 1 to ${most}`;
  throw new BitstreamError("wrong-size", reason, { element: "size" });
}
