/** The part that is common to the sessions of H.264 and HEVC: which NAL units must wait, and for what. */

import type { BitReader, Trace } from "../bitreader/index.ts";
import { type BitstreamError, StreamError } from "../errors.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { EventSink } from "../session/event-sink.ts";
import { PictureTimes } from "../session/picture-times.ts";
import type { Configuration, UnitReader } from "../session/unit-session.ts";
import type { ActiveSetStore } from "./active-set-store.ts";
import { WaitingUnits } from "./waiting-units.ts";

/** The SEI messages before a picture that decoding or output needs. */
export interface PictureSei<RecoveryPoint, PicTiming> {
  recoveryPoint: RecoveryPoint | null;
  picTiming: PicTiming | null;
}

/** What is known about a picture before its first slice. */
export interface PictureInfo<RecoveryPoint, PicTiming> extends Readonly<PictureSei<RecoveryPoint, PicTiming>> {
  readonly pts: number | undefined;
}

/** The part of a codec's picture decoder that the order of NAL units concerns. */
interface Pictures {
  /** A picture has begun, and more of its slices may come. */
  readonly isOpen: boolean;
  endPicture(): void;
  flush(): void;
  reset(): void;
  holdUnits(): void;
}

/** Reads the NAL units of a codec. The codec's `readUnit` hands each unit type to a method of this class. */
export abstract class NalReader<NalHeader, Sps, RecoveryPoint, PicTiming> implements UnitReader {
  readonly sink = new EventSink((unit) => this.nameOf(unit));
  readonly times = new PictureTimes();
  protected readonly trace: Trace | undefined;
  /** Parameter sets that came inside a picture. They take effect at its end. */
  protected readonly waitingSets = new WaitingUnits();
  /** SEI NAL units before the next picture. They wait because they are read with the SPS that the picture activates. */
  protected readonly waitingSei = new WaitingUnits();
  protected abstract readonly sets: { readonly sps: ActiveSetStore<Sps> };
  protected abstract readonly pictures: Pictures;
  /** Bytes are missing between the last slice and the next unit. */
  #isAfterLoss = false;
  /** Units that end with their header and whose error has been reported. It is the same each time. */
  readonly #emptyErrors = new Set<string>();

  constructor(trace: Trace | undefined) {
    this.trace = trace;
  }

  /** How many bytes a unit's header has. */
  protected abstract readonly headerBytes: number;

  abstract readUnit(unit: StreamUnit): void;
  abstract loseUnit(unit: StreamUnit): void;
  abstract foresee(unit: StreamUnit): void;
  abstract readConfiguration(record: Uint8Array): Configuration;
  /** The unit's type, spelled as in Table 7-1. */
  protected abstract nameOf(unit: Uint8Array): string;
  /** Reads a unit's header. The reader's position is then after the header. */
  protected abstract readHeader(unit: Uint8Array, trace: Trace | undefined): { r: BitReader; nal: NalHeader };
  /** Stores a parameter set. @returns an error in the set that does not stop decoding. */
  protected abstract storeParameterSet(unit: StreamUnit): BitstreamError | null;
  /**
   * Whether a slice belongs to the open picture when it is read with the sets in force.
   *
   * @throws StreamError where its header cannot be read.
   */
  protected abstract continues(unit: StreamUnit): boolean;
  /** Reads the messages of an SEI NAL unit into `sei`. */
  protected abstract readSei(
    r: BitReader,
    nal: NalHeader,
    sps: Sps | null,
    sei: PictureSei<RecoveryPoint, PicTiming>,
  ): void;

  /** Whole pictures that are missing show in later ones: by frame_num (7.4.3), by reference picture sets (8.3.2). */
  loseBytes(): void {
    this.#isAfterLoss = true;
  }

  /**
   * Whether a unit of a type that is not read has forbidden_zero_bit 1, as the start codes of packs and packets would have: bytes of
   * these came in where bytes of the video are missing.
   */
  protected isForeign({ bytes }: StreamUnit): boolean {
    return (bytes[0] ?? 0) >= 0x80;
  }

  /** Whether bytes are missing before the next slice, which is read now. */
  protected takeLoss(): boolean {
    const isAfterLoss = this.#isAfterLoss;
    this.#isAfterLoss = false;
    return isAfterLoss;
  }

