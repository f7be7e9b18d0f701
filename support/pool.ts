import type { DecodeEvent, RequestEvent, SequenceEvent } from "../src/events.ts";

/** What a codec's requests say of references. */
export interface References {
  /** The timestamps that a request refers to; 0 is none. */
  timestamps(request: RequestEvent): readonly number[];
  /** What is wrong with the number of reference frames, if anything. */
  limit?(request: RequestEvent): string | undefined;
}

/**
 * Plays events against a pool of exactly `captureBuffers` buffers, as a consumer that gives every picture back at once,
 * and says what cannot be done. Give all the events of a session, `flush` included.
 */
export function poolFlaws(events: Iterable<DecodeEvent>, references: References): string[] {
  const flaws: string[] = [];
  const inUse = new Set<number>();
  const released = new Set<number>();
  let newest = 0;
  let sequence: SequenceEvent | undefined;
  for (const [at, event] of [...events].entries()) {
    const wrong = (reason: string) => flaws.push(`event ${at}, ${event.type}: ${reason}`);
    if (event.type === "sequence") {
      if (event.realloc && !event.keepsReferences && inUse.size > 0)
        wrong(`${inUse.size} pictures of the old one live`);
      sequence = event;
    } else if (event.type === "request") {
      const { timestamp } = event;
      if (sequence === undefined) wrong("no sequence came before it");
      if (released.has(timestamp)) wrong(`${timestamp} has been released`);
      if (!inUse.has(timestamp)) {
        if (timestamp <= newest) wrong(`${timestamp} is no new timestamp`);
        if (inUse.size >= (sequence?.captureBuffers ?? 0)) wrong(`all ${inUse.size} buffers are in use`);
        inUse.add(timestamp);
        newest = Math.max(newest, timestamp);
      }
      for (const reference of references.timestamps(event)) {
        if (reference !== 0 && !inUse.has(reference)) wrong(`refers to ${reference}, which is not there`);
      }
      const limit = references.limit?.(event);
      if (limit) wrong(limit);
    } else if (event.type === "output") {
      if (!inUse.has(event.timestamp)) wrong(`${event.timestamp} is not there`);
    } else if (event.type === "release") {
      if (!inUse.delete(event.timestamp)) wrong(`${event.timestamp} is not there`);
      released.add(event.timestamp);
      newest = Math.max(newest, event.timestamp);
    }
  }
  if (inUse.size > 0) flaws.push(`never released: ${[...inUse].join(", ")}`);
  return flaws;
}
