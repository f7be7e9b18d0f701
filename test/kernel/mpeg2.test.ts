import { describe, it } from "vitest";
import { expectLimits, expectRewrite, type Values } from "./payload.ts";

const sequence = "V4L2_CID_STATELESS_MPEG2_SEQUENCE";
const picture = "V4L2_CID_STATELESS_MPEG2_PICTURE";
const quantisation = "V4L2_CID_STATELESS_MPEG2_QUANTISATION";

describe("normalise of MPEG-2", () => {
  it.each<[string, string, Values, Values]>([
    ["a sequence stays", sequence, { flags: 255, profile_and_level_indication: 65535 }, {}],
    ["a picture loses what is reserved", picture, { "reserved[*]": 255, intra_dc_precision: 3 }, { "reserved[*]": 0 }],
    ["matrices stay", quantisation, { "intra_quantiser_matrix[*]": 255 }, {}],
  ])("%s", (_, name, given, kept) => expectRewrite(name, given, kept));
});

describe("validate of MPEG-2", () => {
  it.each<[string, string, number[], number[]]>([
    [sequence, "chroma_format", [1, 2, 3], [0, 4]],
    [picture, "intra_dc_precision", [0, 3], [4]],
    [picture, "picture_structure", [1, 2, 3], [0, 4]],
    [picture, "picture_coding_type", [1, 2, 3], [0, 4, 5]],
    [quantisation, "intra_quantiser_matrix[0]", [0, 255], []],
  ])("%s: %s", (name, path, good, bad) => expectLimits(name, path, {}, good, bad));
});
