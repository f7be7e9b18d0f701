import { errorCodes } from "../src/errors.ts";
import type { DecodeEvent } from "../src/events.ts";

/** The `error` events that do not have one of the documented codes, or have it under another kind than theirs. */
export function errorFlaws(events: Iterable<DecodeEvent>): string[] {
  const flaws: string[] = [];
  for (const event of events) {
    if (event.type !== "error") continue;
    const { kind, code, error } = event;
    const isDocumented = Object.hasOwn(errorCodes[kind] ?? {}, code) && error.code === code && error.kind === kind;
    if (!isDocumented) flaws.push(`error ${kind} ${code}: ${event.message}`);
  }
  return flaws;
}
