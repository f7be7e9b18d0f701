/**
 * In the machine: takes all frames of a file and throws them away; prints how many there were, and in how many microseconds
 * the second half of them came.
 *
 *     node throughput-run.js decode|parse CODEC FILE
 *
 * `parse` goes as far as the session's events.
 */
import { createReadStream } from "node:fs";
import type { Codec } from "../../src/events.ts";
import { openSession } from "../../src/session.ts";
import { type Frame, openDecoder } from "../../src/submit/index.ts";

const session = { decodeMode: "frame", startCode: "annexb" } as const;

/** When each frame came, in milliseconds. */
const times: number[] = [];

async function decode(codec: Codec, path: string): Promise<void> {
  const decoder = await openDecoder(codec, { session });
  const take = async (frames: AsyncIterable<Frame>): Promise<void> => {
    for await (const frame of frames) {
      times.push(performance.now());
      frame.release();
    }
  };
  for await (const chunk of createReadStream(path)) await take(decoder.push(chunk));
  await take(decoder.flush());
  await decoder.close();
}

async function parse(codec: Codec, path: string): Promise<void> {
  const parser = openSession(codec, session);
  const count = (events: ReturnType<typeof parser.push>): void => {
    for (const { type } of events) if (type === "output") times.push(performance.now());
  };
  for await (const chunk of createReadStream(path)) count(parser.push(chunk));
  count(parser.flush());
}

const [what, codec, path] = process.argv.slice(2) as [string, Codec, string];
await (what === "parse" ? parse : decode)(codec, path);
const half = times[times.length >> 1] ?? 0;
console.log(times.length, Math.round(1000 * ((times.at(-1) ?? 0) - half)));
