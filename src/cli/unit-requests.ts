/** Which request each unit of a stream belongs to. */
import type { StreamPart } from "../containers/stream-part.ts";
import type { DecodeEvent, RequestEvent } from "../events.ts";
import { piecesAtPictures } from "../explain/mpeg2/pieces.ts";
import type { TracedUnit } from "./printing/trace-lines.ts";

/**
 * Assigns units to requests in their order. Each request gets the units up to the last one whose bytes it sends, so parameter
 * sets and messages belong to the picture that follows them.
 */
export class UnitRequests {
  #waiting: TracedUnit[] = [];
  /** The number of units that came before the last events. */
  #before = 0;
  #requests = 0;

  add(unit: TracedUnit): void {
    this.#waiting.push(unit);
  }

  /** Takes the events that came with the units so far. @returns the units of each request. */
  take(events: readonly DecodeEvent[]): { readonly request: number; readonly units: readonly TracedUnit[] }[] {
    const taken = events.flatMap((event) => {
      if (event.type !== "request") return [];
      const request = this.#requests++;
      const end = this.#endOf(event);
      const units = this.#waiting.slice(0, end);
      this.#waiting = this.#waiting.slice(end);
      this.#before = Math.max(0, this.#before - end);
      return [{ request, units }];
    });
    this.#before = this.#waiting.length;
    return taken;
  }

  #endOf({ bitstream }: RequestEvent): number {
    const sent = lastIndex(this.#waiting, ({ bytes }) => bitstream.includes(bytes));
    if (sent >= 0) {
      // A session may read a message only after the slice that follows it.
      const place = this.#waiting[sent]?.byte ?? 0;
      const next = this.#waiting.findIndex(({ byte }, i) => i > sent && (byte < 0 || byte > place));
      return next < 0 ? this.#waiting.length : next;
    }
    // The MPEG-2 session only reads headers. A picture's request comes with the next picture's first unit: see `cutAtPictures`.
    const isHeader = ({ kind }: TracedUnit) => kind === "picture";
    const own = lastIndex(this.#waiting.slice(0, this.#before), isHeader);
    const picture = own < 0 ? this.#waiting.findIndex(isHeader) : own;
    const next = this.#waiting.findIndex(({ kind }, i) => i > picture && begins.includes(kind));
    return next < 0 ? this.#waiting.length : next;
  }
}

/** Where the last unit is that `fits`; -1 where there is none. */
function lastIndex(units: readonly TracedUnit[], fits: (unit: TracedUnit) => boolean): number {
  return units.reduce((last, unit, i) => (fits(unit) ? i : last), -1);
}

/** The units of MPEG-2 that begin another picture. */
const begins: readonly string[] = ["sequence", "group", "picture"];

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
