import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { elementsIn, explainRequest } from "../../src/explain/index.ts";
import { joined } from "../../src/framing/bytes.ts";
import { openSession } from "../../src/open-session.ts";
import { type CodedElement, rewrittenUnit } from "../../src/testing/rewritten-unit.ts";
import { beginningOf, explainedMutations } from "../../support/explained-mutations.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";
import { fixture, run } from "../cli/command-line.ts";

const element = (descriptor: "u" | "se", name: string, value: number): CodedElement => ({
  ...{ name, descriptor, length: 1, value },
});

/** 7.3.4, with a difference at every place of every list. */
function scalingListData(): CodedElement[] {
  return [0, 1, 2, 3].flatMap((sizeId) =>
    (sizeId === 3 ? [0, 3] : [0, 1, 2, 3, 4, 5]).flatMap((matrixId) => [
      element("u", "scaling_list_pred_mode_flag", 1),
      ...(sizeId > 1 ? [element("se", "scaling_list_dc_coef_minus8", matrixId)] : []),
      ...Array.from({ length: sizeId === 0 ? 16 : 64 }, (_, i) =>
        element("se", "scaling_list_delta_coef", i === 0 ? 8 + sizeId : 1),
      ),
    ]),
  );
}

/** A stream that has lists by default, with lists of its own. */
function withLists(): Uint8Array {
  const bytes = new Uint8Array(readFileSync(fixture("h265_scaling_default.265")));
  const trace = new TraceRecorder();
  const session = openSession("h265", { trace });
  session.push(bytes);
  session.flush();
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { name, byte, bytes: unit, elements } of trace.units) {
    if (!name.startsWith("seq_parameter_set")) continue;
    const changed = rewrittenUnit(unit, elements, true, (open) =>
      open.flatMap((each): CodedElement[] =>
        each.name === "sps_scaling_list_data_present_flag" ? [{ ...each, value: 1 }, ...scalingListData()] : [each],
      ),
    );
    parts.push(bytes.subarray(at, byte), changed);
    at = byte + unit.length;
  }
  return joined([...parts, bytes.subarray(at)]);
}

describe("lists that are coded as differences", () => {
  let stream: Uint8Array;
  beforeAll(() => {
    stream = withLists();
  });

  it("are explained by the sum of the differences up to each place, with as many sources wherever it is", () => {
    const controls = explainRequest("h265", stream, 1)?.controls;
    const lists = controls?.find(({ control }) => control === "V4L2_CID_STATELESS_HEVC_SCALING_MATRIX");
    const field = lists?.fields.find(({ path }) => path === "scaling_list_8x8[0][63]");
    const sum = [...elementsIn(field?.sources ?? [])].find(({ kind }) => kind === "span");
    expect(sum).toMatchObject({
      what: "their sum",
      first: { name: "scaling_list_delta_coef", subscripts: [1, 0, 0] },
      last: { subscripts: [1, 0, 63] },
    });
    for (const { sources } of lists?.fields ?? []) expect(sources.length).toBeLessThan(8);
  });

  it("share a line for each list", async () => {
    const { stdout } = await run(["explain", "--codec", "h265", "--request", "1", "--field", "scaling_matrix", "-"], {
      stdin: [stream],
    });
    expect(stdout.match(/ {2}scaling_list_\S+/g)?.length).toBeLessThan(60);
    expect(stdout.replace(/\s+/g, " ")).toMatch(
      /scaling_list_delta_coef\[1\]\[5\]\[63\] at \d+:\d of unit 1: their sum/,
    );
  });

  it("change with each difference that is named, and with no other", { tags: "long" }, () => {
    const bytes = beginningOf("h265", stream, {}, 3);
    const found = explainedMutations({ codec: "h265", bytes, options: {}, request: 0 }, { elements: 12 });
    expect(found).toMatchObject({ idle: [], unnamed: [] });
    expect(found.mutations).toBeGreaterThan(30);
  });
});
