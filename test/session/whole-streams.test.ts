import { expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import { openSession } from "../../src/open-session.ts";
import { only } from "../../support/streams/h264-stream.ts";

it.each(["vp8", "vp9", "av1", "fwht"] as const)("no picture of a whole %s stream is corrupt", (codec) => {
  for (const { name, read } of fixtureStreams(codec)) {
    const session = openSession(codec);
    const outputs = only([...session.push(read()), ...session.flush()], "output");
    expect(outputs.length, name).toBeGreaterThan(0);
    expect(outputs.filter(({ corrupt }) => corrupt)).toEqual([]);
  }
});
