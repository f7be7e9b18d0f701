import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compareTraces } from "../../conformance/trace/compare-trace.ts";
import { h265 } from "../../conformance/trace/h265-dialect.ts";
import { ffmpegTrace, ffmpegVersion } from "../../conformance/trace/trace-headers.ts";
import { allStreams } from "../../conformance/trace/trace-streams.ts";

const version = ffmpegVersion();
const fixtures = allStreams("h265").filter((path) =>
  path.startsWith(fileURLToPath(new URL("../fixtures", import.meta.url))),
);

describe.skipIf(version === undefined)(`FFmpeg's trace_headers (${version ?? "skipped: no ffmpeg"})`, () => {
  it.each(fixtures)("reads the same elements at the same bits in %s", { tags: "long" }, async (path) => {
    const result = compareTraces(h265, new Uint8Array(readFileSync(path)), await ffmpegTrace("hevc", path));
    expect(result.differences).toEqual([]);
    expect([...result.exceptions]).toEqual([]);
    expect(result.elements).toBeGreaterThan(200);
  });
});
