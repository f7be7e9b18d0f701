/** The elements of st_ref_pic_set() (7.3.7), set by set: their subscripts do not say which set they belong to. */
import type { ReadUnit, Subscripts } from "../read-unit.ts";
import type { ElementSource } from "../source.ts";

/** The elements of one set. */
export class SetElements {
  readonly unit: ReadUnit;
  readonly #first: number;
  readonly #end: number;

  /** @param first the place of the first of them. @param end the place after the last one. */
  constructor(unit: ReadUnit, first: number, end: number) {
    this.unit = unit;
    this.#first = first;
    this.#end = end;
  }

  has(name: string, ...subscripts: Subscripts): boolean {
    return this.#place(name, subscripts.flat()) >= 0;
  }

  value(name: string, ...subscripts: Subscripts): number | undefined {
    return this.unit.elements[this.#place(name, subscripts.flat())]?.value;
  }

  at(name: string, ...subscripts: Subscripts): ElementSource | undefined {
    return this.unit.at(this.#place(name, subscripts.flat()));
  }

  /** All elements of these names; of all names where none is given. */
  all(names: readonly string[] = []): ElementSource[] {
    const found: ElementSource[] = [];
    for (let place = this.#first; place < this.#end; place++) {
      const element = this.unit.at(place);
      if (element !== undefined && (names.length === 0 || names.includes(element.name))) found.push(element);
    }
    return found;
  }

  /** The places of the first and of the last one; null where there is none. */
  get ends(): readonly [number, number] | null {
    return this.#end > this.#first ? [this.#first, this.#end - 1] : null;
  }

  #place(name: string, subscripts: readonly number[]): number {
    const place = this.unit.placeOf(name, subscripts, this.#first);
    return place < this.#end ? place : -1;
  }
}

/** The sets of an SPS. */
export function setsOfSps(sps: ReadUnit): SetElements[] {
  const start = sps.placeOf("num_short_term_ref_pic_sets") + 1;
  const end = sps.placeOf("long_term_ref_pics_present_flag");
  const count = sps.value("num_short_term_ref_pic_sets") ?? 0;
  if (start === 0 || end < 0 || count === 0) return [];
  const firsts = [start];
  for (let place = start; place < end; place++) {
    if (sps.elements[place]?.name === "inter_ref_pic_set_prediction_flag") firsts.push(place);
  }
  return firsts.map((first, i) => new SetElements(sps, first, firsts[i + 1] ?? end));
}

/** The names of the elements of a set: 7.3.7. */
const ofSet: readonly string[] = [
  "inter_ref_pic_set_prediction_flag",
  "delta_idx_minus1",
  "delta_rps_sign",
  "abs_delta_rps_minus1",
  "used_by_curr_pic_flag",
  "use_delta_flag",
  "num_negative_pics",
  "num_positive_pics",
  "delta_poc_s0_minus1",
  "used_by_curr_pic_s0_flag",
  "delta_poc_s1_minus1",
  "used_by_curr_pic_s1_flag",
];

/** The set in a slice segment header; empty where the header names one of the SPS. */
export function setOfHeader(h: ReadUnit): SetElements {
  const first = h.placeOf("short_term_ref_pic_set_sps_flag") + 1;
  let end = first;
  while (first > 0 && ofSet.includes(h.elements[end]?.name ?? "")) end++;
  return new SetElements(h, first, end);
}
