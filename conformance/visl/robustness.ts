/**
 * What a decoder on a board has to stand: long sessions, several at once, changes of size and codec, consumers that hold
 * frames, seeks, streams that break off, processes that are killed. Runs in the machine; a line a check, exit status 1
 * when one fails.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Codec, DecodeEvent, SequenceEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import {
  chooseDevice,
  type Decoder,
  type DeviceInfo,
  type Frame,
  listDevices,
  openDecoder,
  Submitter,
  sessionOptionsFor,
} from "../../src/submit/index.ts";

const fixtures = new URL("../../test/fixtures/", import.meta.url);

interface Stream {
  readonly codec: Codec;
  readonly bytes: Uint8Array;
}

function fixture(codec: Codec, name: string): Stream {
  return { codec, bytes: readFileSync(new URL(name, fixtures)) };
}

const h264 = fixture("h264", "h264_high_bpyramid.264");
const fields = fixture("h264", "h264_high422_interlaced.264");
const resized = fixture("h264", "h264_size_change.264");
const h265 = fixture("h265", "h265_default_ra.265");
const vp8 = fixture("vp8", "vp8_altref.ivf");
const vp9 = fixture("vp9", "vp9_altref_superframes.ivf");
const mpeg2 = fixture("mpeg2", "mpeg2_ipb.m2v");

class Failure extends Error {}

function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Failure(`${what}: ${a} instead of ${b}`);
}

function checksum(frame: Frame): string {
  const hash = createHash("md5");
  for (const { bytes } of frame.planes) hash.update(bytes);
  return hash.digest("hex");
}

/** The checksums of frames, each given back at once. */
async function taken(frames: AsyncIterable<Frame>): Promise<string[]> {
  const checksums: string[] = [];
  for await (const frame of frames) {
    checksums.push(checksum(frame));
    frame.release();
  }
  return checksums;
}

async function decodeAll({ codec, bytes }: Stream, device?: DeviceInfo): Promise<string[]> {
  const decoder = await openDecoder(codec, { device });
  try {
    return [...(await taken(decoder.push(bytes))), ...(await taken(decoder.flush()))];
  } finally {
    await decoder.close();
  }
}

/** The same stream, again and again in one session; how many frames came. */
async function decodeLong({ codec, bytes }: Stream, frames: number): Promise<number> {
  const decoder = await openDecoder(codec);
  const count = async (list: AsyncIterable<Frame>) => {
    let n = 0;
    for await (const frame of list) {
      n++;
      frame.release();
    }
    return n;
  };
  let shown = 0;
  // IVF has a header that may come once only.
  const isIvf = codec === "vp8" || codec === "vp9";
  const again = isIvf ? bytes.subarray(32) : bytes;
  for (let part = bytes; shown < frames; part = again) shown += await count(decoder.push(part));
  shown += await count(decoder.flush());
  await decoder.close();
  return shown;
}

/** What the process and the driver have: files, mappings of devices, users of the driver. */
function resources(): { readonly fds: number; readonly maps: number; readonly users: number } {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return {
    fds: links.filter((path) => /^\/dev\/(video|media)|request|dmabuf/.test(path)).length,
    maps: readFileSync("/proc/self/maps", "utf8")
      .split("\n")
      .filter((line) => /\/dev\/video|dmabuf/.test(line)).length,
    users: Number(readFileSync("/sys/module/visl/refcnt", "utf8")),
  };
}

async function* eventsOf(
  device: DeviceInfo,
  { codec, bytes }: Stream,
): AsyncGenerator<Parameters<Submitter["submit"]>[0]> {
  const session = openSession(codec, sessionOptionsFor(device, codec));
  yield session.push(bytes);
  yield session.flush();
}

/** Runs this program again, to decode without an end; resolves when it has had its first frame. */
function endlessChild(): Promise<ReturnType<typeof spawn>> {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), "endless"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.stdout.once("data", () => resolve(child));
    child.once("exit", () => reject(new Failure("the child ended by itself")));
  });
}

async function endless(): Promise<never> {
  const decoder = await openDecoder("h264");
  for (let isFirst = true; ; ) {
    for await (const frame of decoder.push(h264.bytes)) {
      checksum(frame);
      if (isFirst) process.stdout.write("a frame\n");
      isFirst = false;
      frame.release();
    }
  }
}

async function twoRuns(): Promise<string> {
  const streams = [h264, fields, h265, vp8, vp9, mpeg2];
  let frames = 0;
  for (const stream of streams) {
    const first = await decodeAll(stream);
    same(await decodeAll(stream), first, stream.codec);
    frames += first.length;
  }
  return `${frames} frames of ${streams.length} streams`;
}

async function longSession(): Promise<string> {
  const frames = await decodeLong(h264, 2000);
  same(frames >= 2000, true, "2000 frames");
  return `${frames} frames`;
}

async function twoSessions(): Promise<string> {
  const [a, b] = await Promise.all([decodeLong(h264, 2000), decodeLong(vp8, 2000)]);
  same(a! >= 2000 && b! >= 2000, true, "2000 frames");
  return `${a} and ${b} frames`;
}

async function withoutFrame(device: DeviceInfo): Promise<string> {
  for (let i = 0; i < 20; i++) await (await openDecoder("h264", { device })).close();
  const decoder = await openDecoder("h265", { device });
  same(await taken(decoder.flush()), [], "frames of nothing");
  await decoder.close();
  return "20 times, and a flush of nothing";
}

