import { createRequire } from "node:module";
import type * as FastCheck from "fast-check";

let loaded: typeof FastCheck | undefined;

/**
 * fast-check, which only the arbitraries need. It is loaded when the first one is made.
 *
 * @throws Error where it is not installed.
 */
export function fastCheck(): typeof FastCheck {
  if (loaded === undefined) {
    try {
      loaded = createRequire(import.meta.url)("fast-check") as typeof FastCheck;
    } catch (cause) {
      throw new Error("the arbitraries need fast-check: npm install --save-dev fast-check", { cause });
    }
  }
  return loaded;
}
