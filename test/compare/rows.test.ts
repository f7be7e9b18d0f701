import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  type ComparedPair,
  type ComparedRequest,
  type CompareSide,
  compare,
  recordSide,
} from "../../src/compare/index.ts";
import { streamSide } from "../../src/compare/sides.ts";
import { isInside } from "../../src/compare/view-paths.ts";
import type { Codec } from "../../src/events.ts";
import { fixture } from "../cli/command-line.ts";
import { type Editable, leafAt, requestsOf, sideOf } from "./recordings.ts";

/** The requests that GStreamer or FFmpeg sent for a fixture. Payloads are copies. */
async function golden(name: string, peer: "gst" | "ff"): Promise<{ side: CompareSide; requests: ComparedRequest[] }> {
  const side = await recordSide([brotliDecompressSync(readFileSync(fixture(`${name}.${peer}-frame.jsonl.br`)))]);
  const requests: ComparedRequest[] = [];
  for await (const request of side.requests) {
    const copies = Array.from(
      request.controls,
      ([control, payload]) => [control, typeof payload === "number" ? payload : payload.slice()] as const,
    );
    requests.push({ ...request, controls: new Map(copies) });
  }
  return { side, requests };
}

async function pairsOf(a: CompareSide, b: CompareSide): Promise<ComparedPair[]> {
  const pairs: ComparedPair[] = [];
  for await (const found of compare([a, b])) if (found.type === "pair") pairs.push(found);
  return pairs;
}

/** A row, a fixture in whose golden it is named, and what is made of the value: of an entry, of one of its fields. */
type Case = readonly [
  row: string,
  codec: Codec,
  name: string,
  peer: "gst" | "ff",
  edit: (value: number) => number,
  of?: string,
];

const plusOne = (value: number): number => value + 1;
const cases: Case[] = [
  ["ff-vp9-uv-mode", "vp9", "vp9_altref_superframes.ivf", "ff", plusOne],
  ["ff-av1-tile-offsets", "av1", "av1_superres_tiles.obu", "ff", plusOne],
  ["ff-av1-tile-groups", "av1", "av1_tile_groups.obu", "ff", plusOne],
  ["ff-av1-skip-mode-frame", "av1", "av1_syn_short_signaling.ivf", "ff", (value) => value + 3],
  ["ff-av1-loop-filter-deltas", "av1", "av1_syn_segmentation.ivf", "ff", (value) => value + 5],
  ["gst-fields-of-pair", "h264", "disagreements/h264/rw__mmco3_fields.264", "gst", () => 0],
  ["non-existing-order-counts-inferred", "h264", "disagreements/h264/rw__gaps_poc1.264", "gst", plusOne],
  ["ff-mmco5-poc", "h264", "disagreements/h264/rw__mmco5_second_field_samefn.264", "ff", plusOne],
  ["ff-pic-num-of-frame", "h264", "disagreements/h264/rw__mmco4_fields.264", "ff", (value) => value + 77],
  ["no-peer-has-slice-group-change-cycle", "h264", "disagreements/h264/made__slice_groups.264", "gst", plusOne],
  ["ff-gap-window", "h264", "disagreements/h264/rw__gaps_poc1.264", "ff", plusOne, "top_field_order_cnt"],
];

