/** Parts of an MPEG-2 stream in which a request comes before the units of the next picture. */
import type { StreamPart } from "../containers/stream-part.ts";
import { piecesAtPictures } from "../explain/mpeg2/pieces.ts";

/** A stream of MPEG-2 in pieces that begin where a picture may begin: see `piecesAtPictures`. */
export async function* cutAtPictures(parts: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart, void, undefined> {
  for await (const part of parts) yield* partsAtPictures(part);
}

/** The same of one part. What is said of its bytes is said of the first piece. */
export function* partsAtPictures(part: StreamPart): Generator<StreamPart, void, undefined> {
  if (part.kind !== "chunk") {
    yield part;
    return;
  }
  let isFirst = true;
  for (const bytes of piecesAtPictures(part.bytes)) {
    yield isFirst ? { ...part, bytes } : { kind: "chunk", bytes };
    isFirst = false;
  }
}
