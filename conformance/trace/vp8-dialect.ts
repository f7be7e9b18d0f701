import type { TraceElement } from "../../src/bitreader/index.ts";
import { unitName } from "../../src/vp8/index.ts";
import type { ComparedElement, Dialect } from "./dialect.ts";
import { ivf } from "./sources.ts";

/** Flags that FFmpeg reads and does not print: whether a value follows. */
const notPrinted: ReadonlySet<string> = new Set([
  "quantizer_update",
  "loop_filter_update",
  "segment_prob_update",
  "mode_ref_lf_delta_update",
  "ref_frame_delta_update_flag",
  "mb_mode_delta_update_flag",
  "y_dc_delta_present",
  "y2_dc_delta_present",
  "y2_ac_delta_present",
  "uv_dc_delta_present",
  "uv_ac_delta_present",
  "coeff_prob_update_flag",
  "intra_16x16_prob_update_flag",
  "intra_chroma_prob_update_flag",
  "mv_prob_update_flag",
]);

/** What FFmpeg misreads, and what lies after the first partition's header. */
const notCompared: ReadonlySet<string> = new Set([
  // 17.2: FFmpeg reads mv_prob_update_flag with an even chance, where the table has others; it is the last thing it reads.
  "prob",
  // 9.5: FFmpeg does not read it.
  "partition_size",
]);

/** 19.2 has a magnitude and a sign, and one name for both kinds of loop filter deltas; FFmpeg one signed value, and two names. */
function asPrinted(elements: readonly TraceElement[]): readonly ComparedElement[] {
  const printed: ComparedElement[] = [];
  let flag = "";
  for (const { name, subscripts, value, bit, length, descriptor } of elements) {
    const element = { name, subscripts, value, bit, length: descriptor === "bool" ? undefined : length };
    if (notPrinted.has(name)) flag = name;
    else if (notCompared.has(name)) continue;
    else if (name === "start_code") {
      const byte = (i: number) => ({ name: `start_code_${i}`, value: (value >> (8 * i)) & 255, bit: bit + 8 * i });
      printed.push(...[0, 1, 2].map((i) => ({ ...element, ...byte(i), length: 8 })));
    } else if (name === "delta_magnitude") {
      printed.push({ ...element, name: flag === "ref_frame_delta_update_flag" ? "ref_lf_deltas" : "mode_lf_deltas" });
    } else if (name.endsWith("_sign")) {
      const magnitude = printed.pop() as ComparedElement;
      printed.push({ ...magnitude, value: value === 1 ? 0 - magnitude.value : magnitude.value });
    } else printed.push(element);
  }
  return printed;
}

/** FFmpeg's trace of VP8 (cbs_vp8_syntax_template.c, since FFmpeg 6.1) against RFC 6386. */
export const vp8: Dialect = {
  codec: "vp8",
  ffmpegCodec: "vp8",
  demuxer: "ivf",
  source: (file) => ivf(file, (packet) => [packet]),
  unitName,
  leftOut: () => undefined,
  ours: asPrinted,
  ffmpegNames: {
    version: "profile",
    first_part_size: "first_partition_length_in_bytes",
    segmentation_enabled: "segmentation_enable",
    update_mb_segmentation_map: "update_segment_map",
    quantizer_update_value: "segment_qp",
    lf_update_value: "segment_loop_filter_level",
    segment_prob: "segment_probs",
    filter_type: "loop_filter_type",
    sharpness_level: "loop_filter_sharpness",
    loop_filter_adj_enable: "mode_ref_lf_delta_enable",
    log2_nbr_of_dct_partitions: "log2_token_partitions",
    y_ac_qi: "base_qindex",
    y_dc_delta_magnitude: "y1dc_delta_q",
    y2_dc_delta_magnitude: "y2dc_delta_q",
    y2_ac_delta_magnitude: "y2ac_delta_q",
    uv_dc_delta_magnitude: "uvdc_delta_q",
    uv_ac_delta_magnitude: "uvac_delta_q",
    sign_bias_golden: "ref_frame_sign_bias_golden",
    sign_bias_alternate: "ref_frame_sign_bias_alternate",
    refresh_last: "refresh_last_frame",
    prob_gf: "prob_golden",
    intra_chroma_prob: "intra_chrome_prob",
  },
  countedByUs: new Set(),
  beyondOurs: new Set(["mv_prob"]),
  declaredRefusals: [
    {
      side: "ffmpeg",
      message: /^gives no reason after (prob_golden|intra_16x16_prob|intra_chrome_prob|mv_prob)$/,
      why: "17.2: reading mv_prob_update_flag with an even chance, it comes to the end of the frame",
    },
  ],
};
