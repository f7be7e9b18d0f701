/** Sessions as streams: they take bytes as they come, and give events. */

import { type ByteSource, objectOf } from "./bytes.ts";
import { feed, type StreamPart } from "./containers/stream-part.ts";
import type { Codec, DecodeEvent } from "./events.ts";
import { openSession } from "./open-session.ts";
import type { SessionOptions } from "./options.ts";
import { bitstreamBytes } from "./session/bitstream.ts";

/**
 * Every runtime has the streams of the Web, and the DOM, Node, Deno and Bun each have types for them. These empty interfaces
 * merge with those types; where there are none, as in the core, they declare the names. All declarations of an interface must
 * have the same type parameters, so the defaults are those of the others.
 */
declare global {
  // biome-ignore lint/suspicious/noExplicitAny: as in the DOM's declarations
  interface TransformStream<I = any, O = any> {}
}

/** The methods that a TransformStream calls. */
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
 * A session as a TransformStream of the Web. It takes bytes in pieces of any size, like `Session.push`, and gives events; at
 * the end those of `flush`.
 *
 *     const events = file.stream().pipeThrough(requestStream("h264"));
 *     for await (const event of events) …
 *
 * It takes the next bytes only when its events have been taken. The bitstream of each request is a copy that stays valid. To
 * stop, give `pipeThrough` or `pipeTo` an AbortSignal.
 *
 * @throws TypeError for a codec that has no session, and for an option with a value that it cannot have. A chunk that is not
 * bytes makes the stream fail with a TypeError.
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
 * The events of bytes, or of bytes that come in pieces, sync or async: a Uint8Array, an array of them, a file's
 * `createReadStream`, a Web stream; or of the parts of a file's track, as `openTrack` of `v4l2-stateless/containers` gives them. The bitstream of each request is
 * a copy that stays valid.
 *
 *     for await (const event of eventsOf("h264", createReadStream(path))) …
 *     for await (const event of eventsOf(track.codec, track)) …
 *
 * @throws TypeError for a codec that has no session, for an option with a value that it cannot have, and for pieces that are
 * not bytes; and what the iterable throws.
 */
export async function* eventsOf(
  codec: Codec,
  source: ByteSource | Iterable<ByteSource | StreamPart> | AsyncIterable<ByteSource | StreamPart>,
  options: SessionOptions = {},
): AsyncGenerator<DecodeEvent, void, undefined> {
  const session = openSession(codec, options);
  const pieces = isIterableOfPieces(source) ? source : [source];
  for await (const piece of pieces) {
    for (const event of isPart(piece) ? feed(session, piece) : session.push(piece)) yield withOwnBytes(event);
  }
  for (const event of session.flush()) yield withOwnBytes(event);
}

/** Whether these are pieces. A typed array is iterable too, but over its numbers. */
function isIterableOfPieces<T>(
  source: ByteSource | Iterable<T> | AsyncIterable<T>,
): source is Iterable<T> | AsyncIterable<T> {
  if (ArrayBuffer.isView(source)) return false;
  objectOf(source, "the source of bytes");
  return Symbol.asyncIterator in source || Symbol.iterator in source;
}

function isPart(piece: ByteSource | StreamPart): piece is StreamPart {
  return typeof piece === "object" && piece !== null && "kind" in piece;
}

/**
 * Copies a request's bitstream: events wait in a stream's queue while the session takes more bytes, so they must not refer to
 * the session's memory.
 */
function withOwnBytes(event: DecodeEvent): DecodeEvent {
  return event.type === "request" ? { ...event, bitstream: [bitstreamBytes(event)] } : event;
}
