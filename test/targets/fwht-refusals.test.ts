import { describe, expect, it } from "vitest";
import { targetByName, targetRefusals } from "../../src/targets/index.ts";
import {
  V4L2_FWHT_FL_CHROMA_FULL_HEIGHT,
  V4L2_FWHT_FL_CHROMA_FULL_WIDTH,
  V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET,
  V4L2_FWHT_FL_PIXENC_HSV,
  V4L2_FWHT_FL_PIXENC_RGB,
  V4L2_FWHT_FL_PIXENC_YUV,
  v4l2_ctrl_fwht_params,
  viewOf,
} from "../../src/uapi/index.ts";

const wide = V4L2_FWHT_FL_CHROMA_FULL_WIDTH;
const full = wide | V4L2_FWHT_FL_CHROMA_FULL_HEIGHT;

function refused(count: number, flags: number, version = 3, target = "vicodec") {
  const payload = new Uint8Array(v4l2_ctrl_fwht_params.size);
  const { offsets } = v4l2_ctrl_fwht_params;
  const all = flags | ((count - 1) << V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET);
  for (const [field, value] of Object.entries({ version, width: 640, height: 360, flags: all }))
    viewOf(payload).setUint32(offsets[field as keyof typeof offsets], value, true);
  const controls = new Map([["V4L2_CID_STATELESS_FWHT_PARAMS", payload]]);
  return targetRefusals(targetByName(target)!, "fwht", controls).map(({ path, reason }) => `${path}: ${reason}`);
}

describe("vicodec", () => {
  it("takes the components of its pixel formats", () => {
    for (const chroma of [0, V4L2_FWHT_FL_CHROMA_FULL_HEIGHT, full])
      expect(refused(3, V4L2_FWHT_FL_PIXENC_YUV | chroma)).toEqual([]);
    for (const count of [1, 3, 4]) expect(refused(count, V4L2_FWHT_FL_PIXENC_RGB | full)).toEqual([]);
    for (const count of [3, 4]) expect(refused(count, V4L2_FWHT_FL_PIXENC_HSV | full)).toEqual([]);
  });

  it("takes no others", () => {
    expect(refused(2, V4L2_FWHT_FL_PIXENC_YUV)).toEqual(["flags: 2 components of YUV: vicodec takes 3"]);
    expect(refused(1, V4L2_FWHT_FL_PIXENC_YUV | full)).toEqual(["flags: 1 component of YUV: vicodec takes 3"]);
    expect(refused(5, V4L2_FWHT_FL_PIXENC_RGB | full)).toEqual(["flags: 5 components of RGB: vicodec takes 1, 3, 4"]);
    expect(refused(3, full)).toEqual(["flags: no V4L2_FWHT_FL_PIXENC: vicodec takes YUV, RGB, HSV"]);
    expect(refused(4, V4L2_FWHT_FL_PIXENC_HSV)).toEqual([
      "flags: 4 components of HSV, subsampled: vicodec takes them with V4L2_FWHT_FL_CHROMA_FULL_WIDTH and V4L2_FWHT_FL_CHROMA_FULL_HEIGHT",
    ]);
    expect(refused(1, V4L2_FWHT_FL_PIXENC_RGB | V4L2_FWHT_FL_CHROMA_FULL_HEIGHT)).toHaveLength(1);
  });

  it("takes one version", () => {
    expect(refused(3, V4L2_FWHT_FL_PIXENC_YUV, 4)).toEqual(["version: vicodec takes 3"]);
  });
});

it("visl takes any", () => {
  expect(refused(2, 0, 4, "visl")).toEqual([]);
});
