/** The order of NAL units (7.4.1.2.3), and what becomes of each. */

import type { BitReader, Trace } from "../bitreader/index.ts";
import { BitstreamError, UnsupportedError } from "../errors.ts";
import type { Session } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import type { UnitInput } from "../framing/unit-input.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { EventSink } from "../session/event-sink.ts";
import { PictureTimes } from "../session/picture-times.ts";
import { type UnitReader, UnitSession } from "../session/unit-session.ts";
import { ParameterSetStore } from "./parameter-sets.ts";
import type { PictureInfo, ReadSlice } from "./pictures.ts";
import { PictureDecoder } from "./pictures.ts";
import type { PicTiming, RecoveryPoint, SeqParameterSet } from "./structures.ts";
import {
  access_unit_delimiter_rbsp,
  filler_data_rbsp,
  nal_unit,
  sei_rbsp,
  seq_parameter_set_extension_rbsp,
  slice_header,
} from "./syntax.ts";
import { nalReader, parseAvcConfiguration, unitName } from "./units.ts";

/** So many units wait at most for a picture to end or begin: far more than an access unit has. */
const WAITING_LIMIT = 256;

/** An H.264 decoder's state. Throws TypeError for wrong options. */
export function openH264Session(options: SessionOptions = {}): Session {
  return new UnitSession(new H264Reader(resolveOptions(options)), "NAL unit");
}

class H264Reader implements UnitReader {
  private readonly trace: Trace | undefined;
  readonly sink = new EventSink((unit) => unitName(unit[0] ?? 0));
  private readonly sets: ParameterSetStore;
  private readonly pictures: PictureDecoder;
  /** Parameter sets that came inside a picture: they wait for its end. */
  private waitingSets: StreamUnit[] = [];
  /** SEI NAL units before the next picture: they are read with the SPS that it activates. */
  private waitingSei: StreamUnit[] = [];
  readonly times = new PictureTimes();
  /** A slice whose end is missing, of a picture of which nothing else has come so far. */
  private cutSlice: ReadSlice | null = null;
  /** The parameter set that is being read. */
  private setUnit: StreamUnit | undefined;

  constructor(options: ResolvedOptions) {
    this.trace = options.trace;
    this.sets = new ParameterSetStore((error) => this.sink.error(error, this.setUnit));
    this.pictures = new PictureDecoder(options, this.sets, this.sink);
  }

  configuration(record: Uint8Array, input: UnitInput): StreamUnit[] {
    const { lengthSize, units } = parseAvcConfiguration(record);
    input.frameBy(lengthSize);
    return units.map((bytes) => ({ bytes, byte: -1, truncated: false }));
  }

  flush(): void {
    this.pictures.flush();
  }

  reset(): void {
    this.waitingSei = [];
    this.cutSlice = null;
    this.pictures.reset();
    this.takeWaitingSets();
  }

  endStream(): void {
    this.readWaitingSei(this.pictures.activeSps);
  }

  endPicture(): void {
    this.pictures.end();
    this.takeWaitingSets();
  }

  cutOff(unit: StreamUnit): void {
    const nal_unit_type = (unit.bytes[0] ?? 0) & 31;
    if (nal_unit_type !== 1 && nal_unit_type !== 5) return;
    try {
      // The header is whole as a rule: it tells whose slice it is.
      const slice = this.readSlice(unit, undefined);
      if (this.pictures.continues(slice)) this.pictures.damaged();
      else {
        this.endPicture();
        this.cutSlice = slice;
      }
    } catch (error) {
      if (!(error instanceof BitstreamError || error instanceof UnsupportedError)) throw error;
      this.damagedSlice();
    }
  }

  /** A slice could not be read. SEI comes before the first slice of a picture (7.4.1.2.3): behind it, it is the next one's. */
  private damagedSlice(): void {
    if (this.waitingSei.length > 0) this.endPicture();
    else this.pictures.damaged();
    this.waitingSei = [];
  }

