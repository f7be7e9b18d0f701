import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { PayloadComparison } from "../../conformance/payloads/compare-payloads.ts";
import { readRequests } from "../../conformance/payloads/requests.ts";
import { decodeStream } from "../../conformance/streams/our-requests.ts";
import { h265 } from "../../src/compare/h265/comparator.ts";
import { viewH265 } from "../../src/compare/h265/view.ts";
import type { EffectiveRequest, Peer } from "../../src/compare/request.ts";
import { verdictsOf } from "../../src/compare/rows.ts";
import { compileVerdict } from "../../src/compare/rules.ts";
import { elementSize } from "../../src/uapi/control.ts";
import { hevcControls } from "../../src/uapi/h265.ts";
import { leafFields } from "../../src/uapi/struct.ts";

/** What a driver does not read in these requests, which have no PCM, long-term pictures or tiles. */
const withoutMeaning = /reserved|pcm_|^num_long_term_ref_pics_sps|tile_|^column_width|^row_height/;
/** What it reads as far as a count says: here the first is tried, where there is one. */
const list = /^(poc_\w+|ref_idx_l\d|dpb|pred_weight_table\.\w+)\[(\d+)\]/;

/** Places of a payload of many equal fields that are tried: one in so many. */
const step: Readonly<Record<string, number>> = { V4L2_CID_STATELESS_HEVC_SCALING_MATRIX: 29 };

describe("the comparison", () => {
  const path = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  const rules = verdictsOf("h265").map((verdict) => compileVerdict(verdict, h265.conditions));

  const title = "sees every changed value in a request of %s";
  it.each([
    ["h265_default_ra.265", 5],
    ["h265_weight_fade.265", 4],
    ["h265_scaling_default.265", 2],
    ["h265_main10_wpp_slices.265", 3],
  ] as const)(title, { tags: "long" }, seesEveryChange);

  function seesEveryChange(name: string, index: number): void {
    const stream = readFileSync(path(name));
    const requests = decodeStream("h265", stream).requests.slice(0, index + 1);
    const golden = (peer: Peer) => readRequests(path(`${name}.${peer}-frame.jsonl.br`)).slice(0, index + 1);
    const goldens = { gst: golden("gst"), ff: golden("ff") };
    const { controls } = requests[index]!;
    const isSeen = (control: string, payload: Uint8Array): boolean => {
      const changed: EffectiveRequest[] = requests.map((request) =>
        request.index === index ? { ...request, controls: new Map(controls).set(control, payload) } : request,
      );
      return new PayloadComparison(name, stream, h265, rules, changed, goldens).run().differences.length > 0;
    };
    const dpb = controls.get("V4L2_CID_STATELESS_HEVC_DECODE_PARAMS") as Uint8Array;
    expect(isSeen("V4L2_CID_STATELESS_HEVC_DECODE_PARAMS", dpb)).toBe(false);

    const { fields } = viewH265(requests[index]!, String);
    const hasEntry = (control: string, path: string): boolean => {
      const [, name = ""] = list.exec(path) ?? [];
      if (name === "dpb") return Number(fields.get("HEVC_DECODE_PARAMS.num_active_dpb_entries")) > 0;
      return [...fields.keys()].some((field) => field.startsWith(`${control}.${name}[0]`));
    };
    const unseen: string[] = [];
    for (const control of Object.values(hevcControls)) {
      const payload = controls.get(control.name);
      if (control.type === "menu" || !(payload instanceof Uint8Array)) continue;
      const leaves = control.type === "struct" ? leafFields(control.struct) : [{ path: "[]", offset: 0 }];
      const size = elementSize(control);
      for (let element = 0; element * size < payload.length; element++) {
        const tried = leaves.filter((_, i) => i % (step[control.name] ?? 1) === 0);
        for (const leaf of tried) {
          if (withoutMeaning.test(leaf.path)) continue;
          const [, , entry] = list.exec(leaf.path) ?? [];
          const name = control.name.replace("V4L2_CID_STATELESS_", "");
          const owner = !("dynamicArray" in control) ? name : `${name}[${element}]`;
          if (entry !== undefined && (entry !== "0" || !hasEntry(owner, leaf.path))) continue;
          if (leaf.path.includes("_log2_weight_denom") && !hasEntry(owner, "pred_weight_table.luma_offset_l0[0]"))
            continue;
          const copy = payload.slice();
          copy[element * size + leaf.offset]! ^= 1;
          if (!isSeen(control.name, copy)) unseen.push(`${control.name}[${element}].${leaf.path}`);
        }
      }
    }
    expect(unseen).toEqual([]);
  }
});
