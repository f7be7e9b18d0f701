/** Takes NAL units in their order (7.4.1.2.3), and hands each to the code that handles its type. */

import type { BitReader, Trace } from "../bitreader/index.ts";
import { type BitstreamError, StreamError, UnsupportedError } from "../errors.ts";
import type { Session } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { NalReader, type PictureSei } from "../nal/nal-reader.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { type Configuration, openUnitSession } from "../session/unit-session.ts";
import { isFirstOfNewPicture } from "./first-slice.ts";
import {
  ACCESS_UNIT_DELIMITER,
  DATA_PARTITION_A,
  DATA_PARTITION_B,
  DATA_PARTITION_C,
  DEPTH_SLICE_EXTENSION,
  END_OF_SEQ,
  END_OF_STREAM,
  FILLER_DATA,
  IDR_SLICE,
  PPS,
  PREFIX_NAL_UNIT,
  SEI,
  SLICE,
  SLICE_EXTENSION,
  SPS,
  SPS_EXTENSION,
} from "./nal-types.ts";
import { ActiveParameterSets } from "./parameter-sets.ts";
import type { ReadSlice } from "./pictures.ts";
import { PictureDecoder } from "./pictures.ts";
import type { NalUnitHeader, ParameterSets, PicTiming, RecoveryPoint, SeqParameterSet } from "./structures.ts";
import {
  access_unit_delimiter_rbsp,
  filler_data_rbsp,
  nal_unit,
  sei_rbsp,
  seq_parameter_set_extension_rbsp,
  slice_header,
} from "./syntax.ts";
import { nalReader, nalUnitType, parseAvcConfiguration, unitName } from "./units.ts";

/**
 * Opens a session: the state of one H.264 decoder.
 *
 * @throws TypeError where an option has a value that it cannot have.
 */
export function openH264Session(options: SessionOptions = {}): Session {
  return openUnitSession(new H264Reader(resolveOptions(options)), "NAL unit");
}

class H264Reader extends NalReader<NalUnitHeader, SeqParameterSet, RecoveryPoint, PicTiming> {
  protected readonly sets = new ActiveParameterSets();
  protected readonly headerBytes = 1;
  protected readonly pictures: PictureDecoder;
  /** A cut-off slice that is so far the only slice of its picture, and the picture's pts. */
  #cutSlice: (ReadSlice & { readonly pts: number | undefined }) | null = null;

  constructor(options: ResolvedOptions) {
    super(options.trace);
    this.pictures = new PictureDecoder(options, this.sets, this.sink);
  }

  protected nameOf(unit: Uint8Array): string {
    return unitName(unit[0] ?? 0);
  }

  readConfiguration(record: Uint8Array): Configuration {
    return parseAvcConfiguration(record);
  }

  protected override forget(): void {
    super.forget();
    this.#cutSlice = null;
  }

  loseUnit(unit: StreamUnit): void {
    if (this.isForeign(unit)) this.#loseSlice();
    else if (isSlice(unit)) this.#loseCutSlice(unit);
  }

  #loseCutSlice(unit: StreamUnit): void {
    try {
      // The header of a cut-off slice is usually complete, and says to which picture the slice belongs.
      const slice = this.#readSlice(unit, undefined);
      if (this.pictures.continues(slice)) this.pictures.markDamaged();
      else {
        this.endPicture();
        this.#cutSlice = { ...slice, pts: this.times.take() };
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#loseSlice();
    }
  }

  foresee(unit: StreamUnit): void {
    // Where parameter sets wait, `#takeSlice` has more to decide.
    if (!isSlice(unit) || !this.pictures.isOpen || !this.waitingSets.isEmpty) return;
    try {
      const slice = this.#readSlice(unit, undefined);
      if (slice.h.redundant_pic_cnt === 0 && !this.pictures.continues(slice)) this.endPicture();
    } catch (error) {
      // The header continues after these bytes, or is damaged. Either shows when the unit is whole.
      if (!(error instanceof StreamError)) throw error;
    }
  }

