/** Takes NAL units in their order (7.4.2.4.4), and hands each to the code that handles its type. */

import type { BitReader, Trace } from "../bitreader/index.ts";
import { BitstreamError } from "../errors.ts";
import type { Session } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { NalReader, type PictureSei } from "../nal/nal-reader.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { type Configuration, openUnitSession } from "../session/unit-session.ts";
import {
  AUD_NUT,
  EOB_NUT,
  EOS_NUT,
  FD_NUT,
  isIrap,
  PPS_NUT,
  PREFIX_SEI_NUT,
  SPS_NUT,
  SUFFIX_SEI_NUT,
  VPS_NUT,
} from "./nal-types.ts";
import { ActiveParameterSets } from "./parameter-sets.ts";
import { PictureDecoder, type ReadSegment } from "./pictures.ts";
import type { NalUnitHeader, PicTiming, RecoveryPoint, SeqParameterSet, SliceSegmentHeader } from "./structures.ts";
import {
  access_unit_delimiter_rbsp,
  filler_data_rbsp,
  nal_unit_header,
  type SeiParameterSets,
  sei_rbsp,
  slice_segment_header,
} from "./syntax.ts";
import { ctbAddrRsToTs } from "./tiles.ts";
import { isSliceSegment, nalReader, nalUnitType, nuhLayerId, parseHevcConfiguration, unitName } from "./units.ts";

/**
 * Opens a session: the state of one H.265 decoder.
 *
 * @throws TypeError where an option has a value that it cannot have.
 */
export function openH265Session(options: SessionOptions = {}): Session {
  return openUnitSession(new H265Reader(resolveOptions(options)), "NAL unit");
}

class H265Reader extends NalReader<NalUnitHeader, SeqParameterSet, RecoveryPoint, PicTiming> {
  protected readonly sets = new ActiveParameterSets();
  protected readonly headerBytes = 2;
  protected readonly pictures: PictureDecoder;
  /** The last independent slice segment of the open picture: dependent ones take over its header. */
  #independent: SliceSegmentHeader | null = null;
  /** Where the last slice segment of the open picture begins, in decoding order of its coding tree blocks. */
  #segmentStart = 0;

  constructor(options: ResolvedOptions) {
    super(options.trace);
    this.pictures = new PictureDecoder(options, this.sets, this.sink);
  }

  protected nameOf(unit: Uint8Array): string {
    return unitName(nalUnitType(unit));
  }

  readConfiguration(record: Uint8Array): Configuration {
    return parseHevcConfiguration(record);
  }

  override endPicture(): void {
    this.#independent = null;
    super.endPicture();
  }

  protected override forget(): void {
    super.forget();
    this.#independent = null;
  }

  loseUnit(unit: StreamUnit): void {
    const { bytes } = unit;
    if (bytes.length === 0 || (nalUnitType(bytes) >= 32 && !this.isForeign(unit))) return;
    // The segment begins another picture, so the open one is complete.
    if (!this.isForeign(unit) && isFirstSegment(bytes)) this.endPicture();
    this.#loseSegment();
  }

  foresee({ bytes }: StreamUnit): void {
    const isFirst = nuhLayerId(bytes) === 0 && isSliceSegment(nalUnitType(bytes)) && isFirstSegment(bytes);
    if (isFirst && this.pictures.isOpen) this.endPicture();
  }

