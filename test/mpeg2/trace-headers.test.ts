import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compareTraces } from "../../conformance/trace/compare-trace.ts";
import { mpeg2 } from "../../conformance/trace/mpeg2-dialect.ts";
import { ffmpegTrace, ffmpegVersion } from "../../conformance/trace/trace-headers.ts";
import { allStreams } from "../../conformance/trace/trace-streams.ts";

const version = ffmpegVersion();
const fixtures = allStreams("mpeg2").filter((path) =>
  path.startsWith(fileURLToPath(new URL("../fixtures", import.meta.url))),
);

describe.skipIf(version === undefined)(`FFmpeg's trace_headers (${version ?? "skipped: no ffmpeg"})`, () => {
  it.each(fixtures)("reads the same elements at the same bits in %s", { tags: "long" }, async (path) => {
    const result = compareTraces(mpeg2, new Uint8Array(readFileSync(path)), await ffmpegTrace("mpegvideo", path));
    expect(result.differences).toEqual([]);
    const causes = [...result.exceptions.keys()];
    expect(causes.filter((cause) => !/: (a slice|user data) \(start code/.test(cause))).toEqual([]);
    expect(result.elements).toBeGreaterThan(200);
  });

  it("is not equal where a value, a place or a name differs", async () => {
    const [path] = fixtures as [string];
    const bytes = new Uint8Array(readFileSync(path));
    const trace = await ffmpegTrace("mpegvideo", path);
    for (const change of [{ value: 7 }, { bit: 9 }, { name: "other" }, { length: 5 }]) {
      const packets = structuredClone(trace.packets);
      const elements = packets[0]?.units[0]?.elements;
      if (elements?.[1]) elements[1] = { ...elements[1], ...change };
      expect(compareTraces(mpeg2, bytes, { ...trace, packets }).differences).toHaveLength(1);
    }
  });
});
