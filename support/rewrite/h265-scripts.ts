/**
 * Edit scripts: streams that no encoder of ours makes, from those of test/fixtures. Some of them are fixtures themselves:
 * `npx tsx support/rewrite/h265-scripts.ts` writes them. What each says is asserted by hand in
 * test/h265/edited-streams.test.ts.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Element, flag, u, ue } from "./elements.ts";
import {
  explicitSet,
  headerExtension,
  type LongTerm,
  longTermOfSlice,
  longTermOfSps,
  predictedSet,
} from "./h265-edits.ts";
import { type EditableUnit, editableUnits, streamOf } from "./units.ts";

function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../test/fixtures/${name}.265`, import.meta.url));
}

/** The units of a stream of test/fixtures. */
export function fixtureUnits(name: string): EditableUnit[] {
  return editableUnits(new Uint8Array(readFileSync(fixturePath(name))));
}

/** What a script changes. The slices belong to a picture each. */
export interface LowDelay {
  readonly vps: EditableUnit;
  readonly sps: EditableUnit;
  readonly pps: EditableUnit;
  readonly idr: EditableUnit;
  readonly slices: readonly EditableUnit[];
  /** All of them. */
  readonly units: readonly EditableUnit[];
}

/**
 * The IDR picture of a fixture, and P pictures that `refer` gives their references: without weights and temporal motion
 * vectors, and with room for 15 of them. Order counts have `lsbBits` bits, those of the pictures are 1, 2, 3 …
 */
export function lowDelay(fixture: string, count: number, lsbBits = 8): LowDelay {
  const all = fixtureUnits(fixture);
  const first = (type: number) => all.find((unit) => unit.type === type) as EditableUnit;
  const [vps, sps, pps, idr] = [first(32), first(33), first(34), first(20)] as const;
  const coded = all.filter((unit) => unit.type === 1 && unit.value("slice_type") === 1);
  const slices = Array.from({ length: count }, (_, i) => (coded[i % coded.length] as EditableUnit).copy());
  sps.set("log2_max_pic_order_cnt_lsb_minus4", lsbBits - 4);
  sps.set("sps_max_dec_pic_buffering_minus1", 15).set("sps_max_num_reorder_pics", 0);
  pps.set("weighted_pred_flag", 0);
  for (const [i, slice] of slices.entries()) refer(slice, u(lsbBits, "slice_pic_order_cnt_lsb", i + 1), inHeader([1]));
  return { vps, sps, pps, idr, slices, units: [vps, sps, pps, idr, ...slices] };
}

/** A short-term set in the slice header of a stream whose SPS has none, of the pictures at these distances before. */
export function inHeader(distances: readonly number[]): Element[] {
  const s0 = distances.map((distance, i): [number, 1] => [distance - (distances[i - 1] ?? 0) - 1, 1]);
  return [flag("short_term_ref_pic_set_sps_flag", 0), ...explicitSet(0, s0)];
}

/** Gives a P slice its order count, its reference picture sets, and a list of so many entries. */
export function refer(
  slice: EditableUnit,
  slice_pic_order_cnt_lsb: Element,
  sets: readonly Element[],
  num_ref_idx = 1,
): void {
  const mvp = flag("slice_temporal_mvp_enabled_flag", 0);
  slice.between("slice_type", "slice_sao_luma_flag", slice_pic_order_cnt_lsb, ...sets, mvp);
  const override = [flag("num_ref_idx_active_override_flag", 1), ue("num_ref_idx_l0_active_minus1", num_ref_idx - 1)];
  slice.between("slice_sao_chroma_flag", "five_minus_max_num_merge_cand", ...override);
}

/** Long-term candidates in the SPS: the last is POC 0 and used, the others name nothing. Four pictures. */
export function longTermEntries(count: number): LowDelay {
  const stream = lowDelay("h265_weight_fade", 4);
  const entries = Array.from({ length: count }, (_, i): [number, 0 | 1] => (i === count - 1 ? [0, 1] : [100 + i, 0]));
  stream.sps.remove("long_term_ref_pics_present_flag");
  stream.sps.before("sps_temporal_mvp_enabled_flag", ...longTermOfSps(8, entries));
  const longTerm: LongTerm[][] = [
    [],
    [{ lt_idx_sps: count - 1 }],
    [{ lt_idx_sps: count - 1 }, { lsb: 1, used: 0 }],
    [{ lsb: 1, used: 1 }],
  ];
  for (const [i, slice] of stream.slices.entries()) {
    slice.before("slice_temporal_mvp_enabled_flag", ...longTermOfSlice(8, count, longTerm[i] as LongTerm[]));
  }
  return stream;
}

