import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compareTraces } from "../../conformance/trace/compare-trace.ts";
import { type FfmpegPacket, ffmpegTrace, ffmpegVersion } from "../../conformance/trace/trace-headers.ts";
import { allStreams } from "../../conformance/trace/trace-streams.ts";
import { vp9 } from "../../conformance/trace/vp9-dialect.ts";
import type { BitWriter } from "../../src/testing/bit-writer.ts";
import { ivfOf } from "../../support/streams/vp8-frames.ts";
import { frame, keyFrame, showExisting, superframe } from "../../support/streams/vp9-frames.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const version = ffmpegVersion();
const fixtures = allStreams("vp9").filter((path) =>
  path.startsWith(fileURLToPath(new URL("../fixtures", import.meta.url))),
);

describe.skipIf(version === undefined)(`FFmpeg's trace_headers (${version ?? "skipped: no ffmpeg"})`, () => {
  it.each(fixtures)("reads the same elements at the same bits in %s", { tags: "long" }, async (path) => {
    const result = compareTraces(vp9, new Uint8Array(readFileSync(path)), await ffmpegTrace("ivf", path));
    expect(result.differences).toEqual([]);
    expect([...result.exceptions]).toEqual([]);
    expect(result.elements).toBeGreaterThan(100);
  });

  it("reads the same of what fixtures lack, and differs where a value, a frame or a packet does", async () => {
    const segments = (w: BitWriter) => w.u(1, 1).u(1, 1).u(8, 99).u(6, 0).u(1, 0).u(2, 3).u(2, 1).u(8, 7).u(30, 0);
    const deltas = (w: BitWriter) => w.u(9, 0).u(2, 3).u(1, 1).s(6, -5).u(5, 0);
    const file = ivfOf(
      [
        keyFrame({ profile: 1, render: [33, 20] }),
        superframe([frame({ profile: 1, show: 0, loopFilter: deltas }), frame({ profile: 1, segmentation: segments })]),
        showExisting(3),
        frame({ show: 0, intraOnly: true }),
      ],
      "VP90",
    );
    const path = join(temporaryFolder(), "made.ivf");
    writeFileSync(path, file);
    const { packets, refusal } = await ffmpegTrace("ivf", path);
    const differences = (packets: readonly FfmpegPacket[]) =>
      compareTraces(vp9, file, { packets, refusal }).differences.join();
    const edited = (name: string, value: number) =>
      packets.map(({ size, units }) => ({
        size,
        units: units.map(({ elements, failure }) => ({
          elements: elements.map((element) => (element.name === name ? { ...element, value } : element)),
          failure,
        })),
      }));
    expect(differences(packets)).toBe("");
    expect(differences(edited("loop_filter_ref_deltas", 5))).toMatch(
      /ours loop_filter_ref_deltas\[0\] at bit \d+.*-5,/,
    );
    expect(differences(edited("frame_sizes", 2))).toMatch(/ours frame_sizes\[0\] at bit 8, 16 bits/);
    expect(differences(edited("segmentation_tree_probs.prob", 98))).toMatch(/ours segmentation_tree_probs\[0\].* 99,/);
    expect(differences(packets.slice(1))).toMatch(/FFmpeg's packet has \d+ bytes/);
    packets[1]?.units.pop();
    expect(differences(packets)).toMatch(/FFmpeg has no such unit/);
  });
});
