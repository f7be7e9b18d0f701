/**
 * hantro's VPU981, the AV1 decoder of the RK3588.
 *
 * What the driver reads differently than the kernel's documentation says (`quirks`): `ref_frame_idx` after a shown key frame, and
 * `reference_frame_ts` of a slot without a picture.
 */
import {
  V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC,
  V4L2_AV1_INTRA_ONLY_FRAME,
  V4L2_AV1_KEY_FRAME,
  v4l2_ctrl_av1_frame,
  viewOf,
} from "../uapi/index.ts";
import { av1Controls, noModes } from "./control-sets.ts";
import { fields } from "./fields.ts";
import type { Target } from "./target.ts";

const flag = (names: string, prefix: string, path = "flags") =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => `${path}.${prefix}${name}`)
    .join(" ");

const sequenceFlag = "V4L2_AV1_SEQUENCE_FLAG_";
const frameFlag = "V4L2_AV1_FRAME_FLAG_";

/** What hantro and mediatek both read of AV1. */
export const commonAv1Reads: readonly string[] = [
  ...fields(
    "V4L2_CID_STATELESS_AV1_SEQUENCE",
    `order_hint_bits bit_depth ${flag(
      `USE_128X128_SUPERBLOCK ENABLE_FILTER_INTRA ENABLE_INTRA_EDGE_FILTER ENABLE_INTERINTRA_COMPOUND
       ENABLE_MASKED_COMPOUND ENABLE_DUAL_FILTER ENABLE_JNT_COMP`,
      sequenceFlag,
    )}`,
  ),
  ...fields(
    "V4L2_CID_STATELESS_AV1_FRAME",
    `
    superres_denom skip_mode_frame primary_ref_frame frame_type order_hint upscaled_width interpolation_filter tx_mode
    frame_width_minus_1 frame_height_minus_1 order_hints reference_frame_ts ref_frame_idx
    ${flag(
      `ERROR_RESILIENT_MODE DISABLE_CDF_UPDATE ALLOW_SCREEN_CONTENT_TOOLS FORCE_INTEGER_MV ALLOW_INTRABC
       ALLOW_HIGH_PRECISION_MV IS_MOTION_MODE_SWITCHABLE USE_REF_FRAME_MVS DISABLE_FRAME_END_UPDATE_CDF
       ALLOW_WARPED_MOTION REFERENCE_SELECT REDUCED_TX_SET SKIP_MODE_PRESENT`,
      frameFlag,
    )}
    tile_info.context_update_tile_id tile_info.tile_cols tile_info.tile_rows
    quantization.base_q_idx quantization.delta_q_y_dc quantization.delta_q_u_dc quantization.delta_q_u_ac
    quantization.delta_q_v_dc quantization.delta_q_v_ac quantization.qm_y quantization.qm_u quantization.qm_v
    quantization.delta_q_res ${flag("USING_QMATRIX DELTA_Q_PRESENT", "V4L2_AV1_QUANTIZATION_FLAG_", "quantization.flags")}
    segmentation.feature_enabled segmentation.feature_data
    ${flag("ENABLED UPDATE_MAP TEMPORAL_UPDATE", "V4L2_AV1_SEGMENTATION_FLAG_", "segmentation.flags")}
    loop_filter.level loop_filter.sharpness loop_filter.ref_deltas loop_filter.mode_deltas loop_filter.delta_lf_res
    ${flag("DELTA_ENABLED DELTA_LF_PRESENT DELTA_LF_MULTI", "V4L2_AV1_LOOP_FILTER_FLAG_", "loop_filter.flags")}
    cdef.damping_minus_3 cdef.bits cdef.y_pri_strength cdef.y_sec_strength cdef.uv_pri_strength cdef.uv_sec_strength
    loop_restoration.frame_restoration_type global_motion.type global_motion.params
  `,
  ),
  ...fields("V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY", "tile_offset tile_size"),
];

const reads = [
  ...commonAv1Reads,
  ...fields("V4L2_CID_STATELESS_AV1_SEQUENCE", `flags.${sequenceFlag}FILM_GRAIN_PARAMS_PRESENT`),
  ...fields(
    "V4L2_CID_STATELESS_AV1_FRAME",
    `
    refresh_frame_flags ${flag("SHOW_FRAME USE_SUPERRES", frameFlag)}
    tile_info.width_in_sbs_minus_1 tile_info.height_in_sbs_minus_1 tile_info.tile_size_bytes
    loop_restoration.flags.V4L2_AV1_LOOP_RESTORATION_FLAG_USES_LR loop_restoration.lr_unit_shift
    loop_restoration.lr_uv_shift
  `,
  ),
  ...fields(
    "V4L2_CID_STATELESS_AV1_FILM_GRAIN",
    `
    cr_mult grain_seed num_y_points point_y_value point_y_scaling num_cb_points point_cb_value point_cb_scaling
    num_cr_points point_cr_value point_cr_scaling grain_scaling_minus_8 ar_coeff_lag ar_coeffs_y_plus_128
    ar_coeffs_cb_plus_128 ar_coeffs_cr_plus_128 ar_coeff_shift_minus_6 grain_scale_shift cb_mult cb_luma_mult
    cr_luma_mult cb_offset cr_offset
    ${flag("APPLY_GRAIN CHROMA_SCALING_FROM_LUMA OVERLAP CLIP_TO_RESTRICTED_RANGE", "V4L2_AV1_FILM_GRAIN_FLAG_")}
  `,
  ),
];

