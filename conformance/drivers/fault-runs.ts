/**
 * In the machine: what becomes of a session when its driver errs, hangs, is killed, or works for long.
 *
 *     node fault-runs.js [--faults] [--frames COUNT] [NODE...]
 *
 * A line for each check, "ok" or "FAILED" first; exit status 1 when one failed. After each node a line "end" with its name.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openSession } from "../../src/open-session.ts";
import { type DeviceInfo, openDecoder, sessionOptionsFor } from "../../src/submit/index.ts";
import { devicesByNode, fake, holdings, kernelWarnings } from "./guest.ts";
import { type HardwareCodec as Codec, type FakeNode, nodes } from "./nodes.ts";

/** A stream of each codec with pictures of all types. */
const streams: Readonly<Record<Codec, string>> = {
  h264: "h264_high_bpyramid.264",
  h265: "h265_default_ra.265",
  vp8: "vp8_altref.ivf",
  vp9: "vp9_altref_superframes.ivf",
  av1: "av1_8bit.ivf",
  mpeg2: "mpeg2_ipb.m2v",
};
/** cedrus_h264_stop() walks the CAPTURE buffers, which are gone where a file is closed while it streams (docs/upstream). */
const leaksWhenKilled = ["sun50i-h6-ve"];
/** Longer than the drivers' own watchdogs, which wait for two seconds. */
const patientTimeout = 8000;
const hastyTimeout = 400;

interface Outcome {
  readonly frames: readonly number[];
  readonly corrupt: readonly number[];
  readonly error: unknown;
}

const bytesOf = (codec: Codec) => readFileSync(`/project/test/fixtures/${streams[codec]}`);

let failures = 0;
function check(what: string, isFine: boolean, otherwise: unknown = ""): void {
  if (!isFine) failures++;
  process.stdout.write(isFine ? `ok      ${what}\n` : `FAILED  ${what}: ${JSON.stringify(otherwise)}\n`);
}

async function decode(device: DeviceInfo, codec: Codec, timeout = patientTimeout): Promise<Outcome> {
  const frames: number[] = [];
  const corrupt: number[] = [];
  let error: unknown;
  try {
    const decoder = await openDecoder(codec, { device, timeout });
    try {
      for (const part of [decoder.push(bytesOf(codec)), decoder.flush()]) {
        for await (const frame of part) {
          frames.push(frame.timestamp);
          if (frame.corrupt) corrupt.push(frame.timestamp);
          frame.release();
        }
      }
    } finally {
      await decoder.close();
    }
  } catch (thrown) {
    error = thrown;
  }
  return { frames, corrupt, error };
}

/** The timestamps of the requests, in their order: the picture of each job. */
function requestsOf(device: DeviceInfo, codec: Codec): number[] {
  const session = openSession(codec, sessionOptionsFor(device, codec));
  const events = [...session.push(bytesOf(codec)), ...session.flush()];
  return events.flatMap((event) => (event.type === "request" ? [event.timestamp] : []));
}

function inject(node: FakeNode, outcome: string, after: number, count: number): void {
  writeFileSync(`${fake}/fault`, `${node.name} ${outcome} ${after} ${count}`);
}

const live = () => holdings().live;
const same = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((each, i) => each === b[i]);

/** An error at the first, a middle and the last job; a hang in the middle, which the driver's watchdog ends. */
async function faults(node: FakeNode, device: DeviceInfo, codec: Codec): Promise<void> {
  const clean = await decode(device, codec);
  const isClean = clean.error === undefined && clean.corrupt.length === 0 && clean.frames.length > 0;
  check(`${node.name} ${codec}: clean`, isClean, clean);
  const requests = requestsOf(device, codec);
  const middle = Math.floor(requests.length / 2);
  for (const [outcome, at] of [
    ["error", 0],
    ["error", middle],
    ["error", requests.length - 1],
    ["hang", middle],
  ] as const) {
    inject(node, outcome, at, 1);
    const result = await decode(device, codec);
    const expected = clean.frames.filter((timestamp) => timestamp === requests[at]);
    const isFine = result.error === undefined && same(result.frames, clean.frames) && same(result.corrupt, expected);
    check(`${node.name} ${codec}: ${outcome} at job ${at}`, isFine, { ...result, expected });
  }
}

