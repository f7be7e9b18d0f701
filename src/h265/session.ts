/** The order of NAL units (7.4.2.4.4), and what becomes of each. */

import type { BitReader, Trace } from "../bitreader/index.ts";
import { BitstreamError } from "../errors.ts";
import type { Session } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import type { UnitInput } from "../framing/unit-input.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { EventSink } from "../session/event-sink.ts";
import { PictureTimes } from "../session/picture-times.ts";
import { type UnitReader, UnitSession } from "../session/unit-session.ts";
import { isIrap } from "./nal-types.ts";
import { ParameterSetStore } from "./parameter-sets.ts";
import { PictureDecoder, type ReadSegment } from "./pictures.ts";
import type { NalUnitHeader, PicTiming, SeqParameterSet, SliceSegmentHeader } from "./structures.ts";
import {
  access_unit_delimiter_rbsp,
  filler_data_rbsp,
  nal_unit_header,
  sei_rbsp,
  slice_segment_header,
} from "./syntax.ts";
import { ctbAddrRsToTs } from "./tiles.ts";
import { nalReader, nalUnitType, parseHevcConfiguration, unitName } from "./units.ts";

/** So many units wait at most for a picture to end or begin: far more than an access unit has. */
const WAITING_LIMIT = 256;

/** An H.265 decoder's state. Throws TypeError for wrong options. */
export function openH265Session(options: SessionOptions = {}): Session {
  return new UnitSession(new H265Reader(resolveOptions(options)), "NAL unit");
}

class H265Reader implements UnitReader {
  private readonly trace: Trace | undefined;
  readonly sink = new EventSink((unit) => unitName(nalUnitType(unit)));
  private readonly sets: ParameterSetStore;
  private readonly pictures: PictureDecoder;
  /** Parameter sets that came inside a picture: they wait for its end. */
  private waitingSets: StreamUnit[] = [];
  /** Prefix SEI NAL units before the next picture: they are read with the SPS that it activates. */
  private waitingSei: StreamUnit[] = [];
  /** The last independent slice segment of the open picture: dependent ones take over its header. */
  private independent: SliceSegmentHeader | null = null;
  /** Where the last slice segment of the open picture begins, in decoding order of its coding tree blocks. */
  private segmentStart = 0;
  readonly times = new PictureTimes();
  /** The parameter set that is being read. */
  private setUnit: StreamUnit | undefined;

  constructor(options: ResolvedOptions) {
    this.trace = options.trace;
    this.sets = new ParameterSetStore((error) => this.sink.error(error, this.setUnit));
    this.pictures = new PictureDecoder(options, this.sets, this.sink);
  }

  configuration(record: Uint8Array, input: UnitInput): StreamUnit[] {
    const { lengthSize, units } = parseHevcConfiguration(record);
    input.frameBy(lengthSize);
    return units.map((bytes) => ({ bytes, byte: -1, truncated: false }));
  }

  flush(): void {
    this.pictures.flush();
  }

  reset(): void {
    this.waitingSei = [];
    this.pictures.reset();
    this.takeWaitingSets();
  }

  endStream(): void {
    this.readWaitingSei(this.pictures.activeSps);
  }

  endPicture(): void {
    this.pictures.end();
    this.independent = null;
    this.takeWaitingSets();
  }

  cutOff({ bytes }: StreamUnit): void {
    if (bytes.length === 0 || nalUnitType(bytes) >= 32) return;
    // first_slice_segment_in_pic_flag: it is of a picture of which nothing else has come.
    if (((bytes[2] ?? 0) & 0x80) !== 0) this.endPicture();
    this.damagedSegment();
  }

  /** A slice segment is lost. */
  private damagedSegment(): void {
    this.pictures.damaged();
    // 7.4.7.1: dependent segments take over the header before theirs, which may have been this one.
    this.independent = null;
    this.waitingSei = [];
  }

  /** Table 7-1. Units of other layers (nuh_layer_id above 0) are left out. */
  unit(unit: StreamUnit): void {
    const [first = 0, second = 0] = unit.bytes;
    if ((first & 1) !== 0 || second >> 3 !== 0) return;
    const nal_unit_type = nalUnitType(unit.bytes);
    if (nal_unit_type <= 9 || (nal_unit_type >= 16 && nal_unit_type <= 21)) {
      this.sliceSegment(unit);
      return;
    }
    switch (nal_unit_type) {
      case 32:
      case 33:
      case 34:
        if (this.waitingSets.length === WAITING_LIMIT) this.endPicture();
        if (this.pictures.firstSegment) this.waitingSets.push({ ...unit, bytes: unit.bytes.slice() });
        else this.parameterSet(unit);
        return;
      case 35:
        this.endPicture();
        this.readWaitingSei(this.pictures.activeSps);
        this.read(unit, access_unit_delimiter_rbsp);
        return;
      case 36:
      case 37:
        this.endPicture();
        this.pictures.endSequence();
        this.read(unit, () => {});
        return;
      case 38:
        if (this.trace) this.read(unit, filler_data_rbsp);
        return;
      case 39:
        if (this.waitingSei.length === WAITING_LIMIT) this.readWaitingSei(this.pictures.activeSps);
        this.waitingSei.push({ ...unit, bytes: unit.bytes.slice() });
        return;
      case 40:
        this.read(unit, (r, nal) => sei_rbsp(r, nal, this.seiSets(this.pictures.activeSps), () => {}));
        return;
    }
  }

