import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture, run } from "./command-line.ts";

const folder = temporaryFolder();

// The first pieces are kept to find out what the file is: it must be longer.
const readInPieces = async (name: string, times: number, each: number) => {
  const bytes = readFileSync(fixture(name));
  const stream = join(folder, name);
  writeFileSync(stream, Buffer.concat(new Array<Buffer>(times).fill(bytes)));
  const record = `${stream}.jsonl`;
  expect(await run(["record", stream, "-o", record])).toMatchObject({ status: 0 });
  const { status, stdout } = await run(["diff", stream, record]);
  expect(stdout).toContain(`${times * each} pairs, 0 differ: a driver gets the same\n`);
  expect(status).toBe(0);
};
const title = "a file that is read in many pieces, %s, is the same as its own record";
it.each([["mpeg2_ipb.m2v", 24, 20]] as const)(title, readInPieces);
it.each([["h264_high422_interlaced.264", 60, 20]] as const)(title, { tags: "long" }, readInPieces);

// Of each, the fields of one request or a missing request are explained by a row that reads the stream itself.
it.each([
  ["h265_rewritten_escaped_headers.mp4", "h265_rewritten_escaped_headers.265"],
  ["av1_operating_parameters.webm", "disagreements/av1/made__operating_parameters.ivf"],
])("the stream in %s is compared like the stream alone", async (container, stream) => {
  const golden = fixture(`${stream}.gst-frame.jsonl.br`);
  const [contained, alone] = await Promise.all(
    [`containers/${container}`, stream].map((input) => run(["diff", "--unexplained", fixture(input), golden])),
  );
  const afterNames = (outcome: typeof alone) => outcome?.stdout.replace(/^.*?(?=^\d+ pairs)/ms, "");
  expect(afterNames(contained)).toBe(afterNames(alone));
  expect(afterNames(contained)).toMatch(/^4 pairs, 0 differ/);
});

it("a parameter set that is cut off in its packet is left out, as the session leaves it out", async () => {
  const golden = fixture("disagreements/h265/made__missing_reference.265.gst-slice.jsonl.br");
  const { status, stderr } = await run(["diff", fixture("containers/h265_cut_pps.mp4"), golden]);
  expect(status).toBe(1);
  expect(stderr).toContain("pic_parameter_set_rbsp (nal_unit_type 34): the unit is cut off after 16 bytes");
  expect(stderr).not.toContain("bug");
});

// The zeros after the stream belong to no unit.
const longStream = (name: string) => {
  const path = join(folder, `long-${name}`);
  copyFileSync(fixture(name), path);
  truncateSync(path, (1 << 26) + 100_000);
  return path;
};
const tooLong =
  "it has more than 64 MiB, and is read only once: known faults that depend on slice or frame headers count as unexplained; compare a shorter part of it";

it("of a stream that is too long to be kept, diff says that rows which read it are not tried", async () => {
  const stream = longStream("h265_rewritten_escaped_headers.265");
  const golden = fixture("h265_rewritten_escaped_headers.265.gst-frame.jsonl.br");
  const { status, stderr } = await run(["diff", "--unexplained", stream, golden]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: `${stream}: ${tooLong}\n` });
  const raw = await run(["diff", "--raw", stream, golden]);
  expect(raw.stderr).toBe("");
});

it("it says so neither where all is explained nor of a codec without such rows", async () => {
  const stream = longStream("h264_high_bpyramid.264");
  const same = await run(["diff", stream, fixture("h264_high_bpyramid.264.gst-frame.jsonl.br")]);
  expect(same.stderr).toBe("");
  const mpeg2 = longStream("mpeg2_ipb.m2v");
  const other = await run(["diff", mpeg2, fixture("mpeg2_interlaced.m2v.gst-frame.jsonl.br")]);
  expect({ status: other.status, stderr: other.stderr }).toEqual({ status: 1, stderr: "" });
});

