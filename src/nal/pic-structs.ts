/**
 * Table D.2 of H.265, by pic_struct: which field is first, and for how many field durations the picture is repeated. Table D-1
 * of H.264 has the first nine rows.
 */
// biome-ignore format: the table's rows
export const picStructs = [
  ["progressive", 0], // (progressive) frame
  ["top-only", 0], // top field
  ["bottom-only", 0], // bottom field
  ["top-first", 0], // top field, bottom field, in that order
  ["bottom-first", 0], // bottom field, top field, in that order
  ["top-first", 1], // top field, bottom field, top field repeated, in that order
  ["bottom-first", 1], // bottom field, top field, bottom field repeated, in that order
  ["progressive", 2], // frame doubling
  ["progressive", 4], // frame tripling
  ["top-only", 0], // top field paired with previous bottom field in output order
  ["bottom-only", 0], // bottom field paired with previous top field in output order
  ["top-only", 0], // top field paired with next bottom field in output order
  ["bottom-only", 0], // bottom field paired with next top field in output order
] as const;
