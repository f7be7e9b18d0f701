import { IDR_SLICE } from "./nal-types.ts";
import type { ParameterSets, SliceHeader } from "./structures.ts";

/**
 * 7.4.1.2.4 Detection of the first VCL NAL unit of a primary coded picture. The clause says that another pic_parameter_set_id
 * begins a picture; yet 7.4.3 lets the slices of a picture have different ones. So here another pic_parameter_set_id begins a
 * picture only if the slice has the first macroblock. A primary coded picture has no macroblock twice: a slice that begins
 * where the picture's first slice did belongs to the next picture, even if an encoder gives it the same numbers, such as 0 for
 * every idr_pic_id.
 *
 * @param before the header of the previous picture's first slice.
 * @param sets the parameter sets that `before` refers to.
 */
export function isFirstOfNewPicture(
  before: SliceHeader,
  sets: ParameterSets,
  h: SliceHeader,
  { sps }: ParameterSets,
): boolean {
  const wasIdr = before.nal_unit_type === IDR_SLICE;
  const isIdr = h.nal_unit_type === IDR_SLICE;
  return (
    h.frame_num !== before.frame_num ||
    (h.pic_parameter_set_id !== before.pic_parameter_set_id && h.first_mb_in_slice === 0) ||
    sps !== sets.sps ||
    h.field_pic_flag !== before.field_pic_flag ||
    h.bottom_field_flag !== before.bottom_field_flag ||
    (h.nal_ref_idc !== before.nal_ref_idc && (h.nal_ref_idc === 0 || before.nal_ref_idc === 0)) ||
    (sps.pic_order_cnt_type === 0 &&
      (h.pic_order_cnt_lsb !== before.pic_order_cnt_lsb ||
        h.delta_pic_order_cnt_bottom !== before.delta_pic_order_cnt_bottom)) ||
    (sps.pic_order_cnt_type === 1 &&
      (h.delta_pic_order_cnt[0] !== before.delta_pic_order_cnt[0] ||
        h.delta_pic_order_cnt[1] !== before.delta_pic_order_cnt[1])) ||
    isIdr !== wasIdr ||
    (isIdr && h.idr_pic_id !== before.idr_pic_id) ||
    (h.first_mb_in_slice === before.first_mb_in_slice && h.colour_plane_id === before.colour_plane_id)
  );
}
