import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import schema from "../../src/cli/schema.json" with { type: "json" };
import { bytesOf, fixture, run } from "./command-line.ts";

const validate = new Ajv2020({ allErrors: true }).compile(schema);

type Line = Readonly<Record<string, unknown>> & { readonly type: string };

/** The lines of a command's output; each fits the schema. */
async function linesOf(argv: readonly string[], stdin?: Uint8Array[]): Promise<Line[]> {
  const { stdout } = await run([...argv, "--json"], stdin === undefined ? {} : { stdin });
  expect(stdout).not.toBe("");
  return stdout
    .trimEnd()
    .split("\n")
    .map((text) => {
      const line: unknown = JSON.parse(text);
      if (!validate(line)) expect.fail(`${text.slice(0, 300)} ${JSON.stringify(validate.errors)}`);
      return line as Line;
    });
}

const streams = [
  "h264_mbaff_tff.264",
  "h264_high422_interlaced.264",
  "h265_default_ra.265",
  "vp8_altref.ivf",
  "vp9_altref_superframes.ivf",
  "fwht_hsv.fwht",
  "mpeg2_interlaced.m2v",
  "av1_grain.ivf",
  "av1_fwdkf.obu",
  "containers/h264_mbaff_tff.mp4",
  "h265_main10_wpp_slices.265.gst-slice.jsonl.br",
  "h264_size_change.264.ff-frame.jsonl.br",
];

describe("inspect --json", () => {
  it.each(streams)("describes each picture of %s as the schema has it", async (name) => {
    const lines = await linesOf(["inspect", fixture(name)]);
    const requests = lines.filter(({ type }) => type === "request");
    expect(lines[0]).toMatchObject({ type: "input", input: fixture(name) });
    expect(requests.map(({ request }) => request)).toEqual(requests.map((_, i) => i));
    expect(requests[0]).toMatchObject({ references: [], picture: { type: expect.stringMatching(/IDR|key|^I$/) } });
  });

  it("has the order, the pts and the references", async () => {
    const lines = await linesOf(["inspect", fixture("containers/h264_mbaff_tff.mp4")]);
    expect(lines[4]).toMatchObject({
      request: 2,
      picture: { type: "B", structure: "frame", TopFieldOrderCnt: 3, frame_num: 2 },
      references: [{ request: 0 }, { request: 1 }],
      flags: ["mbaff", "cabac", "8x8"],
      shown: { order: 1, pts: expect.any(Number), corrupt: false },
    });
    expect(lines[4]).not.toHaveProperty("controls");
  });

  it("has every field of the requests that are selected", async () => {
    const lines = await linesOf(["inspect", "--request", "2..3", fixture("h264_mbaff_tff.264")]);
    const requests = lines.filter(({ type }) => type === "request");
    expect(requests.map(({ request }) => request)).toEqual([2, 3]);
    expect(requests[0]!.controls).toContainEqual({
      name: "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
      own: true,
      payload: expect.stringMatching(/^[0-9a-f]{1120}$/),
      fields: expect.objectContaining({ frame_num: 2, nal_ref_idc: 2, top_field_order_cnt: 3 }),
    });
  });

  it("writes numbers that have no exact JSON as text", async () => {
    const text =
      '{"format":"v4l2-stateless-requests/1","codec":"vp8"}\n{"request":0,"timestamp":"18446744073709551615","controls":{}}';
    expect((await linesOf(["inspect", "-"], bytesOf(text)))[1]).toMatchObject({ timestamp: "18446744073709551615" });
  });

  it.each(streams)("summarises %s", async (name) => {
    const lines = await linesOf(["inspect", "--summary", fixture(name)]);
    const pictures = (await linesOf(["inspect", fixture(name)])).filter(({ type }) => type === "request");
    expect(lines.map(({ type }) => type)).toEqual(["input", "summary"]);
    expect(lines[1]).toMatchObject({ requests: pictures.length });
    const types = Object.values(lines[1]!.types as Record<string, number>);
    expect(types.reduce((sum, count) => sum + count, 0)).toBe(pictures.length);
  });
});

describe("validate --json", () => {
  it("names control, field and value", async () => {
    const lines = await linesOf(["validate", "--target", "hantro-g1", fixture("h264_high10.264")]);
    expect(lines[1]).toEqual({
      type: "refusal",
      in: "set",
      request: 0,
      control: "V4L2_CID_STATELESS_H264_SPS",
      path: "bit_depth_luma_minus8",
      value: 2,
      reason: "bit depth 10: hantro-g1 takes 8",
      by: "hantro-g1",
    });
    expect(lines.at(-1)).toEqual({ type: "result", target: "hantro-g1", requests: 20, refused: lines.length - 2 });
  });
});

