import type { Codec } from "../events.ts";
import type { Target } from "./target.ts";
import trials from "./trials.json" with { type: "json" };

/**
 * How it is known that a driver reads a field: by its source alone, or also because a changed value changed what the driver itself
 * programmed (conformance/drivers: the driver of Linux 7.2 on fake hardware).
 */
export interface ReadEvidence {
  readonly by: "source" | "both";
  /** Where a trial did not confirm it: why. */
  readonly reason?: string;
}

/** Of what was tried: the fields that no trial confirmed, with the reasons. */
type Unconfirmed = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * How it is known that a target reads a field. Undefined where it does not read it, or reads everything.
 *
 * @param field as in `TargetCodec.reads`: `"V4L2_CID_STATELESS_H264_SPS.profile_idc"`.
 */
export function evidenceOf(target: Target, codec: Codec, field: string): ReadEvidence | undefined {
  const reads = target.codecs[codec]?.reads;
  if (reads === undefined || reads === "all" || !reads.includes(field)) return undefined;
  const tried = (trials.targets as Readonly<Record<string, Unconfirmed>>)[target.name]?.[codec];
  if (tried === undefined) return { by: "source" };
  const reason = tried[field];
  return reason === undefined ? { by: "both" } : { by: "source", reason };
}
