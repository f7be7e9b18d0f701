/** Takes units in their order (6.1.1, 6.2.2), and hands each to the code that handles its type. */

import type { Trace } from "../bitreader/index.ts";
import { BitstreamError, UnsupportedError, type UnsupportedErrorCode } from "../errors.ts";
import type { Session } from "../events.ts";
import { type StreamUnit, unitsOfPacket } from "../framing/byte-stream.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { EventSink } from "../session/event-sink.ts";
import { PictureTimes } from "../session/picture-times.ts";
import { type Configuration, openUnitSession, type UnitReader } from "../session/unit-session.ts";
import { PictureDecoder } from "./pictures.ts";
import type { Sequence } from "./sequence.ts";
import { matricesOfSequence, type QuantiserMatrices, withQuantMatrices } from "./state.ts";
import type {
  Extension,
  GroupOfPicturesHeader,
  PictureCodingExtension,
  PictureHeader,
  SequenceDisplayExtension,
  SequenceExtension,
  SequenceHeader,
} from "./structures.ts";
import { extension_data, group_of_pictures_header, picture_header, sequence_header } from "./syntax.ts";
import { FRAME_PICTURE, QUANT_MATRIX_EXTENSION_ID, SEQUENCE_EXTENSION_ID } from "./tables.ts";
import {
  EXTENSION_START_CODE,
  GROUP_START_CODE,
  isSlice,
  PICTURE_START_CODE,
  SEQUENCE_END_CODE,
  SEQUENCE_HEADER_CODE,
  USER_DATA_START_CODE,
  unitName,
  unitReader,
} from "./units.ts";

/**
 * H.222.0, 2.5.3.4: from here on, start codes are those of packs and packets. In video they show that bytes of it are missing, and that bytes
 * of other streams came in. The one before, MPEG_program_end_code, is left at the end of some files.
 */
const PACK_START_CODE = 0xba;

/**
 * Opens a session: the state of one MPEG-2 decoder.
 *
 * @throws TypeError where an option has a value that it cannot have.
 */
export function openMpeg2Session(options: SessionOptions = {}): Session {
  return openUnitSession(new Mpeg2Reader(resolveOptions(options)), "start code", true, isSlice);
}

/** A sequence header, and its extensions so far. */
interface PendingSequence {
  readonly header: SequenceHeader;
  extension: SequenceExtension | null;
  display: SequenceDisplayExtension | null;
  isScalable: boolean;
  /** A sequence extension could not be read. */
  isDamaged: boolean;
}

/** A picture header, and its extensions so far. */
interface PendingPicture {
  readonly unit: StreamUnit;
  readonly header: PictureHeader;
  readonly pts: number | undefined;
  /** The group of pictures header right before it, if there is one. */
  readonly group: GroupOfPicturesHeader | null;
  coding: PictureCodingExtension | null;
  /** Slices of it are missing. */
  isDamaged: boolean;
  /** The picture was refused or skipped at its first slice; the other slices are ignored. */
  isOver: boolean;
}

class Mpeg2Reader implements UnitReader {
  readonly #trace: Trace | undefined;
  readonly sink = new EventSink((unit) => unitName(unit[0] ?? 0));
  readonly #pictures: PictureDecoder;
  #pending: PendingSequence | null = null;
  #sequence: Sequence | null = null;
  /** The error of the sequences since the last usable one. It is reported once, and not for each picture or repeated header. */
  #refusal: UnsupportedErrorCode | null = null;
  #matrices: QuantiserMatrices | null = null;
  /** A header that may have changed the matrices could not be read. Stays true until all matrices are known again (6.3.11). */
  #hasLostMatrices = false;
  #group: GroupOfPicturesHeader | null = null;
  #picture: PendingPicture | null = null;
  /** A slice without a picture header has been reported: the slices that follow it are not. */
  #isLossReported = false;
  /** Bytes are missing between the last picture header and the next. */
  #hasLostBytes = false;
  /** Slices since the last picture header lack headers, and so may whole pictures. */
  #lacksHeaders = false;
  /** The last picture header could not be read: then its picture, which is lost, has the slices that follow. */
  #isHeaderBroken = false;
  readonly times = new PictureTimes();

  constructor(options: ResolvedOptions) {
    this.#trace = options.trace;
    this.#pictures = new PictureDecoder(options, this.sink);
  }

  /** A container's record holds the headers of the sequence, each after a start code. */
  readConfiguration(record: Uint8Array): Configuration {
    return { lengthSize: 0, units: unitsOfPacket(record, 0, true).map(({ bytes }) => bytes) };
  }

  flush(): void {
    this.#pictures.flush();
    this.#forget();
  }

  reset(): void {
    this.#pictures.reset();
    this.#forget();
  }

