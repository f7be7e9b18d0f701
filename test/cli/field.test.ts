import { describe, expect, it } from "vitest";
import { fixture, run } from "./command-line.ts";

/** What is said of the references of a stream that was joined in the middle. */
const missing = (...counts: readonly number[]) =>
  counts.map((PicOrderCntVal) => `the reference picture with PicOrderCntVal ${PicOrderCntVal} is missing`);

/**
 * Files as people met them, stripped to a few pictures (test/fixtures/README.md): what a command makes of each. `errors`
 * are the messages of its `error` lines, in which a place in the file is left out.
 */
const files: readonly (readonly [name: string, requests: number, errors: readonly string[]])[] = [
  ["h264_vui_out_of_range.264", 1, ["17 is not in the range 0..16"]],
  ["h264_vui_truncated.264", 1, ["the unit ends here"]],
  ["h264_aud_without_stop_bit.264", 3, ["the value must be 1, not 0"]],
  ["hevc_gdr_without_irap.265", 6, missing(8, 6, 3, 8, 6, 8, 6, 8, 8, 8)],
  ["ts_concatenated.m2t", 6, []],
  ["ts_pmt_other_stream_type.m2t", 3, ["the program's video is mpeg2 from here on; it was h264 before"]],
  ["quicktime_without_ftyp.mov", 3, []],
  ["mp4_annexb_samples.mp4", 3, []],
  ["mp4_start_codes_in_length_prefixed_unit.mp4", 3, []],
  ["mp4_dvh1_entry.mp4", 3, []],
];

interface Line {
  readonly request?: number;
  readonly error?: { readonly message: string };
}

describe("files as people met them", () => {
  it.each(files)("%s: %d requests", async (name, requests, errors) => {
    const { status, stdout } = await run(["record", fixture(`field/${name}`)]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
    expect(status).toBe(0);
    expect(lines.filter(({ request }) => request !== undefined)).toHaveLength(requests);
    expect(lines.flatMap(({ error }) => (error ? [error.message] : []))).toEqual(errors);
  });

  it.each([
    ["mkv_zlib_track.mkv", "a Matroska file without video that can be decoded: its video is compressed (zlib)"],
    [
      "wtv_taken_for_mpeg2.wtv",
      "a WTV file, which is not read here: ffmpeg -fflags +genpts -i FILE -map 0:v:0 -c copy OUT.mkv repacks its video",
    ],
    ["mp4-pssh-count.mp4", "an MP4 file whose pssh box counts 4294967295 entries, more than it has room for"],
    ["mp4-stsc-count.mp4", "an MP4 file whose stsc box counts 4294967295 samples, more than the file has bytes"],
  ])("%s is refused in one line", async (name, reason) => {
    const path = fixture(`field/${name}`);
    expect(await run(["record", path])).toEqual({
      status: 2,
      stdout: "",
      stderr: `v4l2-stateless: ${path}: ${reason}\n`,
    });
  });
});
