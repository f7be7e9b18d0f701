/** The requests of a picture: which controls go with which slice segments. */

import { UnsupportedError } from "../errors.ts";
import type { Control } from "../events.ts";
import { hevcKernelRules } from "../kernel/h265.ts";
import type { ResolvedOptions } from "../options.ts";
import { bitstreamOf, unitPrefix } from "../session/bitstream.ts";
import { ControlMaker } from "../session/control-maker.ts";
import type { EventSink } from "../session/event-sink.ts";
import type { HeldUnit } from "../session/held-units.ts";
import { hevcControls } from "../uapi/h265.ts";
import { type DecodeMode, decodeModeValues, startCodeValues } from "../uapi/modes.ts";
import { hevcDecodeParams, hevcExtSpsLtRps, hevcExtSpsStRps, hevcPps, hevcScalingMatrix, hevcSps } from "./controls.ts";
import type { Frame } from "./dpb.ts";
import type { RefPicList } from "./ref-lists.ts";
import { hevcEntryPointOffsets, hevcSliceParams, type SliceParamsInput } from "./slice-controls.ts";
import type { Picture } from "./state.ts";
import type { ParameterSets, PicParameterSet, SeqParameterSet, SliceSegmentHeader } from "./structures.ts";

/** A slice segment of the picture: its NAL unit as coded, with its reference picture lists. */
export interface PictureSegment extends HeldUnit {
  readonly h: SliceSegmentHeader;
  readonly sets: ParameterSets;
  readonly list0: RefPicList;
  readonly list1: RefPicList;
}

/**
 * How many slice segments the kernel's array takes. It is a function because a constant would make a bundler pack all controls
 * with a parser that is imported alone.
 */
export function maxSegments(): number {
  return hevcControls.V4L2_CID_STATELESS_HEVC_SLICE_PARAMS.dynamicArray;
}

/** The lengths of column_width_minus1 and row_height_minus1 in v4l2_ctrl_hevc_pps. */
const TILE_COLUMNS_LIMIT = 20;
const TILE_ROWS_LIMIT = 22;

/** The controls that all requests with these sets share. */
interface SetControls {
  readonly sps: SeqParameterSet;
  readonly sets: ParameterSets;
  readonly controls: readonly Control[];
}

