/**
 * The fields of one control, as `TargetCodec.reads` names them.
 *
 * @param paths with white space between them: `"dpb.fields flags.V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC"`.
 */
export function fields(control: string, paths: string): string[] {
  return paths
    .trim()
    .split(/\s+/)
    .map((path) => `${control}.${path}`);
}
