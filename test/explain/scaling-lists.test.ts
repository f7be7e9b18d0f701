import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { elementsIn, explainRequest, shortText } from "../../src/explain/index.ts";
import { joined } from "../../src/framing/bytes.ts";
import { openSession } from "../../src/open-session.ts";
import { type CodedElement, rewrittenUnit } from "../../src/testing/rewritten-unit.ts";
import { beginningOf, explainedMutations } from "../../support/explained-mutations.ts";
import { H264Stream } from "../../support/streams/h264-stream.ts";
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

/** A stream in whose SPS a flag is 1, with elements after it. */
function withElements(codec: "h264" | "h265", bytes: Uint8Array, flag: string, more: CodedElement[]): Uint8Array {
  const trace = new TraceRecorder();
  const session = openSession(codec, { trace });
  session.push(bytes);
  session.flush();
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { name, byte, bytes: unit, elements } of trace.units) {
    if (!name.startsWith("seq_parameter_set")) continue;
    const changed = rewrittenUnit(unit, elements, true, (open) =>
      open.flatMap((each): CodedElement[] => (each.name === flag ? [{ ...each, value: 1 }, ...more] : [each])),
    );
    parts.push(bytes.subarray(at, byte), changed);
    at = byte + unit.length;
  }
  return joined([...parts, bytes.subarray(at)]);
}

/** A stream that has lists by default, with lists of its own. */
function withLists(): Uint8Array {
  const bytes = new Uint8Array(readFileSync(fixture("h265_scaling_default.265")));
  return withElements("h265", bytes, "sps_scaling_list_data_present_flag", scalingListData());
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

describe("a list of H.264 that ends with nextScale 0", () => {
  const stream = new H264Stream().writeSps({ profile_idc: 100 }).writePps().slice({ idr: true });
  /** 12, 10, and 10 for all others; then lists as the ones before them. */
  const lists = [
    element("u", "seq_scaling_list_present_flag", 1),
    ...[4, -2, -10].map((value) => element("se", "delta_scale", value)),
    ...Array.from({ length: 7 }, () => element("u", "seq_scaling_list_present_flag", 0)),
  ];
  const bytes = withElements("h264", stream.bytes, "seq_scaling_matrix_present_flag", lists);

  it("has a value that is the sum without the last delta_scale, which decides that it is repeated", () => {
    const control = explainRequest("h264", bytes, 0)?.controls.find((each) => /SCALING_MATRIX/.test(each.control));
    // zigzag4x4: the places 0, 1, 2 and 3 of the list are 0, 1, 4 and 8.
    const fieldAt = (place: number) => control?.fields.find(({ path }) => path === `scaling_list_4x4[0][${place}]`);
    expect([0, 1, 4, 8, 15].map((place) => fieldAt(place)?.value)).toEqual([12, 10, 10, 10, 10]);
    for (const place of [1, 4, 8, 15]) {
      const sources = [...elementsIn(fieldAt(place)?.sources ?? [])];
      const sum = sources.find(({ kind }) => kind === "span");
      expect(sum, `${place}`).toMatchObject({ what: "their sum", first: { value: 4 }, last: { value: -2 } });
      const end = sources.filter((each) => each.kind === "element" && each.name === "delta_scale");
      expect(end, `${place}`).toEqual(place === 1 ? [] : [expect.objectContaining({ role: "condition", value: -10 })]);
    }
    expect(shortText(fieldAt(4)?.sources ?? [])).toMatch(/nextScale is 0: the last value is repeated$/);
    expect(shortText(fieldAt(1)?.sources ?? [])).not.toContain("nextScale");
  });

  it("changes with each difference that is named, and with no other", { tags: "long" }, () => {
    const found = explainedMutations({ codec: "h264", bytes, options: {}, request: 0 }, { elements: 40 });
    expect(found).toMatchObject({ idle: [], unnamed: [] });
    expect(found.mutations).toBeGreaterThan(30);
  });
});
