/**
 * The syntax tables of clause 6.3 of the VP9 Bitstream & Decoding Process Specification, version 0.7, one function for each
 * table, in the specification's order and names.
 */
import type { Trace } from "../bitreader/index.ts";
import { BoolDecoder } from "../bitreader/index.ts";
import { CompressedHeader, type UncompressedHeader } from "./structures.ts";
import {
  ALLOW_32X32,
  COMPOUND_REFERENCE,
  inv_map_table,
  ONLY_4X4,
  REFERENCE_MODE_SELECT,
  SINGLE_REFERENCE,
  SWITCHABLE,
  TX_MODE_SELECT,
  tx_mode_to_biggest_tx_size,
} from "./tables.ts";

/** The unit's name in errors. */
const NAME = "compressed_header";

/** An array of probabilities, flattened: its name, and the subscripts of a place. */
interface Probabilities {
  readonly name: string;
  readonly subscripts: (place: number) => number[];
}

const array = (name: string, ...dimensions: number[]): Probabilities => ({
  name: `update_${name}`,
  subscripts: (place) => subscriptsOf(dimensions, place),
});

const arrays = {
  tx_probs_8x8: array("tx_probs_8x8", 2, 1),
  tx_probs_16x16: array("tx_probs_16x16", 2, 2),
  tx_probs_32x32: array("tx_probs_32x32", 2, 3),
  coef_probs: array("coef_probs", 4, 2, 2, 6, 6, 3),
  skip_prob: array("skip_prob", 3),
  inter_mode_probs: array("inter_mode_probs", 7, 3),
  interp_filter_probs: array("interp_filter_probs", 4, 2),
  is_inter_prob: array("is_inter_prob", 4),
  comp_mode_prob: array("comp_mode_prob", 5),
  single_ref_prob: array("single_ref_prob", 5, 2),
  comp_ref_prob: array("comp_ref_prob", 5),
  y_mode_probs: array("y_mode_probs", 4, 9),
  partition_probs: array("partition_probs", 16, 3),
} as const;

const mvArrays = {
  joint: array("mv_joint_probs", 3),
  sign: array("mv_sign_prob", 2),
  classes: array("mv_class_probs", 2, 10),
  class0_bit: array("mv_class0_bit_prob", 2),
  bits: array("mv_bits_prob", 2, 10),
  class0_fr: array("mv_class0_fr_probs", 2, 2, 3),
  fr: array("mv_fr_probs", 2, 3),
  class0_hp: array("mv_class0_hp_prob", 2),
  hp: array("mv_hp_prob", 2),
} as const;

/**
 * The probabilities, B(252), of the flags that say that a probability is not updated. There are as many as in the largest
 * array, coef_probs.
 */
const updateProbabilities = /* @__PURE__ */ new Uint8Array(4 * 2 * 2 * 6 * 6 * 3).fill(252);

/**
 * 6.3 Compressed header syntax.
 *
 * @param byte Offset of the header's bytes in the frame.
 * @throws BitstreamError where the header breaks the specification.
 */
export function compressed_header(
  bytes: Uint8Array,
  h: UncompressedHeader,
  { byte = 0, trace }: { readonly byte?: number; readonly trace?: Trace | undefined } = {},
): CompressedHeader {
  const b = new BoolDecoder(bytes, { unit: NAME, byte, trace });
  if (b.flag("marker_bit")) b.fail("the value must be 0, not 1", "marker_bit"); // 9.2.1 init_bool
  const c = new CompressedHeader();
  c.tx_mode = read_tx_mode(b, h);
  if (c.tx_mode === TX_MODE_SELECT) tx_mode_probs(b, c);
  read_coef_probs(b, c);
  updateAll(b, c.skip_prob, arrays.skip_prob); // 6.3.8 read_skip_prob
  if (!h.FrameIsIntra) {
    updateAll(b, c.inter_mode_probs, arrays.inter_mode_probs); // 6.3.9
    if (h.interpolation_filter === SWITCHABLE) updateAll(b, c.interp_filter_probs, arrays.interp_filter_probs); // 6.3.10
    updateAll(b, c.is_inter_prob, arrays.is_inter_prob); // 6.3.11
    c.reference_mode = frame_reference_mode(b, h);
    frame_reference_mode_probs(b, c);
    updateAll(b, c.y_mode_probs, arrays.y_mode_probs); // 6.3.14
    updateAll(b, c.partition_probs, arrays.partition_probs); // 6.3.15
    mv_probs(b, c, h);
  }
  return c;
}

/** The subscripts that belong to an index in a flattened array. */
function subscriptsOf(dimensions: readonly number[], place: number): number[] {
  const subscripts: number[] = [];
  let rest = place;
  for (const dimension of [...dimensions].reverse()) {
    subscripts.unshift(rest % dimension);
    rest = Math.floor(rest / dimension);
  }
  return subscripts;
}

/** Reads `count` update flags for the places from `at` on, and a value after each flag that is set. */
function update(
  b: BoolDecoder,
  target: Uint8Array,
  { name, subscripts }: Probabilities,
  read: (b: BoolDecoder) => number,
  at: number,
  count: number,
): void {
  const end = at + count;
  let place = b.nextSet(updateProbabilities, at, end, name, subscripts);
  while (place < end) {
    target[place] = read(b);
    place = b.nextSet(updateProbabilities, place + 1, end, name, subscripts);
  }
}

