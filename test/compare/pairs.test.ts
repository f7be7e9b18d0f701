import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { V4L2_FWHT_FL_CB_IS_UNCOMPRESSED, v4l2_ctrl_fwht_params } from "../../src/uapi/fwht.ts";
import {
  v4l2_ctrl_h264_decode_params,
  v4l2_ctrl_h264_scaling_matrix,
  v4l2_ctrl_h264_sps,
  v4l2_h264_dpb_entry,
} from "../../src/uapi/h264.ts";
import { viewOf } from "../../src/uapi/struct.ts";
import { fixture, goldenText, run } from "../cli/command-line.ts";
import { type Editable, file, leafAt, requestsOf, screen, viewAt, written } from "./recordings.ts";

const DECODE_PARAMS = "V4L2_CID_STATELESS_H264_DECODE_PARAMS";
const stream = "h264_mbaff_tff.264";
const path = fixture(stream);

/** The first screen: what a terminal of 40 lines shows. */
async function expectScreen(name: string, b: string, says: RegExp, a = path, options: readonly string[] = []) {
  const { text, status } = await screen(a, b, options);
  const first = `${text.split("\n").slice(0, 40).join("\n")}\n`;
  await expect(first).toMatchFileSnapshot(`screens/${name}.txt`);
  expect(first).toMatch(says);
  expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(100);
  return status;
}

/** Gives the pictures of H.264 other timestamps. */
function shift(requests: readonly Editable[], by: bigint): void {
  const { reference_ts } = v4l2_h264_dpb_entry.offsets;
  const end = v4l2_ctrl_h264_decode_params.offsets.nal_ref_idc;
  for (const request of requests) {
    request.timestamp += by;
    const view = viewAt(request, DECODE_PARAMS);
    for (let at = reference_ts; at < end; at += v4l2_h264_dpb_entry.size) {
      const timestamp = view.getBigUint64(at, true);
      if (timestamp !== 0n) view.setBigUint64(at, timestamp + by, true);
    }
  }
}

