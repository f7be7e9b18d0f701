import { describe, expect, it } from "vitest";
import { ComparisonSummary, compare } from "../../src/compare/index.ts";
import { cedrus, hantroG1, mediatek, rk3399, type Target, vdpu381 } from "../../src/targets/index.ts";
import {
  V4L2_H264_DPB_ENTRY_FLAG_ACTIVE,
  V4L2_H264_DPB_ENTRY_FLAG_VALID,
  v4l2_ctrl_h264_decode_params,
  v4l2_h264_dpb_entry,
} from "../../src/uapi/index.ts";
import { type Editable, requestsOf, sideOf, viewAt } from "./recordings.ts";

const params = "V4L2_CID_STATELESS_H264_DECODE_PARAMS";

/** Adds an entry after the last one of a request: a picture with these flags. */
function addEntry(request: Editable, timestamp: bigint, flags: number): void {
  const view = viewAt(request, params);
  const { offsets, size } = v4l2_h264_dpb_entry;
  let at = 0;
  while (view.getUint32(at + offsets.flags, true) !== 0) at += size;
  expect(at).toBeLessThan(v4l2_ctrl_h264_decode_params.offsets.nal_ref_idc);
  view.setBigUint64(at + offsets.reference_ts, timestamp, true);
  view.setUint8(at + offsets.fields, 3);
  view.setUint32(at + offsets.flags, flags, true);
}

/** The classes of what differs where only one side has an entry with these flags. */
async function classesOf(target: Target | undefined, flags: number): Promise<string[]> {
  const name = "h264_high_bpyramid.264";
  const [plain, more] = [await requestsOf(name), await requestsOf(name)];
  addEntry(more[3]!, 1000n * more[0]!.timestamp, flags);
  const summary = new ComparisonSummary();
  const sides = [sideOf("h264", plain, "my player"), sideOf("h264", more, "my player")];
  for await (const found of compare(sides, { target })) summary.add(found);
  return [...new Set(summary.fields.map(({ class: kind }) => kind))];
}

describe("DPB entries that are VALID and not ACTIVE", () => {
  it.each([rk3399, vdpu381, mediatek])("are not read where the driver looks at ACTIVE alone: $name", async (target) => {
    expect(await classesOf(target, V4L2_H264_DPB_ENTRY_FLAG_VALID)).toEqual(["unread"]);
    const both = V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE;
    expect(await classesOf(target, both)).toContain("read");
  });

  it.each([cedrus, hantroG1, undefined])("are read where it looks at VALID: $name", async (target) => {
    expect(await classesOf(target, V4L2_H264_DPB_ENTRY_FLAG_VALID)).toContain("read");
  });
});