describe("trace --json", () => {
  const named = streams.filter((name) => !name.endsWith(".br"));
  // A frame of VP8 or VP9 has thousands of elements.
  const isLong = (name: string) => /^vp[89]/.test(name);
  it.each(named.filter((name) => !isLong(name)))("has the elements of %s", hasElements);
  it.each(named.filter(isLong))("has the elements of %s", { tags: "long" }, hasElements);

  async function hasElements(name: string): Promise<void> {
    const lines = await linesOf(["trace", fixture(name)]);
    const text = (await run(["trace", fixture(name)])).stdout;
    const count = (type: string) => lines.filter((line) => line.type === type).length;
    expect(count("unit")).toBe(text.match(/^unit /gm)!.length);
    expect(count("element")).toBe(text.match(/^ +\d+ +\d+:\d /gm)!.length);
  }

  it("has their places", async () => {
    const lines = await linesOf(["trace", "--unit", "sps", fixture("h264_mbaff_tff.264")]);
    expect(lines.slice(1, 4)).toMatchObject([
      { type: "unit", unit: 0, kind: "sps", byte: 4, bytes: 25 },
      { type: "element", unit: 0, name: "forbidden_zero_bit", byte: 4, bitOfByte: 0 },
      { type: "element", name: "nal_ref_idc", descriptor: "u", bit: 1, byte: 4, bitOfByte: 1, length: 2, value: 3 },
    ]);
  });
});

it("has the counts and the mistakes of captures", async () => {
  const types = (lines: readonly Line[]) => [...new Set(lines.map(({ type }) => type))];
  expect(types(await linesOf(["stats", fixture("captures/format-of-busy-queue.strace.gz")]))).toEqual([
    "decoder",
    "process",
    "handoff",
  ]);
  const findings = await linesOf(["lint", fixture("captures/format-of-busy-queue.strace.gz")]);
  expect(types(findings)).toEqual(["finding", "lintResult"]);
});

it("says which pictures are corrupt, as the table does", async () => {
  const path = fixture("field/hevc_gdr_without_irap.265");
  const lines = await linesOf(["inspect", path]);
  const corrupt = lines.filter(({ type, shown }) => type === "request" && (shown as { corrupt: boolean }).corrupt);
  const { stdout } = await run(["inspect", path]);
  expect(corrupt.length).toBeGreaterThan(0);
  expect(stdout.match(/ corrupt$/gm)).toHaveLength(corrupt.length);
  const [, summary] = (await linesOf(["inspect", "--summary", path])).filter(({ type }) => type !== "error");
  expect(summary).toMatchObject({ corrupt: corrupt.length, errors: { "missing-reference": 10 } });
});

it("errors are lines too, and on standard error", async () => {
  const path = fixture("field/h264_vui_out_of_range.264");
  const lines = await linesOf(["inspect", path]);
  expect(lines.filter(({ type }) => type === "error")).toMatchObject([
    { message: "17 is not in the range 0..16", kind: "bitstream", code: expect.any(String), byte: expect.any(Number) },
  ]);
  expect((await run(["inspect", "--json", path])).stderr).toMatch(/error at byte \d+: .*17 is not in the range/);
});

describe("diff --json", () => {
  it("has each difference, each field and a result, as the schema has it", async () => {
    const stream = fixture("h264_mbaff_tff.264");
    const lines = await linesOf(["diff", stream, `${stream}.ff-frame.jsonl.br`, "--target", "hantro-g1"]);
    const types = ["input", "note", "difference", "field", "difference-result"];
    expect([...new Set(lines.map(({ type }) => type))].sort()).toEqual([...types].sort());
    expect(lines.at(-1)).toEqual({ type: "difference-result", pairs: 20, differing: 20, unexplained: 0, gaps: 0 });
    const difference = lines.find(({ path }) => path === "dec_ref_pic_marking_bit_size");
    expect(difference).toMatchObject({
      requests: [3, 3],
      class: "read",
      values: [{ value: 0 }, { value: 1 }],
      known: { id: "ff-marking-size-stale", side: 1, effect: "wrong picture on hantro-g1" },
    });
  });
});

describe("explain --json", () => {
  it.each(streams.filter((name) => !name.endsWith(".br")))(
    "has what the fields of a request of %s were made of",
    async (name) => {
      const lines = await linesOf(["explain", "--request", "1", fixture(name)]);
      expect(lines.map(({ type }) => type)).toContain("explanation");
    },
  );
});
