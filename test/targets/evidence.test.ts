import { describe, expect, it } from "vitest";
import type { Codec } from "../../src/events.ts";
import { evidenceOf, generic, mediatek, rk3399, targetByName, vdpu383 } from "../../src/targets/index.ts";
import trials from "../../src/targets/trials.json" with { type: "json" };

const tried = Object.entries(trials.targets as Record<string, Record<string, Record<string, string>>>).flatMap(
  ([name, codecs]) =>
    Object.entries(codecs).map(([codec, unconfirmed]) => ({ name, codec: codec as Codec, unconfirmed })),
);

describe("what trials say of the fields that drivers read", () => {
  it("is there for every codec of the drivers that run on fake hardware", () => {
    const names = ["rk3399", "vdpu381", "vdpu383", "hantro-g1", "hantro-g2", "rk3588-av1", "cedrus"];
    const expected = names.flatMap((name) =>
      Object.keys(targetByName(name)!.codecs).map((codec) => `${name} ${codec}`),
    );
    expect(tried.map(({ name, codec }) => `${name} ${codec}`).sort()).toEqual(expected.sort());
  });

  it.each(tried)(
    "$name, $codec: fields that the target claims, each with a reason if no trial confirmed it",
    ({ name, codec, unconfirmed }) => {
      const { reads } = targetByName(name)!.codecs[codec]!;
      for (const [field, reason] of Object.entries(unconfirmed)) {
        expect(reads).toContain(field);
        expect(reason, field).toMatch(/^[A-Z].{20,}/);
        expect(evidenceOf(targetByName(name)!, codec, field)).toEqual({ by: "source", reason });
      }
      const confirmed = (reads as readonly string[]).filter((field) => !Object.hasOwn(unconfirmed, field));
      expect(confirmed.length).toBeGreaterThan(Object.keys(unconfirmed).length);
      for (const field of confirmed) expect(evidenceOf(targetByName(name)!, codec, field)).toEqual({ by: "both" });
    },
  );

  it("is told of a field", () => {
    const field = "V4L2_CID_STATELESS_H264_SPS.profile_idc";
    expect(evidenceOf(rk3399, "h264", field)).toEqual({ by: "both" });
    expect(evidenceOf(mediatek, "h265", "V4L2_CID_STATELESS_HEVC_SPS.chroma_format_idc")).toEqual({ by: "source" });
    expect(evidenceOf(vdpu383, "h265", "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS.dpb.pic_order_cnt_val")).toEqual({
      by: "both",
    });
    expect(evidenceOf(rk3399, "h264", "V4L2_CID_STATELESS_H264_SPS.level_idc")).toBeUndefined();
    expect(evidenceOf(generic, "h264", field)).toBeUndefined();
  });
});
