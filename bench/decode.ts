/**
 * The built package decodes a file on the fake device of `peers/fake-device.c`, which writes what it cost:
 *
 *     LD_PRELOAD=fake-device.so tsx bench/decode.ts CODEC FILE
 */
import { openSync, readSync } from "node:fs";
import type { DeviceInfo, openDecoder as OpenDecoder } from "../src/submit/index.ts";
import type { targets as Targets } from "../src/targets/index.ts";
import type { Codec } from "../src/uapi/codecs.ts";

/** The built package: what users run. */
const built = (entry: string) => import(new URL(`../dist/${entry}/index.js`, import.meta.url).href);
const { openDecoder } = (await built("submit")) as { openDecoder: typeof OpenDecoder };
const { targets } = (await built("targets")) as { targets: typeof Targets };

const [codec, path = ""] = process.argv.slice(2) as [Codec, string?];
const visl = targets.find(({ name }) => name === "visl");
if (visl === undefined) throw new Error("there is no target visl");
const device: DeviceInfo = {
  path: "/dev/video90",
  mediaPath: "/dev/media90",
  driver: "fake",
  card: "completes at once",
  kernel: "6.1.0",
  target: visl,
};

const decoder = await openDecoder(codec, { device });
// GStreamer's filesrc waits for its reads, too. One buffer will do: a chunk's frames are taken before the next one is read.
const file = openSync(path, "r");
const buffer = new Uint8Array(1 << 18);
for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
  for await (const frame of decoder.push(buffer.subarray(0, count))) frame.release();
}
for await (const frame of decoder.flush()) frame.release();
await decoder.close();
