// Captures in whose middle calls are missing, against the stream that the program decoded.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { detectCapture, readCapture } from "../../src/capture/index.ts";
import { begun, decodeModeOf, startCodeOf } from "../../src/compare/decode-modes.ts";
import { ComparisonSummary, compare, recordSide, streamSide } from "../../src/compare/index.ts";
import { codecs } from "../../src/uapi/codecs.ts";
import { captureText } from "../capture/captures.ts";
import { fixture, run } from "../cli/command-line.ts";
import { file, screen } from "./recordings.ts";

const captures = [
  "vp8_altref.ivf.recorder",
  "vp8_altref.ivf.strace",
  "vp8_altref.ivf.v4l2-tracer",
  "vp8_altref.ivf.ftrace",
  "h264_baseline_slices.264.recorder",
  "h264_baseline_slices.264.strace",
  "h264_baseline_slices.264.v4l2-tracer",
  "h264_baseline_slices.264.ftrace",
  "h264_high_bpyramid.264.recorder",
  "h265_default_ra.265.recorder",
  "h265_default_ra.265.strace",
  "mpeg2_interlaced.m2v.strace",
  "mpeg2_interlaced.m2v.v4l2-tracer",
  "vp9_altref_superframes.ivf.recorder",
  "vp9_altref_superframes.ivf.ftrace",
] as const;

/** What the comparison of a damaged capture with its stream says. */
async function compared(name: string, text: string) {
  const kind = detectCapture(text);
  if (kind === undefined) throw new Error("no capture");
  const warnings: string[] = [];
  const record = await recordSide(await readCapture(kind, [text], { onWarning: (each) => warnings.push(each) }));
  const { beginning, requests } = await begun(record);
  const { modes } = codecs[record.codec];
  const session =
    modes === null
      ? {}
      : {
          decodeMode: decodeModeOf(beginning, modes.decodeMode),
          startCode: startCodeOf(beginning, modes.startCode),
        };
  const stream = readFileSync(fixture(name.replace(/\.[^.]+$/, "")));
  const ours = streamSide(stream, { codec: record.codec, session });
  const summary = new ComparisonSummary();
  for await (const found of compare([ours, { ...record, requests }])) summary.add(found);
  return { summary, warnings };
}

const isHole = (warning: string) => warning.includes("calls are missing here");

/** A text without some lines in its middle. */
function cut(text: string, part: number, size: number): string {
  // Whole lines: digits that are missing in a number leave another number.
  const at = text.indexOf("\n", Math.floor(text.length * part)) + 1;
  return text.slice(0, at) + text.slice(text.indexOf("\n", at + size) + 1);
}

describe.each(captures)("calls that are missing in %s", { tags: "long" }, (name) => {
  const text = captureText(name);

  it("take requests that are reported as lost, and never as somebody's fault", async () => {
    const { summary: whole } = await compared(name, text);
    expect([whole.unexplained, whole.gaps]).toEqual([0, []]);
    const faults = new Set(whole.fields.flatMap(({ known }) => known?.id ?? []));
    let lost = 0;
    for (let i = 0; i < 24; i++) {
      const part = 0.3 + 0.02 * i;
      const size = [300, 1200, 2500][i % 3] as number;
      const { summary, warnings } = await compared(name, cut(text, part, size));
      const holes = warnings.filter(isHole);
      expect(summary.isComplete).toBe(holes.length === 0);
      // Nothing shows that whole turns of calls are missing.
      if (holes.length === 0) continue;
      const place = `${part} + ${size}: ${holes.join("; ")}`;
      const unexplained = summary.fields.filter((field) => field.isUnexplained);
      expect([place, unexplained.map(({ path, values }) => [path, values])]).toEqual([place, []]);
      const others = summary.fields.flatMap(({ known }) => known?.id ?? []).filter((id) => !faults.has(id));
      expect([place, others]).toEqual([place, []]);
      expect([place, summary.gaps.filter(({ reason }) => reason !== "lost")]).toEqual([place, []]);
      lost += summary.gaps.length;
    }
    expect(lost).toBeGreaterThan(0);
  });
});

describe("diff with a capture that lost a request", () => {
  const stream = fixture("h264_baseline_slices.264");
  const text = captureText("h264_baseline_slices.264.recorder");
  const lines = text.split("\n");
  const queued = lines.flatMap((line, i) => (line.includes('"call":"MEDIA_REQUEST_IOC_QUEUE"') ? [i] : []));
  const lost = file("lost.log", lines.filter((_, i) => i !== queued[6]).join("\n"));
  const says = /^ {2}lost in the capture of b [(]line 231[)]: only a has requests 6 to 7$/m;

  it("says it once, with the line of the hole, and that the comparison is not complete: exit status 1", async () => {
    const { text: printed, status } = await screen(stream, lost, ["--unexplained"]);
    expect(printed).toMatch(says);
    expect(printed).toMatch(
      /calls are missing in the capture of b, first at line 231: what they changed is not compared/,
    );
    expect(printed).not.toMatch(/only a has requests 6 to 7[\s\S]*request [67]\b/);
    expect(printed).not.toMatch(/unexplained:|gst-lost/);
    expect(status).toBe(1);
    const swapped = await screen(lost, stream, ["--unexplained"]);
    expect(swapped.text).toContain("lost in the capture of a (line 231): only b has requests 6 to 7");
    expect(swapped.status).toBe(1);
  });

  it("says the same of the record that was imported from it, with the record's line", { tags: "long" }, async () => {
    const { stdout } = await run(["import", lost]);
    const at = stdout.split("\n").findIndex((line) => line.startsWith('{"error":')) + 1;
    expect(stdout.split("\n")[at - 1]).toMatch(/"code":"missing-calls".*at line 231 of the capture/);
    const { text: printed, status } = await screen(stream, file("lost.jsonl", stdout), ["--unexplained"]);
    expect(printed).toContain(`lost in the capture of b (line ${at}): only a has requests 6 to 7`);
    expect(status).toBe(1);
  });

  it("says it in JSON", { tags: "long" }, async () => {
    const { stdout } = await run(["diff", "--json", "--unexplained", stream, lost]);
    const found = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const gap = { type: "gap", of: 0, first: 6, last: 7, count: 2, reason: "lost", line: 231 };
    expect(found.filter(({ type }) => type === "gap")).toEqual([gap]);
    expect(found.find(({ about }) => about === "missing calls")).toMatchObject({ type: "note" });
    expect(found.at(-1)).toMatchObject({ type: "difference-result", unexplained: 0, gaps: 1 });
  });

  it("says where calls are missing that took no request: exit status 0", async () => {
    const record = (await run(["record", stream])).stdout.split("\n");
    record.splice(5, 0, '{"error":{"code":"missing-calls","message":"calls are missing at line 9 of the capture"}}');
    const { text: printed, status } = await screen(stream, file("hole.jsonl", record.join("\n")), ["--unexplained"]);
    expect(printed).toMatch(
      /pairs, 0 differ\n +calls are missing in the capture of b, first at line 6: what they changed/,
    );
    expect(status).toBe(0);
  });
});