  private traceUnit({ bytes, byte }: StreamUnit): void {
    this.trace?.unit({ name: unitName(nalUnitType(bytes)), byte, bytes });
  }

  /** Reads a unit that changes nothing. */
  private read(unit: StreamUnit, syntax: (r: BitReader, nal: NalUnitHeader) => unknown): void {
    this.traceUnit(unit);
    const r = nalReader(unit.bytes, this.trace);
    syntax(r, nal_unit_header(r));
  }

  private parameterSet(unit: StreamUnit): void {
    this.traceUnit(unit);
    this.setUnit = unit;
    const nal_unit_type = nalUnitType(unit.bytes);
    if (nal_unit_type === 32) this.sets.receiveVps(unit.bytes, this.trace);
    else if (nal_unit_type === 33) this.sets.receiveSps(unit.bytes, this.trace);
    else this.sets.receivePps(unit.bytes, this.trace);
  }

  private takeWaitingSets(): void {
    const units = this.waitingSets;
    this.waitingSets = [];
    for (const unit of units) this.sink.guard(unit, () => this.parameterSet(unit));
  }

  private readWaitingSei(sps: SeqParameterSet | null): PicTiming | null {
    let picTiming: PicTiming | null = null;
    const units = this.waitingSei;
    this.waitingSei = [];
    for (const unit of units) {
      this.sink.guard(unit, () =>
        this.read(unit, (r, nal) =>
          sei_rbsp(r, nal, this.seiSets(sps), ({ payload }) => {
            if (payload?.type === "pic_timing") picTiming = payload;
          }),
        ),
      );
    }
    return picTiming;
  }

  private seiSets(sps: SeqParameterSet | null) {
    return { sps, vps: this.sets.vps(sps) };
  }

  private sliceSegment(unit: StreamUnit): void {
    // first_slice_segment_in_pic_flag is the first bit of the header: a picture ends before the next one's is read,
    // because that one may refer to parameter sets which came in between.
    if (((unit.bytes[2] ?? 0) & 0x80) !== 0) this.endPicture();
    this.traceUnit(unit);
    let segment: ReadSegment;
    try {
      segment = this.readSegment(unit);
    } catch (error) {
      this.damagedSegment();
      throw error;
    }
    const { h, sets } = segment;
    const segmentStart = ctbAddrRsToTs(h.slice_segment_address, sets);
    if (h.first_slice_segment_in_pic_flag) {
      this.pictures.begin(segment, { pts: this.times.take(), picTiming: this.readWaitingSei(segment.sets.sps) });
    } else if (!this.isOfOpenPicture(h) || segmentStart <= this.segmentStart) {
      // 7.4.2.4.5: addresses rise in a picture. Only by them a dependent segment of the next one, whose first is lost, is told.
      this.endPicture();
      this.waitingSei = [];
      throw new BitstreamError("the picture's first slice segment is missing");
    }
    this.segmentStart = segmentStart;
    if (!h.dependent_slice_segment_flag) this.independent = h;
    this.pictures.add(segment);
  }

  private readSegment(unit: StreamUnit): ReadSegment {
    const r = nalReader(unit.bytes, this.trace);
    const nal = nal_unit_header(r);
    const find = (slice_pic_parameter_set_id: number) =>
      this.sets.find(slice_pic_parameter_set_id, isIrap(nal.nal_unit_type));
    return { unit, ...slice_segment_header(r, nal, find, this.independent) };
  }

  /** 7.4.7.1: what all slice segment headers of a picture have in common. */
  private isOfOpenPicture(h: SliceSegmentHeader): boolean {
    const first = this.pictures.firstSegment?.h;
    return (
      first !== undefined &&
      h.nal_unit_type === first.nal_unit_type &&
      h.nuh_temporal_id_plus1 === first.nuh_temporal_id_plus1 &&
      h.slice_pic_order_cnt_lsb === first.slice_pic_order_cnt_lsb
    );
  }
}