it("the heading has a line for each side, however long its path is", async () => {
  const path = join(folder, "a folder with a name that is longer than any line", "with spaces");
  mkdirSync(path, { recursive: true });
  const stream = join(path, "stream.264");
  copyFileSync(fixture("h264_high_bpyramid.264"), stream);
  const golden = fixture("h264_high_bpyramid.264.gst-frame.jsonl.br");
  const { stdout } = await run(["diff", stream, golden], { columns: 40 });
  const lines = stripVTControlCharacters(stdout).split("\n");
  expect(lines.slice(0, 2)).toEqual([
    expect.stringMatching(/^a {2}.*stream\.264: h264, v4l2-stateless \S+, 20 requests$/),
    expect.stringMatching(/^b {2}.*\.jsonl\.br: h264, GStreamer .*, 20 requests$/),
  ]);
});

it("a capture of the beginning of a long stream ends early", async () => {
  const stream = join(folder, "long.264");
  const bytes = readFileSync(fixture("h264_mbaff_tff.264"));
  writeFileSync(stream, Buffer.concat(new Array<Buffer>(10).fill(bytes)));
  const { stdout } = await run(["diff", stream, fixture("h264_mbaff_tff.264.ff-frame.jsonl.br")]);
  expect(stdout).toContain("\n  b ends early: a has 180 more, requests 20 to 199\n");
});

it("--unexplained says that it leaves something out", async () => {
  const [stream, golden] = ["h264_mbaff_tff.264", "h264_mbaff_tff.264.ff-frame.jsonl.br"].map(fixture) as [
    string,
    string,
  ];
  const { status, stdout } = await run(["diff", "--unexplained", stream, golden]);
  expect(status).toBe(0);
  expect(stdout).toContain("\n20 pairs, 0 differ without an explanation; explained differences of 20 are left out\n");
  expect(stdout).not.toContain("a driver gets the same");
  const same = await run(["diff", "--unexplained", golden, golden]);
  expect(same.stdout).toContain("\n20 pairs, 0 differ: a driver gets the same\n");
});

it("entries of an array that differ in the same way have one line, with what they were made of", {
  tags: "long",
}, async () => {
  const capture = fixture("captures/h264_baseline_slices.264.strace.gz");
  const differing = async (...options: string[]) => {
    const { stdout } = await run(["diff", ...options, fixture("h264_baseline_slices.264"), capture], { columns: 120 });
    return stripVTControlCharacters(stdout);
  };
  const stdout = await differing();
  const details = stdout.slice(stdout.indexOf("request 0 of a, 0 of b")).split("\n");
  const ofList = details.filter((line) => line.includes("ref_pic_list0"));
  expect(ofList.map((line) => line.trim().replace(/ {2,}/g, " "))).toEqual([
    "H264_SLICE_PARAMS ref_pic_list0[0..31].fields 0 / 255 unread",
    "H264_SLICE_PARAMS ref_pic_list0[0..31].index 0 / 255 unread",
  ]);
  expect(details[details.indexOf(ofList[0] as string) + 1]?.trim()).toBe("a ← 0: the slice has no list 0 (Table 7-6)");
  // Those that differ otherwise have their own: of a P slice, the entries that are in its list.
  const all = await differing("--all");
  expect(all).toMatch(/ref_pic_list0\[2\.\.31\]\.index .* unread/);
  expect(all.split("\n").length).toBeLessThan(2000);
});

it("says with --target what a driver that reads a field differently gets of us", async () => {
  const stream = fixture("av1_fwdkf.obu");
  const { stdout } = await run(["diff", "--target", "rk3588-av1", stream, `${stream}.gst-frame.jsonl.br`], {
    columns: 200,
  });
  expect(stripVTControlCharacters(stdout)).toMatch(
    /ref_frame_idx\[0\] +5 \/ 0 +read\n +a ← .*for rk3588-av1, which reads it differently; others get 0/,
  );
});
