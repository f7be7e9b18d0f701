/** What a request of AV1 is made of: its own OBUs, and what earlier frames have left in the reference slots. */
import { v4l2_ctrl_av1_frame } from "../../uapi/av1.ts";
import type { Rules } from "../field.ts";
import type { CodecHistory, ReadRequest } from "../history.ts";
import type { ReadUnit } from "../read-unit.ts";
import { filmGrainRules } from "./film-grain.ts";
import { frameRules } from "./frame.ts";
import { motionFrames } from "./global-motion.ts";
import { loopFilterSettings } from "./loop-filter.ts";
import { sequenceRules } from "./sequence.ts";
import type { Av1State, HeaderUnits, Saved, StoredFrame, TileUnit } from "./state.ts";
import { tileGroupRules } from "./tiles.ts";

const PRIMARY_REF_NONE = 7;

export class Av1History implements CodecHistory {
  readonly #frames = new Map<number, StoredFrame>();
  /** Released since the last request, and before that: a new sequence's first request still lists the old slots. */
  #released: number[] = [];
  #releasedBefore: number[] = [];
  #sequence: ReadUnit | undefined;
  #state: Av1State | undefined;

  take({ number, timestamp, controls, sent, others }: ReadRequest): void {
    for (const old of this.#releasedBefore) this.#frames.delete(old);
    this.#releasedBefore = this.#released;
    this.#released = [];
    this.#state = undefined;
    for (const unit of others) if (unit.has("film_grain_params_present")) this.#sequence = unit;
    const unit = headerOf(sent, others);
    const payload = controls.get("V4L2_CID_STATELESS_AV1_FRAME");
    if (unit === undefined || this.#sequence === undefined || !(payload instanceof Uint8Array)) return;
    const header = headerValues(payload);
    this.#noteShown(header.timestamps, others);
    const units: HeaderUnits = { request: number, unit, sequence: this.#sequence };
    const slots = header.timestamps.map((slotTime, slot) => this.#frameIn(slot, slotTime));
    const previous = slots[header.refFrameIdx[header.primary_ref_frame] ?? -1];
    const saved = savedOf(units, slots, header.refFrameIdx, previous);
    const tiles = sent.map((each): TileUnit => ({ unit: each, length: lengthOf(each, others) }));
    this.#state = { ...units, ...header, slots, previous, saved, tiles };
    const { refresh_frame_flags } = header;
    const stored = { ...units, timestamp, refresh_frame_flags, saved, shown: undefined };
    this.#frames.set(timestamp, stored);
  }

  release(timestamp: number): void {
    this.#released.push(timestamp);
  }

  /** 7.21: a key frame that is shown again is in all slots. */
  #noteShown(timestamps: readonly number[], others: readonly ReadUnit[]): void {
    const shown = others.filter((unit) => unit.value("show_existing_frame") === 1).at(-1);
    const frame = this.#frames.get(timestamps[0] as number);
    if (shown === undefined || frame === undefined || timestamps.some((each) => each !== frame.timestamp)) return;
    if ((frame.unit.value("frame_type") ?? 0) === 0) frame.shown = shown;
  }

  /** Undefined where another frame stands in for one that is missing: the option `missingReferences`. */
  #frameIn(slot: number, timestamp: number): StoredFrame | undefined {
    const frame = this.#frames.get(timestamp);
    const isThere = frame?.shown !== undefined || (((frame?.refresh_frame_flags ?? 0) >> slot) & 1) === 1;
    return isThere ? frame : undefined;
  }

  rules(): Readonly<Record<string, Rules>> {
    const state = this.#state;
    if (state === undefined) return {};
    return {
      V4L2_CID_STATELESS_AV1_SEQUENCE: sequenceRules(state.sequence),
      V4L2_CID_STATELESS_AV1_FRAME: frameRules(state),
      V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY: tileGroupRules(state),
      V4L2_CID_STATELESS_AV1_FILM_GRAIN: filmGrainRules(state),
    };
  }
}

/** The OBU with the frame's header; copies of it have no elements of their own. */
function headerOf([first]: readonly ReadUnit[], others: readonly ReadUnit[]): ReadUnit | undefined {
  if (first === undefined || first.kind === "frame") return first;
  return others.filter((unit) => unit.number < first.number && unit.has("disable_cdf_update")).at(-1);
}

/** The unit of Annex B that has the OBU's length, where the OBU has no size of its own. */
function lengthOf(unit: ReadUnit, others: readonly ReadUnit[]): ReadUnit | undefined {
  if (unit.has("obu_size")) return undefined;
  return others.find(({ kind, byte, bytes }) => kind === "length" && byte + bytes.length === unit.byte);
}

/** What decides in a payload which frames are named. */
function headerValues(payload: Uint8Array) {
  const o = v4l2_ctrl_av1_frame.offsets;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    timestamps: Array.from({ length: 8 }, (_, i) => Number(view.getBigUint64(o.reference_frame_ts + 8 * i, true))),
    refFrameIdx: Array.from({ length: 7 }, (_, i) => view.getInt8(o.ref_frame_idx + i)),
    primary_ref_frame: view.getUint8(o.primary_ref_frame),
    refresh_frame_flags: view.getUint8(o.refresh_frame_flags),
  };
}

/** What a frame leaves for later ones: its own elements, or what it has of its references. */
function savedOf(
  units: HeaderUnits,
  slots: readonly (StoredFrame | undefined)[],
  refFrameIdx: readonly number[],
  previous: StoredFrame | undefined,
): Saved {
  const { unit } = units;
  const found = foundRef(unit);
  const primary = unit.value("primary_ref_frame") ?? PRIMARY_REF_NONE;
  const before = primary === PRIMARY_REF_NONE ? undefined : previous?.saved;
  const isLoaded = unit.value("segmentation_enabled") === 1 && unit.value("segmentation_update_data") === 0;
  const grainSlot = unit.value("film_grain_params_ref_idx");
  return {
    size: (found === undefined ? undefined : slots[refFrameIdx[found] ?? -1]?.saved.size) ?? units,
    ...loopFilterSettings(units, before),
    motion: motionFrames(units, before?.motion),
    features: (isLoaded ? before?.features : undefined) ?? units,
    grain: (grainSlot === undefined ? undefined : slots[grainSlot]?.saved.grain) ?? units,
  };
}

/** 5.9.7: the reference that has the frame's size. */
export function foundRef(unit: ReadUnit): number | undefined {
  return unit.elements.find(({ name, value }) => name === "found_ref" && value === 1)?.subscripts[0];
}
