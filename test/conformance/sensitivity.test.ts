import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { StreamComparison } from "../../conformance/compare.ts";
import { h264 } from "../../conformance/h264/comparator.ts";
import { decodeStream } from "../../conformance/ours.ts";
import { type EffectiveRequest, readRequests } from "../../conformance/requests.ts";
import { compileVerdict, readVerdicts } from "../../conformance/verdicts.ts";
import { h264Controls, v4l2_h264_dpb_entry } from "../../src/uapi/h264.ts";
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

describe("the comparison", () => {
  const path = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  const rules = readVerdicts("h264").map((verdict) => compileVerdict(verdict, h264.conditions));

  it.each(["h264_mbaff_tff.264", "h264_cqm_jvt.264"])("sees every changed value in a request of %s", (name) => {
    const stream = readFileSync(path(name));
    const { requests } = decodeStream("h264", stream);
    const goldens = {
      gst: readRequests(path(`${name}.gst-frame.jsonl.br`)),
      ff: readRequests(path(`${name}.ff-frame.jsonl.br`)),
    };
    const isSeen = (changed: readonly EffectiveRequest[]): boolean =>
      new StreamComparison(name, stream, h264, rules, changed, goldens).run().differences.length > 0;
    expect(isSeen(requests)).toBe(false);

    const unseen: string[] = [];
    for (const control of Object.values(h264Controls)) {
      const payload = requests[5]!.controls.get(control.name);
      if (control.type !== "struct" || !(payload instanceof Uint8Array)) continue;
      for (const leaf of leafFields(control.struct)) {
        if (cleared.test(leaf.path) || isUnusedEntry(payload, leaf)) continue;
        const copy = payload.slice();
        // The last bit: of SPS flags another than SEPARATE_COLOUR_PLANE, which the kernel clears.
        copy[leaf.offset]! ^= control.name.endsWith("_SPS") && leaf.path === "flags" ? 2 : 1;
        const changed = requests.map((request) =>
          request.index === 5 ? { ...request, controls: new Map(request.controls).set(control.name, copy) } : request,
        );
        if (!isSeen(changed)) unseen.push(`${control.name}.${leaf.path}`);
      }
    }
    expect(unseen).toEqual([]);
  });
});
