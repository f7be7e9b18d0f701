import { type ByteSource, bytesOf } from "../bytes.ts";
import { PPS_NUT, VPS_NUT } from "./nal-types.ts";
import { ActiveParameterSets } from "./parameter-sets.ts";
import type { ParameterSetLookup, ParseOptions } from "./parser.ts";
import type { ParameterSets, PicParameterSet, SeqParameterSet, VideoParameterSet } from "./structures.ts";
import { nalUnitType, nuhLayerId } from "./units.ts";

/**
 * Parameter sets of the base layer by id, as a backend or a muxer keeps them: the newest set of each id replaces the older one.
 * A set that is repeated unchanged stays the same object.
 */
export class ParameterSetStore implements ParameterSetLookup {
  readonly #sets = new ActiveParameterSets();

  /**
   * Takes a NAL unit, which is copied where it is a parameter set.
   *
   * @returns whether it is a parameter set of the base layer.
   * @throws BitstreamError where a set cannot be read. The old set then stays.
   */
  add(source: ByteSource, { trace, onFlaw }: ParseOptions = {}): boolean {
    const bytes = bytesOf(source, "a unit");
    const type = nalUnitType(bytes);
    // Sets of other layers have ids of their own.
    if (type < VPS_NUT || type > PPS_NUT || nuhLayerId(bytes) > 0) return false;
    const flaw = this.#sets.receive(bytes, trace);
    if (flaw) onFlaw?.(flaw);
    return true;
  }

  vps(vps_video_parameter_set_id: number): VideoParameterSet | undefined {
    return this.#sets.vps(vps_video_parameter_set_id);
  }

  sps(sps_seq_parameter_set_id: number): SeqParameterSet | undefined {
    return this.#sets.sps.get(sps_seq_parameter_set_id, true);
  }

  /** The PPS may not fit its SPS: `find` checks that. */
  pps(pps_pic_parameter_set_id: number): PicParameterSet | undefined {
    return this.#sets.pps(pps_pic_parameter_set_id);
  }

  /**
   * The sets that a slice segment with this slice_pic_parameter_set_id refers to.
   *
   * @throws BitstreamError "missing-pps", "missing-sps", or "set-mismatch" where they do not fit each other.
   */
  find(slice_pic_parameter_set_id: number): ParameterSets {
    return this.#sets.find(slice_pic_parameter_set_id, true);
  }
}
