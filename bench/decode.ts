/**
 * The built package decodes a file on the fake device of `peers/fake-device.c`, which writes what it cost:
 *
 *     LD_PRELOAD=fake-device.so tsx bench/decode.ts CODEC FILE
 */
import { createReadStream } from "node:fs";
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
for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
  for await (const frame of decoder.push(chunk as Uint8Array)) frame.release();
}
for await (const frame of decoder.flush()) frame.release();
await decoder.close();
