import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readRecord } from "../../src/record/index.ts";
import { Mpeg2Stream } from "../../support/streams/mpeg2-stream.ts";
import {
  MAP_PID,
  pesPacket,
  programAssociation,
  programMap,
  programMapOf,
  programStream,
  transportPackets,
  transportStream,
  VIDEO_PID,
} from "../../support/streams/systems-streams.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture, run } from "./command-line.ts";

let folder = "";

beforeAll(() => {
  folder = temporaryFolder();
});

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

  it.each([
    ["4 bytes before each packet", (packets: Uint8Array[]) => packets.flatMap((packet) => [new Uint8Array(4), packet])],
    [
      "16 bytes behind each packet",
      (packets: Uint8Array[]) => packets.flatMap((packet) => [packet, new Uint8Array(16)]),
    ],
    ["50 bytes before all packets", (packets: Uint8Array[]) => [new Uint8Array(50), ...packets]],
  ])("knows a transport stream with %s whatever chunks it comes in", async (_, change) => {
    const bytes = Buffer.concat(change(transportStream(packetsOf("mpeg2_ipb.m2v"))));
    const { lines } = await linesOf(fixture("mpeg2_ipb.m2v"));
    for (const first of [1, 420, 700, bytes.length]) {
      for (const options of [[], ["--codec", "mpeg2"]]) {
        const stdin = [bytes.subarray(0, first), bytes.subarray(first, first + 300), bytes.subarray(first + 300)];
        const { stdout, stderr } = await run(["record", ...options, "-"], { stdin });
        expect(stderr).toBe("");
        expect(readRecord(stdout).lines).toHaveLength(lines.length);
      }
    }
  });

  it("knows a program stream that begins within a packet, whatever chunks it comes in", async () => {
    const whole = programStream([...packetsOf("mpeg2_ipb.m2v"), ...packetsOf("mpeg2_ipb.m2v")]);
    const stream = whole.subarray(60); // Of the pack's header and the packet's nothing is left.
    const found = [1, 500, 50_000].map((first) => [stream.subarray(0, first), stream.subarray(first)]);
    const outcomes = await Promise.all(found.map((stdin) => run(["record", "-"], { stdin })));
    const expected = await run(["record", "-"], { stdin: [stream] });
    expect(readRecord(expected.stdout).lines.some((line) => line.type === "output" && line.pts !== undefined)).toBe(
      true,
    );
    for (const outcome of outcomes) expect(outcome).toEqual(expected);
  });

  it("takes the program of a transport stream that has the codec of --codec, and refuses one without", async () => {
    const h264 = new Uint8Array(readFileSync(fixture("h264_mbaff_tff.264")));
    const other = transportPackets(0x102, pesPacket({ data: h264 }, 0xe0, 0));
    const [, , ...video] = transportStream(packetsOf("mpeg2_ipb.m2v"));
    const path = file(
      "both.ts",
      ...transportPackets(0, programAssociation(MAP_PID, 0x1001)),
      ...transportPackets(MAP_PID, programMap([2, VIDEO_PID])),
      ...video,
      ...transportPackets(0x1001, programMapOf(2, [0x1b, 0x102])),
      ...other,
    );
    const record = async (...options: string[]) => readRecord((await run(["record", ...options, path])).stdout);
    expect((await record()).header.codec).toBe("mpeg2");
    const found = await record("--codec", "h264");
    expect(found.header.codec).toBe("h264");
    expect(found.lines).toEqual((await linesOf(fixture("h264_mbaff_tff.264"))).lines);
    expect(await run(["record", "--codec", "vp9", path])).toEqual({
      ...{ status: 2, stdout: "" },
      stderr: `v4l2-stateless: ${path}: an MPEG transport stream without vp9 video; it has mpeg2: leave out --codec\n`,
    });
  });

  it("tells of lost packets in an error event, and goes on", async () => {
    const packets = transportStream(packetsOf("mpeg2_ipb.m2v"));
    const { stderr, lines } = await linesOf(file("lost.ts", ...packets.filter((_, i) => i !== 40)));
    expect(stderr).toMatch(/continuity_counter \d+ follows \d+: packets are missing \(byte 7520 of the file\)/);
    expect(lines.filter((line) => (line as { type: string }).type === "error")).toHaveLength(1);
  });

  it("says what it cannot do in one line each", async () => {
    const mpeg1 = new Mpeg2Stream().header().pictureHeader("I").slices(1).bytes;
    const video = file("mpeg1.mpg", programStream([{ data: mpeg1 }]));
    expect(await run(["record", video])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        "the stream is MPEG-1 (it has no sequence extension), which the kernel's interface does not take (unsupported)",
      ),
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
