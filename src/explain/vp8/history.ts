/** What a request of VP8 is made of: its own header, and what earlier frames have set. Clauses are those of RFC 6386. */

import type { Rules } from "../field.ts";
import type { CodecHistory, ReadRequest } from "../history.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, constant, type Source, sourcesOf } from "../source.ts";
import { frameRules } from "./frame.ts";
import { signed, type Vp8Setting, Vp8State } from "./state.ts";

export class Vp8History implements CodecHistory {
  readonly #state = new Vp8State();
  /** The probabilities for the next frame, where this frame's own are not kept. */
  #kept: Map<string, Vp8Setting> | undefined;
  readonly #references = new Map<number, { readonly request: number; readonly unit: ReadUnit }>();
  #request = 0;
  #timestamp = 0;
  #unit: ReadUnit | undefined;

  take({ number, timestamp, sent }: ReadRequest): void {
    const [unit] = sent;
    this.#unit = unit;
    this.#request = number;
    this.#timestamp = timestamp;
    if (unit === undefined) return;
    this.#references.set(timestamp, { request: number, unit });
    const state = this.#state;
    if (this.#kept !== undefined) state.probabilities = this.#kept;
    this.#kept = undefined;
    if (unit.value("frame_type") === 0) {
      state.key = { request: number, unit };
      state.probabilities = new Map();
      state.others.clear();
    }
    if (unit.value("refresh_entropy_probs") === 0) this.#kept = new Map(state.probabilities);
    this.#receive(unit, number);
  }

  release(timestamp: number): void {
    this.#references.delete(timestamp);
  }

  /** Notes what the frame's header sets for itself and later frames. */
  #receive(unit: ReadUnit, request: number): void {
    const { probabilities, others } = this.#state;
    const hasData = unit.value("update_segment_feature_data") === 1;
    for (const [place, { name, subscripts, value }] of unit.elements.entries()) {
      const set = (map: Map<string, Vp8Setting>, path: string, sources: () => Source[]) =>
        map.set(path, { request, sources, unit });
      const at = subscripts.map((i) => `[${i}]`).join("");
      const own =
        (count = 1) =>
        () =>
          sourcesOf(range(count).map((k) => unit.at(place + k)));
      if (name === "coeff_prob") set(probabilities, `coeff_probs${at}`, own());
      else if (name === "prob") {
        const rule = computed("prob << 1, or 1 where it is 0 (17.2)");
        set(probabilities, `mv_probs${at}`, () => sourcesOf(rule, own()()));
      } else if (name === "intra_16x16_prob") set(probabilities, `y_mode_probs${at}`, own());
      else if (name === "intra_chroma_prob") set(probabilities, `uv_mode_probs${at}`, own());
      else if (name === "segment_feature_mode") set(others, "mode", own());
      else if (name === "ref_frame_delta_update_flag" && value === 1)
        set(others, `ref_frm_delta${at}`, () => signed(unit, place));
      else if (name === "mb_mode_delta_update_flag" && value === 1)
        set(others, `mb_mode_delta${at}`, () => signed(unit, place));
      else if (name === "quantizer_update" && hasData) set(others, `quant_update${at}`, () => signed(unit, place));
      else if (name === "loop_filter_update" && hasData) set(others, `lf_update${at}`, () => signed(unit, place));
      else if (name === "segment_prob_update") {
        const prob = () =>
          sourcesOf(
            unit.at(place, value === 1 ? "condition" : "value"),
            value === 1 ? unit.at(place + 1) : constant("255 where it is not updated (9.3)"),
          );
        set(others, `segment_probs${at}`, prob);
      }
    }
  }

  rules(): Readonly<Record<string, Rules>> {
    const unit = this.#unit;
    if (unit === undefined) return {};
    const input = {
      unit,
      request: this.#request,
      timestamp: this.#timestamp,
      state: this.#state,
      references: this.#references,
    };
    return { V4L2_CID_STATELESS_VP8_FRAME: frameRules(input) };
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
