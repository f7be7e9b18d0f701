/** The store of parameter sets, and when one takes effect: 7.4.1.2.1. */

import type { Trace } from "../bitreader/index.ts";
import type { BitstreamError } from "../errors.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { sameBytes } from "../framing/bytes.ts";
import { ActiveSetStore } from "../nal/active-set-store.ts";
import { readClosingBits } from "../nal/closing-bits.ts";
import { missingPps, missingSps } from "../nal/missing-sets.ts";
import type { ParameterSets, PicParameterSet, SeqParameterSet } from "./structures.ts";
import { nal_unit, pic_parameter_set_rbsp, seq_parameter_set_data } from "./syntax.ts";
import { nalReader } from "./units.ts";

interface StoredPps {
  readonly unit: StreamUnit;
  readonly seq_parameter_set_id: number;
  /** The PPS with the SPS that it was last read with. Null until its SPS, which is needed to read it, is known. */
  found: FoundSets | null;
}

/** The sets that a slice refers to. */
export interface FoundSets {
  readonly sets: ParameterSets;
  /** An error in the PPS that does not stop decoding. It is found only now where the PPS came before its SPS. */
  readonly flaw: { readonly error: BitstreamError; readonly unit: StreamUnit } | null;
}

/** Parameter sets by id. A set that is repeated unchanged stays the same object. */
export class ActiveParameterSets {
  /** The sequence parameter sets. New content for the active SPS takes effect with the next IDR picture. */
  readonly sps = new ActiveSetStore<SeqParameterSet>();
  readonly #ppsById = new Map<number, StoredPps>();

  /**
   * Takes a sequence parameter set's NAL unit.
   *
   * @returns what is wrong with a set that is taken all the same: once for each content.
   * @throws BitstreamError where it cannot be read. The old set then stays.
   */
  receiveSps(unit: Uint8Array, trace: Trace | undefined): BitstreamError | null {
    const r = nalReader(unit, trace);
    nal_unit(r);
    const sps = seq_parameter_set_data(r);
    const flaw = readClosingBits(r);
    return this.sps.receive(sps.seq_parameter_set_id, unit, sps) ? flaw : null;
  }

  /**
   * Takes a picture parameter set's NAL unit, and reads it if its SPS is known.
   *
   * @returns what is wrong with a set that is taken all the same: once for each content.
   * @throws BitstreamError where it cannot be read. The old set then stays.
   */
  receivePps(unit: StreamUnit, trace: Trace | undefined): BitstreamError | null {
    const { pic_parameter_set_id, seq_parameter_set_id } = ppsIds(unit.bytes);
    const stored = this.#ppsById.get(pic_parameter_set_id);
    const sps = this.sps.get(seq_parameter_set_id, true) ?? null;
    const isUnchanged = stored !== undefined && sameBytes(stored.unit.bytes, unit.bytes);
    if (isUnchanged && !trace) return null;
    const read = sps && readPps(unit.bytes, sps, trace);
    if (isUnchanged) return null;
    const copy = { ...unit, bytes: unit.bytes.slice() };
    const found = sps && read ? { sets: { sps, pps: read.pps }, flaw: null } : null;
    this.#ppsById.set(pic_parameter_set_id, { unit: copy, seq_parameter_set_id, found });
    return read?.flaw ?? null;
  }

  /**
   * The sets that a slice refers to. With an IDR picture, new content of the active SPS takes effect.
   *
   * @throws BitstreamError where a set is missing, or where the PPS cannot be read with its SPS.
   */
  find(pic_parameter_set_id: number, isIdr: boolean): FoundSets {
    const stored = this.#ppsById.get(pic_parameter_set_id);
    if (!stored) throw missingPps("pic_parameter_set_id", pic_parameter_set_id);
    const { unit, seq_parameter_set_id, found } = stored;
    const sps = this.sps.get(seq_parameter_set_id, isIdr);
    if (!sps) throw missingSps("seq_parameter_set_id", pic_parameter_set_id, seq_parameter_set_id);
    if (found?.sets.sps === sps) return found;
    const { pps, flaw } = readPps(unit.bytes, sps, undefined);
    const sets = { sps, pps };
    stored.found = { sets, flaw: null };
    return { sets, flaw: flaw && { error: flaw, unit } };
  }
}

function readPps(
  unit: Uint8Array,
  sps: SeqParameterSet,
  trace: Trace | undefined,
): { readonly pps: PicParameterSet; readonly flaw: BitstreamError | null } {
  const r = nalReader(unit, trace);
  nal_unit(r);
  const pps = pic_parameter_set_rbsp(r, sps);
  return { pps, flaw: readClosingBits(r) };
}

/** The ids at the beginning of a picture parameter set's NAL unit. */
export function ppsIds(unit: Uint8Array): Pick<PicParameterSet, "pic_parameter_set_id" | "seq_parameter_set_id"> {
  const r = nalReader(unit, undefined);
  nal_unit(r);
  return {
    pic_parameter_set_id: r.ue("pic_parameter_set_id", 255),
    seq_parameter_set_id: r.ue("seq_parameter_set_id", 31),
  };
}
