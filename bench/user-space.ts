/**
 * The whole user space of a decoder: GStreamer's (parser, DPB, controls, ioctls) against a session with `submit`, on a device that
 * completes each request at once (`peers/fake-device.c`). What is left is what a board's processor has to do for a frame.
 */

import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Codec } from "../src/uapi/codecs.ts";
import type { Clip } from "./clips.ts";
import { timesText } from "./speed.ts";

/** What the device writes of a process. */
interface Decoded {
  /** Processor time of all threads from the end of the warm-up to the last request. */
  readonly seconds: number;
  /** Requests in that time. */
  readonly measured: number;
  readonly frames: number;
  readonly requestBytes: number;
}

/** GStreamer's elements from a file to frames. AV1 came to its decoders after 1.22. */
const elements: Readonly<Partial<Record<Codec, readonly string[]>>> = {
  h264: ["h264parse", "v4l2slh264dec"],
  h265: ["h265parse", "v4l2slh265dec"],
  mpeg2: ["mpegvideoparse", "v4l2slmpeg2dec"],
  vp8: ["ivfparse", "v4l2slvp8dec"],
  vp9: ["ivfparse", "vp9parse", "v4l2slvp9dec"],
};

const decode = fileURLToPath(new URL("decode.ts", import.meta.url));
const tsx = createRequire(import.meta.url).resolve("tsx/cli");
/** A clip is repeated up to so many frames or bytes. The first half of the requests is not measured: code is compiled, queues are made. */
const MOST_FRAMES = 40_000;
const MOST_BYTES = 1 << 30;

/** Compiles the device. Undefined where something is missing: the reason is printed. */
function fakeDevice(folder: string): string | undefined {
  const path = join(folder, "fake-device.so");
  const source = fileURLToPath(new URL("peers/fake-device.c", import.meta.url));
  try {
    execFileSync("cc", ["-O2", "-Wall", "-shared", "-fPIC", "-o", path, source], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    execFileSync("gst-launch-1.0", ["--version"], { stdio: "ignore" });
    return path;
  } catch {
    console.log(
      "\nthe whole user space is left out: it needs Linux, cc, gstreamer1.0-tools and gstreamer1.0-plugins-bad",
    );
    return undefined;
  }
}

/** The clip again and again in one file; of an IVF file, the frames after its header. */
function repeated(clip: Clip, times: number, folder: string): string {
  const path = join(folder, `repeated.${clip.path.split(".").at(-1)}`);
  const bytes = readFileSync(clip.path);
  const head = clip.path.endsWith(".ivf") ? 32 : 0;
  const file = openSync(path, "w");
  writeSync(file, bytes.subarray(0, head));
  for (let i = 0; i < times; i++) writeSync(file, bytes.subarray(head));
  closeSync(file);
  return path;
}

function decoded(device: string, folder: string, warmUp: number, command: string, args: readonly string[]): Decoded {
  const result = join(folder, "decoded.json");
  rmSync(result, { force: true });
  execFileSync(command, [...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      LD_PRELOAD: device,
      FAKE_DEVICE_RESULT: result,
      FAKE_DEVICE_WARMUP: String(warmUp),
      // A registry of its own: this one has elements for a device that other programs do not see.
      GST_REGISTRY: join(folder, "gstreamer.bin"),
    },
  });
  return JSON.parse(readFileSync(result, "utf8")) as Decoded;
}

/** Prints a row for each clip whose codec both sides decode. */
export function printUserSpace(clips: readonly Clip[], folder: string, rounds: number): void {
  const chosen = clips.filter(({ codec }) => elements[codec] !== undefined);
  const device = chosen.length === 0 ? undefined : fakeDevice(folder);
  if (device === undefined) return;
  console.log("\n| whole user space, µs/frame | GStreamer | ours | ratio |\n|---|---|---|---|");
  for (const clip of chosen) {
    try {
      console.log(comparedClip(clip, device, folder, rounds));
    } catch (thrown) {
      // An element or a part of the built package is missing; the first line of the process says which.
      const said = thrown instanceof Error && "stderr" in thrown ? String(thrown.stderr) : String(thrown);
      const line = said.split("\n").find((each) => each.trim() !== "") ?? "no reason";
      console.log(`${clip.name} is left out: ${line.trim()}`);
    }
  }
}

/** The row of a clip. @throws Error where a process fails. */
function comparedClip(clip: Clip, device: string, folder: string, rounds: number): string {
  const ours = (file: string, warmUp: number): Decoded =>
    decoded(device, folder, warmUp, process.execPath, [tsx, decode, clip.codec, file]);
  const { frames } = ours(clip.path, 0);
  const times = Math.ceil(Math.min(MOST_FRAMES / frames, MOST_BYTES / statSync(clip.path).size));
  const path = repeated(clip, times, folder);
  const warmUp = (frames * times) >> 1;
  const pipeline = ["-q", "filesrc", `location=${path}`];
  for (const element of elements[clip.codec] ?? []) pipeline.push("!", element);
  pipeline.push("!", "fakevideosink", "sync=false");
  const pairs: { peer: Decoded; own: Decoded }[] = [];
  for (let round = 0; round < rounds; round++) {
    const peer = decoded(device, folder, warmUp, "gst-launch-1.0", pipeline);
    pairs.push({ peer, own: ours(path, warmUp) });
  }
  return rowOf(clip.name, pairs);
}

function rowOf(name: string, pairs: readonly { readonly peer: Decoded; readonly own: Decoded }[]): string {
  const different = pairs.find(({ peer, own }) => peer.frames !== own.frames || peer.requestBytes !== own.requestBytes);
  if (different !== undefined) {
    const { peer, own } = different;
    return `${name}: no ratio, both sides did not send the same: ${peer.frames} requests with ${peer.requestBytes} bytes, ours ${own.frames} with ${own.requestBytes}`;
  }
  const perFrame = ({ seconds, measured }: Decoded) => (1e6 * seconds) / measured;
  const peers = pairs.map(({ peer }) => perFrame(peer));
  const owns = pairs.map(({ own }) => perFrame(own));
  const ratios = pairs.map(({ peer, own }) => perFrame(peer) / perFrame(own));
  return `| ${name} | ${timesText(peers)} | ${timesText(owns)} | ${timesText(ratios)} |`;
}