const { offsets } = v4l2_ctrl_av1_frame;

function isIntra(frame: DataView): boolean {
  const type = frame.getUint32(offsets.frame_type, true);
  return type === V4L2_AV1_KEY_FRAME || type === V4L2_AV1_INTRA_ONLY_FRAME;
}

/** For each slot, whose CDFs the driver has there: it stores those of a request in the slots of its refresh_frame_flags. */
class SlotsOfCdfs {
  readonly #slots: (bigint | undefined)[] = new Array(8).fill(undefined);

  /** Points each reference to a slot that has the same picture and, in the driver, that picture's CDFs, where there is such a slot. */
  rewrite(payload: Uint8Array, { timestamp }: { readonly timestamp: number }): Uint8Array {
    const view = viewOf(payload);
    const pictureIn = (slot: number): bigint => view.getBigUint64(offsets.reference_frame_ts + 8 * slot, true);
    const hasReferences = !isIntra(view);
    let rewritten = payload;
    for (let i = 0; i < 7 && hasReferences; i++) {
      const slot = view.getInt8(offsets.ref_frame_idx + i);
      if (slot < 0 || slot > 7 || this.#slots[slot] === pictureIn(slot)) continue;
      const other = this.#slots.findIndex((picture, at) => picture === pictureIn(slot) && pictureIn(at) === picture);
      if (other < 0) continue;
      if (rewritten === payload) rewritten = payload.slice();
      rewritten[offsets.ref_frame_idx + i] = other;
    }
    const refreshed = view.getUint8(offsets.refresh_frame_flags);
    for (let i = 0; i < 8; i++) if ((refreshed >> i) & 1) this.#slots[i] = BigInt(timestamp);
    return rewritten;
  }
}

/**
 * Names the frame itself in each slot without a picture in which the driver looks for a reference. Only for some references does it
 * ask whether they are there; one that is not is read from any slot of its list.
 */
function withoutAbsentReferences(payload: Uint8Array, { timestamp }: { readonly timestamp: number }): Uint8Array {
  const view = viewOf(payload);
  const flags = view.getUint32(offsets.flags, true);
  if (isIntra(view) && (flags & V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC) === 0) return payload;
  let rewritten = payload;
  for (let i = 0; i < 7; i++) {
    const slot = view.getInt8(offsets.ref_frame_idx + i);
    const at = offsets.reference_frame_ts + 8 * slot;
    if (slot < 0 || slot > 7 || view.getBigUint64(at, true) !== 0n) continue;
    if (rewritten === payload) rewritten = payload.slice();
    viewOf(rewritten).setBigUint64(at, BigInt(timestamp), true);
  }
  return rewritten;
}

/** The AV1 decoder of the RK3588. */
export const rk3588Av1: Target = {
  name: "rk3588-av1",
  source: "drivers/media/platform/verisilicon/rockchip_vpu981_hw_av1_dec.c",
  codecs: {
    av1: {
      ...noModes,
      since: "6.5",
      controls: { ...av1Controls, V4L2_CID_STATELESS_AV1_FILM_GRAIN: 1 },
      // The driver checks the bit depth when controls are set, and the tiles (AV1_MAX_TILES, and their entries) when a job begins, which
      // fails then. The hardware has the Main profile without monochrome.
      limits: {
        maxWidth: 4096,
        maxHeight: 2304,
        bitDepths: [8, 10],
        chromaFormats: [1],
        profiles: [0],
        maxTiles: 128,
        tileEntries: "enough",
      },
      reads,
      missingReferences: "mark",
      quirks: {
        V4L2_CID_STATELESS_AV1_FRAME: {
          fields: ["ref_frame_idx", "reference_frame_ts"],
          text:
            "The driver keeps CDFs by the number of a slot, and learns from refresh_frame_flags alone which slots change. A " +
            "key frame that is shown with show_existing_frame fills all slots (7.21) without a request, so the driver still has " +
            "the old CDFs in the others. References are named by a slot in which it has the CDFs of the same picture. See " +
            "rockchip_vpu981_av1_dec_update_prob() and rockchip_vpu981_av1_dec_set_prob(). Where a slot has no picture, which is so in " +
            "the first frame with allow_intrabc and after a loss, the driver reads its list of references at -1: the slot " +
            "names the frame itself instead of 0. See rockchip_vpu981_av1_dec_set_other_frames()",
          begin: () => {
            const slots = new SlotsOfCdfs();
            // CDFs come first: they are found by the pictures that the session names.
            return (payload, request) => {
              if (payload.length !== v4l2_ctrl_av1_frame.size) return payload;
              return withoutAbsentReferences(slots.rewrite(payload, request), request);
            };
          },
        },
      },
    },
  },
};
