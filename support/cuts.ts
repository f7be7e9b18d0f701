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

/**
 * Nothing where the lists are equal, else the first difference: whole lists of events are unreadable. Where a call has more errors
 * than it reports one by one, it depends on the cuts which are reported: then errors are left out.
 */
export function difference(foundKeys: readonly string[], expectedKeys: readonly string[]): string[] {
  const isCapped = [...foundKeys, ...expectedKeys].some((key) => key.includes('"code":"more-errors"'));
  const counted = (keys: readonly string[]) =>
    isCapped ? keys.filter((key) => !key.startsWith('{"type":"error"')) : keys;
  const found = counted(foundKeys);
  const expected = counted(expectedKeys);
  const at = found.findIndex((key, i) => key !== expected[i]);
  if (at < 0 && found.length === expected.length) return [];
  const i = at < 0 ? found.length : at;
  return [`event ${i}: ${found[i] ?? "missing"}, not ${expected[i] ?? "there"}`];
}
