/** The targets, in the order in which `all` runs them. */
export const targetNames = [
  "h264",
  "h265",
  "vp8",
  "vp9",
  "av1",
  "mpeg2",
  "fwht",
  "demux",
  "container",
  "record",
  "capture",
  "submit",
  "cli",
] as const;

export type TargetName = (typeof targetNames)[number];