  /**
   * Marks the open picture as damaged: one of its slices could not be read. But SEI comes before the first slice of a picture
   * (7.4.1.2.3), so if SEI came, the slice belongs to the next picture.
   */
  #loseSlice(): void {
    if (this.waitingSei.isEmpty) this.pictures.markDamaged();
    else this.endPicture();
    this.waitingSei.take();
  }

  /** Table 7-1. */
  readUnit(unit: StreamUnit): void {
    switch (nalUnitType(unit.bytes)) {
      case SLICE:
      case IDR_SLICE:
        this.#takeSlice(unit);
        return;
      case DATA_PARTITION_A:
        throw new UnsupportedError(
          "data-partitioning",
          "the slice is partitioned; the kernel's interface cannot describe data partitions",
        );
      case DATA_PARTITION_B:
      case DATA_PARTITION_C:
        return; // They go with partition A, which has been refused.
      case SEI:
        this.takeSei(unit);
        return;
      case SPS:
      case PPS:
        this.takeParameterSet(unit);
        return;
      case ACCESS_UNIT_DELIMITER:
        this.takeDelimiter(unit, access_unit_delimiter_rbsp);
        return;
      case END_OF_SEQ:
      case END_OF_STREAM:
        this.endPicture();
        this.read(unit, () => {});
        return;
      case FILLER_DATA:
        this.show(unit, filler_data_rbsp);
        return;
      case SPS_EXTENSION:
        this.read(unit, seq_parameter_set_extension_rbsp);
        return;
      case PREFIX_NAL_UNIT:
      case SLICE_EXTENSION:
      case DEPTH_SLICE_EXTENSION:
        this.read(unit, () => {}); // The header is read; the rest is for other layers and views.
        return;
      default:
        if (this.isForeign(unit)) this.#loseSlice();
    }
  }

  protected readHeader(unit: Uint8Array, trace: Trace | undefined) {
    const r = nalReader(unit, trace);
    return { r, nal: nal_unit(r) };
  }

  protected storeParameterSet(unit: StreamUnit): BitstreamError | null {
    if (this.countIfEmpty(unit)) return null;
    return nalUnitType(unit.bytes) === SPS
      ? this.sets.receiveSps(unit.bytes, this.trace)
      : this.sets.receivePps(unit, this.trace);
  }

  protected readSei(
    r: BitReader,
    _nal: NalUnitHeader,
    sps: SeqParameterSet | null,
    sei: PictureSei<RecoveryPoint, PicTiming>,
  ): void {
    sei_rbsp(r, sps, ({ payload }) => {
      if (payload?.type === "recovery_point") sei.recoveryPoint = payload;
      else if (payload?.type === "pic_timing") sei.picTiming = payload;
    });
  }

  #takeSlice(unit: StreamUnit): void {
    this.endBefore(unit);
    if (this.countIfEmpty(unit)) {
      this.#loseSlice();
      return;
    }
    this.traceUnit(unit);
    let slice: ReadSlice;
    try {
      slice = this.#readSlice(unit, this.trace);
    } catch (error) {
      this.#loseSlice();
      this.sink.catchError(error, unit);
      return;
    }
    if (slice.h.redundant_pic_cnt > 0) return; // Not a slice of the primary coded picture.
    const isAfterLoss = this.takeLoss();
    const isFirst = !this.pictures.continues(slice);
    if (isFirst) {
      this.endPicture();
      const { recoveryPoint, picTiming } = this.takeWaitingSei(slice.sets.sps);
      const cut = this.#takeCutSliceOf(slice);
      const pts = cut === null ? this.times.take() : cut.pts;
      this.pictures.beginPicture(slice, { pts, recoveryPoint, picTiming });
      if (cut !== null) this.pictures.markDamaged();
      else if (!isAfterLoss && slice.h.first_mb_in_slice > 0 && !allowsAnyOrder(slice.sets)) {
        const isDecoded = this.pictures.markDamaged();
        const reason = "the picture's first slice is missing";
        if (isDecoded) this.sink.report("missing-slice", reason, unit, "first_mb_in_slice");
      }
    }
    // Slices of its picture are missing before it.
    if (isAfterLoss && (!isFirst || slice.h.first_mb_in_slice > 0)) this.pictures.markDamaged();
    this.pictures.addSlice(slice);
  }

  /** The cut-off slice before this one, if it belongs to the same picture. */
  #takeCutSliceOf({ h, sets }: ReadSlice) {
    const cut = this.#cutSlice;
    this.#cutSlice = null;
    return cut === null || isFirstOfNewPicture(cut.h, cut.sets, h, sets) ? null : cut;
  }

  #readSlice(unit: StreamUnit, trace: Trace | undefined): ReadSlice {
    const r = nalReader(unit.bytes, trace);
    const nal = nal_unit(r);
    const { h, sets } = slice_header(r, nal, nal.nal_unit_type === IDR_SLICE ? this.#findAtIdr : this.#find);
    return { unit, h, sets };
  }

  #find = (pic_parameter_set_id: number) => this.#findSets(pic_parameter_set_id, false);
  #findAtIdr = (pic_parameter_set_id: number) => this.#findSets(pic_parameter_set_id, true);

  #findSets(pic_parameter_set_id: number, isIdr: boolean): ParameterSets {
    const { sets, flaw } = this.sets.find(pic_parameter_set_id, isIdr);
    if (flaw) this.sink.error(flaw.error, flaw.unit);
    return sets;
  }

  protected continues(unit: StreamUnit): boolean {
    return this.pictures.continues(this.#readSlice(unit, undefined));
  }
}

/** A.2.1, A.2.3: whether the slices of a picture may come in any order. */
function allowsAnyOrder({ sps: { profile_idc, constraint_set1_flag } }: ParameterSets): boolean {
  return (profile_idc === 66 || profile_idc === 88) && constraint_set1_flag === 0;
}

/** Whether a NAL unit is a slice, and not one in data partitions. */
function isSlice({ bytes }: StreamUnit): boolean {
  const nal_unit_type = nalUnitType(bytes);
  return nal_unit_type === SLICE || nal_unit_type === IDR_SLICE;
}
