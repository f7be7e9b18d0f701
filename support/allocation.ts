/**
 * Prints how many bytes of the heap a session allocates for each picture of a stream, as a JSON object by the streams' paths:
 *
 *     node --expose-gc --no-opt --no-sparkplug --min-semi-space-size=256 --max-semi-space-size=256 --import tsx support/allocation.ts CODEC FILE …
 *
 * Without the optimising compiler the number is the same in every run: what it removes depends on when it runs. With a young
 * generation of 256 MB there is no collection while a stream is read, so that the heap grows by all that is allocated.
 */
import { readFileSync } from "node:fs";
import { getHeapStatistics } from "node:v8";
import { ivfFourccs } from "../src/containers/ivf.ts";
import { openSession } from "../src/open-session.ts";
import type { Codec } from "../src/uapi/codecs.ts";

/** AV1 comes as OBUs, too. */
const isIvf = (file: Uint8Array) => new TextDecoder().decode(file.subarray(0, 4)) === "DKIF";

/** The header of an IVF file. */
function ivfHeader(codec: Codec): Uint8Array {
  const header = new Uint8Array(32);
  const fourcc = ivfFourccs[codec as keyof typeof ivfFourccs];
  header.set(new TextEncoder().encode(`DKIF\0\0 \0${fourcc}`));
  return header;
}

/** So many pictures are decoded in a session at least, so that what a session allocates once hardly counts. */
const PICTURES = 1500;

/** Reads the stream, and returns the number of its pictures. */
function read(codec: Codec, file: Uint8Array): number {
  const session = openSession(codec);
  // An IVF file has one header only.
  const packet = isIvf(file) ? file.subarray(32) : file;
  if (packet !== file) session.push(ivfHeader(codec));
  let pictures = 0;
  let last = -1;
  while (pictures < PICTURES) {
    const before = pictures;
    for (const event of session.push(packet)) {
      if (event.type !== "request" || event.timestamp === last) continue;
      last = event.timestamp;
      pictures++;
    }
    if (pictures === before) throw new Error("the stream has no picture");
  }
  return pictures;
}

function bytesPerPicture(codec: Codec, path: string): number {
  const file = new Uint8Array(readFileSync(path));
  let least = Infinity;
  // The first passes also allocate what functions need once, and a collection may end during any pass.
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    const before = getHeapStatistics().used_heap_size;
    const pictures = read(codec, file);
    least = Math.min(least, Math.round((getHeapStatistics().used_heap_size - before) / pictures));
  }
  return least;
}

const [codec, ...paths] = process.argv.slice(2) as [Codec, ...string[]];
console.log(JSON.stringify(Object.fromEntries(paths.map((path) => [path, bytesPerPicture(codec, path)]))));