/** The submitter gives up before the driver does; after that the device is as good as new. */
async function impatience(node: FakeNode, device: DeviceInfo, codec: Codec): Promise<void> {
  inject(node, "hang", 3, 1);
  const { error, corrupt } = await decode(device, codec, hastyTimeout);
  // vdpu381's and vdpu383's watchdog is faster for small pictures.
  const isFine = String(error).startsWith("DeviceTimeout") || (error === undefined && corrupt.length === 1);
  check(`${node.name} ${codec}: a hang, and a short timeout`, isFine, { error, corrupt });
  inject(node, "ok", 0, 0);
  const after = await decode(device, codec);
  check(
    `${node.name} ${codec}: a clean start after it`,
    after.error === undefined && after.corrupt.length === 0,
    after,
  );
}

async function twoAtOnce(node: FakeNode, device: DeviceInfo, codec: Codec): Promise<void> {
  const both = await Promise.all([decode(device, codec), decode(device, codec)]);
  const isFine = both.every(
    ({ error, corrupt, frames }) => error === undefined && corrupt.length === 0 && frames.length > 0,
  );
  check(`${node.name} ${codec}: two sessions at once`, isFine, both);
}

/** Kills a process that decodes, and starts again. */
async function killed(node: FakeNode, device: DeviceInfo, codec: Codec): Promise<void> {
  const before = live();
  inject(node, "hang", 4, 1);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "--decode", node.name, codec], {
    stdio: "ignore",
  });
  const exit = once(child, "exit");
  // Until the job hangs.
  for (let i = 0; i < 300 && live() === before; i++) await sleep(100);
  await sleep(300);
  child.kill("SIGKILL");
  await exit;
  inject(node, "ok", 0, 0);
  await sleep(2500);
  const after = await decode(device, codec);
  check(
    `${node.name} ${codec}: a clean start after kill -9`,
    after.error === undefined && after.corrupt.length === 0,
    after,
  );
  const isLeaking = leaksWhenKilled.includes(node.name);
  check(
    `${node.name} ${codec}: kill -9 leaves ${isLeaking ? "memory (a fault of the driver)" : "nothing"}`,
    (live() !== before) === isLeaking,
    { before, after: live() },
  );
}

/** Many frames, in sessions one after another in one process: nothing grows. */
async function endurance(node: FakeNode, device: DeviceInfo, codec: Codec, wanted: number): Promise<void> {
  writeFileSync(`${fake}/on`, "0");
  await decode(device, codec);
  const before = holdings();
  const start = performance.now();
  let memory = 0;
  let frames = 0;
  let error: unknown;
  while (frames < wanted && error === undefined) {
    const result = await decode(device, codec);
    error = result.error;
    frames += result.frames.length;
    if (memory === 0 && frames > wanted / 2) memory = process.memoryUsage.rss();
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  const growth = Math.round((process.memoryUsage.rss() - memory) / 1024);
  const after = holdings();
  const isFine = frames >= wanted && before.live === after.live && before.descriptors === after.descriptors;
  check(
    `${node.name} ${codec}: ${frames} frames in ${seconds} s; ${after.descriptors} descriptors, allocations ${after.live}, as before`,
    isFine,
    { before, after, error },
  );
  check(
    `${node.name} ${codec}: memory of the second half grows by less than 16 MiB: ${growth} KiB`,
    growth < 1 << 14,
    growth,
  );
  writeFileSync(`${fake}/on`, "1");
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const devices = await devicesByNode();
  if (words[0] === "--decode") {
    await decode(devices.get(words[1]!)!, words[2] as Codec);
    return;
  }
  const hasFaults = words[0] === "--faults" && words.shift() !== undefined;
  const frames = words[0] === "--frames" ? Number(words.splice(0, 2)[1]) : 0;
  for (const node of nodes.filter(({ name }) => words.length === 0 || words.includes(name))) {
    const device = devices.get(node.name)!;
    const [first] = node.codecs;
    writeFileSync(`${fake}/journal`, "empty");
    kernelWarnings();
    if (hasFaults) {
      for (const codec of node.codecs) await faults(node, device, codec);
      await impatience(node, device, first!);
      await twoAtOnce(node, device, first!);
      await killed(node, device, first!);
    }
    if (frames > 0) await endurance(node, device, first!, frames);
    const warnings = kernelWarnings();
    check(`${node.name}: no warning of the kernel`, warnings.length === 0, warnings);
    process.stdout.write(`end     ${node.name}\n`);
  }
  process.exitCode = failures === 0 ? 0 : 1;
}

await main();
