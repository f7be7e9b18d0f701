/** The store of parameter sets, and when one takes effect: 7.4.2.4.2. */

import type { BitReader, Trace } from "../bitreader/index.ts";
import type { BitstreamError } from "../errors.ts";
import { sameBytes } from "../framing/bytes.ts";
import { ActiveSetStore } from "../nal/active-set-store.ts";
import { readClosingBits } from "../nal/closing-bits.ts";
import { missingPps, missingSps } from "../nal/missing-sets.ts";
import { SPS_NUT, VPS_NUT } from "./nal-types.ts";
import type { ParameterSets, PicParameterSet, SeqParameterSet, VideoParameterSet } from "./structures.ts";
import {
  checkPicParameterSet,
  nal_unit_header,
  pic_parameter_set_rbsp,
  seq_parameter_set_rbsp,
  video_parameter_set_rbsp,
} from "./syntax.ts";
import { nalReader } from "./units.ts";

interface StoredPps {
  readonly bytes: Uint8Array;
  readonly pps: PicParameterSet;
  /** With the SPS that it was last used with, for which it has been checked. */
  sets: ParameterSets | null;
}

/** Parameter sets by id. A set that is repeated unchanged stays the same object. */
export class ActiveParameterSets {
  /** The sequence parameter sets. New content for the active SPS takes effect with the next IRAP picture. */
  readonly sps = new ActiveSetStore<SeqParameterSet>();
  readonly #vpsById = new Map<number, { readonly bytes: Uint8Array; readonly vps: VideoParameterSet | null }>();
  readonly #ppsById = new Map<number, StoredPps>();

  /**
   * Takes the NAL unit of a video, sequence or picture parameter set.
   *
   * @returns what is wrong with a set that is taken all the same: once for each content.
   * @throws BitstreamError where it cannot be read. The old set then stays.
   */
  receive(unit: Uint8Array, trace: Trace | undefined): BitstreamError | null {
    const r = nalReader(unit, trace);
    const { nal_unit_type } = nal_unit_header(r);
    if (nal_unit_type === VPS_NUT) return this.#receiveVps(r, unit, trace);
    if (nal_unit_type === SPS_NUT) return this.#receiveSps(r, unit);
    return this.#receivePps(r, unit);
  }

  /** Decoding the base layer does not need a VPS, but picture timing may. */
  #receiveVps(r: BitReader, unit: Uint8Array, trace: Trace | undefined): BitstreamError | null {
    const vps_video_parameter_set_id = (unit[2] ?? 0) >> 4;
    const stored = this.#vpsById.get(vps_video_parameter_set_id);
    const isUnchanged = stored !== undefined && sameBytes(stored.bytes, unit);
    if (isUnchanged && trace === undefined) return null;
    let vps: VideoParameterSet | null = null;
    r.tolerate(() => {
      vps = video_parameter_set_rbsp(r);
    });
    const flaw = readClosingBits(r);
    if (isUnchanged) return null;
    this.#vpsById.set(vps_video_parameter_set_id, { bytes: unit.slice(), vps });
    return flaw;
  }

  #receiveSps(r: BitReader, unit: Uint8Array): BitstreamError | null {
    const sps = seq_parameter_set_rbsp(r);
    const flaw = readClosingBits(r);
    return this.sps.receive(sps.sps_seq_parameter_set_id, unit, sps) ? flaw : null;
  }

  #receivePps(r: BitReader, unit: Uint8Array): BitstreamError | null {
    const pps = pic_parameter_set_rbsp(r);
    const flaw = readClosingBits(r);
    const stored = this.#ppsById.get(pps.pps_pic_parameter_set_id);
    if (stored && sameBytes(stored.bytes, unit)) return null;
    this.#ppsById.set(pps.pps_pic_parameter_set_id, { bytes: unit.slice(), pps, sets: null });
    return flaw;
  }

  /**
   * The sets that a slice segment refers to. With an IRAP picture, new content of the active SPS takes effect.
   *
   * @throws BitstreamError where a set is missing, or where the PPS does not fit its SPS.
   */
  find(pic_parameter_set_id: number, isIrap: boolean): ParameterSets {
    const stored = this.#ppsById.get(pic_parameter_set_id);
    if (!stored) throw missingPps("slice_pic_parameter_set_id", pic_parameter_set_id);
    const { pps } = stored;
    const id = pps.pps_seq_parameter_set_id;
    const sps = this.sps.get(id, isIrap);
    if (!sps) throw missingSps("pps_seq_parameter_set_id", pic_parameter_set_id, id);
    if (stored.sets?.sps === sps) return stored.sets;
    const sets = { sps, pps };
    checkPicParameterSet(sets);
    stored.sets = sets;
    return sets;
  }

  /** Undefined where no VPS with this id could be read so far. */
  vps(vps_video_parameter_set_id: number): VideoParameterSet | undefined {
    return this.#vpsById.get(vps_video_parameter_set_id)?.vps ?? undefined;
  }

  pps(pps_pic_parameter_set_id: number): PicParameterSet | undefined {
    return this.#ppsById.get(pps_pic_parameter_set_id)?.pps;
  }

  /** The VPS that an SPS refers to; null where it is missing. */
  vpsOf(sps: SeqParameterSet | null): VideoParameterSet | null {
    return (sps && this.#vpsById.get(sps.sps_video_parameter_set_id)?.vps) ?? null;
  }
}