describe("the first screen of diff tells the cause", () => {
  it("nothing: the same capture", async () => {
    const same = written("same.jsonl", "h264", await requestsOf(stream));
    expect(await expectScreen("same", same, /20 pairs, 0 differ: a driver gets the same/)).toBe(0);
  });

  it("another decode mode", async () => {
    const slices = file("slices.jsonl", goldenText("h264_baseline_slices.264.gst-slice"));
    const frames = file("frames.jsonl", (await run(["record", fixture("h264_baseline_slices.264")])).stdout);
    // Nothing of the slices' own controls is compared: it is not known that a driver gets the same.
    const says = /0 differ: what both sides have is the same\n {2}a is in frame mode and b in slice mode: compared/;
    expect(await expectScreen("decode-mode", slices, says, frames)).toBe(0);
  });

  it("another decode mode, and a wrong field of a slice (HEVC)", async () => {
    const name = "h265_main10_wpp_slices.265";
    const slices = await requestsOf(name, ["--decode-mode", "slice"]);
    const qp = leafAt(slices[5]!, "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS", (path) => /slice_qp_delta/.test(path));
    qp.type.write(qp.view, qp.offset, Number(qp.value) + 1);
    const frames = file("h265-frames.jsonl", (await run(["record", fixture(name)])).stdout);
    const says = /20 pairs, 1 differs\n.*compared picture by picture\n[\s\S]*HEVC_SLICE_PARAMS \[1\][.]slice_qp_delta/;
    const wrong = written("h265-slices.jsonl", "h265", slices);
    expect(await expectScreen("decode-mode-hevc", wrong, says, frames)).toBe(1);
  });

  it("another decode mode, where one side has no slice parameters (HEVC)", async () => {
    const name = "h265_main10_wpp_slices.265";
    const frames = await requestsOf(name);
    for (const { controls } of frames) controls.delete("V4L2_CID_STATELESS_HEVC_SLICE_PARAMS");
    const slices = goldenText(`${name}.gst-slice`);
    const { text } = await screen(written("no-slices.jsonl", "h265", frames), file("h265-gst.jsonl", slices));
    expect(text).toMatch(/compared picture by picture, without the controls of\s+slices/);
    expect(text).not.toMatch(/SLICE_PARAMS/);
  });

  it("entry points of slices, by their indices (HEVC)", async () => {
    const of = async (name: string, ...points: readonly number[]) => {
      const requests = await requestsOf("h265_main10_wpp_slices.265");
      requests[4]!.controls.set(
        "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS",
        new Uint8Array(Uint32Array.from(points).buffer),
      );
      return written(`points-${name}.jsonl`, "h265", requests);
    };
    const right = await of("right", 5, 6, 7);
    const one = await screen(right, await of("one", 5, 6, 8));
    expect(one.text).toContain("HEVC_ENTRY_POINT_OFFSETS [2]  7 / 8  read");
    const two = await screen(right, await of("two", 5, 7, 8));
    expect(two.text).toContain("HEVC_ENTRY_POINT_OFFSETS  [1] 6 [2] 7 / [1] 7 [2] 8  read");
    const fewer = await screen(right, await of("fewer", 5, 6));
    expect(fewer.text).toContain("HEVC_ENTRY_POINT_OFFSETS  3 elements / 2 elements  read");
  });

  it.each([
    [
      "vp9",
      "vp9_altref_superframes.ivf",
      "VP9_FRAME",
      "interpolation_filter",
      2,
      "4 (…_SWITCHABLE) / 2 (…_EIGHTTAP_SHARP)",
    ],
    ["av1", "av1_8bit.ivf", "AV1_FRAME", "global_motion.flags[0]", 1, "flags[0].IS_GLOBAL  not set / set"],
  ] as const)(
    "a constant or a flag, by the part of its name that differs: %s",
    async (codec, name, control, field, to, says) => {
      const requests = await requestsOf(name);
      const { type, view, offset } = leafAt(requests[4]!, `V4L2_CID_STATELESS_${control}`, (each) => each === field);
      type.write(view, offset, to);
      const { text } = await screen(fixture(name), written(`names.${codec}.jsonl`, codec, requests));
      expect(text).toContain(says);
      expect(text).toMatch(/a ← .+/);
    },
  );

  it("a dropped frame", async () => {
    const requests = await requestsOf(stream);
    const dropped = written("dropped.jsonl", "h264", [...requests.slice(0, 7), ...requests.slice(8)]);
    expect(await expectScreen("dropped-frame", dropped, /only a has request 7$/m)).toBe(1);
  });

  it("a request that was queued twice", async () => {
    const requests = await requestsOf(stream);
    const doubled = written("doubled.jsonl", "h264", [...requests.slice(0, 5), ...requests.slice(4)]);
    expect(
      await expectScreen(
        "doubled-request",
        doubled,
        /b has the request before it twice: request 5 [(]ff-request-twice[)]$/m,
      ),
    ).toBe(1);
  });

  it("a truncated capture", async () => {
    const cut = written("truncated.jsonl", "h264", (await requestsOf(stream)).slice(0, 12));
    expect(await expectScreen("truncated", cut, /b ends early: a has 8 more, requests 12 to 19/)).toBe(1);
  });

  it("a capture that began late", async () => {
    const late = written("late.jsonl", "h264", (await requestsOf(stream)).slice(3));
    expect(await expectScreen("late", late, /b begins later: a has 3 before, requests 0 to 2/)).toBe(1);
  });

  it("another stream", async () => {
    const other = written("other.jsonl", "h264", await requestsOf("h264_high_bpyramid.264"));
    expect(
      await expectScreen("other-stream", other, /no OUTPUT buffer is the same on both sides: another stream/),
    ).toBe(1);
  });

  it("another stream with another number of requests", async () => {
    const other = fixture("h264_size_change.264");
    expect(await expectScreen("other-count", other, /no request of one side is one of the other: another stream/)).toBe(
      1,
    );
  });

  it("a reference that is left out, and the list closed up", async () => {
    const requests = await requestsOf("h264_high_bpyramid.264");
    const { size } = v4l2_h264_dpb_entry;
    const params = requests[7]?.controls.get(DECODE_PARAMS) as Uint8Array;
    params.copyWithin(size, 2 * size, 3 * size);
    params.fill(0, 2 * size, 3 * size);
    const lost = written("lost.jsonl", "h264", requests);
    const says = /dpb\[\] +present \/ absent\n\nno driver reads: 1 field\n.*\n.* dpb +\[1\] #5, \[2\] #6 \/ \[1\] #6\n/;
    expect(await expectScreen("lost-reference", lost, says, fixture("h264_high_bpyramid.264"))).toBe(1);
  });

  it("a timestamp that is that of the request before: nothing is said of other timestamps", async () => {
    const requests = await requestsOf("h264_high_bpyramid.264");
    requests[3]!.timestamp = requests[2]!.timestamp;
    const path = fixture("h264_high_bpyramid.264");
    const { text } = await screen(path, written("joined.jsonl", "h264", requests));
    expect(text).toMatch(/OUTPUT buffer timestamp/);
    expect(text).not.toMatch(/the timestamps are others/);
  });

  it("a reference to no picture, by the timestamp that it has", async () => {
    const requests = await requestsOf("h264_high_bpyramid.264");
    shift(requests, 5000n);
    const { reference_ts } = v4l2_h264_dpb_entry.offsets;
    viewAt(requests[7] as Editable, DECODE_PARAMS).setBigUint64(reference_ts, 999_999n, true);
    const { text } = await screen(fixture("h264_high_bpyramid.264"), written("none.jsonl", "h264", requests), []);
    expect(text).toMatch(/^ +1 +7 {2}H264_DECODE_PARAMS dpb\[\][.]reference_ts +picture 1 \/ timestamp 999999$/m);
  });

  it("other timestamps, which change nothing", async () => {
    const requests = await requestsOf(stream);
    shift(requests, 123_456_789n);
    const shifted = written("shifted.jsonl", "h264", requests);
    expect(await expectScreen("timestamps", shifted, /timestamps are others: 1000 and 123457789/)).toBe(0);
  });

  it("FFmpeg's constant in the order counts", async () => {
    const ffmpeg = file("ffmpeg.jsonl", goldenText(`${stream}.ff-frame`));
    const says = /b's order counts [(]POC[)] are 65536 more [(]ff-poc-65536[)]/;
    expect(await expectScreen("order-counts", ffmpeg, says)).toBe(1);
  });

  it("one field that is wrong in all requests", async () => {
    const requests = await requestsOf(stream);
    const { frame_num } = v4l2_ctrl_h264_decode_params.offsets;
    for (const request of requests) {
      const view = viewAt(request, DECODE_PARAMS);
      view.setUint16(frame_num, view.getUint16(frame_num, true) + 1, true);
    }
    const wrong = written("frame-num.jsonl", "h264", requests);
    expect(
      await expectScreen(
        "one-field",
        wrong,
        /unexplained: 1 field\n.*\n +20 +0 {2}H264_DECODE_PARAMS frame_num +0 \/ 1/,
      ),
    ).toBe(1);
  });

  it("scaling lists in the order of the bitstream", async () => {
    const requests = await requestsOf("h264_cqm_jvt.264");
    const { scaling_list_8x8 } = v4l2_ctrl_h264_scaling_matrix.offsets;
    for (const { controls } of requests) {
      const payload = controls.get("V4L2_CID_STATELESS_H264_SCALING_MATRIX") as Uint8Array;
      for (let i = 0; i < 6; i++)
        payload.subarray(scaling_list_8x8 + 64 * i, scaling_list_8x8 + 64 * (i + 1)).reverse();
    }
    const lists = written("lists.jsonl", "h264", requests);
    const says = /unexplained: 1 field\n.*\n.*H264_SCALING_MATRIX scaling_list_8x8\[\]/;
    expect(await expectScreen("scaling-lists", lists, says, fixture("h264_cqm_jvt.264"))).toBe(1);
  });

  it("requests for another target", async () => {
    const cedrus = written("cedrus.jsonl", "h264", await requestsOf(stream, ["--target", "cedrus"]));
    const options = ["--target", "rk3399"];
    const says =
      /one side has start codes in them, and the other has\n +none\n.*\n.*; rk3399 does not take slice mode\n/;
    expect(await expectScreen("other-target", cedrus, says, path, options)).toBe(1);
  });

  it("a size that the target does not take", async () => {
    const requests = await requestsOf(stream);
    const { pic_width_in_mbs_minus1 } = v4l2_ctrl_h264_sps.offsets;
    for (const request of requests)
      viewAt(request, "V4L2_CID_STATELESS_H264_SPS").setUint16(pic_width_in_mbs_minus1, 400, true);
    const wide = written("wide.jsonl", "h264", requests);
    const says = /H264_SPS pic_width_in_mbs_minus1 .*refused/s;
    expect(await expectScreen("refused", wide, says, path, ["--target", "rk3399"])).toBe(1);
  });

  it("a capture without the buffers' checksums", async () => {
    const { stdout } = await run(["record", path]);
    const lines = stdout.replace(/"bitstream":\{[^}]*\},/g, "").split("\n");
    const bare = file("bare.jsonl", lines.filter((line) => !line.startsWith('{"request":6,')).join("\n"));
    expect(await expectScreen("without-bytes", bare, /only a has request 6$/m)).toBe(1);
  });

  it("a request with the controls of the one before, where the buffers have no checksums: its neighbours are not blamed", async () => {
    const name = "vp9_altref_superframes.ivf";
    const requests = await requestsOf(name);
    const [before, stale] = requests.slice(6, 8) as [Editable, Editable];
    for (const [control, payload] of before.controls) stale.controls.set(control, payload);
    const text = readFileSync(written("stale.jsonl", "vp9", requests), "utf8");
    const bare = file("stale-bare.jsonl", text.replace(/"bitstream":\{[^}]*\},/g, ""));
    const { text: shown } = await screen(fixture(name), bare, []);
    expect(shown).toContain("20 pairs, 1 differs\n");
    expect(shown).not.toMatch(/only [ab] has/);
    expect(shown).toContain("request 7 of a, 7 of b\n");
  });
});

