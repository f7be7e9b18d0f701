import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { H264Stream } from "./h264-stream.ts";

/**
 * Emulation prevention bytes inside each sized element, and inside idr_pic_id: zeros run through them, and in the last
 * slice the third byte of a run begins with the second bit of dec_ref_pic_marking().
 * `npx tsx support/streams/make-h264-fixtures.ts` writes test/fixtures/h264_epb_sized_elements.264.
 */
export function escapedElementsStream(): H264Stream {
  return new H264Stream()
    .writeSps({ log2_max_frame_num: 15, log2_max_lsb: 16, max_num_ref_frames: 2 })
    .writePps({ bottom_field_pic_order_in_frame_present_flag: 1 })
    .writePps({ id: 1 })
    .slice({ idr: true, idr_pic_id: 65534, lsb: 0 })
    .slice({ frame_num: 1, lsb: 0, delta_bottom: 2 ** 20, mmco: [[1, 0]] })
    .slice({ frame_num: 2, lsb: 2, delta_bottom: 2 ** 20, nal_ref_idc: 0 })
    .slice({ idr: true, idr_pic_id: 510, pps: 1, lsb: 0, slice_qp_delta: 16 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = fileURLToPath(new URL("../../test/fixtures/h264_epb_sized_elements.264", import.meta.url));
  writeFileSync(path, escapedElementsStream().bytes);
}