async function probeBefore(device: DeviceInfo): Promise<string> {
  const events: DecodeEvent[] = openSession("h264", sessionOptionsFor(device, "h264")).push(h264.bytes);
  const sequence = events.find((event): event is SequenceEvent => event.type === "sequence")!;
  const request = events.find(({ type }) => type === "request")!;
  const submitter = await Submitter.open(device);
  const small = { ...sequence, codedWidth: 16, codedHeight: 16 };
  await taken(submitter.submit([small, request]));
  await taken(submitter.drain());
  await submitter.close();
  return `${(await decodeAll(h264)).length} frames after it`;
}

async function changesOfSize(): Promise<string> {
  const checksums = await decodeAll(resized);
  same(checksums.length > 1, true, "frames");
  return `${checksums.length} frames`;
}

async function changesOfCodec(device: DeviceInfo): Promise<string> {
  const submitter = await Submitter.open(device);
  const streams = [h264, vp9, h265, mpeg2, vp8];
  let frames = 0;
  for (const stream of streams) {
    const expected = await decodeAll(stream, device);
    const checksums: string[] = [];
    for await (const events of eventsOf(device, stream)) checksums.push(...(await taken(submitter.submit(events))));
    checksums.push(...(await taken(submitter.drain())));
    same(checksums, expected, stream.codec);
    frames += checksums.length;
  }
  await submitter.close();
  return `${frames} frames of ${streams.length} codecs`;
}

async function heldFrames(device: DeviceInfo): Promise<string> {
  const expected = await decodeAll(resized);
  const decoder = await openDecoder("h264", { device });
  const held: Frame[] = [];
  for await (const frame of decoder.push(resized.bytes)) held.push(frame);
  for await (const frame of decoder.flush()) held.push(frame);
  const sizes = new Set(held.map(({ width, height }) => `${width}x${height}`));
  same(sizes.size > 1, true, "several sizes");
  await decoder.close();
  same(held.map(checksum), expected, "the frames that were held");
  const kept = held[0]!.planes[0]!.bytes;
  for (const frame of held) frame.release();
  // Whoever keeps the memory against the rules reads zeros.
  same(
    kept.every((byte) => byte === 0),
    true,
    "memory after release",
  );
  return `${held.length} frames of ${[...sizes].join(", ")}`;
}

async function dmabufs(device: DeviceInfo): Promise<string> {
  const decoder = await openDecoder("h264", { device });
  let fds: number[] = [];
  for await (const frame of decoder.push(h264.bytes)) {
    if (fds.length === 0) fds = frame.exportDmabuf();
    frame.release();
  }
  await decoder.close();
  same(
    fds.map((fd) => readlinkSync(`/proc/self/fd/${fd}`).includes("dmabuf")),
    [true],
    "dma-buf files",
  );
  for (const fd of fds) closeSync(fd);
  return "one for each plane";
}

async function seek(device: DeviceInfo): Promise<string> {
  const expected = await decodeAll(h264);
  const decoder = await openDecoder("h264", { device });
  let seen = 0;
  for await (const frame of decoder.push(h264.bytes)) {
    frame.release();
    if (++seen === 7) break;
  }
  await decoder.reset();
  const after = [...(await taken(decoder.push(h264.bytes))), ...(await taken(decoder.flush()))];
  // Not their checksums: visl draws the timestamps, which go on after a seek.
  same(after.length, expected.length, "frames after the seek");
  await decoder.close();
  return `left after ${seen} frames, ${after.length} from the start`;
}

async function brokenOff(device: DeviceInfo): Promise<string> {
  let frames = 0;
  for (const stream of [h264, fields, h265, vp8, vp9, mpeg2]) {
    const cut = stream.bytes.subarray(0, Math.floor(stream.bytes.length * 0.6));
    frames += (await decodeAll({ ...stream, bytes: cut })).length;
    // And a consumer that goes away in the middle.
    const decoder: Decoder = await openDecoder(stream.codec, { device });
    for await (const frame of decoder.push(cut)) {
      frame.release();
      break;
    }
    await decoder.close();
  }
  return `${frames} frames`;
}

async function killed(): Promise<string> {
  const before = resources().users;
  for (let i = 0; i < 3; i++) {
    const child = await endlessChild();
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
  same(resources().users, before, "users of the driver");
  return `3 times, then ${(await decodeAll(h264)).length} frames`;
}

/** Each says what it saw; throws where that is wrong. */
const checks: Readonly<Record<string, (device: DeviceInfo) => Promise<string>>> = {
  "two runs give the same frames": twoRuns,
  "2,000 frames in one session": longSession,
  "2,000 frames in two sessions at once": twoSessions,
  "open and close without a frame": withoutFrame,
  "a probe of 16x16 before the real session": probeBefore,
  "changes of size": changesOfSize,
  "changes of codec on one opened device": changesOfCodec,
  "frames held over a change of size, and after the end": heldFrames,
  "dma-bufs": dmabufs,
  "a seek": seek,
  "a stream that breaks off": brokenOff,
  "kill -9": killed,
};

async function main(): Promise<void> {
  const device = chooseDevice(await listDevices(), "h264");
  const before = resources();
  let failed = 0;
  const wanted = process.argv.slice(2);
  for (const [name, check] of Object.entries(checks)) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    const start = Date.now();
    const time = () => `${((Date.now() - start) / 1000).toFixed(1)} s`;
    try {
      const detail = await check(device);
      same(resources(), before, "files, mappings and users of the driver");
      console.log(`ok      ${name}: ${detail} (${time()})`);
    } catch (thrown) {
      failed++;
      console.log(`FAILED  ${name}: ${thrown instanceof Error ? thrown.stack : String(thrown)} (${time()})`);
    }
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

await (process.argv[2] === "endless" ? endless() : main());
