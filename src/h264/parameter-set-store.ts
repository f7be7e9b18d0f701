import { type ByteSource, bytesOf } from "../bytes.ts";
import { BitstreamError } from "../errors.ts";
import { streamUnit } from "../framing/byte-stream.ts";
import { PPS, SPS } from "./nal-types.ts";
import { ActiveParameterSets } from "./parameter-sets.ts";
import type { ParameterSetLookup, ParseOptions } from "./parser.ts";
import type { ParameterSets, PicParameterSet, SeqParameterSet } from "./structures.ts";
import { nalUnitType } from "./units.ts";

/**
 * Parameter sets by id, as a backend or a muxer keeps them: the newest set of each id replaces the older one. A set that is
 * repeated unchanged stays the same object. A PPS may come before its SPS; it is read when both are known, and again when its
 * SPS has changed.
 */
export class ParameterSetStore implements ParameterSetLookup {
  readonly #sets = new ActiveParameterSets();

  /**
   * Takes a NAL unit, which is copied where it is a parameter set.
   *
   * @returns whether it is one.
   * @throws BitstreamError where a set cannot be read. The old set then stays.
   */
  add(source: ByteSource, { trace, onFlaw }: ParseOptions = {}): boolean {
    const bytes = bytesOf(source, "a unit");
    const type = nalUnitType(bytes);
    if (type !== SPS && type !== PPS) return false;
    const flaw =
      type === SPS ? this.#sets.receiveSps(bytes, trace) : this.#sets.receivePps(streamUnit(bytes, -1), trace);
    if (flaw) onFlaw?.(flaw);
    return true;
  }

  sps(seq_parameter_set_id: number): SeqParameterSet | undefined {
    return this.#sets.sps.get(seq_parameter_set_id, true);
  }

  /**
   * Undefined where the PPS or its SPS is missing.
   *
   * @throws BitstreamError where it cannot be read with its SPS.
   */
  pps(pic_parameter_set_id: number): PicParameterSet | undefined {
    try {
      return this.find(pic_parameter_set_id).pps;
    } catch (error) {
      if (error instanceof BitstreamError && error.kind === "missing-parameter-set") return undefined;
      throw error;
    }
  }

  /**
   * The sets that a slice with this pic_parameter_set_id refers to.
   *
   * @throws BitstreamError "missing-pps" or "missing-sps", and where the PPS cannot be read with its SPS.
   */
  find(pic_parameter_set_id: number): ParameterSets {
    return this.#sets.find(pic_parameter_set_id, true).sets;
  }
}
