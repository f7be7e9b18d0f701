import type { Trace, TraceElement, TraceUnit } from "../../bitreader/index.ts";
import { elementPath } from "../../bitreader/index.ts";
import { sameBytes } from "../../framing/bytes.ts";
import {
  OBU_FRAME,
  OBU_FRAME_HEADER,
  OBU_SEQUENCE_HEADER,
  OBU_TEMPORAL_DELIMITER,
  OBU_TILE_GROUP,
  obuPayload,
} from "../../framing/obu.ts";
import { openSession } from "../../open-session.ts";
import type { History, Side } from "../comparator.ts";

/** Where a frame stands among the sequence headers of its stream. */
export interface FramePlace {
  /** Since the last key frame, a sequence header came that differs from the one before only in operating_parameters_info. */
  isAfterOperatingParameters: boolean;
  /** The next temporal unit begins a coded video sequence with other bit depths or another chroma format. */
  isBeforeOtherFormat: boolean;
}

const KEY_FRAME = 0;
/** 5.5.3 */
const operatingParameters = ["decoder_buffer_delay", "encoder_buffer_delay", "low_delay_mode_flag"];
/** 5.5.2: what decides the CAPTURE format. */
const format = ["high_bitdepth", "twelve_bit", "mono_chrome", "subsampling_x", "subsampling_y"];

/** The elements of a sequence header as they can be compared. */
interface SequenceText {
  operatingParameters: string;
  format: string;
  others: string;
}

/** A frame in the stream. */
interface StreamFrame {
  readonly place: FramePlace;
  /** The payload of its first OBU with tiles: an OUTPUT buffer begins with it. Empty where it has none. */
  payload: Uint8Array;
}

/** Reads the places of a stream's frames from its trace. */
class PlaceReader implements Trace {
  readonly frames: StreamFrame[] = [];
  readonly #stream: Uint8Array;
  #sequence: SequenceText | undefined;
  #sequenceBefore: SequenceText | undefined;
  #isAfterOperatingParameters = false;
  /** Of the temporal unit, and of the one before. */
  #unitPlaces: FramePlace[] = [];
  #placesBefore: FramePlace[] = [];

  constructor(stream: Uint8Array) {
    this.#stream = stream;
  }

  unit({ name, byte, bytes }: TraceUnit): void {
    this.#endSequence();
    // The lengths of Annex B are units of the trace, too, and have no type.
    const type = Number(/obu_type (\d+)/.exec(name)?.[1]);
    if (type === OBU_TEMPORAL_DELIMITER) {
      this.#placesBefore = this.#unitPlaces;
      this.#unitPlaces = [];
    }
    if (type === OBU_SEQUENCE_HEADER) this.#sequence = { operatingParameters: "", format: "", others: "" };
    if (type === OBU_FRAME || type === OBU_FRAME_HEADER) {
      const place = { isAfterOperatingParameters: this.#isAfterOperatingParameters, isBeforeOtherFormat: false };
      this.frames.push({ place, payload: new Uint8Array(0) });
      this.#unitPlaces.push(place);
    }
    const frame = this.frames.at(-1);
    const hasTiles = type === OBU_FRAME || type === OBU_TILE_GROUP;
    if (hasTiles && frame?.payload.length === 0) {
      frame.payload = obuPayload(this.#stream.subarray(byte, byte + bytes.length));
    }
  }

  element({ name, subscripts, value }: TraceElement): void {
    if (this.#sequence !== undefined) {
      this.#sequence[partOf(name)] += `${elementPath(name, subscripts)} ${value}\n`;
    } else if (name === "frame_type" && value === KEY_FRAME) {
      this.#isAfterOperatingParameters = false;
      const place = this.#unitPlaces.at(-1);
      if (place !== undefined) place.isAfterOperatingParameters = false;
    }
  }

  #endSequence(): void {
    const [sequence, before] = [this.#sequence, this.#sequenceBefore];
    this.#sequence = undefined;
    if (sequence === undefined) return;
    this.#sequenceBefore = sequence;
    if (before === undefined) return;
    if (sequence.format !== before.format) {
      for (const place of this.#placesBefore) place.isBeforeOtherFormat = true;
    } else if (sequence.others === before.others && sequence.operatingParameters !== before.operatingParameters) {
      this.#isAfterOperatingParameters = true;
    }
  }
}

function partOf(element: string): keyof SequenceText {
  if (operatingParameters.includes(element)) return "operatingParameters";
  return format.includes(element) ? "format" : "others";
}

const framesOfStreams = new WeakMap<History, readonly StreamFrame[]>();

function framesOf(history: History): readonly StreamFrame[] {
  const known = framesOfStreams.get(history);
  if (known !== undefined) return known;
  const reader = new PlaceReader(history.stream);
  const session = openSession("av1", { trace: reader });
  session.push(history.stream);
  session.flush();
  framesOfStreams.set(history, reader.frames);
  return reader.frames;
}

/** Whether `bytes` begin with `start`, which is not empty. */
function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  // Most are told apart by their first byte or their length.
  if (bytes[0] !== start[0] || start.length > bytes.length) return false;
  return sameBytes(bytes.subarray(0, start.length), start);
}

/** The places of the frame of our request: several where the stream has its bytes several times, none without the stream. */
export function framePlaces(history: History, { request }: Side): readonly FramePlace[] {
  const { bitstream } = request;
  if (history.stream.length === 0 || bitstream === undefined) return [];
  return framesOf(history).flatMap(({ place, payload }) => (beginsWith(bitstream, payload) ? [place] : []));
}
