import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { referencedTimestamps } from "../../src/capture/references.ts";
import { normalise, validate } from "../../src/kernel/index.ts";
import { generic, targetRefusals } from "../../src/targets/index.ts";
import { type ValidRequest, validRequest } from "../../src/testing/index.ts";
import {
  type Codec,
  codecNames,
  controlByName,
  decodePayload,
  h264Controls,
  hevcControls,
} from "../../src/uapi/index.ts";

const cases = codecNames.flatMap((codec) =>
  (codec === "h264" || codec === "h265" ? (["frame", "slice"] as const) : (["frame"] as const)).map(
    (decodeMode) => [codec, decodeMode] as const,
  ),
);

const payloadOf = ({ controls }: ValidRequest, name: string) => {
  const found = controls.find((control) => control.name === `V4L2_CID_STATELESS_${name}`);
  return found?.payload as Uint8Array | undefined;
};

describe.each(cases)("a request of %s, %s mode", (codec: Codec, decodeMode) => {
  const requests = validRequest(codec, { decodeMode });
  const samples = fc.sample(requests, { numRuns: 80, seed: 8 });

  it("has controls that the kernel takes, as it leaves them", () => {
    for (const { controls } of samples) {
      for (const { name, payload } of controls) {
        expect(validate(name, payload), name).toEqual([]);
        if (payload instanceof Uint8Array) expect(normalise(name, payload)).toEqual(payload);
        expect(controlByName(name)?.id).toBe(controls.find((control) => control.name === name)?.id);
      }
      expect(new Set(controls.map(({ name }) => name)).size).toBe(controls.length);
    }
  });

  it("refers to the pictures that it names, and sometimes to none", () => {
    for (const { controls, references } of samples) {
      const named = new Set(referencedTimestamps(new Map(controls.map(({ name, payload }) => [name, payload]))));
      expect(references).toEqual([...named].sort((a, b) => Number(a - b)));
      for (const timestamp of references) {
        expect(timestamp % 1000n).toBe(0n);
        expect(timestamp).toBeGreaterThan(0n);
        expect(timestamp).toBeLessThanOrEqual(16_000n);
      }
    }
    expect(samples.some(({ references }) => references.length === 0)).toBe(true);
    expect(samples.some(({ references }) => references.length > 0)).toBe(true);
  });

  it("is what a driver without limits of its own takes", () => {
    for (const { controls } of samples) {
      const map = new Map(
        controls.flatMap(({ name, payload }) => (payload instanceof Uint8Array ? [[name, payload]] : [])),
      );
      expect(targetRefusals(generic, codec, map as Map<string, Uint8Array>)).toEqual([]);
    }
  });
});

describe("what is used only sometimes", () => {
  const has = (codec: Codec, name: string, decodeMode: "frame" | "slice" = "frame") => {
    const samples = fc.sample(validRequest(codec, { decodeMode }), { numRuns: 150, seed: 8 });
    return new Set(samples.map((request) => payloadOf(request, name) !== undefined));
  };
  it.each([
    ["h264", "H264_SCALING_MATRIX", "frame"],
    ["h264", "H264_PRED_WEIGHTS", "slice"],
    ["h265", "HEVC_SCALING_MATRIX", "frame"],
  ] as const)("of %s: %s (%s mode)", (codec, name, mode) => {
    expect(has(codec, name, mode)).toEqual(new Set([true, false]));
  });

  it("is not sent in frame mode: slices", () => {
    expect(has("h264", "H264_SLICE_PARAMS")).toEqual(new Set([false]));
    expect(has("h265", "HEVC_SLICE_PARAMS")).toEqual(new Set([false]));
  });
});

describe("the lists of a request", () => {
  it("name frames that the DPB of H.264 has", () => {
    for (const request of fc.sample(validRequest("h264", { decodeMode: "slice" }), { numRuns: 100, seed: 9 })) {
      const params = decodePayload(
        h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS,
        payloadOf(request, "H264_DECODE_PARAMS")!,
      );
      const slice = decodePayload(
        h264Controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS,
        payloadOf(request, "H264_SLICE_PARAMS")!,
      );
      const sps = decodePayload(h264Controls.V4L2_CID_STATELESS_H264_SPS, payloadOf(request, "H264_SPS")!);
      const used = params.dpb.filter(({ flags }) => flags !== 0).length;
      expect(used).toBeLessThanOrEqual(sps.max_num_ref_frames);
      if (used === 0) expect(slice.slice_type).toBe(2);
      else for (const { index } of [...slice.ref_pic_list0, ...slice.ref_pic_list1]) expect(index).toBeLessThan(used);
    }
  });

  it("name pictures that the DPB of HEVC has, each in one list only", () => {
    for (const request of fc.sample(validRequest("h265", { decodeMode: "slice" }), { numRuns: 100, seed: 9 })) {
      const params = decodePayload(
        hevcControls.V4L2_CID_STATELESS_HEVC_DECODE_PARAMS,
        payloadOf(request, "HEVC_DECODE_PARAMS")!,
      );
      const lists = [
        ...params.poc_st_curr_before.slice(0, params.num_poc_st_curr_before),
        ...params.poc_st_curr_after.slice(0, params.num_poc_st_curr_after),
        ...params.poc_lt_curr.slice(0, params.num_poc_lt_curr),
      ];
      expect(new Set(lists).size).toBe(lists.length);
      for (const index of lists) expect(index).toBeLessThan(params.num_active_dpb_entries);
      const [slice] = decodePayload(
        hevcControls.V4L2_CID_STATELESS_HEVC_SLICE_PARAMS,
        payloadOf(request, "HEVC_SLICE_PARAMS")!,
      );
      if (slice!.slice_type === 2) continue;
      for (const index of slice!.ref_idx_l0) expect(lists).toContain(index);
    }
  });
});

it("an unknown codec is refused", () => {
  expect(() => validRequest("h266" as Codec)).toThrow(/^unknown codec h266/);
});