function updateAll(b: BoolDecoder, target: Uint8Array, array: Probabilities): void {
  update(b, target, array, diff_update_prob, 0, target.length);
}

/** 6.3.3 Diff update prob syntax, after update_prob: the value of inv_map_table. */
function diff_update_prob(b: BoolDecoder): number {
  return inv_map_table[decode_term_subexp(b)] as number;
}

/** 6.3.4 Decode term subexp syntax. */
function decode_term_subexp(b: BoolDecoder): number {
  if (b.flag("bit_1") === 0) return b.u(4, "sub_exp_val");
  if (b.flag("bit_2") === 0) return b.u(4, "sub_exp_val_minus_16") + 16;
  if (b.flag("bit_3") === 0) return b.u(5, "sub_exp_val_minus_32") + 32;
  const v = b.u(7, "v");
  if (v < 65) return v + 64;
  return (v << 1) - 1 + b.flag("bit");
}

/** 6.3.17 Update mv prob syntax, after update_mv_prob: the new value. */
function update_mv_prob(b: BoolDecoder): number {
  return (b.u(7, "mv_prob") << 1) | 1;
}

/** 6.3.1 Tx mode syntax. */
function read_tx_mode(b: BoolDecoder, { quantization_params }: UncompressedHeader): number {
  if (quantization_params.Lossless) return ONLY_4X4;
  const tx_mode = b.u(2, "tx_mode");
  return tx_mode === ALLOW_32X32 ? tx_mode + b.flag("tx_mode_select") : tx_mode;
}

/** 6.3.2 Tx mode probs syntax. */
function tx_mode_probs(b: BoolDecoder, c: CompressedHeader): void {
  updateAll(b, c.tx_probs_8x8, arrays.tx_probs_8x8);
  updateAll(b, c.tx_probs_16x16, arrays.tx_probs_16x16);
  updateAll(b, c.tx_probs_32x32, arrays.tx_probs_32x32);
}

/** 6.3.7 Coef probs syntax. */
function read_coef_probs(b: BoolDecoder, c: CompressedHeader): void {
  const maxTxSize = tx_mode_to_biggest_tx_size[c.tx_mode] as number;
  for (let txSize = 0; txSize <= maxTxSize; txSize++) {
    const update_probs = b.flag("update_probs", txSize);
    if (update_probs === 0) continue;
    for (let i = 0; i < 2 * 2; i++) {
      const at = (txSize * 2 * 2 + i) * 6 * 6 * 3;
      // Band 0 has three contexts. The other five have six, one after the other.
      update(b, c.coef_probs, arrays.coef_probs, diff_update_prob, at, 3 * 3);
      update(b, c.coef_probs, arrays.coef_probs, diff_update_prob, at + 6 * 3, 5 * 6 * 3);
    }
  }
}

/** 6.3.12 Frame reference mode syntax. */
function frame_reference_mode(b: BoolDecoder, { ref_frame_sign_bias }: UncompressedHeader): number {
  const [, last, golden, altref] = ref_frame_sign_bias;
  const compoundReferenceAllowed = golden !== last || altref !== last;
  if (!compoundReferenceAllowed) return SINGLE_REFERENCE;
  const non_single_reference = b.flag("non_single_reference");
  if (non_single_reference === 0) return SINGLE_REFERENCE;
  const reference_select = b.flag("reference_select");
  return reference_select === 0 ? COMPOUND_REFERENCE : REFERENCE_MODE_SELECT;
}

/** 6.3.13 Frame reference mode probs syntax. */
function frame_reference_mode_probs(b: BoolDecoder, c: CompressedHeader): void {
  if (c.reference_mode === REFERENCE_MODE_SELECT) updateAll(b, c.comp_mode_prob, arrays.comp_mode_prob);
  if (c.reference_mode !== COMPOUND_REFERENCE) updateAll(b, c.single_ref_prob, arrays.single_ref_prob);
  if (c.reference_mode !== SINGLE_REFERENCE) updateAll(b, c.comp_ref_prob, arrays.comp_ref_prob);
}

/** 6.3.16 MV probs syntax. */
function mv_probs(b: BoolDecoder, { mv_probs: mv }: CompressedHeader, h: UncompressedHeader): void {
  update(b, mv.joint, mvArrays.joint, update_mv_prob, 0, 3);
  for (let i = 0; i < 2; i++) {
    update(b, mv.sign, mvArrays.sign, update_mv_prob, i, 1);
    update(b, mv.classes, mvArrays.classes, update_mv_prob, i * 10, 10);
    update(b, mv.class0_bit, mvArrays.class0_bit, update_mv_prob, i, 1);
    update(b, mv.bits, mvArrays.bits, update_mv_prob, i * 10, 10);
  }
  for (let i = 0; i < 2; i++) {
    update(b, mv.class0_fr, mvArrays.class0_fr, update_mv_prob, i * 6, 6);
    update(b, mv.fr, mvArrays.fr, update_mv_prob, i * 3, 3);
  }
  if (h.allow_high_precision_mv) {
    for (let i = 0; i < 2; i++) {
      update(b, mv.class0_hp, mvArrays.class0_hp, update_mv_prob, i, 1);
      update(b, mv.hp, mvArrays.hp, update_mv_prob, i, 1);
    }
  }
}