/** Builds controls. Those of a parameter set are built once and used again. */
export class RequestBuilder {
  readonly #options: ResolvedOptions;
  readonly #maker: ControlMaker<keyof typeof hevcControls>;
  readonly #prefix: Uint8Array | null;
  readonly #bySps = new WeakMap<SeqParameterSet, readonly Control[]>();
  readonly #byPps = new WeakMap<PicParameterSet, SetControls>();

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#prefix = unitPrefix(options.startCode);
    this.#maker = new ControlMaker(hevcControls, hevcKernelRules, options);
  }

  /** V4L2_CID_STATELESS_HEVC_DECODE_MODE and START_CODE: set once, before the first request. */
  modeControls(): Control[] {
    const { decodeMode, startCode } = this.#options;
    const controls: Control[] = [];
    this.#maker.add(controls, "V4L2_CID_STATELESS_HEVC_DECODE_MODE", decodeModeValues[decodeMode]);
    this.#maker.add(controls, "V4L2_CID_STATELESS_HEVC_START_CODE", startCodeValues[startCode]);
    return controls;
  }

  /**
   * V4L2_CID_STATELESS_HEVC_SPS and its reference picture sets, EXT_SPS_ST_RPS and EXT_SPS_LT_RPS, with exactly as many
   * elements as the SPS has (vdpu381 and vdpu383 read that many). An empty array is left out: the kernel would refuse it with
   * EFAULT.
   */
  spsControls(sps: SeqParameterSet): readonly Control[] {
    const cached = this.#bySps.get(sps);
    if (cached) return cached;
    const st = hevcExtSpsStRps(sps);
    const lt = hevcExtSpsLtRps(sps);
    const controls: Control[] = [];
    this.#maker.add(controls, "V4L2_CID_STATELESS_HEVC_SPS", hevcSps(sps));
    if (st.length > 0) this.#maker.add(controls, "V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS", st);
    if (lt.length > 0) this.#maker.add(controls, "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS", lt);
    this.#bySps.set(sps, controls);
    return controls;
  }

  /**
   * The controls of the picture's SPS; after them V4L2_CID_STATELESS_HEVC_PPS and, where the SPS enables scaling lists,
   * SCALING_MATRIX.
   */
  #setControls(sps: SeqParameterSet, sets: ParameterSets): readonly Control[] {
    const cached = this.#byPps.get(sets.pps);
    if (cached?.sets === sets && cached.sps === sps) return cached.controls;
    const controls = this.spsControls(sps).slice();
    this.#maker.add(controls, "V4L2_CID_STATELESS_HEVC_PPS", hevcPps(sets));
    if (sets.sps.scaling_list_enabled_flag) {
      this.#maker.add(controls, "V4L2_CID_STATELESS_HEVC_SCALING_MATRIX", hevcScalingMatrix(sets));
    }
    this.#byPps.set(sets.pps, { sps, sets, controls });
    return controls;
  }

  /**
   * Emits one request for the picture, or in slice mode one for each slice segment.
   *
   * @param references the pictures used for reference, in the order of the DPB array.
   * @throws UnsupportedError where the kernel's arrays cannot hold the picture.
   */
  buildRequests(
    picture: Picture,
    segments: readonly PictureSegment[],
    references: readonly Frame[],
    sink: EventSink,
  ): void {
    checkLimits(segments, this.#options.decodeMode);
    const { decodeMode } = this.#options;
    const { h, sps, set, frame } = picture;
    const { timestamp, PicOrderCntVal } = frame;
    const params = hevcDecodeParams({ h, sps, PicOrderCntVal, set, references });
    const last = segments[segments.length - 1];
    const emit = (group: readonly PictureSegment[], hold: boolean) => {
      const before = this.#segmentControls(picture, group, references);
      const controls = this.#maker.with(before, "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS", params);
      sink.emit({ type: "request", timestamp, bitstream: bitstreamOf(group, this.#prefix), controls, hold });
    };
    if (decodeMode === "frame") emit(segments, false);
    else for (const segment of segments) emit([segment], segment !== last);
  }

  /** The controls of the request for these segments, except V4L2_CID_STATELESS_HEVC_DECODE_PARAMS. */
  #segmentControls(picture: Picture, group: readonly PictureSegment[], references: readonly Frame[]): Control[] {
    const { frame, sps } = picture;
    const { PicOrderCntVal, pic_struct } = frame;
    const prefixBytes = this.#prefix === null ? 0 : this.#prefix.length;
    const slices: SliceParamsInput[] = [];
    let entryPointCount = 0;
    for (const { unit, h, list0, list1 } of group) {
      const unitBytes = unit.length;
      // biome-ignore format: one slice segment
      slices.push({ h, sps, PicOrderCntVal, pic_struct, list0, list1, references, unitBytes, startCodeBytes: prefixBytes });
      entryPointCount += h.num_entry_point_offsets;
    }
    const sets = this.#setControls(sps, (group[0] as PictureSegment).sets);
    const controls = this.#maker.with(sets, "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS", hevcSliceParams(slices));
    if (entryPointCount === 0) return controls;
    const entryPoints = hevcEntryPointOffsets(group.map(({ h }) => h));
    return this.#maker.with(controls, "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS", entryPoints);
  }
}

/** @throws UnsupportedError where a picture in frame mode has more segments than the kernel's array can hold. */
export function checkSegmentCount(count: number, decodeMode: DecodeMode): void {
  if (decodeMode === "slice" || count <= maxSegments()) return;
  throw new UnsupportedError("kernel-limit", `${count} slice segments; the kernel takes ${maxSegments()}`);
}

/** @throws UnsupportedError where the kernel's arrays cannot hold the picture. */
function checkLimits(segments: readonly PictureSegment[], decodeMode: DecodeMode): void {
  // It is read inside the function for the reason that `maxSegments` gives.
  const entryPointsLimit = hevcControls.V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS.dynamicArray;
  let most = 0;
  for (const { h } of segments) {
    const count = h.num_entry_point_offsets;
    most = decodeMode === "frame" ? most + count : Math.max(most, count);
  }
  if (most > entryPointsLimit) {
    throw new UnsupportedError("kernel-limit", `${most} entry points; the kernel takes ${entryPointsLimit}`);
  }
  for (const { sets } of segments) {
    const { tiles_enabled_flag, num_tile_columns_minus1, num_tile_rows_minus1 } = sets.pps;
    if (!tiles_enabled_flag) continue;
    if (num_tile_columns_minus1 < TILE_COLUMNS_LIMIT && num_tile_rows_minus1 < TILE_ROWS_LIMIT) continue;
    const tiles = `${num_tile_columns_minus1 + 1}x${num_tile_rows_minus1 + 1} tiles`;
    throw new UnsupportedError("kernel-limit", `${tiles}; the kernel takes ${TILE_COLUMNS_LIMIT}x${TILE_ROWS_LIMIT}`);
  }
}
