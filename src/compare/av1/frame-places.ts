import type { Trace, TraceElement, TraceUnit } from "../../bitreader/index.ts";
import { elementPath } from "../../bitreader/index.ts";
import { OBU_FRAME, OBU_FRAME_HEADER, OBU_SEQUENCE_HEADER, OBU_TILE_GROUP, obuPayload } from "../../framing/obu.ts";
import { openSession } from "../../open-session.ts";
import { crc32 } from "../../record/crc32.ts";
import type { History, Side } from "../comparator.ts";
import { variantKey } from "../variants.ts";

/** Where a frame stands among the sequence headers of its stream. */
export interface FramePlace {
  /** Since the last key frame, a sequence header came that differs from the one before only in operating_parameters_info. */
  isAfterOperatingParameters: boolean;
  /** It is a sequence of its own, without chroma, and the next temporal unit begins one of another format. */
  isMonoBeforeOtherFormat: boolean;
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
interface StreamFrame extends FramePlace {
  /** Size and checksum of the payloads of its OBUs with tiles, which are the OUTPUT buffer. */
  bytes: number;
  crc32: number;
}

/** Reads the places of a stream's frames from its trace. */
class PlaceReader implements Trace {
  readonly frames: StreamFrame[] = [];
  readonly #stream: Uint8Array;
  #sequence: SequenceText | undefined;
  #sequenceBefore: SequenceText | undefined;
  #isAfterOperatingParameters = false;
  /** Since the format began. */
  #framesOfFormat = 0;

  constructor(stream: Uint8Array) {
    this.#stream = stream;
  }

  unit({ name, byte, bytes }: TraceUnit): void {
    this.#endSequence();
    // The lengths of Annex B are units of the trace, too, and have no type.
    const type = Number(/obu_type (\d+)/.exec(name)?.[1]);
    if (type === OBU_SEQUENCE_HEADER) this.#sequence = { operatingParameters: "", format: "", others: "" };
    if (type === OBU_FRAME || type === OBU_FRAME_HEADER) {
      const isAfterOperatingParameters = this.#isAfterOperatingParameters;
      this.frames.push({ isAfterOperatingParameters, isMonoBeforeOtherFormat: false, bytes: 0, crc32: 0 });
      this.#framesOfFormat++;
    }
    const frame = this.frames.at(-1);
    if (frame === undefined || (type !== OBU_FRAME && type !== OBU_TILE_GROUP)) return;
    const payload = obuPayload(this.#stream.subarray(byte, byte + bytes.length));
    frame.bytes += payload.length;
    frame.crc32 = crc32(payload, frame.crc32);
  }

  element({ name, subscripts, value }: TraceElement): void {
    if (this.#sequence !== undefined) {
      this.#sequence[partOf(name)] += `${elementPath(name, subscripts)} ${value}\n`;
    } else if (name === "frame_type" && value === KEY_FRAME) {
      this.#isAfterOperatingParameters = false;
      const frame = this.frames.at(-1);
      if (frame !== undefined) frame.isAfterOperatingParameters = false;
    }
  }

  #endSequence(): void {
    const [sequence, before] = [this.#sequence, this.#sequenceBefore];
    this.#sequence = undefined;
    if (sequence === undefined) return;
    this.#sequenceBefore = sequence;
    if (before === undefined) return;
    if (sequence.format !== before.format) {
      const frame = this.frames.at(-1);
      const isMono = before.format.includes("mono_chrome 1\n");
      if (frame !== undefined && isMono && this.#framesOfFormat === 1) frame.isMonoBeforeOtherFormat = true;
      this.#framesOfFormat = 0;
    } else if (sequence.others === before.others && sequence.operatingParameters !== before.operatingParameters) {
      this.#isAfterOperatingParameters = true;
    }
  }
}

function partOf(element: string): keyof SequenceText {
  if (operatingParameters.includes(element)) return "operatingParameters";
  return format.includes(element) ? "format" : "others";
}

/** The frames that have tiles, in order, and by their OUTPUT buffers. */
interface Frames {
  readonly all: readonly StreamFrame[];
  readonly byBuffer: ReadonlyMap<string, readonly StreamFrame[]>;
}

const framesOfStreams = new WeakMap<History, Frames>();

function framesOf(history: History): Frames {
  const known = framesOfStreams.get(history);
  if (known !== undefined) return known;
  const reader = new PlaceReader(history.stream);
  const session = openSession("av1", { trace: reader });
  session.push(history.stream);
  session.flush();
  const all = reader.frames.filter(({ bytes }) => bytes > 0);
  const byBuffer = new Map<string, StreamFrame[]>();
  for (const frame of all) {
    const key = variantKey(frame.bytes, frame.crc32);
    const same = byBuffer.get(key);
    if (same) same.push(frame);
    else byBuffer.set(key, [frame]);
  }
  const frames = { all, byBuffer };
  framesOfStreams.set(history, frames);
  return frames;
}

/** Whether the frame of our request has this place. Not without the stream. */
export function hasPlace(history: History, { request }: Side, place: keyof FramePlace): boolean {
  if (history.stream.length === 0) return false;
  const { all, byBuffer } = framesOf(history);
  const inOrder = all[request.index];
  if (inOrder !== undefined && inOrder.bytes === request.bytes && inOrder.crc32 === request.crc32)
    return inOrder[place];
  // We have left out frames. Of several with these bytes nobody knows which one it is.
  const same = byBuffer.get(variantKey(request.bytes, request.crc32)) ?? [];
  return same.length > 0 && same.every((frame) => frame[place]);
}
