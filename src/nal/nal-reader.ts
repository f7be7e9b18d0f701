/** What the sessions of H.264 and HEVC do the same way: which NAL units wait, and for what. */

import type { BitReader, Trace } from "../bitreader/index.ts";
import type { BitstreamError } from "../errors.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { EventSink } from "../session/event-sink.ts";
import { PictureTimes } from "../session/picture-times.ts";
import type { Configuration, UnitReader } from "../session/unit-session.ts";
import { WaitingUnits } from "./waiting-units.ts";

/** What the SEI messages before a picture say of it. */
export interface PictureSei<RecoveryPoint, PicTiming> {
  recoveryPoint: RecoveryPoint | null;
  picTiming: PicTiming | null;
}

/** What comes with a picture's first slice. */
export interface PictureInfo<RecoveryPoint, PicTiming> extends Readonly<PictureSei<RecoveryPoint, PicTiming>> {
  readonly pts: number | undefined;
}

/** The codec's pictures, as far as the order of NAL units has to do with them. */
interface Pictures<Sps> {
  readonly activeSps: Sps | null;
  /** The slices of a picture are coming. */
  readonly isOpen: boolean;
  endPicture(): void;
  flush(): void;
  reset(): void;
  holdUnits(): void;
}

/** The NAL units of a codec: `readUnit` says what each type is, and takes it with the methods of this class. */
export abstract class NalReader<NalHeader, Sps, RecoveryPoint, PicTiming> implements UnitReader {
  readonly sink = new EventSink((unit) => this.nameOf(unit));
  readonly times = new PictureTimes();
  protected readonly trace: Trace | undefined;
  /** Parameter sets that came inside a picture: they wait for its end. */
  protected readonly waitingSets = new WaitingUnits();
  /** SEI NAL units before the next picture: they are read with the SPS that it activates. */
  protected readonly waitingSei = new WaitingUnits();
  protected abstract readonly pictures: Pictures<Sps>;

  constructor(trace: Trace | undefined) {
    this.trace = trace;
  }

  abstract readUnit(unit: StreamUnit): void;
  abstract loseUnit(unit: StreamUnit): void;
  abstract readConfiguration(record: Uint8Array): Configuration;
  /** The unit's type, spelled as in Table 7-1. */
  protected abstract nameOf(unit: Uint8Array): string;
  /** Reads a unit's header. The reader stands after it. */
  protected abstract readHeader(unit: Uint8Array, trace: Trace | undefined): { r: BitReader; nal: NalHeader };
  /** Stores a parameter set. @returns what is wrong with it, although it is taken. */
  protected abstract storeParameterSet(unit: StreamUnit): BitstreamError | null;
  /** Reads the messages of an SEI NAL unit into `sei`. */
  protected abstract readSei(
    r: BitReader,
    nal: NalHeader,
    sps: Sps | null,
    sei: PictureSei<RecoveryPoint, PicTiming>,
  ): void;

  flush(): void {
    this.pictures.flush();
  }

  reset(): void {
    this.waitingSei.take();
    this.pictures.reset();
    this.#readWaitingSets();
  }

  endStream(): void {
    this.takeWaitingSei(this.pictures.activeSps);
  }

  endPicture(): void {
    this.pictures.endPicture();
    this.#readWaitingSets();
  }

  holdUnits(): void {
    this.pictures.holdUnits();
    this.waitingSets.hold();
    this.waitingSei.hold();
  }

  protected traceUnit({ bytes, byte }: StreamUnit): void {
    this.trace?.unit({ name: this.nameOf(bytes), byte, bytes });
  }

  /** Reads a unit of which decoding needs nothing, or not all. */
  protected read(unit: StreamUnit, syntax: (r: BitReader, nal: NalHeader) => void): void {
    this.sink.guardOnce(unit, () => {
      this.traceUnit(unit);
      const { r, nal } = this.readHeader(unit.bytes, this.trace);
      syntax(r, nal);
    });
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

  /** An SEI NAL unit before a picture. */
  protected takeSei(unit: StreamUnit): void {
    if (this.waitingSei.isFull) this.takeWaitingSei(this.pictures.activeSps);
    this.waitingSei.add(unit);
  }

  /** Reads the SEI NAL units that wait, with the SPS that the picture activates. */
  protected takeWaitingSei(sps: Sps | null): PictureSei<RecoveryPoint, PicTiming> {
    const sei: PictureSei<RecoveryPoint, PicTiming> = { recoveryPoint: null, picTiming: null };
    for (const unit of this.waitingSei.take()) this.read(unit, (r, nal) => this.readSei(r, nal, sps, sei));
    return sei;
  }

  /** An access unit delimiter: the picture is complete, and what waits is not of the next one. */
  protected takeDelimiter(unit: StreamUnit, syntax: (r: BitReader) => void): void {
    this.endPicture();
    this.takeWaitingSei(this.pictures.activeSps);
    this.read(unit, syntax);
  }
}
