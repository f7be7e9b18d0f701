/** Bytes are compared as bytes: element by element, `toEqual` takes a microsecond for each, and more than the code under test. */

import { expect } from "vitest";

expect.addEqualityTesters([
  (a: unknown, b: unknown) =>
    a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : undefined,
]);
