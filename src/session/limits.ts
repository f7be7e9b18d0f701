/** The average size in bytes of units beyond those that a picture may have of any size: so the input bounds their memory. */
const MEAN_BYTES = 128;

/**
 * Whether a picture has so many small units that what a session keeps for each would take far more memory than the input.
 *
 * @param free how many units a picture may have of any size.
 */
export function hasTooManyTinyUnits(units: number, bytes: number, free: number): boolean {
  return units > free && bytes < (units - free) * MEAN_BYTES;
}
