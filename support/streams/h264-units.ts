import { BitWriter, escaped } from "../../src/testing/bit-writer.ts";

/** A NAL unit: its header byte, what `write` writes, and rbsp_trailing_bits(). */
export function nalUnit(header: number, write: (w: BitWriter) => unknown): Uint8Array {
  const w = new BitWriter().u(8, header);
  write(w);
  return escaped(w.trailing().bytes());
}

/** An SPS of pictures of one macroblock, Baseline profile, frame_num of 4 bits, picture order count type 2. */
export function tinySps({ max_num_ref_frames = 1, gaps = 0, level_idc = 10 } = {}): Uint8Array {
  return nalUnit(0x67, (w) => {
    w.u(8, 66).u(8, 0).u(8, level_idc).ue(0); // profile_idc, constraints, level_idc, seq_parameter_set_id
    w.ue(0).ue(2).ue(max_num_ref_frames).u(1, gaps); // log2_max_frame_num_minus4, pic_order_cnt_type
    w.ue(0).ue(0).u(1, 1).u(1, 1).u(1, 0).u(1, 0); // one macroblock, frame_mbs_only_flag, direct_8x8_inference_flag
  });
}

/** A PPS without anything special. */
export function tinyPps(): Uint8Array {
  return nalUnit(0x68, (w) => w.ue(0).ue(0).u(2, 0).ue(0).ue(0).ue(0).u(3, 0).se(0).se(0).se(0).u(3, 0));
}

/** An IDR picture for `tinySps`. */
export function tinyIdr({ idr_pic_id = 0, long_term_reference_flag = 0 } = {}): Uint8Array {
  return nalUnit(0x65, (w) => w.ue(0).ue(7).ue(0).u(4, 0).ue(idr_pic_id).u(1, 0).u(1, long_term_reference_flag).se(0));
}

/** A P picture for `tinySps`. `mmco`: its memory management control operations with their operands; null for no reference. */
export function tinyP(frame_num: number, mmco: readonly (readonly number[])[] | null = []): Uint8Array {
  return nalUnit(mmco === null ? 0x01 : 0x41, (w) => {
    w.ue(0).ue(5).ue(0).u(4, frame_num).u(1, 0).u(1, 0);
    if (mmco !== null) w.u(1, mmco.length > 0 ? 1 : 0);
    for (const operation of mmco ?? []) for (const value of operation) w.ue(value);
    if (mmco?.length) w.ue(0);
    w.se(0);
  });
}
