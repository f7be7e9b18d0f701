/** What a VA-API backend must find out for each slice, in a stream with several parameter sets: libva gives no bit sizes. */
import { nalUnitTypes, ParameterSetStore, parseSliceHeader, units } from "v4l2-stateless/h264";

export function* bitSizes(stream: Uint8Array) {
  const sets = new ParameterSetStore();
  for (const { type, bytes } of units(stream)) {
    if (sets.add(bytes) || (type !== nalUnitTypes.SLICE && type !== nalUnitTypes.IDR_SLICE)) continue;
    const { pic_order_cnt_bit_size, dec_ref_pic_marking_bit_size } = parseSliceHeader(bytes, sets);
    yield { pic_order_cnt_bit_size, dec_ref_pic_marking_bit_size };
  }
}
