import { expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import { openFwhtSession } from "../../src/fwht/index.ts";
import { tilingOf } from "../../support/tiling.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

it("traced elements cover a frame's header, and reproduce it", () => {
  for (const { name, read } of fixtureStreams("fwht")) {
    const trace = new TraceRecorder();
    const session = openFwhtSession({ trace });
    session.push(read());
    session.flush();
    expect(trace.units.length, name).toBeGreaterThan(1);
    for (const unit of trace.units) {
      const { end, flaw } = tilingOf(unit, false, false);
      expect([flaw, end], `${name}, ${unit.name} at ${unit.byte}`).toEqual([undefined, 44 * 8]);
    }
  }
});
