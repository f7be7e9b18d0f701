/**
 * The syntax tables of clause 6.3 of the VP9 Bitstream & Decoding Process Specification, version 0.7, one function a table,
 * in the specification's order and names.
 */
import { BoolDecoder } from "./bool-decoder.ts";
import { CompressedHeader, type UncompressedHeader } from "./structures.ts";
import {
  ALLOW_32X32,
  COMPOUND_REFERENCE,
  ONLY_4X4,
  REFERENCE_MODE_SELECT,
  SINGLE_REFERENCE,
  SWITCHABLE,
  TX_MODE_SELECT,
  tx_mode_to_biggest_tx_size,
} from "./tables.ts";

/** 6.3 Compressed header syntax, of its bytes. Throws BitstreamError. */
export function compressed_header(bytes: Uint8Array, h: UncompressedHeader): CompressedHeader {
  const b = new BoolDecoder(bytes);
  const c = new CompressedHeader();
  c.tx_mode = read_tx_mode(b, h);
  if (c.tx_mode === TX_MODE_SELECT) tx_mode_probs(b, c);
  read_coef_probs(b, c);
  b.diffUpdates(c.skip_prob); // 6.3.8 read_skip_prob
  if (!h.FrameIsIntra) {
    b.diffUpdates(c.inter_mode_probs); // 6.3.9
    if (h.interpolation_filter === SWITCHABLE) b.diffUpdates(c.interp_filter_probs); // 6.3.10
    b.diffUpdates(c.is_inter_prob); // 6.3.11
    c.reference_mode = frame_reference_mode(b, h);
    frame_reference_mode_probs(b, c);
    b.diffUpdates(c.y_mode_probs); // 6.3.14
    b.diffUpdates(c.partition_probs); // 6.3.15
    mv_probs(b, c, h);
  }
  return c;
}

/** 6.3.1 Tx mode syntax. */
function read_tx_mode(b: BoolDecoder, { quantization_params }: UncompressedHeader): number {
  if (quantization_params.Lossless) return ONLY_4X4;
  const tx_mode = b.literal(2);
  return tx_mode === ALLOW_32X32 ? tx_mode + b.literal(1) : tx_mode;
}

/** 6.3.2 Tx mode probs syntax. */
function tx_mode_probs(b: BoolDecoder, c: CompressedHeader): void {
  b.diffUpdates(c.tx_probs_8x8);
  b.diffUpdates(c.tx_probs_16x16);
  b.diffUpdates(c.tx_probs_32x32);
}

/** 6.3.7 Coef probs syntax. */
function read_coef_probs(b: BoolDecoder, c: CompressedHeader): void {
  const maxTxSize = tx_mode_to_biggest_tx_size[c.tx_mode] as number;
  for (let txSize = 0; txSize <= maxTxSize; txSize++) {
    const update_probs = b.literal(1);
    if (update_probs === 0) continue;
    for (let band = 0; band < 2 * 2 * 6; band++) {
      const contexts = band % 6 === 0 ? 3 : 6;
      b.diffUpdates(c.coef_probs, (txSize * 2 * 2 * 6 + band) * 6 * 3, contexts * 3);
    }
  }
}

/** 6.3.12 Frame reference mode syntax. */
function frame_reference_mode(b: BoolDecoder, { ref_frame_sign_bias }: UncompressedHeader): number {
  const compoundReferenceAllowed = ref_frame_sign_bias.some((bias) => bias !== ref_frame_sign_bias[0]);
  if (!compoundReferenceAllowed) return SINGLE_REFERENCE;
  const non_single_reference = b.literal(1);
  if (non_single_reference === 0) return SINGLE_REFERENCE;
  const reference_select = b.literal(1);
  return reference_select === 0 ? COMPOUND_REFERENCE : REFERENCE_MODE_SELECT;
}

/** 6.3.13 Frame reference mode probs syntax. */
function frame_reference_mode_probs(b: BoolDecoder, c: CompressedHeader): void {
  if (c.reference_mode === REFERENCE_MODE_SELECT) b.diffUpdates(c.comp_mode_prob);
  if (c.reference_mode !== COMPOUND_REFERENCE) b.diffUpdates(c.single_ref_prob);
  if (c.reference_mode !== SINGLE_REFERENCE) b.diffUpdates(c.comp_ref_prob);
}

/** 6.3.16 MV probs syntax. */
function mv_probs(b: BoolDecoder, { mv_probs: mv }: CompressedHeader, h: UncompressedHeader): void {
  b.mvUpdates(mv.joint);
  for (let i = 0; i < 2; i++) {
    b.mvUpdates(mv.sign, i, 1);
    b.mvUpdates(mv.classes, i * 10, 10);
    b.mvUpdates(mv.class0_bit, i, 1);
    b.mvUpdates(mv.bits, i * 10, 10);
  }
  for (let i = 0; i < 2; i++) {
    b.mvUpdates(mv.class0_fr, i * 6, 6);
    b.mvUpdates(mv.fr, i * 3, 3);
  }
  if (h.allow_high_precision_mv) {
    for (let i = 0; i < 2; i++) {
      b.mvUpdates(mv.class0_hp, i, 1);
      b.mvUpdates(mv.hp, i, 1);
    }
  }
}
