import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { fixture, run } from "./command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "diff-"));
afterAll(() => rmSync(folder, { recursive: true }));

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
