import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodePackets } from "../../conformance/output/packets/packets-output.ts";
import { corpusFolder } from "../../conformance/streams/corpus.ts";
import { corpusPlace } from "../../conformance/streams/corpus-files.ts";
import { readFile } from "../../conformance/streams/stream-files.ts";
import { ivfFrames } from "../../src/containers/ivf.ts";

/** What the corpus' manifest says of a stream. */
interface Entry {
  readonly file: string;
  /** Packets, empty ones left out. */
  readonly frames: number;
  readonly features: readonly string[];
}

const corpus = corpusFolder();
const manifest = corpus && (JSON.parse(readFileSync(join(corpus, "MANIFEST.json"), "utf8")) as Entry[]);
const streams = manifest ? manifest.filter(({ file }) => /^vp[89]\//.test(file)) : [];

describe.skipIf(corpus === undefined)(`VP8 and VP9 streams of the corpus (${corpusPlace})`, { tags: "long" }, () => {
  it("are output once a packet, but for hidden frames in packets of their own; empty packets are outputs too", async () => {
    const different = new Map<string, string>();
    for (const { file, frames, features } of streams) {
      const codec = file.startsWith("vp8") ? "vp8" : "vp9";
      const data = ivfFrames(await readFile(join(corpus as string, file), codec)).frames.map(({ data }) => data);
      const packets = decodePackets(codec, data);
      const count = (is: (packet: (typeof packets)[number]) => boolean) => packets.filter(is).length;
      const empty = count(({ size }) => size === 0);
      const hidden = count(({ size, shown, errors }) => size > 0 && shown === 0 && errors === 0);
      const outputs = packets.reduce((sum, packet) => sum + packet.outputs, 0);
      expect(packets.length - empty, file).toBe(frames);
      expect(outputs, file).toBe(features.includes("no-keyframe") ? 0 : frames + empty - hidden);
      if (outputs !== frames) different.set(file, `${outputs} of ${frames}`);
    }
    expect(streams.length).toBeGreaterThan(250);
    expect(Object.fromEntries(different)).toEqual({
      "vp8/encoded-vpxenc__altref_2pass.ivf": "60 of 63",
      "vp8/fate__RRSF49-short.webm": "107 of 111",
      "vp8/fate__sintel-signbias.ivf": "9 of 10",
      "vp8/spliced__start_at_inter.ivf": "0 of 19",
      "vp8/spliced__zero_length_frames.ivf": "20 of 16",
      "vp8/vp8-test-vectors__vp80-00-comprehensive-018.ivf": "28 of 29",
      "vp8/vp8-test-vectors__vp80-05-sharpness-1439.ivf": "15 of 16",
      "vp9/fate__vp90-2-trac4359.webm": "4 of 5",
      "vp9/spliced__start_at_inter.ivf": "0 of 28",
    });
  });
});
