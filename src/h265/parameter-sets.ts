/** The store of parameter sets, and when one takes effect: 7.4.2.4.2. */

import type { BitReader, Trace } from "../bitreader/index.ts";
import { BitstreamError } from "../errors.ts";
import { sameBytes } from "../framing/bytes.ts";
import { ActiveSetStore } from "../nal/active-set-store.ts";
import type { ParameterSets, PicParameterSet, SeqParameterSet, VideoParameterSet } from "./structures.ts";
import {
  checkPicParameterSet,
  nal_unit_header,
  pic_parameter_set_rbsp,
  seq_parameter_set_rbsp,
  video_parameter_set_rbsp,
} from "./syntax.ts";
import { nalReader } from "./units.ts";

/** Parameter sets by id. Sets that come again unchanged stay the same objects. */
export class ParameterSetStore {
  /** What is in force, and new content for the active SPS, which waits for the next IRAP picture. */
  readonly sps = new ActiveSetStore<SeqParameterSet>();
  private readonly vpsById = new Map<number, VideoParameterSet>();
  private readonly ppsById = new Map<number, { readonly bytes: Uint8Array; readonly pps: PicParameterSet }>();
  private readonly complain: (error: BitstreamError) => void;

  /** @param complain is told of what is wrong with a set that is taken all the same. */
  constructor(complain: (error: BitstreamError) => void) {
    this.complain = complain;
  }

  /** A video parameter set's NAL unit. Decoding the base layer needs nothing of it; picture timing may. */
  receiveVps(unit: Uint8Array, trace: Trace | undefined): void {
    const r = nalReader(unit, trace);
    nal_unit_header(r);
    const vps = video_parameter_set_rbsp(r);
    this.closingBits(r);
    this.vpsById.set(vps.vps_video_parameter_set_id, vps);
  }

  /** A sequence parameter set's NAL unit. Throws BitstreamError if it is broken; the old set then stays. */
  receiveSps(unit: Uint8Array, trace: Trace | undefined): void {
    const r = nalReader(unit, trace);
    nal_unit_header(r);
    const sps = seq_parameter_set_rbsp(r);
    this.closingBits(r);
    this.sps.receive(sps.sps_seq_parameter_set_id, unit, sps);
  }

  /** A picture parameter set's NAL unit. Throws BitstreamError if it is broken; the old set then stays. */
  receivePps(unit: Uint8Array, trace: Trace | undefined): void {
    const r = nalReader(unit, trace);
    nal_unit_header(r);
    const pps = pic_parameter_set_rbsp(r);
    this.closingBits(r);
    const stored = this.ppsById.get(pps.pps_pic_parameter_set_id);
    if (stored && sameBytes(stored.bytes, unit)) return;
    this.ppsById.set(pps.pps_pic_parameter_set_id, { bytes: unit.slice(), pps });
  }

  /**
   * The sets that a slice segment refers to. With an IRAP picture, new content of the active SPS takes effect.
   * Throws BitstreamError where a set is not there, or does not fit the other.
   */
  find(pic_parameter_set_id: number, isIrap: boolean): ParameterSets {
    const pps = this.ppsById.get(pic_parameter_set_id)?.pps;
    if (!pps) throw missing("slice_pic_parameter_set_id", `there is no PPS ${pic_parameter_set_id}`);
    const id = pps.pps_seq_parameter_set_id;
    const sps = this.sps.get(id, isIrap);
    if (!sps) {
      const reason = `PPS ${pic_parameter_set_id} refers to SPS ${id}, which is not there`;
      throw missing("pps_seq_parameter_set_id", reason);
    }
    checkPicParameterSet({ sps, pps });
    return { sps, pps };
  }

  /** The VPS that an SPS refers to, if it has come. */
  vps(sps: SeqParameterSet | null): VideoParameterSet | null {
    return (sps && this.vpsById.get(sps.sps_video_parameter_set_id)) ?? null;
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

function missing(element: string, reason: string): BitstreamError {
  return new BitstreamError(reason, { element }, "missing-parameter-set");
}
