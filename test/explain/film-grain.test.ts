import { describe, expect, it } from "vitest";
import { elementsIn, explainRequest } from "../../src/explain/index.ts";
import { joined } from "../../src/framing/bytes.ts";
import { delimiter, keyFrame, type SequenceFields, sequenceHeader } from "../../support/streams/av1-stream.ts";

/** The elements that a field of FILM_GRAIN names, for grain without points of Y. */
function namesOf(fields: SequenceFields, field: string, flag?: string): string[] {
  const sequence = { ...fields, filmGrain: true };
  const stream = joined([
    delimiter,
    sequenceHeader(sequence),
    keyFrame({
      sequence,
      grain: (w) => {
        w.u(1, 1).u(16, 1).u(4, 0); // apply_grain, grain_seed, num_y_points
        if (!fields.mono) w.u(1, 0); // chroma_scaling_from_luma
        return w.u(2, 0).u(2, 0).u(2, 0).u(2, 0).u(1, 0).u(1, 0);
      },
    }),
  ]);
  const grain = explainRequest("av1", stream, 0)?.controls.find(({ control }) => control.endsWith("FILM_GRAIN"));
  const found = grain?.fields.find((each) => each.path === field && each.flag === flag);
  const elements = [...elementsIn(found?.sources ?? [])];
  return elements.flatMap((element) => (element.kind === "element" ? [element.name] : []));
}

const chroma = [
  "num_cb_points",
  "num_cr_points",
  "point_cb_value[0]",
  "point_cr_scaling[9]",
  "ar_coeffs_cb_plus_128[0]",
  "cb_mult",
  "cb_luma_mult",
  "cb_offset",
  "cr_mult",
  "cr_luma_mult",
  "cr_offset",
];

describe("film grain of Cb and Cr that is not coded (5.9.30)", () => {
  it.each(chroma)("%s: the subsampling decides, which the profile says, and that Y has no points", (field) => {
    const names = namesOf({}, field);
    expect(names).toEqual(expect.arrayContaining(["num_y_points", "mono_chrome", "seq_profile"]));
    expect(names).toContain("chroma_scaling_from_luma");
  });

  it.each(chroma)("%s: without chroma, mono_chrome decides", (field) => {
    expect(namesOf({ mono: true }, field)).toContain("mono_chrome");
  });

  it("chroma_scaling_from_luma: mono_chrome decides", () => {
    const flag = "V4L2_AV1_FILM_GRAIN_FLAG_CHROMA_SCALING_FROM_LUMA";
    expect(namesOf({ mono: true }, "flags", flag)).toContain("mono_chrome");
  });
});
