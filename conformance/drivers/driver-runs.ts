/**
 * In the machine: decodes streams with our submitter, and with GStreamer, all in one process, because a process takes seconds to start
 * there.
 *
 *     node driver-runs.js RUNS-FILE
 *
 * RUNS-FILE is in /share; for each run, /share/<id>.journal gets what the fake hardware saw, and a line of JSON goes to standard output.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fourccOf, fourccText } from "../../src/record/format.ts";
import { type DeviceInfo, openDecoder, RefusedStream, readableFormats } from "../../src/submit/index.ts";
import { devicesByNode, fake, kernelWarnings } from "./guest.ts";
import type { HardwareCodec as Codec } from "./nodes.ts";

/** A stream to decode on a node. */
export interface DecodeRun {
  /** Unique, and a file's name. */
  readonly id: string;
  readonly by: "ours" | "gstreamer";
  readonly codec: Codec;
  readonly node: string;
  /** The stream's path in the machine. */
  readonly path: string;
  /** A line for the fake hardware's `fault`: `"error 3 1"`. */
  readonly fault?: string;
  /** The submitter's, in milliseconds. */
  readonly timeout?: number;
  readonly force?: boolean;
  readonly isDeep?: boolean;
}

/** What came of it. */
export interface DecodeResult {
  readonly id: string;
  /** The timestamps of the frames in their order, and of those that were corrupt. */
  readonly frames: readonly number[];
  readonly corrupt: readonly number[];
  /** The negotiated CAPTURE formats, with their sizes. */
  readonly formats: readonly string[];
  readonly error?: string;
  /** The error is that the target's limits do not allow the stream. */
  readonly isRefused?: boolean;
  /** What the stream's errors and the device's notices said. */
  readonly notices: readonly string[];
  /** Records for which the journal had no room. */
  readonly lost: number;
  /** The kernel's warnings while it ran. */
  readonly warnings: readonly string[];
}

const gstreamerNames: Readonly<Record<Codec, readonly [parser: string, decoder: string]>> = {
  h264: ["h264parse", "h264dec"],
  h265: ["h265parse", "h265dec"],
  mpeg2: ["mpegvideoparse", "mpeg2dec"],
  vp8: ["ivfparse", "vp8dec"],
  vp9: ["ivfparse ! vp9parse", "vp9dec"],
  av1: ["av1parse", "av1dec"],
};

async function decodeOurs(run: DecodeRun, device: DeviceInfo): Promise<Omit<DecodeResult, "lost" | "warnings">> {
  const frames: number[] = [];
  const corrupt: number[] = [];
  const notices: string[] = [];
  const formats = new Set<string>();
  let error: string | undefined;
  let isRefused = false;
  try {
    const decoder = await openDecoder(run.codec, {
      device,
      pixelFormats: readableFormats.map(fourccOf),
      force: run.force,
      timeout: run.timeout,
      onError: ({ message }) => notices.push(message),
      onNotice: (message) => notices.push(message),
    });
    try {
      for (const part of [decoder.push(readFileSync(run.path)), decoder.flush()]) {
        for await (const frame of part) {
          frames.push(frame.timestamp);
          if (frame.corrupt) corrupt.push(frame.timestamp);
          formats.add(`${fourccText(frame.pixelFormat)} ${frame.width}x${frame.height}`);
          frame.release();
        }
      }
    } finally {
      await decoder.close();
    }
  } catch (thrown) {
    error = String(thrown);
    isRefused = thrown instanceof RefusedStream;
  }
  return {
    id: run.id,
    frames,
    corrupt,
    formats: [...formats],
    notices: [...new Set(notices)],
    ...(error === undefined ? {} : { error, isRefused }),
  };
}

/** The first device of a codec has the short name. */
function elementFor(codec: Codec, device: DeviceInfo, all: Iterable<DeviceInfo>): string {
  const number = ({ path }: DeviceInfo) => Number(path.replace("/dev/video", ""));
  const first = Math.min(...[...all].filter(({ target }) => target.codecs[codec]).map(number));
  const [, decoder] = gstreamerNames[codec];
  return number(device) === first ? `v4l2sl${decoder}` : `v4l2slvideo${number(device)}${decoder}`;
}

function decodeByGstreamer(run: DecodeRun, element: string): Omit<DecodeResult, "lost" | "warnings"> {
  // hantro and cedrus would be asked for tiles, or for the post-processor.
  const isNv12 = /vpu|ve$/.test(run.node);
  const filter = isNv12 ? `! video/x-raw,format=${run.isDeep ? "P010_10LE" : "NV12"} ` : "";
  const container = run.codec === "av1" && run.path.endsWith(".ivf") ? "ivfparse ! " : "";
  const parser = container + gstreamerNames[run.codec][0];
  const pipeline = `filesrc location='${run.path}' ! ${parser} ! ${element} ${filter}! fakesink sync=false`;
  const { status, stderr } = spawnSync("sh", ["-c", `timeout 120 gst-launch-1.0 -q ${pipeline}`], { encoding: "utf8" });
  const problem =
    status === 0 ? {} : { error: stderr.split("\n").find((line) => line.startsWith("ERROR")) ?? `status ${status}` };
  return { id: run.id, frames: [], corrupt: [], formats: [], notices: [], ...problem };
}

const devices = await devicesByNode();
for (const run of JSON.parse(readFileSync(`/share/${process.argv[2]}`, "utf8")) as DecodeRun[]) {
  const device = devices.get(run.node);
  if (device === undefined) throw new Error(`the machine has no ${run.node}`);
  writeFileSync(`${fake}/journal`, "empty");
  writeFileSync(`${fake}/fault`, `${run.node} ${run.fault ?? "ok 0 0"}`);
  kernelWarnings();
  const result =
    run.by === "ours"
      ? await decodeOurs(run, device)
      : decodeByGstreamer(run, elementFor(run.codec, device, devices.values()));
  writeFileSync(`/share/${run.id}.journal`, readFileSync(`${fake}/journal`));
  const lost = Number(readFileSync(`${fake}/lost`, "utf8"));
  process.stdout.write(`${JSON.stringify({ ...result, lost, warnings: kernelWarnings() })}\n`);
}
