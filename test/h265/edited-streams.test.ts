import { describe, expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import { ffmpegVersion } from "../../conformance/trace/trace-headers.ts";
import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { controlsOf, references } from "../../support/h265-requests.ts";
import { type Element, flag, u } from "../../support/rewrite/elements.ts";
import { explicitSet, predictedSet } from "../../support/rewrite/h265-edits.ts";
import {
  escapedHeaders,
  fixtureUnits,
  inHeader,
  longTermCycles,
  longTermEntries,
  lowDelay,
  predictedSets,
  refer,
  rewrittenFixtures,
} from "../../support/rewrite/h265-scripts.ts";
import { type EditableUnit, editableUnits, streamOf } from "../../support/rewrite/units.ts";
import { only, summary } from "../../support/streams/h264-stream.ts";
import { firstSlices, misreadStreams, paramsOf, requestsOf, run } from "../support/edited-streams.ts";

/** Every expected value below is one that an edit script has written, or follows from them by the clause that is named. */

describe("the writer", () => {
  it.each(fixtureStreams("h265"))("gives the units of $name back as they were", ({ read }) => {
    const stream = read();
    const again = editableUnits(stream).map((unit) => unit.bytes());
    expect(again).toEqual(unitsOfPacket(stream, 0).map(({ bytes }) => bytes.slice()));
  });

  it.each(Object.entries(rewrittenFixtures))("makes the fixture %s", (name, script) => {
    const fixture = fixtureStreams("h265").find((file) => file.name === `${name}.265`);
    expect(fixture?.read()).toEqual(streamOf(script().units));
  });

  it("names what an edit does not find, and values that do not fit", () => {
    const [vps] = fixtureUnits("h265_weight_fade") as [EditableUnit];
    expect(() => vps.set("sps_seq_parameter_set_id", 1)).toThrow(/the unit has no sps_seq_parameter_set_id/);
    expect(() => vps.set("vps_video_parameter_set_id", 16)).toThrow(/vps_video_parameter_set_id: 16 in 4 bits/);
    expect(() => vps.between("vps_extension_flag", "nal_unit_type")).toThrow(/does not come after/);
  });
});

describe("long-term reference pictures (7.3.2.2.1, 7.3.6.1, 8.3.2)", () => {
  it.each([
    [1, 0],
    [2, 1],
    [32, 5],
  ])("of %i candidates in the SPS, by lt_idx_sps of %i bits, and in place", (count, bits) => {
    const requests = requestsOf(longTermEntries(count).units);
    expect(requests.map(references)).toEqual([
      "",
      "1000: before 1000",
      "1000L 2000: before 2000, lt 1000",
      "1000L 2000L 3000: before 3000, lt 1000",
      "2000L 4000: before 4000, lt 2000",
    ]);
    // ue(v) 0 in 1 bit, 1 in 3; eight bits of poc_lsb_lt; a flag or two.
    const sizes = [0, 1 + 1, 3 + 1 + (bits + 1), 3 + 3 + (bits + 1) + (8 + 1 + 1), 1 + 3 + (8 + 1 + 1)];
    expect(paramsOf(requests).map((params) => params.long_term_ref_pic_set_size)).toEqual(sizes);
    expect(firstSlices(requests).map((slice) => slice.long_term_ref_pic_set_size)).toEqual(sizes);
    const { sps, ltRps } = controlsOf(requests[0]!);
    expect(sps.num_long_term_ref_pics_sps).toBe(count);
    expect(sps.flags & 64n).toBe(64n);
    expect(ltRps).toEqual(
      Array.from({ length: count }, (_, i) =>
        i === count - 1 ? { lt_ref_pic_poc_lsb_sps: 0, flags: 1 } : { lt_ref_pic_poc_lsb_sps: 100 + i, flags: 0 },
      ),
    );
  });

  it("told apart by delta_poc_msb_cycle_lt, which adds up, and anew after the SPS's (7-52)", () => {
    const requests = requestsOf(longTermCycles().units);
    expect(requests.map(references)).toEqual([
      "",
      "1000: before 1000",
      "1000L 2000: before 2000, lt 1000",
      "1000L 3000: before 3000, lt 1000",
      "1000L 4000L: lt 1000 4000",
      "1000L 4000L 5000: before 5000, lt 4000 1000",
      "1000L 4000L 6000: before 6000, lt 4000 1000",
      "1000L 4000L 7000: before 7000, lt 4000 1000",
    ]);
    const params = paramsOf(requests);
    expect(params.map(({ pic_order_cnt_val }) => pic_order_cnt_val)).toEqual([0, 6, 12, 16, 18, 24, 30, 36]);
    expect(params[5]!.dpb.slice(0, 3).map((entry) => entry.pic_order_cnt_val)).toEqual([0, 16, 18]);
    // Order count 18: 1 and 1 entries (3 + 3); flag, cycle 1 (3); lsb, two flags, cycle 0.
    expect(params[4]!.long_term_ref_pic_set_size).toBe(3 + 3 + (1 + 3) + (4 + 1 + 1 + 1));
    expect(controlsOf(requests[1]!).ltRps).toEqual([{ lt_ref_pic_poc_lsb_sps: 0, flags: 1 }]);
  });

  it("that the SPS has no candidates for: EXT_SPS_LT_RPS is not sent", () => {
    const [request] = requestsOf(escapedHeaders().units);
    expect(request!.controls.map(({ name }) => name)).not.toContain("V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS");
  });
});

describe("short-term reference picture sets (7.3.7, 7.4.8)", () => {
  const requests = requestsOf(predictedSets().units);
  const timestamps = (from: number, to: number) =>
    Array.from({ length: from - to + 1 }, (_, i) => 1000 * (from - i)).join(" ");

  it("of the SPS, 64 of them, each predicted from the one before", () => {
    const lists = requests.map((request) => references(request).split(": ")[1]);
    expect(lists.slice(1, 9)).toEqual(Array.from({ length: 8 }, (_, i) => `before ${timestamps(i + 1, 1)}`));
    expect(references(requests[9]!)).toBe("2000 3000 4000 5000 6000 7000 8000 9000: before 9000");
    expect(references(requests[10]!)).toBe("10000: before 10000");
    const sizes = paramsOf(requests).slice(0, 11);
    expect(sizes.every((params) => params.short_term_ref_pic_set_size === 0)).toBe(true);
    expect(sizes.every((params) => params.num_delta_pocs_of_ref_rps_idx === 0)).toBe(true);
  });

  it("in the slice header, predicted by delta_idx_minus1: its size, and NumDeltaPocs of the set it is predicted from", () => {
    expect(requests.slice(11).map(references)).toEqual([
      "10000 11000: before 11000 10000",
      "11000 12000: before 12000 11000",
    ]);
    // Two flags, ue(v) 61 in 11 bits and 0 in 1; used, left out, left out, used.
    const sizes = [1 + 11 + 1 + 1 + (1 + 2 + 2 + 1), 1 + 1 + 1 + 1 + (1 + 1)];
    expect(paramsOf(requests.slice(11)).map((params) => params.short_term_ref_pic_set_size)).toEqual(sizes);
    expect(firstSlices(requests.slice(11)).map((slice) => slice.short_term_ref_pic_set_size)).toEqual(sizes);
    expect(paramsOf(requests.slice(11)).map((params) => params.num_delta_pocs_of_ref_rps_idx)).toEqual([3, 1]);
  });

  it("predicted from one with pictures on both sides, moved either way (7-61), (7-62)", () => {
    const { sps, slices, units } = lowDelay("h265_weight_fade", 7);
    // -1, -3 and +2, +4; moved by -3, with the picture itself: +4 is +1, +2 is -1, itself -3, -1 is -4, -3 is -6.
    const sets = [
      explicitSet(0, [[0, 1], [1, 0]], [[1, 0], [1, 1]]),
      predictedSet(-3, ["used", "kept", "used", "used", "used"]),
    ]; // biome-ignore format: pairs in a row
    sps.set("num_short_term_ref_pic_sets", 2).before("long_term_ref_pics_present_flag", ...sets.flat());
    const own = (set: Element[]) => [flag("short_term_ref_pic_set_sps_flag", 0), ...set];
    const pictures: [poc: number, set: Element[]][] = [
      [4, own(explicitSet(2, [[3, 1]]))],
      [6, own(explicitSet(2, [[1, 1]]))],
      [7, own(explicitSet(2, [[0, 1], [1, 1]]))],
      [9, own(explicitSet(2, [[1, 1], [0, 1], [1, 1]]))],
      [11, own(explicitSet(2, [[1, 1], [1, 1], [0, 1], [1, 1]]))],
      [10, [flag("short_term_ref_pic_set_sps_flag", 1), u(1, "short_term_ref_pic_set_idx", 1)]],
      // From set 0, moved by +2: -3 is -1, -1 is +1, itself +2, +2 is +4, +4 is +6.
      [5, own(predictedSet(2, ["used", "used", "used", "used", "used"], 1))],
    ]; // biome-ignore format: pairs in a row
    for (const [i, [poc, set]] of pictures.entries()) refer(slices[i]!, u(8, "slice_pic_order_cnt_lsb", poc), set);
    const found = requestsOf(units);
    expect(found.slice(6).map(references)).toEqual([
      "2000 3000 4000 5000 6000: before 5000 4000 3000, after 6000",
      "2000 3000 4000 5000 6000: before 2000, after 3000 4000 5000 6000",
    ]);
    expect(controlsOf(found[7]!).params.num_delta_pocs_of_ref_rps_idx).toBe(4);
    const { stRps } = controlsOf(found[0]!);
    // Bits of used_by_curr_pic: those of S0, then those of S1.
    expect(stRps[0]).toMatchObject({ num_negative_pics: 2, num_positive_pics: 2, used_by_curr_pic: 0b1001 });
    expect(stRps[0]!.delta_poc_s0_minus1.slice(0, 3)).toEqual([0, 1, 0]);
    expect(stRps[0]!.delta_poc_s1_minus1.slice(0, 3)).toEqual([1, 1, 0]);
    expect(stRps[1]).toMatchObject({
      flags: 1,
      delta_rps_sign: 1,
      abs_delta_rps_minus1: 2,
      used_by_curr_pic: 0b11101,
      use_delta_flag: 0b11111,
    });
  });

  it("go out as EXT_SPS_ST_RPS as they are coded: an element a set, nothing derived", () => {
    const { stRps, sps, ltRps } = controlsOf(requests[0]!);
    expect(sps.num_short_term_ref_pic_sets).toBe(64);
    expect(stRps.length).toBe(64);
    expect(ltRps).toEqual([]);
    const none = new Array(16).fill(0);
    const zero = { ...stRps[0]!, num_negative_pics: 0, used_by_curr_pic: 0, delta_poc_s0_minus1: none };
    expect(stRps[0]).toEqual({ ...zero, num_negative_pics: 1, used_by_curr_pic: 1 });
    expect(zero).toMatchObject({ flags: 0, use_delta_flag: 0, delta_rps_sign: 0, delta_poc_s1_minus1: none });
    const predicted = { ...zero, flags: 1, delta_rps_sign: 1 };
    for (let i = 1; i < 8; i++) {
      const all = 2 ** (i + 1) - 1;
      expect(stRps[i]).toEqual({ ...predicted, used_by_curr_pic: all, use_delta_flag: all });
    }
    expect(stRps[8]).toEqual({ ...predicted, used_by_curr_pic: 0x100, use_delta_flag: 0x17f });
    expect(stRps[62]).toEqual({
      ...zero,
      num_negative_pics: 1,
      used_by_curr_pic: 1,
      delta_poc_s0_minus1: [61, ...none.slice(1)],
    });
    expect(stRps[63]).toEqual({ ...zero, flags: 1, abs_delta_rps_minus1: 60, used_by_curr_pic: 1, use_delta_flag: 1 });
  });

  it("none or one in the SPS: no EXT_SPS_ST_RPS, or one element; no short_term_ref_pic_set_idx is coded", () => {
    expect(controlsOf(requestsOf(lowDelay("h265_weight_fade", 1).units)[0]!).stRps).toEqual([]);
    const { sps, slices, units } = lowDelay("h265_weight_fade", 2);
    sps.set("num_short_term_ref_pic_sets", 1);
    sps.before("long_term_ref_pics_present_flag", ...inHeader([1]).slice(1));
    for (const [i, slice] of slices.entries()) {
      refer(slice, u(8, "slice_pic_order_cnt_lsb", i + 1), [flag("short_term_ref_pic_set_sps_flag", 1)]);
    }
    const found = requestsOf(units);
    expect(found.map(references)).toEqual(["", "1000: before 1000", "2000: before 2000"]);
    expect(controlsOf(found[2]!).stRps).toMatchObject([{ num_negative_pics: 1, used_by_curr_pic: 1, flags: 0 }]);
  });
});

describe("reference picture list modification (7.3.6.2, 8.3.4)", () => {
  it("gives ref_idx_l0 the order of list_entry_l0, also entries twice", () => {
    const { pps, slices, units } = lowDelay("h265_weight_fade", 3);
    pps.set("lists_modification_present_flag", 1);
    const keeping = [
      flag("short_term_ref_pic_set_sps_flag", 0),
      ...explicitSet(0, [
        [0, 1],
        [0, 0],
      ]),
    ];
    refer(slices[1]!, u(8, "slice_pic_order_cnt_lsb", 2), keeping);
    refer(slices[2]!, u(8, "slice_pic_order_cnt_lsb", 3), inHeader([1, 2, 3]), 4);
    slices[2]!.before(
      "five_minus_max_num_merge_cand",
      flag("ref_pic_list_modification_flag_l0", 1),
      ...[2, 0, 2, 1].map((entry, i) => u(2, "list_entry_l0", entry, i)),
    );
    const { slices: made, params } = controlsOf(requestsOf(units)[3]!);
    // Entries of the DPB array by order count; list_entry_l0 counts POC 2, 1, 0.
    expect(params.dpb.slice(0, 3).map((entry) => entry.pic_order_cnt_val)).toEqual([0, 1, 2]);
    expect(made[0]).toMatchObject({ num_ref_idx_l0_active_minus1: 3 });
    expect(made[0]!.ref_idx_l0.slice(0, 5)).toEqual([0, 2, 0, 1, 0xff]);
    expect(made[0]!.ref_idx_l1).toEqual(new Array(16).fill(0xff));
  });

  it("of both lists of a B slice", () => {
    const units = fixtureUnits("h265_default_ra").slice(0, 7);
    units.find(({ type }) => type === 34)!.set("lists_modification_present_flag", 1);
    const b = units.at(-1)!; // POC 2, between 0 and 4.
    b.before(
      "mvd_l1_zero_flag",
      flag("ref_pic_list_modification_flag_l0", 1),
      u(1, "list_entry_l0", 1, 0),
      flag("ref_pic_list_modification_flag_l1", 1),
      u(1, "list_entry_l1", 1, 0),
    );
    const { slices } = controlsOf(requestsOf(units)[2]!);
    expect([slices[0]!.ref_idx_l0[0], slices[0]!.ref_idx_l1[0]]).toEqual([1, 0]);
  });
});

describe("output (7.4.7.1, C.5.2.2)", () => {
  it("leaves out pictures with pic_output_flag 0, which are references all the same", () => {
    const { pps, idr, slices, units } = lowDelay("h265_weight_fade", 4);
    pps.set("output_flag_present_flag", 1);
    const flags = [1, 0, 1, 0, 1];
    for (const [i, slice] of [idr, ...slices].entries()) slice.after("slice_type", flag("pic_output_flag", flags[i]!));
    const events = run(units);
    expect(only(events, "output").map(({ timestamp }) => timestamp)).toEqual([1000, 3000, 5000]);
    expect(only(events, "request").map(references).slice(1)).toEqual(
      [1000, 2000, 3000, 4000].map((timestamp) => `${timestamp}: before ${timestamp}`),
    );
    expect(controlsOf(only(events, "request")[0]!).pps.flags & 2n).toBe(2n);
  });

  it.each([0, 1])("no_output_of_prior_pics_flag %i of an IDR picture", (no_output_of_prior_pics_flag) => {
    const { sps, idr, units } = lowDelay("h265_weight_fade", 2);
    sps.set("sps_max_num_reorder_pics", 2).set("sps_max_latency_increase_plus1", 0);
    const second = idr.copy().set("no_output_of_prior_pics_flag", no_output_of_prior_pics_flag);
    const events = run([...units, second]);
    const outputs = no_output_of_prior_pics_flag ? [1000, 4000] : [1000, 2000, 3000, 4000];
    expect(
      only(events, "output")
        .map(({ timestamp }) => timestamp)
        .sort(),
    ).toEqual(outputs);
    expect(only(events, "release").length).toBe(4);
    // IRAP_PIC and IDR_PIC, and NO_OUTPUT_OF_PRIOR.
    expect(paramsOf(only(events, "request"))[3]!.flags).toBe(no_output_of_prior_pics_flag ? 7n : 3n);
  });
});

describe("BLA pictures (8.1.3, 8.3.2)", () => {
  /** IDR, CRA and CRA pictures with RASL pictures after them, of order counts 0, 8 and 16: in 4 bits 0, 8 and 0. */
  const script = (nal_unit_type: number) => {
    const units = fixtureUnits("h265_open_gop_cra");
    for (const unit of units) {
      if (unit.type === 33) unit.set("log2_max_pic_order_cnt_lsb_minus4", 0);
      if (!unit.has("slice_pic_order_cnt_lsb")) continue;
      unit.resize("slice_pic_order_cnt_lsb", 4, unit.value("slice_pic_order_cnt_lsb") % 16);
    }
    units.filter(({ type }) => type === 21)[1]!.set("nal_unit_type", nal_unit_type);
    return units;
  };

  it("in the place of no CRA picture: it has references for its RASL pictures, and its MSB", () => {
    const cra = requestsOf(script(21)).filter((request) => controlsOf(request).slices[0]?.nal_unit_type === 21)[1]!;
    expect(controlsOf(cra).params).toMatchObject({ pic_order_cnt_val: 16, flags: 1n });
    expect(controlsOf(cra).params.num_active_dpb_entries).toBeGreaterThan(0);
  });

  it.each([16, 17, 18])("of type %i: no DPB, POC without its MSB, RASL pictures skipped", (type) => {
    const events = run(script(type));
    expect(only(events, "error").map(({ kind }) => kind)).toEqual(new Array(3).fill("before-random-access"));
    const requests = only(events, "request");
    expect(requests.length).toBe(20 - 3);
    const bla = requests.findIndex((request) => controlsOf(request).slices[0]?.nal_unit_type === type);
    const { params } = controlsOf(requests[bla]!);
    expect(params).toMatchObject({ pic_order_cnt_val: 0, num_active_dpb_entries: 0, flags: 1n });
    expect(references(requests[bla + 1]!)).toBe(`${1000 * (bla + 1)}: before ${1000 * (bla + 1)}`);
  });
});

it("the scripts' pictures are shown in their order", () => {
  expect(summary(run(longTermEntries(2).units)).filter((event) => event.startsWith("output"))).toEqual(
    [1, 2, 3, 4, 5].map((picture) => `output ${picture}000`),
  );
});

const version = ffmpegVersion();

it.skipIf(version === undefined)(
  `FFmpeg reads all these streams as written (${version ?? "no ffmpeg"})`,
  { tags: "long" },
  async () => {
    const { streams, flaws } = await misreadStreams();
    expect(flaws).toEqual([]);
    expect(streams).toBe(18);
  },
);
