import type { H264Picture } from "./h264-pictures.ts";

/** What FFmpeg makes of fields, where it differs from 3.30 and 3.31. */
export interface FfmpegFields {
  /** Those it takes for the second field of the frame before. */
  readonly seconds: ReadonlySet<H264Picture>;
  /** Those it refuses: "Found reference and non-reference fields in the same frame". */
  readonly refused: ReadonlySet<H264Picture>;
  /** First fields without a second that it does not show. */
  readonly hidden: ReadonlySet<H264Picture>;
}

/**
 * The rules of h264_field_start() in FFmpeg's h264_slice.c. A frame of fields goes to the output with its second field, a
 * field without one only while `missing_fields` is above 1: it counts fields followed by a frame or by their own parity, until
 * a field of the other parity follows.
 */
export function ffmpegFields(pictures: readonly H264Picture[]): FfmpegFields {
  const seconds = new Set<H264Picture>();
  const refused = new Set<H264Picture>();
  const hidden = new Set<H264Picture>();
  let pending: H264Picture | undefined;
  let missing_fields = 0;
  for (const picture of pictures) {
    const isField = picture.structure !== "frame";
    if (pending !== undefined && isField && picture.structure !== pending.structure) {
      if (picture.frame_num === pending.frame_num) {
        if (picture.isReference !== pending.isReference) {
          refused.add(picture);
          continue;
        }
        hidden.delete(pending);
        seconds.add(picture);
        missing_fields = 0;
        pending = undefined;
        continue;
      }
      missing_fields = 0;
    } else if (pending !== undefined) {
      missing_fields++;
    }
    pending = isField ? picture : undefined;
    if (isField && missing_fields <= 1) hidden.add(picture);
  }
  return { seconds, refused, hidden };
}
