/** One pass of the built package's session over a clip in memory: what users run. */
import type { openSession as OpenSession, RequestEvent, Trace } from "../src/index.ts";
import type { Codec } from "../src/uapi/codecs.ts";

const CHUNK = 1 << 18;

const built = new URL("../dist/index.js", import.meta.url).href;
const { openSession } = (await import(built)) as { openSession: typeof OpenSession };

/** Pushes pieces of 256 KiB, and looks at every request, as a submitter would. */
export function sessionPass(codec: Codec, bytes: Uint8Array, trace?: Trace): { frames: number; requestBytes: number } {
  const session = openSession(codec, { trace });
  let frames = 0;
  let requestBytes = 0;
  let last = -1;
  const take = (event: RequestEvent) => {
    if (event.timestamp !== last) frames++;
    last = event.timestamp;
    for (const { length } of event.bitstream) requestBytes += length;
  };
  for (let at = 0; at < bytes.length; at += CHUNK) {
    for (const event of session.push(bytes.subarray(at, at + CHUNK))) if (event.type === "request") take(event);
  }
  for (const event of session.flush()) if (event.type === "request") take(event);
  return { frames, requestBytes };
}
