/** What a request of VP9 is made of: its own headers, and what earlier frames have set. */
import { v4l2_ctrl_vp9_frame } from "../../uapi/vp9.ts";
import type { Rules } from "../field.ts";
import type { CodecHistory, ReadRequest } from "../history.ts";
import type { ReadUnit } from "../read-unit.ts";
import type { Setting } from "../setting.ts";
import { conditions, constant, type Source, sourcesOf } from "../source.ts";
import { compressedHeaderRules } from "./compressed-header.ts";
import { frameRules } from "./frame.ts";
import type { StoredFrame, Vp9State } from "./state.ts";

/** The offsets of the timestamps of LAST_FRAME, GOLDEN_FRAME and ALTREF_FRAME. */
const referenceFields = (): number[] => {
  const { last_frame_ts, golden_frame_ts, alt_frame_ts } = v4l2_ctrl_vp9_frame.offsets;
  return [last_frame_ts, golden_frame_ts, alt_frame_ts];
};

export class Vp9History implements CodecHistory {
  #params = new Map<string, Setting>();
  readonly #frames = new Map<number, StoredFrame>();
  #color: Vp9State["color"];
  #state: Vp9State | undefined;

  take({ number, timestamp, controls, sent }: ReadRequest): void {
    const [unit] = sent;
    this.#state = undefined;
    const payload = controls.get("V4L2_CID_STATELESS_VP9_FRAME");
    if (unit === undefined || !(payload instanceof Uint8Array)) return;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const timestamps = referenceFields().map((offset) => Number(view.getBigUint64(offset, true)));
    const isIntra = unit.value("frame_type") === 0 || unit.value("intra_only") === 1;
    if (isIntra) this.#color = { request: number, unit };
    if (isIntra || unit.value("error_resilient_mode") === 1) this.#setPastIndependence(unit, number);
    this.#receive(unit, number);
    this.#state = {
      ...{ unit, request: number, timestamps, frames: this.#frames },
      params: this.#params,
      color: this.#color,
    };
    const found = unit.allNamed("found_ref").findIndex(({ value }) => value === 1);
    const named = found < 0 ? undefined : this.#frames.get(timestamps[found] as number);
    const sized = unit.element("frame_width_minus_1") === undefined ? named?.sized : { request: number, unit };
    this.#frames.set(timestamp, { request: number, unit, sized });
  }

  release(timestamp: number): void {
    this.#frames.delete(timestamp);
  }

  /** 7.2, setup_past_independence: the deltas and the features. */
  #setPastIndependence(unit: ReadUnit, request: number): void {
    const why = () =>
      conditions(unit.element("frame_type"), unit.element("error_resilient_mode"), unit.element("intra_only"));
    const set = (path: string, text: string) =>
      this.#params.set(path, { request, sources: () => sourcesOf(constant(text), why()) });
    for (const path of [0, 1, 2, 3].map((i) => `ref_deltas[${i}]`))
      set(path, "the default of setup_past_independence (7.2)");
    for (const path of ["mode_deltas[0]", "mode_deltas[1]"]) set(path, "0 by setup_past_independence (7.2)");
    for (const path of this.#params.keys()) {
      if (/^feature|^abs/.test(path)) set(path, "0 by setup_past_independence (7.2)");
    }
  }

  /** What the frame's own header sets: 7.2.8, 7.2.10. */
  #receive(unit: ReadUnit, request: number): void {
    const set = (path: string, sources: () => Source[]) => this.#params.set(path, { request, sources });
    for (const [place, { name, subscripts, value }] of unit.elements.entries()) {
      const at = subscripts.map((i) => `[${i}]`).join("");
      const own = (): Source[] => sourcesOf(unit.at(place));
      if (name === "loop_filter_ref_deltas") set(`ref_deltas${at}`, own);
      else if (name === "loop_filter_mode_deltas") set(`mode_deltas${at}`, own);
      else if (name === "segmentation_abs_or_delta_update") set("abs_or_delta", own);
      else if (name === "feature_enabled") {
        set(`feature_enabled${at}`, own);
        set(`feature_data${at}`, () =>
          value === 1
            ? withSign(unit, place)
            : sourcesOf(constant("0: the feature is not enabled (6.2.11)"), unit.at(place, "condition")),
        );
      } else if (name === "prob_coded") {
        const [i] = subscripts as [number];
        // The flag is the same for both arrays; those of the second one come after segmentation_temporal_update.
        const temporal = unit.placeOf("segmentation_temporal_update");
        const isTree = temporal < 0 || place < temporal;
        const path = isTree ? `tree_probs[${i}]` : `pred_probs[${i}]`;
        set(path, () =>
          sourcesOf(
            unit.at(place, value === 1 ? "condition" : "value"),
            value === 1 ? unit.at(place + 1) : constant("255 where it is not coded (6.2.12)"),
          ),
        );
      } else if (name === "segmentation_temporal_update" && value === 0) {
        for (const i of [0, 1, 2])
          set(`pred_probs[${i}]`, () => sourcesOf(unit.at(place), constant("255 without temporal update (6.2.11)")));
      } else if (name === "tx_mode" || name === "update_probs") break;
    }
  }

  rules(): Readonly<Record<string, Rules>> {
    const state = this.#state;
    if (state === undefined) return {};
    return {
      V4L2_CID_STATELESS_VP9_FRAME: frameRules(state),
      V4L2_CID_STATELESS_VP9_COMPRESSED_HDR: compressedHeaderRules(state.unit),
    };
  }
}

/** A feature's value and, where it has one, its sign. */
function withSign(unit: ReadUnit, place: number): Source[] {
  const sign = unit.elements[place + 2]?.name === "feature_sign" ? unit.at(place + 2) : undefined;
  return sourcesOf(unit.at(place + 1), sign, unit.at(place, "condition"));
}
