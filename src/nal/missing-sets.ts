import { BitstreamError } from "../errors.ts";

/** The error of a slice whose PPS is missing. @param element the slice header's element that names the PPS. */
export function missingPps(element: string, ppsId: number): BitstreamError {
  return new BitstreamError("missing-pps", `there is no PPS ${ppsId}`, { element });
}

/**
 * The error of a slice whose SPS is missing although its PPS is there. @param element the PPS's element that names the SPS.
 */
export function missingSps(element: string, ppsId: number, spsId: number): BitstreamError {
  const reason = `PPS ${ppsId} refers to SPS ${spsId}, which is not there`;
  return new BitstreamError("missing-sps", reason, { element });
}
