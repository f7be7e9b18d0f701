/** Parts of a stream with fewer requests each. */
import type { StreamPart } from "../containers/stream-part.ts";
import { piecesAtPictures } from "../explain/mpeg2/pieces.ts";

/** A stream of MPEG-2 in pieces that begin where a picture may begin: see `piecesAtPictures`. */
export async function* cutAtPictures(parts: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart, void, undefined> {
  for await (const part of parts) yield* partsAtPictures(part);
}

/** The same of one part. */
export function partsAtPictures(part: StreamPart): Generator<StreamPart, void, undefined> {
  return partsOf(part, piecesAtPictures);
}

/** A part of a byte stream in pieces with so few requests that all of them may be explained. */
export function smallParts(part: StreamPart): Generator<StreamPart, void, undefined> {
  return partsOf(part, smallPieces);
}

const SMALL_BYTES = 4096;

function* smallPieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  let at = 0;
  do {
    yield bytes.subarray(at, at + SMALL_BYTES);
    at += SMALL_BYTES;
  } while (at < bytes.length);
}

/** What is said of a part's bytes is said of the first piece. */
function* partsOf(
  part: StreamPart,
  cut: (bytes: Uint8Array) => Iterable<Uint8Array>,
): Generator<StreamPart, void, undefined> {
  if (part.kind !== "chunk") {
    yield part;
    return;
  }
  let isFirst = true;
  for (const bytes of cut(part.bytes)) {
    yield isFirst ? { ...part, bytes } : { kind: "chunk", bytes };
    isFirst = false;
  }
}
