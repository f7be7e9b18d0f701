/** Sessions as streams: bytes in, as they come, and events out. */

import type { ByteSource } from "./bytes.ts";
import { feed, type StreamPart } from "./containers/stream-part.ts";
import type { Codec, DecodeEvent } from "./events.ts";
import { openSession } from "./open-session.ts";
import type { SessionOptions } from "./options.ts";
import { bitstreamBytes } from "./session/bitstream.ts";

/**
 * The streams of the Web are in every runtime, and their types in the DOM's, Node's, Deno's and Bun's. These empty interfaces join
 * them. Where there are none, as in the core, the names exist all the same. All declarations of an interface must have the same
 * type parameters, so the defaults are those of the others.
 */
declare global {
  // biome-ignore lint/suspicious/noExplicitAny: as in the DOM's declarations
  interface TransformStream<I = any, O = any> {}
}

/** What a TransformStream calls. */
interface Transformer {
  transform(chunk: ByteSource, controller: EventController): void;
  flush(controller: EventController): void;
}

interface EventController {
  enqueue(event: DecodeEvent): void;
}

interface StreamConstructor {
  new (transformer: Transformer): TransformStream<ByteSource, DecodeEvent>;
}

/**
 * A session as a TransformStream of the Web: bytes in, cut anywhere, as `Session.push` takes them; events out, those of `flush` at
 * the end.
 *
 *     const events = file.stream().pipeThrough(requestStream("h264"));
 *     for await (const event of events) …
 *
 * It takes the next bytes only when its events have been taken. The bitstream of each request is a copy that stays valid. To stop,
 * give `pipeThrough` or `pipeTo` an AbortSignal.
 *
 * @throws TypeError for a codec that has no session, and for options that are not valid. A chunk that is not bytes is a TypeError
 * of the stream.
 */
export function requestStream(codec: Codec, options: SessionOptions = {}): TransformStream<ByteSource, DecodeEvent> {
  const session = openSession(codec, options);
  const { TransformStream } = globalThis as unknown as { readonly TransformStream: StreamConstructor };
  return new TransformStream({
    transform(chunk, controller) {
      for (const event of session.push(chunk)) controller.enqueue(withOwnBytes(event));
    },
    flush(controller) {
      for (const event of session.flush()) controller.enqueue(withOwnBytes(event));
    },
  });
}

/**
 * The events of bytes that come in pieces, sync or async: an array of Uint8Arrays, a file's `createReadStream`, a Web stream; or of
 * the parts of a file's track, as `openTrack` of `v4l2-stateless/containers` gives them. The bitstream of each request is a copy
 * that stays valid.
 *
 *     for await (const event of eventsOf("h264", createReadStream(path))) …
 *     for await (const event of eventsOf(track.codec, track)) …
 *
 * @throws TypeError for a codec that has no session, for options that are not valid, and for pieces that are not bytes; and what
 * the iterable throws.
 */
export async function* eventsOf(
  codec: Codec,
  source: Iterable<ByteSource | StreamPart> | AsyncIterable<ByteSource | StreamPart>,
  options: SessionOptions = {},
): AsyncGenerator<DecodeEvent, void, undefined> {
  const session = openSession(codec, options);
  for await (const piece of source) {
    for (const event of isPart(piece) ? feed(session, piece) : session.push(piece)) yield withOwnBytes(event);
  }
  for (const event of session.flush()) yield withOwnBytes(event);
}

function isPart(piece: ByteSource | StreamPart): piece is StreamPart {
  return typeof piece === "object" && piece !== null && "kind" in piece;
}

/** Events wait in a stream's queue while the session takes more bytes, so a request must not show the session's memory. */
function withOwnBytes(event: DecodeEvent): DecodeEvent {
  return event.type === "request" ? { ...event, bitstream: [bitstreamBytes(event)] } : event;
}
