import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import schema from "../../src/cli/schema.json" with { type: "json" };
import { readRecord, resolveRequests } from "../../src/record/index.ts";
import { v4l2_ctrl_av1_frame } from "../../src/uapi/av1.ts";
import { decodeStruct } from "../../src/uapi/index.ts";
import { bytesOf, fixture, run } from "./command-line.ts";

const stream = fixture("h264_mbaff_tff.264");
const explain = (...words: readonly string[]) => run(["explain", ...words]);

/** The fields that a text shows. */
const fieldsOf = (stdout: string) => [...stdout.matchAll(/^ {2}([a-z[][^ ]*) /gm)].map(([, field]) => field);

describe("explain", () => {
  const shows = "shows every control of a request of %s, in 100 columns";
  it.each(["h265_weight_fade.265", "mpeg2_interlaced.m2v", "av1_tiles_nonuniform.obu"])(shows, showsAll);
  it.each(["h264_mbaff_tff.264", "vp8_altref.ivf", "vp9_aq_segmentation.ivf"])(shows, { tags: "long" }, showsAll);

  async function showsAll(name: string): Promise<void> {
    const { status, stdout } = await explain("--request", "3", fixture(name));
    const { stdout: inspected } = await run(["inspect", "--request", "3", fixture(name)]);
    const controls = (text: string) => [...text.matchAll(/^(V4L2_CID_\w+)/gm)].map(([, control]) => control).sort();
    expect(status).toBe(0);
    expect(controls(stdout)).toEqual(controls(inspected));
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(stdout).toMatch(/^request 3 {2}timestamp 4000\n/);
  }

  it("numbers requests and units as inspect and trace do, of a container too", async () => {
    const path = fixture("containers/h264_mbaff_tff.mp4");
    const { stdout } = await explain("--request", "3", "--field", "frame_num", path);
    const { stdout: traced } = await run(["trace", "--request", "3", "--unit", "slice", path]);
    const [, place, unit] = /frame_num +3 {2}← u\(4\) at (\d+:\d) of unit (\d+): 0011 = 3\n/.exec(stdout) ?? [];
    expect(traced).toMatch(new RegExp(`^unit ${unit} `, "m"));
    expect(traced).toMatch(new RegExp(` ${place} .* frame_num `));
  });

  it("says places in a configuration record as bits", async () => {
    const { stdout } = await explain(
      "--request",
      "0",
      "--field",
      "sps.level_idc",
      fixture("containers/h264_mbaff_tff.mp4"),
    );
    expect(stdout).toContain("level_idc  21  ← u(8) at bit 24 (configuration record) of unit 0: 00010101 = 21\n");
  });

  it("takes ranges, and slice mode", async () => {
    const { stdout } = await explain("--request", "1..3", "--decode-mode", "slice", "--field", "slice_type", stream);
    expect(stdout.match(/^request \d/gm)).toEqual(["request 1", "request 2", "request 3"]);
    expect(stdout).toContain("V4L2_H264_SLICE_TYPE_B");
  });

  it.each([
    ["dpb[1].pic_num", ["dpb[1].pic_num"]],
    ["sps.flags.frame_mbs_only", ["flags.FRAME_MBS_ONLY"]],
    ["H264_PPS.pic_init_qp_minus26", ["pic_init_qp_minus26"]],
    ["V4L2_CID_STATELESS_H264_PPS.pic_init_qp_minus26", ["pic_init_qp_minus26"]],
    ["flags.V4L2_H264_DECODE_PARAM_FLAG_BFRAME", ["flags.BFRAME"]],
    ["dpb[15]", ["dpb[15]"]],
    ["dpb[3..15]", ["dpb[3..15]"]],
    ["DECODE_PARAMS.dpb[1..2].pic_num", ["dpb[1].pic_num", "dpb[2].pic_num"]],
    ["idr_pic_id,frame_num", ["frame_num", "idr_pic_id"]],
    ["dpb[4..15].pic_num", ["dpb[4..15].pic_num"]],
    ["dpb[5..].flags", ["dpb[5..15].flags"]],
    ["dpb[4].fields,dpb[4].flags", ["dpb[4].fields", "dpb[4].flags"]],
    ["dpb[6..9].fields,dpb[6..9].flags", ["dpb[6..9].fields", "dpb[6..9].flags"]],
    ["dpb[5],dpb[7..8],dpb[9].fields", ["dpb[5]", "dpb[7..8]", "dpb[9].fields"]],
  ])("shows the field that --field %s names", async (field, shown) => {
    const { stdout } = await explain("--request", "3", "--field", field, stream);
    expect(fieldsOf(stdout)).toEqual(shown);
  });

  it("shows every field that a --field names", async () => {
    const { stdout } = await explain("--request", "3", "--field", "idr_pic_id", "--field", "frame_num", stream);
    expect(fieldsOf(stdout)).toEqual(["frame_num", "idr_pic_id"]);
  });

  it("says that places in a container are the video's", async () => {
    const words = ["--request", "3", "--field", "frame_num"];
    const { stdout } = await explain(...words, fixture("containers/h264_mbaff_tff.mp4"));
    expect(stdout).toMatch(/^request 3 .* places are those in the video's bytes, not in the file's\n/);
    expect((await explain(...words, stream)).stdout).not.toContain("places");
  });

  it("says beside each field whether the target's driver reads it", async () => {
    const { stdout } = await explain("--request", "3", "--target", "vdpu381", "--field", "sps", stream);
    expect(stdout).toMatch(/^ {2}level_idc +21 {2}not read +← u\(8\)/m);
    expect(stdout).toMatch(/^ {2}profile_idc +100 {2}read, tried +← u\(8\)/m);
  });

  it.each(["ref_frame_idx", "reference_frame_ts"])(
    "shows what is sent to a driver that reads a field differently: %s",
    async (name) => {
      const path = fixture("av1_fwdkf.obu");
      const target = ["--target", "rk3588-av1"];
      const { stdout: record } = await run(["record", ...target, path]);
      const requests = resolveRequests(readRecord(record));
      const sent = [...requests].map(({ controls }) =>
        decodeStruct(v4l2_ctrl_av1_frame, controls.get("V4L2_CID_STATELESS_AV1_FRAME") as Uint8Array),
      );
      const { stdout } = await explain("--request", "18..23", "--json", "--field", name, ...target, path);
      const lines = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      const fields = lines.filter(({ type }) => type === "explanation");
      expect(fields.length).toBeGreaterThan(6 * 6);
      for (const { request, path: field, value } of fields) {
        const i = Number(/\d+/.exec(field)?.[0]);
        const all: readonly (number | bigint)[] = sent[request]?.[name as "ref_frame_idx"] ?? [];
        expect([request, field, BigInt(value)]).toEqual([request, field, BigInt(all[i] as number)]);
      }
      const { stdout: text } = await explain("--request", "19", "--field", "ref_frame_idx[0]", ...target, path);
      expect(text).toMatch(
        /ref_frame_idx\[0\] +5 {2}differently {2}← for rk3588-av1, which reads it differently; others/,
      );
    },
  );

  it("says what a driver expects that reads a field differently, and which controls it lacks", async () => {
    const { stdout } = await explain(
      ...["--request", "3", "--target", "rk3588-av1", "--field", "ref_frame_idx", fixture("av1_grain.ivf")],
    );
    expect(stdout).toMatch(/ref_frame_idx\[0\] +0 {2}differently {2}← /);
    expect(stdout.replace(/\s+/g, " ")).toContain(
      "rk3588-av1 reads it differently: The driver keeps CDFs by the number",
    );
    const { stdout: slices } = await explain("--request", "3", "--target", "tegra-vde", "--json", stream);
    expect(slices).toContain('"reading":{"target":"tegra-vde","how":"unread"}');
    const { stdout: weights } = await explain(
      "--request",
      "3",
      "--target",
      "hantro-g2",
      "--json",
      fixture("h265_weight_fade.265"),
    );
    expect(weights).toContain('"reading":{"target":"hantro-g2","how":"no-control"}');
  });

  it("shows a control, and the fields that a field contains", async () => {
    const { stdout: pps } = await explain("--request", "3", "--field", "pps", stream);
    expect(pps.match(/^V4L2_CID_\w+/gm)).toEqual(["V4L2_CID_STATELESS_H264_PPS"]);
    const { stdout: entry } = await explain("--request", "3", "--field", "dpb[1]", stream);
    expect(fieldsOf(entry)).toContain("dpb[1].reference_ts");
    expect(fieldsOf(entry).every((field) => field?.startsWith("dpb[1].") === true)).toBe(true);
  });

  it.each([
    [
      ["--request", "3", "--field", "pps.pic_init_qp", stream],
      'has no field "pps.pic_init_qp"; did you mean pic_init_qp_minus26?',
    ],
    [["--request", "3", "--field", "dpb[16].pic_num", stream], "; dpb has 16 elements, 0 to 15"],
    [["--request", "3", "--field", "H264_DECODE_PARAMS.dpb[16]", stream], "; dpb has 16 elements, 0 to 15"],
    [["--request", "3", "--field", "dpb[0..16].pic_num", stream], "; dpb has 16 elements, 0 to 15"],
    [["--request", "3", "--field", "h264_decode_params.dpb[3..99]", stream], "has 16 elements, 0 to 15"],
    [["--request", "3", "--field", "dpb[9..3]", stream], "; dpb has 16 elements, 0 to 15"],
    [
      ["--request", "3", "--field", "seg.feature_data[0..7][2..4]", fixture("vp9_aq_segmentation.ivf")],
      "; seg.feature_data[0..7] has 4 elements, 0 to 3",
    ],
    [
      ["--request", "1", "--decode-mode", "slice", "--field", "slice_params[0..1]", fixture("h265_weight_fade.265")],
      "; slice_params has 1 element, 0 to 0",
    ],
    [["--request", "3", "--field", "dpb.pic_num", stream], "; dpb has 16 elements, 0 to 15"],
    [["--request", "3", "--field", "frame_num[0]", stream], "; frame_num has no elements"],
    [["--request", "3", "--field", "nothing.like.it", stream], "inspect --request shows the fields"],
    [[stream], "explain: name the requests with --request: --request 3; inspect lists them"],
    [["--request", "99", stream], "there is no request 99: it has 20 requests, numbers 0 to 19"],
    [["--request", "3", `${stream}.ff-frame.jsonl.br`], "explain the stream, and compare the two with diff"],
  ])("says what to do: %j", async (words, message) => {
    const { status, stderr } = await explain(...words);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  it("prints a line of JSON for each field, as the schema has it", { tags: "long" }, async () => {
    const validate = new Ajv2020({ allErrors: true }).compile(schema);
    const { stdout } = await explain("--request", "3", "--json", stream);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines) expect(validate(line), JSON.stringify(validate.errors)).toBe(true);
    expect(lines.find(({ path }) => path === "frame_num")).toMatchObject({
      type: "explanation",
      control: "V4L2_CID_STATELESS_H264_DECODE_PARAMS",
      value: 3,
      sources: [{ kind: "element", name: "frame_num", unit: 9, byte: 6330, bitOfByte: 7, length: 4, bits: "0011" }],
    });
  });
});

describe("diff", () => {
  it("says below a difference what the stream's field was made of", { tags: "long" }, async () => {
    const words = [stream, `${stream}.ff-frame.jsonl.br`, "--all"];
    const { stdout } = await run(["diff", ...words]);
    expect(stdout.replace(/\s+/g, " ")).toContain(
      "dec_ref_pic_marking_bit_size 0 / 1 ff-marking-size-stale a ← the length of dec_ref_pic_marking(), 7.3.3.3: not coded",
    );
    const { stdout: reversed } = await run(["diff", `${stream}.ff-frame.jsonl.br`, stream]);
    expect(reversed.replace(/\s+/g, " ")).toContain("b ← seq_scaling_matrix_present_flag u(1) at 8:7 of unit");
  });

  it("says it of an entry of the DPB that has another place in the stream's request", { tags: "long" }, async () => {
    const { stdout: recorded } = await run(["record", stream]);
    const swapped = recorded.replace(/("V4L2_CID_STATELESS_H264_DECODE_PARAMS":")([0-9a-f]+)/g, (_, name, hex) => {
      const [first, second, rest] = [hex.slice(0, 64), hex.slice(64, 128), hex.slice(128)];
      // Another top_field_order_cnt in the entry that becomes the first one.
      const changed = /^0+$/.test(second) ? second : `${second.slice(0, 40)}77${second.slice(42)}`;
      return `${name}${changed}${first}${rest}`;
    });
    const { stdout } = await run(["diff", "-", stream, "--all"], { stdin: bytesOf(swapped) });
    const { stdout: explained } = await explain("--request", "3", "--field", "dpb[1].top_field_order_cnt", stream);
    const [, place] = /pic_order_cnt_lsb u\(6\) at (\d+:\d)/.exec(explained) ?? [];
    expect(place).toBeDefined();
    const third = /request 3 of a, 3 of b\n(.*?)\nrequest 4/s.exec(stdout)?.[1] ?? "";
    expect(third.replace(/\s+/g, " ")).toMatch(
      new RegExp(`dpb\\[0\\]\\.top_field_order_cnt .* b ← [^←]* at ${place} `),
    );
  });

  it("says it of AV1, too", { tags: "long" }, async () => {
    const av1 = fixture("av1_syn_global_motion.ivf");
    const { stdout } = await run(["diff", av1, `${av1}.gst-frame.jsonl.br`]);
    expect(stdout).toMatch(
      /AV1_FRAME ref_frame_idx\[0\.\.6\] +0 \/ -1 .*\n +a ← 0: an intra frame has no references \(5\.9\.2\)/,
    );
  });

  it("says nothing of records", async () => {
    const { stdout } = await run(["diff", `${stream}.ff-frame.jsonl.br`, `${stream}.gst-frame.jsonl.br`]);
    expect(stdout).not.toContain("←");
  });
});