describe("diff", () => {
  it("takes the stream on either side, and standard input", async () => {
    const golden = fixture(`${stream}.gst-frame.jsonl.br`);
    const one = await run(["diff", golden, path, "--unexplained"]);
    const other = await run(["diff", path, golden, "--unexplained"]);
    expect([one.status, other.status]).toEqual([0, 0]);
    const text = new TextEncoder().encode(goldenText(`${stream}.gst-frame`));
    expect((await run(["diff", path, "-", "--unexplained"], { stdin: [text] })).status).toBe(0);
  });

  it("shows one pair whole, side by side", async () => {
    const { text } = await screen(path, fixture(`${stream}.ff-frame.jsonl.br`), ["--request", "3"]);
    await expect(text).toMatchFileSnapshot("screens/request.txt");
  });

  it("prints every pair with --all, and the fields as they were sent with --raw", { tags: "long" }, async () => {
    const ffmpeg = fixture(`${stream}.ff-frame.jsonl.br`);
    const { stdout } = await run(["diff", path, ffmpeg, "--all"]);
    expect(stdout.match(/^request \d+ of a, \d+ of b$/gm)).toHaveLength(20);
    const raw = await run(["diff", path, ffmpeg, "--raw", "--all"]);
    expect(raw.stdout).toMatch(/H264_DECODE_PARAMS top_field_order_cnt +1 \/ 65537 +read/);
  });

  it("says what is wrong with its inputs: exit status 2", async () => {
    const cases: [string[], RegExp][] = [
      [[path], /diff takes two inputs, and 1 is named/],
      [[path, path, path], /diff takes two inputs, and 3 are named/],
      [[path, fixture("vp8_altref.ivf")], /is h264, and .* is vp8: they cannot be compared/],
      [[path, path, "--request", "99"], /there is no request 99/],
      [[path, path, "--all", "--request", "1"], /cannot both be given/],
    ];
    for (const [argv, message] of cases) {
      const { status, stderr } = await run(["diff", ...argv]);
      expect(stderr).toMatch(message);
      expect(status).toBe(2);
    }
  });

  it("uses colour where it is wanted", async () => {
    const golden = fixture(`${stream}.ff-frame.jsonl.br`);
    expect((await run(["diff", path, golden, "--color=always"])).stdout).toContain("\u001b[33m");
    expect((await run(["diff", path, golden])).stdout).not.toContain("\u001b");
  });
});

describe("a number among the flags of FWHT", () => {
  it("is compared as a number, and a flag as set or not set", async () => {
    const requests = (await requestsOf("fwht_grey.fwht")).slice(0, 2);
    const changed = requests.map((request) => {
      const params = request.controls.get("V4L2_CID_STATELESS_FWHT_PARAMS") as Uint8Array;
      const payload = params.slice();
      const view = viewOf(payload);
      const at = v4l2_ctrl_fwht_params.offsets.flags;
      view.setUint32(at, (view.getUint32(at, true) | (2 << 16)) ^ V4L2_FWHT_FL_CB_IS_UNCOMPRESSED, true);
      return { ...request, controls: new Map([["V4L2_CID_STATELESS_FWHT_PARAMS", payload]]) };
    });
    const { text } = await screen(written("one.jsonl", "fwht", requests), written("three.jsonl", "fwht", changed), [
      "--target",
      "vicodec",
    ]);
    expect(text).toMatch(/FWHT_PARAMS flags\.\w*COMPONENTS_NUM_MSK +0 \/ 2/);
    expect(text).toMatch(/FWHT_PARAMS flags\.\w*CB_IS_UNCOMPRESSED +not set \/ set/);
  });
});
