import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRecord } from "../../src/record/index.ts";
import { Mpeg2Stream } from "../mpeg2/stream.ts";
import { programStream, transportStream } from "../support/systems.ts";
import { fixture, run } from "./command-line.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "v4l2-stateless-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, ...parts: readonly Uint8Array[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

/** A PES packet every 5,000 bytes, with a pts. */
function packetsOf(name: string) {
  const bytes = new Uint8Array(readFileSync(fixture(name)));
  return Array.from({ length: Math.ceil(bytes.length / 5000) }, (_, i) => ({
    data: bytes.subarray(5000 * i, 5000 * (i + 1)),
    pts: 90_000 + i,
  }));
}

/** A record's lines without what pts change. */
async function linesOf(path: string): Promise<{ lines: unknown[]; pts: number[]; stderr: string }> {
  const { status, stdout, stderr } = await run(["record", path]);
  expect(status).toBe(0);
  const { lines } = readRecord(stdout);
  return {
    lines: lines.map((line) => (line.type === "output" ? { ...line, pts: undefined } : line)),
    pts: lines.flatMap((line) => (line.type === "output" ? (line.pts ?? []) : [])),
    stderr,
  };
}

describe("record of a program or transport stream", () => {
  it.each([
    ["mpeg2_ipb.m2v", "a.mpg", (packets: ReturnType<typeof packetsOf>) => [programStream(packets)]],
    ["mpeg2_ipb.m2v", "b.mpg", (packets: ReturnType<typeof packetsOf>) => [programStream(packets, { mpeg1: true })]],
    ["mpeg2_interlaced.m2v", "a.ts", (packets: ReturnType<typeof packetsOf>) => transportStream(packets)],
    ["h264_mbaff_tff.264", "b.ts", (packets: ReturnType<typeof packetsOf>) => transportStream(packets, 0x1b)],
    ["h265_default_ra.265", "c.ts", (packets: ReturnType<typeof packetsOf>) => transportStream(packets, 0x24)],
  ])("is that of %s, in %s, with pts", async (name, systems, mux) => {
    const expected = await linesOf(fixture(name));
    const found = await linesOf(file(systems, ...mux(packetsOf(name))));
    expect(found.lines).toEqual(expected.lines);
    expect(found.stderr).toBe("");
    expect(expected.pts).toEqual([]);
    expect(found.pts.length).toBeGreaterThan(0);
    const piped = await run(["record", "-"], { stdin: [readFileSync(join(folder, systems))] });
    expect(piped.status).toBe(0);
  });

  it("tells of lost packets in an error event, and goes on", async () => {
    const packets = transportStream(packetsOf("mpeg2_ipb.m2v"));
    const { stderr, lines } = await linesOf(file("lost.ts", ...packets.filter((_, i) => i !== 40)));
    expect(stderr).toMatch(/continuity_counter \d+ behind \d+: packets are missing \(byte 7520 of the file\)/);
    expect(lines.filter((line) => (line as { type: string }).type === "error")).toHaveLength(1);
  });

  it("says what it cannot do in one line each", async () => {
    const mpeg1 = new Mpeg2Stream().header().pictureHeader("I").slices(1).bytes;
    const video = file("mpeg1.mpg", programStream([{ data: mpeg1 }]));
    expect(await run(["record", video])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("MPEG-1: there is no sequence extension (unsupported)"),
    });
    const audio = file("audio.ts", ...transportStream([{ data: mpeg1 }], 3));
    expect(await run(["record", audio])).toEqual({
      status: 2,
      stdout: "",
      stderr: `v4l2-stateless: ${audio}: an MPEG transport stream without MPEG-2, H.264 or HEVC video\n`,
    });
    const encrypted = transportStream(packetsOf("mpeg2_ipb.m2v")).map((packet, i) =>
      packet.map((byte, at) => (i > 1 && at === 3 ? byte | 0x80 : byte)),
    );
    expect(await run(["record", file("scrambled.ts", ...encrypted)])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("the video stream is scrambled (unsupported)"),
    });
  });
});
