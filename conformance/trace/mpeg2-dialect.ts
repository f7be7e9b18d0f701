import { isSlice, unitName } from "../../src/mpeg2/units.ts";
import type { Dialect } from "./dialect.ts";
import { byteStream } from "./sources.ts";

/** The start codes of cbs_mpeg2_read_unit. */
const decomposed: ReadonlySet<number> = new Set([0x00, 0xb2, 0xb3, 0xb5, 0xb7, 0xb8]);

/** FFmpeg's trace of MPEG-2 (cbs_mpeg2_syntax_template.c) against ISO/IEC 13818-2:2013. */
export const mpeg2: Dialect = {
  codec: "mpeg2",
  ffmpegCodec: "mpeg2video",
  demuxer: "mpegvideo",
  // Zero bytes after a unit may be its own.
  source: (file) => byteStream(file, true),
  unitName: (unit) => unitName(unit[0] as number),
  leftOut(unit) {
    const startCode = unit[0] as number;
    return decomposed.has(startCode) || isSlice(startCode)
      ? undefined
      : `FFmpeg does not take ${unitName(startCode)} apart`;
  },
  ffmpegNames: { chroma_intra_quantiser_matrix: "intra_quantiser_matrix" },
  // 6.2.3: the loop over extra_information_picture; marker bits have no subscript in loops.
  countedByUs: new Set(["marker_bit", "extra_bit_picture", "extra_information_picture"]),
  beyondOurs: new Set(),
  declaredRefusals: [
    {
      side: "ffmpeg",
      message: /^quantiser_scale_code out of range: 0/,
      why: "it reads slice headers, and the value is forbidden there (6.3.16): damage that the hardware meets",
    },
    {
      side: "ours",
      message: /^slice \(/,
      why: "a slice (start codes 01 to AF), which the hardware parses",
    },
    { side: "ours", message: /there is no sequence header/, why: "its sequence header is not there" },
    { side: "ours", message: /^user_data \(/, why: "user data (start code B2), which says nothing of decoding" },
  ],
};
