import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { corpusPlace, corpusSystems, hasCorpus } from "../../conformance/streams/corpus-files.ts";
import { ffmpegVersion } from "../../conformance/trace/trace-headers.ts";
import { detect, openDemuxer } from "../../src/containers/detect.ts";
import type { ElementaryPart } from "../../src/containers/pes.ts";
import { BitstreamError } from "../../src/errors.ts";
import type { Codec, DecodeEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import { difference } from "../../support/cuts.ts";
import { eventKey } from "../../support/events.ts";

const version = ffmpegVersion();
const formats: Readonly<Partial<Record<Codec, string>>> = { mpeg2: "mpeg2video", h264: "h264", h265: "hevc" };

/** The elementary stream of the first video stream that FFmpeg sees. */
function extracted(path: string, format: string): Uint8Array {
  const copy = ["-map", "0:v:0", "-c", "copy", "-copyinkf", "-bsf:v", "null", "-f", format, "pipe:1"];
  return spawnSync("ffmpeg", ["-v", "quiet", "-i", path, ...copy], { maxBuffer: 1 << 28 }).stdout;
}

/** The pts of PES packets as FFmpeg's demuxers read them, modulo 2^33: of each video stream, the first one's first. */
function packetPts(path: string): number[][] {
  const options = [
    "-fflags",
    "+nofillin+noparse",
    "-select_streams",
    "v",
    "-show_entries",
    "packet=stream_index,pts",
    "-of",
    "json",
  ];
  const { stdout } = spawnSync("ffprobe", ["-v", "quiet", ...options, path], { maxBuffer: 1 << 28 });
  const { packets = [] } = JSON.parse(stdout.toString()) as { packets?: { stream_index: number; pts?: number }[] };
  const streams = new Map<number, number[]>();
  for (const { stream_index, pts } of packets) {
    const stream = streams.get(stream_index) ?? [];
    if (pts !== undefined) stream.push((pts + 2 ** 33) % 2 ** 33); // FFmpeg counts below 0 and beyond 2^33.
    streams.set(stream_index, stream);
  }
  return [...streams].sort(([a], [b]) => a - b).map(([, pts]) => pts);
}

/** Whether the last PES packet of video (stream_id E0 to EF) of a program stream is longer than what is left of the file. */
function endsInPesPacket(bytes: Buffer): boolean {
  let at = bytes.length - 6;
  while (at >= 0 && !(bytes.readUIntBE(at, 3) === 1 && (bytes[at + 3] as number) >> 4 === 0xe)) at--;
  return at >= 0 && at + 6 + bytes.readUInt16BE(at + 4) > bytes.length;
}

/** Whether a file ends within a packet of video: in a transport stream one of the PID that FFmpeg's first video stream has. */
function endsInVideoPacket(path: string): boolean {
  const bytes = readFileSync(path);
  if (!path.endsWith(".ts")) return endsInPesPacket(bytes);
  const at = bytes.length - (bytes.length % 188);
  if (at === bytes.length) return false;
  const options = ["-select_streams", "v:0", "-show_entries", "stream=id", "-of", "csv=p=0"];
  const { stdout } = spawnSync("ffprobe", ["-v", "quiet", ...options, path]);
  return (bytes.readUInt16BE(at + 1) & 0x1fff) === Number.parseInt(stdout.toString(), 16);
}

function demuxedParts(path: string): ElementaryPart[] {
  const bytes = new Uint8Array(readFileSync(path));
  const detected = detect(bytes.subarray(0, 1 << 20));
  if (detected?.kind !== "systems") throw new Error(`${path} is no systems stream`);
  const demuxer = openDemuxer(detected.layer);
  return [...demuxer.push(bytes), ...demuxer.flush()];
}

const requestKeys = (events: readonly DecodeEvent[]) => events.filter(({ type }) => type === "request").map(eventKey);

describe.skipIf(version === undefined || !hasCorpus)(
  `program and transport streams of the corpus (${corpusPlace}, ${version ?? "skipped: no ffmpeg"})`,
  { tags: "long" },
  () => {
    it.each(corpusSystems())("$name: the requests of the elementary stream that FFmpeg extracts", ({ codec, path }) => {
      const theirs = openSession(codec);
      const stream = new Uint8Array(extracted(path, formats[codec] as string));
      // FFmpeg's stream does not tell that the file is cut off within a packet of video, and with it the last unit.
      const lost = endsInVideoPacket(path) ? new BitstreamError("lost-bytes", "the last packet is cut off") : undefined;
      // A request's bytes are valid until the next call, so each call's keys are made at once.
      const expected = [
        ...requestKeys(theirs.push(stream)),
        ...requestKeys(theirs.push(new Uint8Array(0), { lost })),
        ...requestKeys(theirs.flush()),
      ];
      const ours = openSession(codec);
      const parts = demuxedParts(path).flatMap((part) => requestKeys(ours.push(part.data, part)));
      expect(difference([...parts, ...requestKeys(ours.flush())], expected)).toEqual([]);
    });

    it.each(corpusSystems())(
      "$name: the pts that FFmpeg reads, which grow in the order of output",
      ({ codec, path }) => {
        const parts = demuxedParts(path);
        const streams = packetPts(path);
        const pts = parts.flatMap((part) => part.pts ?? []);
        // All of the first stream, and of those that the program's video goes on in; FFmpeg may find none.
        const joined = streams.map((_, last) => streams.slice(0, last + 1).flat());
        expect(joined.length === 0 ? [[]] : joined).toContainEqual(pts);
        const session = openSession(codec);
        const events = [...parts.flatMap((part) => session.push(part.data, part)), ...session.flush()];
        const outputs = events.filter((event) => event.type === "output");
        const shown = outputs.flatMap((event) => event.pts ?? []);
        expect(shown.length > 0).toBe(outputs.length > 0);
        const wrong = shown.filter(
          (value, i) => i > 0 && (value - (shown[i - 1] as number) + 2 ** 33) % 2 ** 33 > 2 ** 32,
        );
        expect(wrong).toEqual([]);
      },
    );
  },
);
