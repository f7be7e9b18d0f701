/**
 * In the machine: takes all frames of a file and throws them away; prints how many there were, and in how many microseconds
 * the second half of them came.
 *
 *     node throughput-run.js decode|parse CODEC FILE
 *
 * `parse` goes as far as the session's events.
 */
import { closeSync, openSync, readSync } from "node:fs";
import type { Codec } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import { type Frame, openDecoder } from "../../src/submit/index.ts";

const session = { decodeMode: "frame", startCode: "annexb" } as const;

/** A file's bytes, read as GStreamer's filesrc does: by the thread that decodes, when it needs them. */
function* chunks(path: string): Generator<Uint8Array, void, undefined> {
  const file = openSync(path, "r");
  for (;;) {
    const chunk = new Uint8Array(1 << 16);
    const size = readSync(file, chunk);
    if (size === 0) break;
    yield chunk.subarray(0, size);
  }
  closeSync(file);
}

/** When each frame came, in milliseconds. Made at once, so that nothing grows while it is measured. */
const times = new Float64Array(1 << 20);
let count = 0;

function came(): void {
  if (count === times.length) throw new RangeError(`more than ${count} frames`);
  times[count++] = performance.now();
}

async function decode(codec: Codec, path: string): Promise<void> {
  const decoder = await openDecoder(codec, { session });
  const take = async (frames: AsyncIterable<Frame>): Promise<void> => {
    for await (const frame of frames) {
      came();
      frame.release();
    }
  };
  for (const chunk of chunks(path)) await take(decoder.push(chunk));
  await take(decoder.flush());
  await decoder.close();
}

function parse(codec: Codec, path: string): void {
  const parser = openSession(codec, session);
  const take = (events: ReturnType<typeof parser.push>): void => {
    for (const { type } of events) if (type === "output") came();
  };
  for (const chunk of chunks(path)) take(parser.push(chunk));
  take(parser.flush());
}

const [what, codec, path] = process.argv.slice(2) as [string, Codec, string];
await (what === "parse" ? parse : decode)(codec, path);
const half = times[count >> 1] ?? 0;
console.log(count, Math.round(1000 * ((times[count - 1] ?? 0) - half)));
