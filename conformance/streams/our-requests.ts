import type { EffectiveRequest } from "../../src/compare/request.ts";
import { StreamRequests } from "../../src/compare/sides.ts";
import { effectiveRequest } from "../../src/compare/timeline.ts";
import { feed, type StreamPart } from "../../src/containers/stream-part.ts";
import type { Codec, DecodeEvent, ErrorEvent } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";

/** What our session makes of a stream. */
export interface OurRequests {
  readonly requests: readonly EffectiveRequest[];
  readonly errors: readonly ErrorEvent[];
}

/**
 * Runs a session over a whole stream, with the options that the goldens were made with.
 *
 * @param parts how the session is given the stream: at once, where nothing else is said.
 */
export function decodeStream(
  codec: Codec,
  stream: Uint8Array,
  decodeMode: DecodeMode = "frame",
  parts: readonly StreamPart[] = [{ kind: "chunk", bytes: stream }],
  options: SessionOptions = {},
): OurRequests {
  const session = openSession(codec, { decodeMode, startCode: "annexb", ...options });
  const maker = new StreamRequests(codec, stream);
  const requests: EffectiveRequest[] = [];
  const errors: ErrorEvent[] = [];
  const take = (event: DecodeEvent): void => {
    if (event.type === "error") errors.push(event);
    const request = maker.take(event);
    if (request !== undefined) requests.push(effectiveRequest(request, requests.length));
  };
  for (const part of parts) for (const event of feed(session, part)) take(event);
  for (const event of session.flush()) take(event);
  return { requests, errors };
}
