import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ComparisonSummary, compare } from "../../src/compare/index.ts";
import { recordSide, streamSide } from "../../src/compare/sides.ts";
import type { Codec } from "../../src/events.ts";
import { fixture, run } from "../cli/command-line.ts";

/** Streams whose pictures have several slices. */
const streams = [
  ["h264", "h264_baseline_slices.264", "slice"],
  ["h265", "h265_main10_wpp_slices.265", "slice"],
] as const;

async function recordOf(name: string, mode: "slice"): Promise<string> {
  return (await run(["record", "--decode-mode", mode, fixture(name)])).stdout.replace(
    /"producer":"[^"]*"/,
    '"producer":"my player"',
  );
}

async function summaryOf(codec: Codec, name: string, mode: "slice", record: string, raw = false) {
  const sides = [
    streamSide(readFileSync(fixture(name)), { codec, session: { decodeMode: mode } }),
    await recordSide(record),
  ] as const;
  const summary = new ComparisonSummary();
  for await (const found of compare(sides, { raw })) summary.add(found);
  return summary;
}

describe.each(streams)("the hold flag of %s (%s)", (codec, name, mode) => {
  const flag = '"hold":true,';

  it.each([false, true])("that one slice lacks is a difference, raw %s", async (raw) => {
    const record = await recordOf(name, mode);
    const summary = await summaryOf(codec, name, mode, record.replace(flag, ""), raw);
    expect(summary.fields).toMatchObject([
      {
        control: "",
        path: "hold",
        class: "read",
        isUnexplained: true,
        requests: 1,
        values: [{ value: 1 }, { value: 0 }],
      },
    ]);
    expect(summary.gaps).toEqual([]);
  });

  it("that a picture's last slice has is a difference", async () => {
    const lines = (await recordOf(name, mode)).split("\n");
    const at = lines.findIndex((line, i) => !line.includes(flag) && (lines[i - 1] ?? "").includes(flag));
    lines[at] = (lines[at] as string).replace("{", `{${flag}`);
    const summary = await summaryOf(codec, name, mode, lines.join("\n"));
    expect(summary.fields).toMatchObject([{ path: "hold", requests: 1, values: [{ value: 0 }, { value: 1 }] }]);
  });

  it("is not compared where no request has it, and a note says so", async () => {
    const record = await recordOf(name, mode);
    const summary = await summaryOf(codec, name, mode, record.replaceAll(flag, ""));
    expect(summary.isEqual).toBe(true);
    expect(summary.notes).toMatchObject([
      { about: "unknown parts", text: expect.stringContaining("hold flag on no request") },
    ]);
  });
});

it("is not missed in the last request of a recording that ends in the middle of a picture", async () => {
  const [codec, name, mode] = streams[0];
  const lines = (await recordOf(name, mode)).trim().split("\n");
  const last = lines.map((line) => line.includes('"hold":true,')).lastIndexOf(true);
  const cut = [...lines.slice(0, last), (lines[last] as string).replace('"hold":true,', "")].join("\n");
  const summary = await summaryOf(codec, name, mode, cut);
  expect(summary.fields).toEqual([]);
  expect(summary.gaps).toMatchObject([{ of: 0, reason: "end" }]);
});
