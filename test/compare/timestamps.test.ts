import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type CompareSide, ComparisonSummary, compare, recordSide } from "../../src/compare/index.ts";
import { streamSide } from "../../src/compare/sides.ts";
import type { Codec } from "../../src/events.ts";
import { fixture } from "../cli/command-line.ts";
import { type Editable, leafAt, requestsOf, sideOf } from "./recordings.ts";

type Case = readonly [Codec, string, readonly string[]];
const bySlice = ["--decode-mode", "slice"];
/** Streams whose pictures have several requests: slices, and fields. */
const cases: readonly Case[] = [
  ["h264", "h264_baseline_slices.264", bySlice],
  ["h264", "disagreements/h264/rw__mmco3_fields.264", []],
  ["h265", "h265_main10_wpp_slices.265", bySlice],
];

async function differencesOf(a: CompareSide, b: CompareSide, raw = false): Promise<string[]> {
  const summary = new ComparisonSummary();
  for await (const found of compare([a, b], { raw })) summary.add(found);
  return summary.fields.map(
    ({ path, class: kind, known, requests, values }) =>
      `${path} ${kind} ${known?.id} ${requests}: ${values[0].text}, ${values[1].text}`,
  );
}

/** The places of requests whose timestamp is that of the one before. */
function continued(requests: readonly Editable[]): number[] {
  return requests.flatMap(({ timestamp }, i) => (timestamp === requests[i - 1]?.timestamp ? [i] : []));
}

const same = "that of the request before";
const other = "its own";

describe.each(cases)("the timestamps of a picture's requests: %s %s", (codec, name, options) => {
  it.each([false, true])("are a difference where each request has its own; raw: %s", async (raw) => {
    const requests = await requestsOf(name, options);
    const places = continued(requests);
    expect(places).not.toEqual([]);
    const all = structuredClone(requests);
    for (const i of places) all[i]!.timestamp += 1n + BigInt(i);
    const found = await differencesOf(sideOf(codec, requests, "my player"), sideOf(codec, all, "my player"), raw);
    const ofTimestamps = found.filter((each) => !raw || each.startsWith("timestamp"));
    expect(ofTimestamps).toEqual([`timestamp read undefined ${places.length}: ${same}, ${other}`]);
  });

  it("are a difference where two pictures have the same", async () => {
    const requests = await requestsOf(name, options);
    const joined = structuredClone(requests);
    // The last picture, which no other refers to.
    const last = joined.findIndex(({ timestamp }) => timestamp === joined.at(-1)?.timestamp);
    for (const request of joined.slice(last)) request.timestamp = joined[last - 1]!.timestamp;
    const found = await differencesOf(sideOf(codec, requests, "my player"), sideOf(codec, joined, "my player"));
    expect(found).toContain(`timestamp read undefined 1: ${other}, ${same}`);
  });

  it("are none where they are only others", async () => {
    const requests = await requestsOf(name, options);
    const shifted = requests.map((request) => ({ ...request, timestamp: request.timestamp * 2n + 5n }));
    const found = await differencesOf(sideOf(codec, requests, "my player"), sideOf(codec, shifted, "my player"));
    expect(found.filter((each) => each.startsWith("timestamp"))).toEqual([]);
  });
});

describe("the timestamps that peers get wrong", () => {
  const rows = [
    ["gst-aso-timestamp", "made__arbitrary_slice_order.264", "gst", "slice", 2],
    ["mmco5-no-second-field-timestamp", "rw__mmco5_second_field_samefn.264", "gst", "frame", 1],
    ["mmco5-no-second-field-timestamp", "rw__mmco5_second_field_samefn.264", "ff", "frame", 1],
    ["ff-split-field-pair-timestamp", "rw__unpaired_nonref.264", "ff", "frame", 1],
  ] as const;

  it.each(rows)("%s: %s, %s, %s", async (id, name, peer, decodeMode, count) => {
    const path = fixture(`disagreements/h264/${name}`);
    const ours = streamSide(readFileSync(path), { codec: "h264", session: { decodeMode, startCode: "annexb" } });
    const golden = readFileSync(`${path}.${peer}-${decodeMode}.jsonl.br`);
    const found = await differencesOf(ours, await recordSide([brotliDecompressSync(golden)]));
    expect(found.filter((each) => each.startsWith("timestamp")).map((each) => each.split(":")[0])).toEqual([
      `timestamp read ${id} ${count}`,
    ]);
  });

  const params = "V4L2_CID_STATELESS_H264_DECODE_PARAMS";
  const field = (request: Editable, name: string) => leafAt(request, params, (path) => path === name).value;

  it("are those of the picture for slices in any order (7.4.1.2.4)", async () => {
    const requests = await requestsOf("disagreements/h264/made__arbitrary_slice_order.264", bySlice);
    const pictures = requests.map((request) => `${field(request, "frame_num")} ${field(request, "pic_order_cnt_lsb")}`);
    for (const i of requests.keys()) {
      if (i === 0) continue;
      expect(requests[i]?.timestamp === requests[i - 1]?.timestamp).toBe(pictures[i] === pictures[i - 1]);
    }
  });

  it("are another's for a field with memory_management_control_operation 5 (3.30)", async () => {
    const requests = await requestsOf("disagreements/h264/rw__mmco5_second_field_samefn.264");
    expect(requests[7]?.timestamp).not.toBe(requests[6]?.timestamp);
  });
});