  /** Table 7-1. */
  unit(unit: StreamUnit): void {
    switch ((unit.bytes[0] as number) & 31) {
      case 1:
      case 5:
        this.slice(unit);
        return;
      case 2:
        throw new UnsupportedError("data partitioning: the kernel's interface has no place for partitions");
      case 3:
      case 4:
        return; // Partitions B and C go with partition A, which has been refused.
      case 6:
        if (this.waitingSei.length === WAITING_LIMIT) this.readWaitingSei(this.pictures.activeSps);
        this.waitingSei.push({ ...unit, bytes: unit.bytes.slice() });
        return;
      case 7:
      case 8:
        if (this.waitingSets.length === WAITING_LIMIT) this.endPicture();
        if (this.pictures.firstSlice) this.waitingSets.push({ ...unit, bytes: unit.bytes.slice() });
        else this.parameterSet(unit);
        return;
      case 9:
        this.endPicture();
        this.readWaitingSei(this.pictures.activeSps);
        this.read(unit, access_unit_delimiter_rbsp);
        return;
      case 10:
      case 11:
        this.endPicture();
        this.read(unit, () => {});
        return;
      case 12:
        if (this.trace) this.read(unit, filler_data_rbsp);
        return;
      case 13:
        this.read(unit, seq_parameter_set_extension_rbsp);
        return;
      case 14:
      case 20:
      case 21:
        this.read(unit, () => {}); // Other layers and views: the header is read, the rest is theirs.
        return;
    }
  }

  private traceUnit({ bytes, byte }: StreamUnit): void {
    this.trace?.unit({ name: unitName(bytes[0] as number), byte, bytes });
  }

  /** Reads a unit that changes nothing. */
  private read(unit: StreamUnit, syntax: (r: BitReader) => unknown): void {
    this.traceUnit(unit);
    const r = nalReader(unit.bytes, this.trace);
    nal_unit(r);
    syntax(r);
  }

  private parameterSet(unit: StreamUnit): void {
    this.traceUnit(unit);
    this.setUnit = unit;
    if (((unit.bytes[0] as number) & 31) === 7) this.sets.receiveSps(unit.bytes, this.trace);
    else this.sets.receivePps(unit.bytes, this.trace);
  }

  private takeWaitingSets(): void {
    const units = this.waitingSets;
    this.waitingSets = [];
    for (const unit of units) this.sink.guard(unit, () => this.parameterSet(unit));
  }

  private readWaitingSei(sps: SeqParameterSet | null): Omit<PictureInfo, "pts"> {
    let recoveryPoint: RecoveryPoint | null = null;
    let picTiming: PicTiming | null = null;
    const units = this.waitingSei;
    this.waitingSei = [];
    for (const unit of units) {
      this.sink.guard(unit, () =>
        this.read(unit, (r) =>
          sei_rbsp(r, sps, ({ payload }) => {
            if (payload?.type === "recovery_point") recoveryPoint = payload;
            else if (payload?.type === "pic_timing") picTiming = payload;
          }),
        ),
      );
    }
    return { recoveryPoint, picTiming };
  }

  private slice(unit: StreamUnit): void {
    if (this.waitingSets.length > 0 && this.looksLikeNewPicture(unit)) this.endPicture();
    this.traceUnit(unit);
    let slice: ReadSlice;
    try {
      slice = this.readSlice(unit, this.trace);
    } catch (error) {
      this.damagedSlice();
      throw error;
    }
    if (slice.h.redundant_pic_cnt > 0) return; // Not a slice of the primary coded picture.
    if (!this.pictures.continues(slice)) {
      this.endPicture();
      this.pictures.begin(slice, { pts: this.times.take(), ...this.readWaitingSei(slice.sets.sps) });
      if (this.cutSlice && this.pictures.continues(this.cutSlice)) this.pictures.damaged();
      this.cutSlice = null;
    }
    this.pictures.add(slice);
  }

  private readSlice(unit: StreamUnit, trace: Trace | undefined): ReadSlice {
    const r = nalReader(unit.bytes, trace);
    const nal = nal_unit(r);
    const isIdr = nal.nal_unit_type === 5;
    return { unit, ...slice_header(r, nal, (pic_parameter_set_id) => this.sets.find(pic_parameter_set_id, isIdr)) };
  }

  /**
   * Parameter sets have come since the open picture's last slice. They belong to the next picture (7.4.1.2.3), but a
   * stream may have put them inside one: this slice is of the same picture only if the old sets read it as such.
   */
  private looksLikeNewPicture(unit: StreamUnit): boolean {
    try {
      return !this.pictures.continues(this.readSlice(unit, undefined));
    } catch (error) {
      if (error instanceof BitstreamError) return true;
      throw error;
    }
  }
}
