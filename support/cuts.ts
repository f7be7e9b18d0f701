import type { Session } from "../src/events.ts";
import { eventKey } from "./events.ts";

/** Pushes pieces of these lengths, all through one buffer that is wiped after each call. */
export function pushed(session: Session, bytes: Uint8Array, nextLength: () => number): string[] {
  const keys: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.slice(at, at + nextLength());
    at += chunk.length;
    keys.push(...session.push(chunk).map(eventKey));
    chunk.fill(0xee);
  }
  return [...keys, ...session.flush().map(eventKey)];
}

/** Nothing where the lists are equal, else the first difference: whole lists of events are unreadable. */
export function difference(found: readonly string[], expected: readonly string[]): string[] {
  const at = found.findIndex((key, i) => key !== expected[i]);
  if (at < 0 && found.length === expected.length) return [];
  const i = at < 0 ? found.length : at;
  return [`event ${i}: ${found[i] ?? "missing"}, not ${expected[i] ?? "there"}`];
}
