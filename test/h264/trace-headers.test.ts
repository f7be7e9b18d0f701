import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compareTraces } from "../../conformance/trace/compare-trace.ts";
import { h264 } from "../../conformance/trace/h264-dialect.ts";
import { ffmpegTrace, ffmpegVersion, TraceParser } from "../../conformance/trace/trace-headers.ts";

const version = ffmpegVersion();
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

describe.skipIf(version === undefined)(`FFmpeg's trace_headers (${version ?? "skipped: no ffmpeg"})`, () => {
  it.each(["h264_repeat_headers_aud_hrd.264", "h264_high422_interlaced.264", "h264_weightp_fade.264"])(
    "reads the same elements at the same bits in %s",
    { tags: "long" },
    async (name) => {
      const result = compareTraces(
        h264,
        new Uint8Array(readFileSync(fixture(name))),
        await ffmpegTrace("h264", fixture(name)),
      );
      expect(result.differences).toEqual([]);
      expect([...result.exceptions]).toEqual([]);
      expect(result.elements).toBeGreaterThan(200);
    },
  );

  it("differs where a value, a place or a unit does", async () => {
    const name = "h264_cqm_jvt.264";
    const bytes = new Uint8Array(readFileSync(fixture(name)));
    const trace = await ffmpegTrace("h264", fixture(name));
    const [packet] = trace.packets;
    const [sps, ...others] = packet!.units;
    const changed = (units: typeof others) =>
      compareTraces(h264, bytes, { ...trace, packets: [{ ...packet!, units }] });
    const elements = sps!.elements.map((element) =>
      element.name === "level_idc" ? { ...element, value: element.value + 1 } : element,
    );
    expect(changed([{ ...sps!, elements }, ...others]).differences.join()).toMatch(/ours level_idc at bit 24/);
    expect(changed([{ ...sps!, elements: elements.slice(0, 5) }, ...others]).differences.join()).toMatch(/ends/);
    expect(changed(others).differences.length).toBeGreaterThan(0);
  });
});

describe("the reader of FFmpeg's log", () => {
  it("takes packets, elements with subscripts, and refusals, and leaves out the rest", () => {
    const parser = new TraceParser();
    const lines = [
      "[trace_headers @ 0x55] Extradata",
      "[trace_headers @ 0x55] 0           forbidden_zero_bit                                          0 = 0",
      "[trace_headers @ 0x55] Packet: 3139 bytes, key frame, no pts, dts -48000, duration 48000.",
      "[trace_headers @ 0x55] Sequence Parameter Set",
      "[trace_headers @ 0x55] 0           forbidden_zero_bit                                          0 = 0",
      "[trace_headers @ 0x55] 48          luma_offset_l0[2][11]                                 00101 = -2",
      "[h264 @ 0x66] 3  something = 4",
      "[trace_headers @ 0x55] slice_qp_delta out of range: 684, but must be in [-51,51].",
      "[trace_headers @ 0x55] Failed to read unit 0 (type 7).",
    ];
    for (const line of lines) parser.line(line);
    const elements = [
      { name: "forbidden_zero_bit", subscripts: [], bit: 0, length: 1, bits: "0", value: 0 },
      { name: "luma_offset_l0", subscripts: [2, 11], bit: 48, length: 5, bits: "00101", value: -2 },
    ];
    const failure = "slice_qp_delta out of range: 684, but must be in [-51,51].";
    expect(parser.result()).toEqual({ packets: [{ size: 3139, units: [{ elements, failure }] }], refusal: undefined });
  });
});
