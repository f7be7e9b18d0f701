/** A picture may have this many units of any size. No level allows so many slices in a picture of any common size. */
const FREE_UNITS = 2048;
/** The average size in bytes that further units must have. It bounds the memory that a session needs for each unit by the input. */
const MEAN_BYTES = 128;

/** Whether a picture has so many small units that what a session keeps for each would take far more memory than the input. */
export function hasTooManyTinyUnits(units: number, bytes: number): boolean {
  return units > FREE_UNITS && bytes < (units - FREE_UNITS) * MEAN_BYTES;
}
