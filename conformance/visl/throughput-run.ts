/**
 * In the machine: takes all frames of a file and throws them away; prints how many there were.
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

async function decode(codec: Codec, path: string): Promise<number> {
  const decoder = await openDecoder(codec, { session });
  let shown = 0;
  const take = async (frames: AsyncIterable<Frame>): Promise<void> => {
    for await (const frame of frames) {
      shown++;
      frame.release();
    }
  };
  for await (const chunk of createReadStream(path)) await take(decoder.push(chunk));
  await take(decoder.flush());
  await decoder.close();
  return shown;
}

async function parse(codec: Codec, path: string): Promise<number> {
  const parser = openSession(codec, session);
  let shown = 0;
  const count = (events: ReturnType<typeof parser.push>): void => {
    for (const { type } of events) if (type === "output") shown++;
  };
  for await (const chunk of createReadStream(path)) count(parser.push(chunk));
  count(parser.flush());
  return shown;
}

const [what, codec, path] = process.argv.slice(2) as [string, Codec, string];
console.log(await (what === "parse" ? parse : decode)(codec, path));
