// Sides that know a part of a control only.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readCapture } from "../../src/capture/index.ts";
import {
  type ComparedRequest,
  type CompareSide,
  ComparisonSummary,
  compare,
  recordSide,
  streamSide,
} from "../../src/compare/index.ts";
import { type Codec, v4l2_ctrl_av1_tile_group_entry, v4l2_ctrl_hevc_slice_params } from "../../src/uapi/index.ts";
import { captureText, imported } from "../capture/captures.ts";
import { fixture } from "../cli/command-line.ts";

const offsets = "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS";
const slices = "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS";
const tiles = "V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY";

/** A request with one control, of which `known` is known. */
function side(codec: Codec, control: string, payload: Uint8Array, known?: readonly string[]): CompareSide {
  const request: ComparedRequest = {
    request: 0,
    timestamp: 0,
    bitstream: {},
    controls: new Map([[control, payload]]),
    ...(known === undefined ? {} : { known: new Map([[control, known]]) }),
  };
  return { codec, producer: "my player", requests: [request] };
}

async function differences(a: CompareSide, b: CompareSide, raw = false) {
  const summary = new ComparisonSummary();
  for await (const found of compare([a, b], { raw })) summary.add(found);
  return summary.fields.map(({ control, path, values }) => [control, path, ...values.map(({ text }) => text)]);
}

const cases = [
  ["h265", offsets, 4, []],
  ["h265", slices, v4l2_ctrl_hevc_slice_params.size, ["[0].bit_size"]],
  ["av1", tiles, v4l2_ctrl_av1_tile_group_entry.size, ["[0].tile_size"]],
] as const;

describe.each(cases)("of %s, %s", (codec, control, size, paths) => {
  const of = (count: number) => new Uint8Array(count * size);

  it("the number of elements differs where both sides know it", async () => {
    for (const raw of [false, true]) {
      for (const [a, b] of [
        [1, 3],
        [2, 3],
        [3, 1],
        [3, 2],
      ] as const) {
        const found = await differences(
          side(codec, control, of(a)),
          side(codec, control, of(b), ["[]", ...paths]),
          raw,
        );
        expect([raw, a, b, found]).toEqual([raw, a, b, [[control, "", elements(a), elements(b)]]]);
      }
    }
  });

  it("the number of elements is no difference where one side does not know it", async () => {
    for (const raw of [false, true]) {
      for (const [a, b] of [
        [3, 1],
        [1, 3],
        [3, 2],
      ] as const) {
        expect(await differences(side(codec, control, of(a)), side(codec, control, of(b), paths), raw)).toEqual([]);
        expect(await differences(side(codec, control, of(b), paths), side(codec, control, of(a)), raw)).toEqual([]);
      }
    }
  });
});

function elements(count: number): string {
  return `${count} element${count === 1 ? "" : "s"}`;
}

describe("captures", () => {
  it("of v4l2-tracer know how many elements a list has, those of ftrace do not", async () => {
    const [traced, ftrace] = [captureText("av1_8bit.ivf.v4l2-tracer"), captureText("av1_tile_groups.obu.ftrace")];
    const two = traced.replace(/("id":"V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY",\s*"size":)16\b/g, "$132");
    const [first] = (await imported(two)).requests;
    expect(first?.known.get(tiles)).toEqual(expect.arrayContaining(["[]", "[0].tile_size"]));
    const stream = streamSide(readFileSync(fixture("av1_8bit.ivf")), { codec: "av1" });
    const record = await recordSide(await readCapture("v4l2-tracer", [two]));
    expect(await differences(stream, record)).toContainEqual([tiles, "", "1 element", "2 elements"]);
    const known = (await imported(ftrace)).requests.flatMap((request) => request.known.get(tiles) ?? []);
    expect(known).toContain("[0].tile_size");
    expect(known).not.toContain("[]");
  });

  it("say what they do not have, and then diff does not say that a driver gets the same", async () => {
    const notesOf = async (kind: "ftrace" | "v4l2-tracer", name: string) => {
      const stream = streamSide(readFileSync(fixture(name)), { codec: name.endsWith("ivf") ? "vp8" : "h264" });
      const summary = new ComparisonSummary();
      const record = await recordSide(await readCapture(kind, [captureText(`${name}.${kind}`)]));
      for await (const found of compare([stream, record])) summary.add(found);
      const notes = summary.notes.filter(({ about }) => about === "unknown parts").map(({ text }) => text);
      expect(summary.isKnown).toBe(notes.length === 0);
      return notes;
    };
    const sizes =
      "the other side does not have the bytes of every OUTPUT buffer: those that it lacks are compared by their sizes";
    expect(await notesOf("ftrace", "vp8_altref.ivf")).toEqual([sizes]);
    expect(await notesOf("v4l2-tracer", "vp8_altref.ivf")).toEqual([]);
    expect(await notesOf("ftrace", "h264_baseline_slices.264")).toEqual([
      sizes,
      "the other side does not have every field of H264_SCALING_MATRIX: those that it lacks are not compared",
    ]);
  });
});
