import { StreamError } from "../errors.ts";

/** What `read` reads; undefined where that is damaged, or cannot be described. */
export function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof StreamError) return undefined;
    throw error;
  }
}