  flush(): void {
    this.pictures.flush();
    this.forget();
  }

  reset(): void {
    this.waitingSei.take();
    this.pictures.reset();
    this.#readWaitingSets();
    this.forget();
  }

  /** Forgets what came before: the next picture is a new start. */
  protected forget(): void {
    this.#isAfterLoss = false;
  }

  endStream(): void {
    this.takeWaitingSei(this.sets.sps.active);
  }

  endPicture(): void {
    this.pictures.endPicture();
    this.#readWaitingSets();
  }

  /**
   * Ends the open picture before a slice of the next one, where parameter sets came between them. They belong to the next picture
   * (7.4.1.2.3 of H.264, 7.4.2.4.4 of H.265), but streams exist that have them inside a picture. The slice belongs to the open
   * picture only if it does so when it is read with the old sets.
   */
  protected endBefore(slice: StreamUnit): void {
    if (this.waitingSets.isEmpty) return;
    try {
      if (this.continues(slice)) return;
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
    }
    this.endPicture();
  }

  holdUnits(): void {
    this.pictures.holdUnits();
    this.waitingSets.hold();
    this.waitingSei.hold();
  }

  protected traceUnit({ bytes, byte }: StreamUnit): void {
    this.trace?.unit({ name: this.nameOf(bytes), byte, bytes });
  }

  /**
   * Counts the error of a slice or parameter set that ends with its header, where errors are only counted, and returns true then. Streams of
   * rubbish are full of such units, and throwing takes longer than all the rest.
   */
  protected countIfEmpty(unit: StreamUnit): boolean {
    return this.trace === undefined && this.sink.countIfEmpty(unit, this.headerBytes);
  }

  /** Reads a unit that decoding does not need, or not completely. */
  protected read(unit: StreamUnit, syntax: (r: BitReader, nal: NalHeader) => void): void {
    const { bytes } = unit;
    const empty = bytes.length <= this.headerBytes && this.trace === undefined ? bytes.join() : undefined;
    if (empty !== undefined && this.#emptyErrors.has(empty)) return;
    const isRight = this.sink.guardOnce(unit, () => {
      this.traceUnit(unit);
      const { r, nal } = this.readHeader(bytes, this.trace);
      syntax(r, nal);
    });
    if (empty !== undefined && !isRight) this.#emptyErrors.add(empty);
  }

  /** Shows the trace a unit that nothing else needs. Its errors are no events: a session without a trace does not find them. */
  protected show(unit: StreamUnit, syntax: (r: BitReader) => void): void {
    if (this.trace === undefined) return;
    try {
      this.traceUnit(unit);
      syntax(this.readHeader(unit.bytes, this.trace).r);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
    }
  }

  protected takeParameterSet(unit: StreamUnit): void {
    if (this.waitingSets.isFull) this.endPicture();
    if (this.pictures.isOpen) this.waitingSets.add(unit);
    else this.#readParameterSet(unit);
  }

  #readParameterSet(unit: StreamUnit): void {
    this.traceUnit(unit);
    const flaw = this.storeParameterSet(unit);
    if (flaw) this.sink.error(flaw, unit);
  }

  #readWaitingSets(): void {
    for (const unit of this.waitingSets.take()) this.sink.guard(unit, () => this.#readParameterSet(unit));
  }

  /** Takes an SEI NAL unit before a picture. */
  protected takeSei(unit: StreamUnit): void {
    if (this.waitingSei.isFull) this.takeWaitingSei(this.sets.sps.active);
    this.waitingSei.add(unit);
  }

  /** Reads the SEI NAL units that wait, with the SPS that the picture activates. */
  protected takeWaitingSei(sps: Sps | null): PictureSei<RecoveryPoint, PicTiming> {
    const sei: PictureSei<RecoveryPoint, PicTiming> = { recoveryPoint: null, picTiming: null };
    for (const unit of this.waitingSei.take()) this.read(unit, (r, nal) => this.readSei(r, nal, sps, sei));
    return sei;
  }

  /** Takes an access unit delimiter. The open picture is complete, and SEI that waits does not belong to the next picture. */
  protected takeDelimiter(unit: StreamUnit, syntax: (r: BitReader) => void): void {
    this.endPicture();
    this.takeWaitingSei(this.sets.sps.active);
    this.read(unit, syntax);
  }
}
