/** Below so many units of a picture nothing is counted: no level allows as many slices in a picture of any common size. */
const FREE_UNITS = 2048;
/** Beyond them a unit has so many bytes on average: what a session keeps of each, beside its bytes, is bounded by its bytes. */
const MEAN_BYTES = 128;

/** Whether a picture has so many units in so few bytes that what is kept of each would take far more memory than the input. */
export function isCrumbled(units: number, bytes: number): boolean {
  return units > FREE_UNITS && bytes < (units - FREE_UNITS) * MEAN_BYTES;
}