  /**
   * Marks the open picture as damaged: one of its slice segments could not be read. But after SEI or parameter sets, which begin an
   * access unit (7.4.2.4.4), the segment belongs to the next picture.
   */
  #loseSegment(): void {
    if (this.waitingSei.isEmpty && this.waitingSets.isEmpty) this.pictures.markDamaged();
    else this.endPicture();
    // 7.4.7.1: a dependent segment takes over the header of the independent segment before it, which may be the lost one.
    this.#independent = null;
    this.waitingSei.take();
  }

  /** Table 7-1. Units of other layers (nuh_layer_id above 0) are ignored. */
  readUnit(unit: StreamUnit): void {
    if (nuhLayerId(unit.bytes) > 0) {
      if (this.isForeign(unit)) this.#loseSegment();
      return;
    }
    const nal_unit_type = nalUnitType(unit.bytes);
    if (isSliceSegment(nal_unit_type)) {
      this.#takeSegment(unit);
      return;
    }
    switch (nal_unit_type) {
      case VPS_NUT:
      case SPS_NUT:
      case PPS_NUT:
        this.takeParameterSet(unit);
        return;
      case AUD_NUT:
        this.takeDelimiter(unit, access_unit_delimiter_rbsp);
        return;
      case EOS_NUT:
      case EOB_NUT:
        this.endPicture();
        this.pictures.endSequence();
        this.read(unit, () => {});
        return;
      case FD_NUT:
        this.show(unit, filler_data_rbsp);
        return;
      case PREFIX_SEI_NUT:
        this.takeSei(unit);
        return;
      case SUFFIX_SEI_NUT:
        this.read(unit, (r, nal) => sei_rbsp(r, nal, this.#seiSets(this.sets.sps.active), () => {}));
        return;
      default:
        if (this.isForeign(unit)) this.#loseSegment();
    }
  }

  protected readHeader(unit: Uint8Array, trace: Trace | undefined) {
    const r = nalReader(unit, trace);
    return { r, nal: nal_unit_header(r) };
  }

  protected storeParameterSet(unit: StreamUnit): BitstreamError | null {
    // Of a VPS, an error is tolerated.
    const isVps = nalUnitType(unit.bytes) === VPS_NUT;
    if (!isVps && this.countIfEmpty(unit)) return null;
    return this.sets.receive(unit.bytes, this.trace);
  }

  protected readSei(
    r: BitReader,
    nal: NalUnitHeader,
    sps: SeqParameterSet | null,
    sei: PictureSei<RecoveryPoint, PicTiming>,
  ): void {
    sei_rbsp(r, nal, this.#seiSets(sps), ({ payload }) => {
      if (payload?.type === "recovery_point") sei.recoveryPoint = payload;
      else if (payload?.type === "pic_timing") sei.picTiming = payload;
    });
  }

  #seiSets(sps: SeqParameterSet | null): SeiParameterSets {
    return { sps, vps: this.sets.vpsOf(sps) };
  }

  #takeSegment(unit: StreamUnit): void {
    // The open picture must end before the next picture's header is read, because that header may refer to parameter sets that came
    // in between.
    if (isFirstSegment(unit.bytes)) this.endPicture();
    else this.endBefore(unit);
    if (this.countIfEmpty(unit)) {
      this.#loseSegment();
      return;
    }
    this.traceUnit(unit);
    let segment: ReadSegment;
    try {
      segment = this.#readSegment(unit, this.trace);
    } catch (error) {
      this.#loseSegment();
      this.sink.catchError(error, unit);
      return;
    }
    const { h, sets } = segment;
    const segmentStart = ctbAddrRsToTs(h.slice_segment_address, sets);
    if (h.first_slice_segment_in_pic_flag) {
      const { recoveryPoint, picTiming } = this.takeWaitingSei(sets.sps);
      this.pictures.beginPicture(segment, { pts: this.times.take(), recoveryPoint, picTiming });
    } else if (!this.#isOfOpenPicture(h) || segmentStart <= this.#segmentStart) {
      // 7.4.2.4.5: addresses increase within a picture. If the address does not, the segment belongs to the next picture, whose
      // first segment is lost. For a dependent segment nothing else shows it.
      this.endPicture();
      this.waitingSei.take();
      throw new BitstreamError("missing-slice", "the picture's first slice segment is missing");
    }
    if (this.takeLoss() && !h.first_slice_segment_in_pic_flag) this.pictures.markDamaged();
    this.#segmentStart = segmentStart;
    if (!h.dependent_slice_segment_flag) this.#independent = h;
    this.pictures.addSlice(segment);
  }

  protected continues(unit: StreamUnit): boolean {
    return this.#isOfOpenPicture(this.#readSegment(unit, undefined).h);
  }

  #readSegment(unit: StreamUnit, trace: Trace | undefined): ReadSegment {
    const { r, nal } = this.readHeader(unit.bytes, trace);
    const find = isIrap(nal.nal_unit_type) ? this.#findAtIrap : this.#find;
    const { h, sets } = slice_segment_header(r, nal, find, this.#independent);
    return { unit, h, sets };
  }

  #find = (slice_pic_parameter_set_id: number) => this.sets.find(slice_pic_parameter_set_id, false);
  #findAtIrap = (slice_pic_parameter_set_id: number) => this.sets.find(slice_pic_parameter_set_id, true);

  /** 7.4.7.1: whether the elements agree that are the same in all slice segment headers of a picture. */
  #isOfOpenPicture(h: SliceSegmentHeader): boolean {
    const first = this.pictures.firstHeader;
    return (
      first !== null &&
      h.nal_unit_type === first.nal_unit_type &&
      h.nuh_temporal_id_plus1 === first.nuh_temporal_id_plus1 &&
      h.slice_pic_order_cnt_lsb === first.slice_pic_order_cnt_lsb
    );
  }
}

/** first_slice_segment_in_pic_flag of a slice segment: the first bit of its header. */
function isFirstSegment(unit: Uint8Array): boolean {
  return ((unit[2] ?? 0) & 0x80) !== 0;
}
