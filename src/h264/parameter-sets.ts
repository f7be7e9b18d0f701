/** The store of parameter sets, and when one takes effect: 7.4.1.2.1. */

import type { BitReader, Trace } from "../bitreader/index.ts";
import { BitstreamError } from "../errors.ts";
import { sameBytes } from "../framing/bytes.ts";
import { ActiveSetStore } from "../nal/active-set-store.ts";
import type { ParameterSets, PicParameterSet, SeqParameterSet } from "./structures.ts";
import { nal_unit, pic_parameter_set_rbsp, seq_parameter_set_data } from "./syntax.ts";
import { nalReader } from "./units.ts";

interface StoredPps {
  readonly bytes: Uint8Array;
  /** Null until an SPS is there to read it with. */
  pps: PicParameterSet | null;
  /** What it was last read with. */
  sps: SeqParameterSet | null;
}

/** Parameter sets by id. Sets that come again unchanged stay the same objects. */
export class ParameterSetStore {
  /** What is in force, and new content for the active SPS, which waits for the next IDR picture. */
  readonly sps = new ActiveSetStore<SeqParameterSet>();
  private readonly ppsById = new Map<number, StoredPps>();
  private readonly complain: (error: BitstreamError) => void;

  /** @param complain is told of what is wrong with a set that is taken all the same. */
  constructor(complain: (error: BitstreamError) => void) {
    this.complain = complain;
  }

  /** A sequence parameter set's NAL unit. Throws BitstreamError if it is broken; the old set then stays. */
  receiveSps(unit: Uint8Array, trace: Trace | undefined): void {
    const r = nalReader(unit, trace);
    nal_unit(r);
    const sps = seq_parameter_set_data(r);
    checkCropping(sps);
    this.closingBits(r);
    this.sps.receive(sps.seq_parameter_set_id, unit, sps);
  }

  /** A picture parameter set's NAL unit. Throws BitstreamError if it is broken; the old set then stays. */
  receivePps(unit: Uint8Array, trace: Trace | undefined): void {
    const r = nalReader(unit, undefined);
    nal_unit(r);
    const pic_parameter_set_id = r.ue("pic_parameter_set_id", 255);
    const seq_parameter_set_id = r.ue("seq_parameter_set_id", 31);
    const stored = this.ppsById.get(pic_parameter_set_id);
    const sps = this.sps.get(seq_parameter_set_id, true) ?? null;
    const unchanged = stored !== undefined && sameBytes(stored.bytes, unit);
    if (unchanged && !trace) return;
    const pps = sps && this.readPps(unit, sps, trace);
    if (!unchanged) this.ppsById.set(pic_parameter_set_id, { bytes: unit.slice(), pps, sps });
  }

  /**
   * The sets that a slice refers to. With an IDR picture, new content of the active SPS takes effect.
   * Throws BitstreamError where a set is not there, or cannot be read with its SPS.
   */
  find(pic_parameter_set_id: number, isIdr: boolean): ParameterSets {
    const stored = this.ppsById.get(pic_parameter_set_id);
    if (!stored) throw missing("pic_parameter_set_id", `there is no PPS ${pic_parameter_set_id}`);
    const id = ppsSpsId(stored.bytes);
    const sps = this.sps.get(id, isIdr);
    if (!sps)
      throw missing("seq_parameter_set_id", `PPS ${pic_parameter_set_id} refers to SPS ${id}, which is not there`);
    if (stored.pps === null || stored.sps !== sps) {
      stored.pps = this.readPps(stored.bytes, sps, undefined);
      stored.sps = sps;
    }
    return { sps, pps: stored.pps };
  }

  private readPps(unit: Uint8Array, sps: SeqParameterSet, trace: Trace | undefined): PicParameterSet {
    const r = nalReader(unit, trace);
    nal_unit(r);
    const pps = pic_parameter_set_rbsp(r, sps);
    this.closingBits(r);
    return pps;
  }

  /** rbsp_trailing_bits() that are wrong are told, and the set is taken: every element of it has been read. */
  private closingBits(r: BitReader): void {
    try {
      r.rbsp_trailing_bits();
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      this.complain(error);
    }
  }
}

function ppsSpsId(unit: Uint8Array): number {
  const r = nalReader(unit, undefined);
  nal_unit(r);
  r.ue("pic_parameter_set_id");
  return r.ue("seq_parameter_set_id");
}

function missing(element: string, reason: string): BitstreamError {
  return new BitstreamError(reason, { element }, "missing-parameter-set");
}

/** 7.4.2.1.1: the cropping rectangle leaves at least one sample. */
function checkCropping(sps: SeqParameterSet): void {
  const { width, height } = visibleRectangle(sps);
  if (width > 0 && height > 0) return;
  throw new BitstreamError(`cropping leaves ${width}x${height} samples`, { element: "frame_crop_bottom_offset" });
}

/** SubWidthC of Table 6-1, for cropping: 1 where there is no chroma. */
function subWidthC(sps: SeqParameterSet): number {
  return sps.chroma_format_idc === 1 || sps.chroma_format_idc === 2 ? 2 : 1;
}

function subHeightC(sps: SeqParameterSet): number {
  return sps.chroma_format_idc === 1 ? 2 : 1;
}

/** (7-19) to (7-22): the cropping rectangle of frames, in luma samples. */
export function visibleRectangle(sps: SeqParameterSet) {
  const CropUnitX = subWidthC(sps);
  const CropUnitY = subHeightC(sps) * (2 - sps.frame_mbs_only_flag);
  const left = CropUnitX * sps.frame_crop_left_offset;
  const top = CropUnitY * sps.frame_crop_top_offset;
  const width = codedWidth(sps) - left - CropUnitX * sps.frame_crop_right_offset;
  const height = codedHeight(sps) - top - CropUnitY * sps.frame_crop_bottom_offset;
  return { left, top, width, height };
}

/** (7-16): PicWidthInSamplesL. */
export function codedWidth(sps: SeqParameterSet): number {
  return (sps.pic_width_in_mbs_minus1 + 1) * 16;
}

/** (7-18): FrameHeightInMbs in luma samples. */
export function codedHeight(sps: SeqParameterSet): number {
  return (2 - sps.frame_mbs_only_flag) * (sps.pic_height_in_map_units_minus1 + 1) * 16;
}