describe("a row does not excuse another value than the one that it describes", () => {
  const objects = cases.map(([row, codec, name, peer, edit, of]) => ({ row, codec, name, peer, edit, of }));

  it.each(objects)("$row: $name, $of", async ({ row, codec, name, peer, edit, of }) => {
    const bytes = new Uint8Array(readFileSync(fixture(name)));
    const ours = () => streamSide(bytes, { codec, session: { startCode: "annexb" } });
    const { side, requests } = await golden(name, peer);
    const { requests: edited } = await golden(name, peer);
    const isOfRow = ({ differences }: ComparedPair): boolean =>
      differences.some(({ known, values }) => known?.id === row && (of === undefined || values[0].text === "absent"));
    const pair = (await pairsOf(ours(), { ...side, requests })).find(isOfRow);
    const difference = pair?.differences.find(({ known }) => known?.id === row);
    expect(difference).toBeDefined();
    const { control, path, otherPath = path } = difference!;
    const place = of === undefined ? otherPath : `${otherPath}.${of}`;
    const { request } = pair!.requests[1];
    const isWanted = (each: string): boolean => each === place || each.startsWith(`${place}[`);
    const { type, view, offset, value } = leafAt(edited.find((each) => each.request === request)!, control, isWanted);
    type.write(view, offset, typeof value === "bigint" ? BigInt(edit(Number(value))) : edit(value));
    const changed = (await pairsOf(ours(), { ...side, requests: edited })).find(
      ({ requests: both }) => both[1].request === request,
    );
    const isAtPlace = (each: string): boolean => isInside(each, place) || isInside(place, each);
    const unexplained = changed!.differences.filter(
      ({ known, class: kind }) => known === undefined && (of === undefined || kind !== "unread"),
    );
    expect(unexplained.some((each) => each.control === control && isAtPlace(each.otherPath ?? each.path))).toBe(true);
  });

  it("earlier SPS of GStreamer: a field of it, which an SPS before had, is not enough", async () => {
    const name = "disagreements/h264/rw__ids_max.264";
    const bytes = new Uint8Array(readFileSync(fixture(name)));
    const ours = () => streamSide(bytes, { codec: "h264" as const, session: { startCode: "annexb" as const } });
    const { side, requests } = await golden(name, "gst");
    const { requests: edited } = await golden(name, "gst");
    const row = "gst-first-sps-stays";
    const pair = (await pairsOf(ours(), { ...side, requests })).find(({ differences }) =>
      differences.some(({ known }) => known?.id === row),
    );
    const { request } = pair!.requests[1];
    const sps = "V4L2_CID_STATELESS_H264_SPS";
    const { type, view, offset, value } = leafAt(
      edited.find((each) => each.request === request)!,
      sps,
      (path) => path === "level_idc",
    );
    type.write(view, offset, Number(value) + 1);
    const changed = (await pairsOf(ours(), { ...side, requests: edited })).find(
      ({ requests: both }) => both[1].request === request,
    );
    expect(changed!.differences.filter(({ known }) => known?.id === row)).toEqual([]);
  });

  it("ff-vp9-reference-of-another-size: the timestamp of no picture", async () => {
    const frame = "V4L2_CID_STATELESS_VP9_FRAME";
    const made = async (golden_frame_ts: (value: bigint) => bigint): Promise<Editable[]> => {
      const requests = await requestsOf("vp9_altref_superframes.ivf");
      // The first frame has another size.
      const { type, view, offset, value } = leafAt(requests[0]!, frame, (path) => path === "frame_width_minus_1");
      type.write(view, offset, Number(value) - 16);
      const golden = leafAt(requests[4]!, frame, (path) => path === "golden_frame_ts");
      golden.type.write(golden.view, golden.offset, golden_frame_ts(BigInt(golden.value)));
      return requests;
    };
    const known = async (golden_frame_ts: (value: bigint) => bigint) => {
      const ours = sideOf("vp9", await made((value) => value), "v4l2-stateless");
      const [pair] = (await pairsOf(ours, sideOf("vp9", await made(golden_frame_ts), "FFmpeg"))).slice(4);
      return pair!.differences.map(({ path, known: fault }) => [path, fault?.id]);
    };
    expect(await known((value) => value + 1n)).toEqual([["golden_frame_ts", undefined]]);
    const another = (value: bigint): bigint => (value === 1000n ? 2000n : 1000n);
    expect(await known(another)).toEqual([["golden_frame_ts", "ff-vp9-reference-of-another-size"]]);
  });
});
