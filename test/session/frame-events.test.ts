import { describe, expect, it } from "vitest";
import { releaseUnused } from "../../src/session/frame-events.ts";

describe("releaseUnused", () => {
  const frames = [3000, 1000, 2000].map((timestamp) => ({ timestamp }));
  const [late, early, middle] = frames as [{ timestamp: number }, { timestamp: number }, { timestamp: number }];
  const released = (candidates: readonly { timestamp: number }[], slots: readonly ({ timestamp: number } | null)[]) => {
    const timestamps: number[] = [];
    releaseUnused(candidates, slots, { release: ({ timestamp }) => timestamps.push(timestamp) });
    return timestamps;
  };

  it("releases in decoding order, each frame once", () => {
    expect(released([late, early, late, middle, early], [null, null])).toEqual([1000, 2000, 3000]);
  });

  it("leaves frames that are in a slot", () => {
    expect(released([late, early, middle], [null, early])).toEqual([2000, 3000]);
    expect(released([early], [early])).toEqual([]);
  });
});
