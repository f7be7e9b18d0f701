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

/** One of these, the first ones being the simplest. */
export function chosen<T>(values: readonly T[]): FastCheck.Arbitrary<T> {
  return fastCheck()
    .nat(values.length - 1)
    .map((i) => values[i] as T);
}

/** What one of these gives. */
export function anyOf<T>(choices: readonly FastCheck.Arbitrary<T>[]): FastCheck.Arbitrary<T> {
  return fastCheck().oneof(...choices);
}
