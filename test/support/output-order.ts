import { expect } from "vitest";
import type { OutputReport } from "../../conformance/output/compare-output.ts";

/** Both orders are equal, without a cause for anything. */
export function expectEqualOrder({ ours, ffprobe, equalPrefix, failures, causes }: OutputReport): void {
  expect({ ffprobe, equalPrefix, failures, causes }).toEqual({
    ffprobe: ours,
    equalPrefix: ours,
    failures: [],
    causes: new Map(),
  });
}