/** Order counts of 4 bits that wrap, and two long-term pictures, 0 and 16, that only delta_poc_msb_cycle_lt tells apart. */
export function longTermCycles(): LowDelay {
  const stream = lowDelay("h265_weight_fade", 7, 4);
  stream.sps.remove("long_term_ref_pics_present_flag");
  stream.sps.before("sps_temporal_mvp_enabled_flag", ...longTermOfSps(4, [[0, 1]]));
  const sixteenAndZero = (cycle: number): LongTerm[] => [
    { lsb: 0, used: 1, cycle },
    { lsb: 0, used: 1, cycle: 1 },
  ];
  const pictures: [lsb: number, distances: number[], longTerm: LongTerm[]][] = [
    [6, [6], []],
    [12, [6], [{ lt_idx_sps: 0 }]],
    [0, [4], [{ lt_idx_sps: 0 }]],
    [
      2,
      [],
      [
        { lt_idx_sps: 0, cycle: 1 },
        { lsb: 0, used: 1, cycle: 0 },
      ],
    ],
    [8, [6], sixteenAndZero(0)],
    [14, [6], sixteenAndZero(0)],
    [4, [6], sixteenAndZero(1)],
  ];
  for (const [i, [lsb, distances, longTerm]] of pictures.entries()) {
    const sets = [...inHeader(distances), ...longTermOfSlice(4, 1, longTerm)];
    refer(stream.slices[i] as EditableUnit, u(4, "slice_pic_order_cnt_lsb", lsb), sets);
  }
  return stream;
}

/**
 * 64 sets in the SPS. 0 is the picture before; 1 to 7 are each predicted from the one before, with one picture more; 8
 * keeps 7 pictures that it does not use; 9 to 62 are coded, of the picture as many before as the set's number; 63 is
 * predicted from 62 by a positive deltaRps. Then sets in slice headers, predicted from 2 and from 63.
 */
export function predictedSets(): LowDelay {
  const stream = lowDelay("h265_weight_fade", 12);
  const repeated = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);
  const set = (i: number): Element[] => {
    if (i === 0) return explicitSet(0, [[0, 1]]);
    if (i < 8) return predictedSet(-1, repeated(i + 1, "used"));
    if (i === 8) return predictedSet(-1, [...repeated(7, "kept" as const), "left out", "used"]);
    if (i < 63) return explicitSet(i, [[i - 1, 1]]);
    return predictedSet(61, ["used", "left out"]);
  };
  stream.sps.set("num_short_term_ref_pic_sets", 64);
  stream.sps.before("long_term_ref_pics_present_flag", ...Array.from({ length: 64 }, (_, i) => set(i)).flat());
  const inSps = (idx: number) => [flag("short_term_ref_pic_set_sps_flag", 1), u(6, "short_term_ref_pic_set_idx", idx)];
  const predicted = (...args: Parameters<typeof predictedSet>) => [
    flag("short_term_ref_pic_set_sps_flag", 0),
    ...predictedSet(...args),
  ];
  const sets = [
    ...Array.from({ length: 9 }, (_, i) => inSps(i)),
    inSps(63),
    predicted(-1, ["used", "left out", "left out", "used"], 61),
    predicted(-1, ["used", "used"], 0),
  ];
  for (const [i, slice] of stream.slices.entries()) {
    refer(slice, u(8, "slice_pic_order_cnt_lsb", i + 1), sets[i] as Element[]);
  }
  return stream;
}

/**
 * Emulation prevention bytes inside slice_pic_order_cnt_lsb, the long-term part, the entry points and the extension:
 * order counts of 16 bits, the four offsets of each picture (its rows, WPP) in 32 bits, extension bytes 0.
 */
export function escapedHeaders(): LowDelay {
  const stream = lowDelay("h265_ctu16_amp_crop", 3, 16);
  stream.sps.remove("long_term_ref_pics_present_flag");
  stream.sps.before("sps_temporal_mvp_enabled_flag", ...longTermOfSps(16, []));
  stream.pps.set("slice_segment_header_extension_present_flag", 1);
  for (const slice of [stream.idr, ...stream.slices]) {
    slice.set("offset_len_minus1", 31);
    for (let i = 0; i < 4; i++) {
      slice.resize("entry_point_offset_minus1", 32, slice.value("entry_point_offset_minus1", i), i);
    }
  }
  stream.idr.append(...headerExtension([]));
  const longTerm: LongTerm[][] = [[], [{ lsb: 0, used: 1 }], [{ lsb: 0, used: 1, cycle: 0 }]];
  for (const [i, slice] of stream.slices.entries()) {
    slice.before("slice_temporal_mvp_enabled_flag", ...longTermOfSlice(16, 0, longTerm[i] as LongTerm[]));
    slice.append(...headerExtension(new Array<number>(4 * i).fill(0)));
  }
  return stream;
}

/** The scripts whose streams are in test/fixtures. */
export const rewrittenFixtures: Readonly<Record<string, () => LowDelay>> = {
  h265_rewritten_long_term_32: () => longTermEntries(32),
  h265_rewritten_long_term_cycles: longTermCycles,
  h265_rewritten_predicted_sets: predictedSets,
  h265_rewritten_escaped_headers: escapedHeaders,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, script] of Object.entries(rewrittenFixtures))
    writeFileSync(fixturePath(name), streamOf(script().units));
}
