import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { PayloadComparison } from "../../conformance/payloads/compare-payloads.ts";
import { readRequests } from "../../conformance/payloads/requests.ts";
import { decodeStream } from "../../conformance/streams/our-requests.ts";
import { h264 } from "../../src/compare/h264/comparator.ts";
import type { EffectiveRequest, Peer } from "../../src/compare/request.ts";
import { verdictsOf } from "../../src/compare/rows.ts";
import { compileVerdict } from "../../src/compare/rules.ts";
import { decodePayload } from "../../src/uapi/control.ts";
import { h264Controls, V4L2_H264_SLICE_TYPE_B, v4l2_h264_dpb_entry } from "../../src/uapi/h264.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";
import { type LeafField, leafFields } from "../../src/uapi/struct.ts";

/** Leaves that no driver can see, in frames of pic_order_cnt_type 0 below 4:4:4: the kernel clears them. */
const cleared = /reserved|^offset_for_|^num_ref_frames_in_pic_order_cnt_cycle$/;

function isUnusedEntry(payload: Uint8Array, { path }: LeafField): boolean {
  const index = /^dpb\[(\d+)\]/.exec(path)?.[1];
  if (index === undefined) return false;
  const flags = Number(index) * v4l2_h264_dpb_entry.size + v4l2_h264_dpb_entry.offsets.flags;
  // An entry that is only VALID in a mutation would be in use: flags themselves are tried on entries in use.
  return payload[flags] === 0;
}

/** In slice mode: list entries and weights beyond the active ones, and what the kernel clears for the slice's type. */
function isWithoutMeaning(controls: EffectiveRequest["controls"], { path }: LeafField): boolean {
  const control = h264Controls.V4L2_CID_STATELESS_H264_SLICE_PARAMS;
  const payload = controls.get(control.name);
  if (!(payload instanceof Uint8Array)) return false;
  const slice = decodePayload(control, payload);
  const isB = slice.slice_type === V4L2_H264_SLICE_TYPE_B;
  const active = [slice.num_ref_idx_l0_active_minus1 + 1, isB ? slice.num_ref_idx_l1_active_minus1 + 1 : 0];
  const [, list, entry] = /^(?:ref_pic_list|weight_factors\[)([01])\D*\[(\d+)\]/.exec(path) ?? [];
  if (list !== undefined) return Number(entry) >= active[Number(list)]!;
  return path === "num_ref_idx_l1_active_minus1" && !isB;
}

/** The last bit, where the kernel does not clear it: SEPARATE_COLOUR_PLANE of an SPS, DIRECT_SPATIAL_MV_PRED of a P slice. */
function bitOf(control: string, { path }: LeafField): number {
  return path === "flags" && /_(SPS|SLICE_PARAMS)$/.test(control) ? 2 : 1;
}

describe("the comparison", () => {
  const path = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  const rules = verdictsOf("h264").map((verdict) => compileVerdict(verdict, h264.conditions));

  const title = "sees every changed value in a request of %s in %s mode";
  it.each([
    ["h264_mbaff_tff.264", "frame", 5],
    ["h264_cqm_jvt.264", "frame", 5],
    ["h264_cqm_jvt.264", "slice", 4], // P, 4 entries, weights
    ["h264_cqm_jvt.264", "slice", 8], // B
  ] as const)(title, { tags: "long" }, seesEveryChange);

  function seesEveryChange(name: string, mode: DecodeMode, index: number): void {
    const stream = readFileSync(path(name));
    const { requests } = decodeStream("h264", stream, mode);
    const golden = (peer: Peer) => readRequests(path(`${name}.${peer}-${mode}.jsonl.br`));
    const goldens = mode === "frame" ? { gst: golden("gst"), ff: golden("ff") } : { gst: golden("gst") };
    const frameMode = mode === "slice" ? decodeStream("h264", stream).requests : undefined;
    const isSeen = (changed: readonly EffectiveRequest[]): boolean =>
      new PayloadComparison(name, stream, h264, rules, changed, goldens, frameMode).run().differences.length > 0;
    expect(isSeen(requests)).toBe(false);

    const unseen: string[] = [];
    const { controls } = requests[index]!;
    for (const control of Object.values(h264Controls)) {
      const payload = controls.get(control.name);
      if (control.type !== "struct" || !(payload instanceof Uint8Array)) continue;
      for (const leaf of leafFields(control.struct)) {
        if (cleared.test(leaf.path) || isUnusedEntry(payload, leaf) || isWithoutMeaning(controls, leaf)) continue;
        const copy = payload.slice();
        copy[leaf.offset]! ^= bitOf(control.name, leaf);
        const changed = requests.map((request) =>
          request.index === index ? { ...request, controls: new Map(controls).set(control.name, copy) } : request,
        );
        if (!isSeen(changed)) unseen.push(`${control.name}.${leaf.path}`);
      }
    }
    expect(unseen).toEqual([]);
  }
});