  /** Forgets what came before: the next picture is a new start. */
  #forget(): void {
    this.#refusal = null;
    this.#picture = this.#group = null;
    this.#isLossReported = this.#hasLostBytes = this.#lacksHeaders = this.#isHeaderBroken = false;
  }

  endStream(): void {}

  /** The units that begin a picture are so short that the picture before them comes hardly later without this. */
  foresee(): void {}

  holdUnits(): void {
    this.#pictures.holdUnits();
  }

  endPicture(): void {
    const isLost = this.#picture !== null && !this.#pictures.isOpen;
    this.#pictures.endPicture();
    if (isLost) this.#pictures.lose(this.#picture?.header.picture_coding_type ?? 0);
    this.#picture = null;
  }

  loseUnit(unit: StreamUnit): void {
    const startCode = unit.bytes[0] as number;
    if (isSlice(startCode) || startCode >= PACK_START_CODE) this.#loseSlice();
    else if (startCode === EXTENSION_START_CODE) this.#loseExtension(unit);
    else if (startCode !== USER_DATA_START_CODE) {
      this.endPicture(); // The next units do not belong to the open picture.
      if (startCode === SEQUENCE_HEADER_CODE) this.#hasLostMatrices = true;
      if (startCode === PICTURE_START_CODE) this.#loseHeader(unit);
    }
  }

  loseBytes(): void {
    this.#hasLostBytes = true;
    // The sequence extension may be among them.
    if (this.#pending) this.#pending.isDamaged = true;
  }

  #loseSlice(): void {
    if (this.#pictures.isOpen) this.#pictures.markDamaged();
    else if (this.#picture) this.#picture.isDamaged = true;
  }

  /** Table 6-1. */
  readUnit(unit: StreamUnit): void {
    const startCode = unit.bytes[0] as number;
    if (isSlice(startCode)) {
      this.#takeSlice(unit);
      return;
    }
    switch (startCode) {
      case SEQUENCE_HEADER_CODE: {
        this.endPicture();
        this.#pictures.beginSequence();
        this.#pending = null;
        this.#hasLostMatrices = true;
        if (this.#countIfEmpty(unit)) return;
        const header = sequence_header(this.#open(unit));
        this.#pending = { header, extension: null, display: null, isScalable: false, isDamaged: false };
        this.#matrices = matricesOfSequence(header);
        this.#hasLostMatrices = false;
        return;
      }
      case GROUP_START_CODE:
        this.endPicture();
        this.#group = null;
        if (this.#countIfEmpty(unit)) return;
        this.#group = group_of_pictures_header(this.#open(unit));
        return;
      case PICTURE_START_CODE:
        this.endPicture();
        this.#takePictureHeader(unit);
        return;
      case EXTENSION_START_CODE:
        this.#takeExtension(unit);
        return;
      case SEQUENCE_END_CODE:
        this.endPicture();
        this.#open(unit).f(8, SEQUENCE_END_CODE, "sequence_end_code");
        this.#pictures.endSequence();
        return;
      default:
        if (startCode >= PACK_START_CODE) this.#loseSlice();
    }
  }

  /** Counts the error of a unit that ends with its start code, where errors are only counted, and returns true then: see `EventSink.countIfEmpty`. */
  #countIfEmpty(unit: StreamUnit): boolean {
    return this.#trace === undefined && this.sink.countIfEmpty(unit, 1);
  }

  #takePictureHeader(unit: StreamUnit): void {
    this.#isLossReported = this.#isHeaderBroken = false;
    const pts = this.times.take();
    const group = this.#group;
    this.#group = null;
    if (this.#countIfEmpty(unit)) {
      this.#loseHeader(unit);
      return;
    }
    let header: PictureHeader;
    try {
      header = picture_header(this.#open(unit));
    } catch (error) {
      this.#loseHeader(unit);
      this.sink.catchError(error, unit);
      return;
    }
    if (this.#hasLostBytes || this.#lacksHeaders) this.#pictures.findLoss(header, group);
    this.#hasLostBytes = this.#lacksHeaders = false;
    // Later errors name the picture by this unit; its start code is enough for that.
    const named = { ...unit, bytes: unit.bytes.slice(0, 1) };
    this.#picture = { unit: named, header, pts, group, coding: null, isDamaged: false, isOver: false };
  }

  /** Takes note of a picture whose header could not be read. */
  #loseHeader({ bytes }: StreamUnit): void {
    this.#isHeaderBroken = true;
    this.#pictures.lose(((bytes[2] ?? 0) >> 3) & 7); // picture_coding_type, after ten bits of temporal_reference
  }

  /** Reports the unit to the trace, and returns a reader for it. */
  #open(unit: StreamUnit) {
    this.#trace?.unit({ name: unitName(unit.bytes[0] as number), byte: unit.byte, bytes: unit.bytes });
    return unitReader(unit.bytes, this.#trace);
  }

  #takeExtension(unit: StreamUnit): void {
    if (this.#countIfEmpty(unit)) {
      this.#loseExtension(unit);
      return;
    }
    let ext: Extension | null;
    try {
      ext = extension_data(this.#open(unit), { frame_centre_offsets: this.#frameCentreOffsets() });
    } catch (error) {
      this.#loseExtension(unit);
      this.sink.catchError(error, unit);
      return;
    }
    if (this.#picture) this.#takePictureExtension(this.#picture, ext);
    else if (this.#pending) this.#takeSequenceExtension(this.#pending, ext);
  }

  /** Takes note of an extension that could not be read. */
  #loseExtension({ bytes }: StreamUnit): void {
    const extension_start_code_identifier = (bytes[1] ?? 0) >> 4;
    if (extension_start_code_identifier === QUANT_MATRIX_EXTENSION_ID) this.#hasLostMatrices = true;
    if (extension_start_code_identifier === SEQUENCE_EXTENSION_ID && this.#pending) this.#pending.isDamaged = true;
  }

  #takeSequenceExtension(pending: PendingSequence, ext: Extension | null): void {
    if (ext?.type === "sequence_extension") pending.extension = ext;
    else if (ext?.type === "sequence_display_extension") pending.display = ext;
    else if (ext?.type === "sequence_scalable_extension") pending.isScalable = true;
  }

  #takePictureExtension(picture: PendingPicture, ext: Extension | null): void {
    if (ext?.type === "picture_coding_extension") picture.coding = ext;
    else if (ext?.type === "quant_matrix_extension" && this.#matrices) {
      this.#matrices = withQuantMatrices(this.#matrices, ext);
      // 6.3.11: with both luminance matrices loaded, all are known: a chrominance matrix that is not loaded is the luminance
      // matrix.
      if (ext.intra_quantiser_matrix && ext.non_intra_quantiser_matrix) this.#hasLostMatrices = false;
    }
  }

  /** 6.3.12: number_of_frame_centre_offsets. */
  #frameCentreOffsets(): number {
    const coding = this.#picture?.coding;
    const extension = this.#pending?.extension ?? this.#sequence?.extension;
    if (extension?.progressive_sequence) {
      if (!coding?.repeat_first_field) return 1;
      return coding.top_field_first ? 3 : 2;
    }
    if (coding && coding.picture_structure !== FRAME_PICTURE) return 1;
    return coding?.repeat_first_field ? 3 : 2;
  }

  #takeSlice(unit: StreamUnit): void {
    const picture = this.#picture;
    if (!picture || picture.isOver) {
      if (picture || this.#isLossReported) return;
      this.#isLossReported = true;
      this.#lacksHeaders = !this.#isHeaderBroken;
      throw new BitstreamError("missing-header", "the slice comes without a picture header");
    }
    // Slices are missing before this one, or it is one of another picture, whose header is missing.
    if (this.#hasLostBytes) this.#loseSlice();
    if (!this.#pictures.isOpen) {
      picture.isOver = true;
      const { coding, header, group, pts } = picture;
      const sequence = this.#currentSequence();
      if (sequence === null) return;
      if (coding === null) {
        this.#lacksHeaders = true;
        throw new BitstreamError("missing-header", "the picture has no picture coding extension", {
          element: "picture_coding_extension",
        });
      }
      const hasLostMatrices = this.#hasLostMatrices;
      const matrices = this.#matrices as QuantiserMatrices;
      const headers = { unit: picture.unit, sequence, matrices, hasLostMatrices, group, header, coding, pts };
      if (!this.#pictures.beginPicture(headers)) return;
      if (picture.isDamaged) this.#pictures.markDamaged();
      picture.isOver = false;
    }
    this.#pictures.addSlice(unit);
  }

  /**
   * The sequence in force, from its header and extensions. A repetition without changes is the same sequence. Null where it is
   * refused, and that has been told.
   */
  #currentSequence(): Sequence | null {
    const pending = this.#pending;
    if (pending === null) {
      if (this.#sequence) return this.#sequence;
      throw new BitstreamError("missing-sequence-header", "there is no sequence header");
    }
    const { header, extension, display, isScalable, isDamaged } = pending;
    if (extension === null && isDamaged) {
      // 6.1.1.6: a header that is repeated has the same extension.
      if (this.#sequence !== null && hasSameValues(this.#sequence.header, header)) return this.#sequence;
      throw new BitstreamError("missing-header", "the sequence extension could not be read");
    }
    if (extension === null)
      return this.#refuse(
        "mpeg1-stream",
        "the stream is MPEG-1 (it has no sequence extension), which the kernel's interface does not take",
      );
    if (isScalable)
      return this.#refuse("layered-stream", "the stream is scalable; the kernel's interface cannot describe layers");
    this.#refusal = this.#pending = null;
    const sequence = { header, extension, display };
    if (this.#sequence === null || !hasSameValues(this.#sequence, sequence)) this.#sequence = sequence;
    return this.#sequence;
  }

  #refuse(code: UnsupportedErrorCode, reason: string): null {
    if (this.#refusal === code) return null;
    this.#refusal = code;
    throw new UnsupportedError(code, reason);
  }
}

/** Whether two structures have the same properties with the same values. */
function hasSameValues(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!hasSameValues(Reflect.get(a, key), Reflect.get(b, key))) return false;
  return true;
}
