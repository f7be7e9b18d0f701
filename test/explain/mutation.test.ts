import { describe, expect, it } from "vitest";
import {
  corpusFiles,
  corpusIvfFiles,
  corpusPlace,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import { detect } from "../../src/containers/detect.ts";
import type { Codec } from "../../src/events.ts";
import { explainRequest } from "../../src/explain/index.ts";
import type { DecodeMode } from "../../src/uapi/index.ts";
import { beginningOf, exceptions, explainedMutations } from "../../support/explained-mutations.ts";

const modes: Readonly<Record<Codec, readonly DecodeMode[]>> = {
  h264: ["frame", "slice"],
  h265: ["frame", "slice"],
  mpeg2: ["frame"],
  vp8: ["frame"],
  vp9: ["frame"],
  av1: ["frame"],
  fwht: ["frame"],
};
const codecs = Object.keys(modes) as Codec[];

/** Changes a request of a stream. @returns undefined where it has no such request. */
function changed(codec: Codec, whole: Uint8Array, decodeMode: DecodeMode, request: number, elements: number) {
  const options = { decodeMode };
  const bytes = beginningOf(codec, whole, options, request + 4);
  if (explainRequest(codec, bytes, request, options) === undefined) return undefined;
  return explainedMutations({ codec, bytes, options, request }, { elements });
}

function checkRequest(codec: Codec, whole: Uint8Array, decodeMode: DecodeMode, request: number, elements: number) {
  const found = changed(codec, whole, decodeMode, request, elements);
  if (found === undefined) return 0;
  expect.soft(found.idle, `${decodeMode} mode, request ${request}`).toEqual([]);
  expect.soft(found.unnamed, `${decodeMode} mode, request ${request}`).toEqual([]);
  return found.mutations;
}

/** A stream for each codec that has much to explain, for the plain tests. */
const samples: Readonly<Record<Codec, string>> = {
  h264: "h264_mbaff_tff.264",
  h265: "h265_weight_fade.265",
  mpeg2: "mpeg2_custom_matrix.m2v",
  vp8: "vp8_altref.ivf",
  vp9: "vp9_aq_segmentation.ivf",
  av1: "av1_superres_tiles.obu",
  fwht: "fwht_yuv420.fwht",
};

describe("a change of an element that a field names changes it or is refused, of another one of its unit leaves it alone", () => {
  it.each(codecs)("in a request of %s", (codec) => {
    const file = fixtureStreams(codec).find(({ name }) => name === samples[codec]) as StreamFile;
    const [mode] = modes[codec] as [DecodeMode];
    const mutations = checkRequest(codec, file.read(), mode, 1, codec === "vp8" || codec === "vp9" ? 3 : 6);
    expect(mutations).toBeGreaterThan(codec === "vp8" || codec === "vp9" ? 2 : 6);
  });

  it("with exceptions that have a reason", () => {
    for (const { reason } of exceptions) expect(reason).not.toBe("");
  });
});

/** An hour and more: see CONTRIBUTING.md. */
const isPatient = process.env.V4L2_STATELESS_PATIENT !== undefined;
/** Sampled requests: one after the first; patiently also the first, and one far into the stream. */
const requests = isPatient ? [0, 4, 13] : [4];
/** Headers of VP8 and VP9 have a thousand elements, most of which are alike. */
const elementsOf = (codec: Codec) => (codec === "vp8" || codec === "vp9" ? 15 : 40);

describe.each(codecs)("the same of sampled requests of all fixtures of %s", { tags: ["long"] }, (codec) => {
  it.each(fixtureStreams(codec))("$name", (file) => {
    let mutations = 0;
    for (const mode of modes[codec]) {
      for (const request of requests) mutations += checkRequest(codec, file.read(), mode, request, elementsOf(codec));
      // Some streams are short.
      if (mutations === 0) mutations += checkRequest(codec, file.read(), mode, 0, elementsOf(codec));
    }
    expect(mutations).toBeGreaterThan(20);
  });
});

describe.runIf(hasCorpus && isPatient)(
  `the same of streams of the corpus: ${corpusPlace}`,
  { tags: ["long"] },
  async () => {
    for (const codec of codecs) {
      const files = codec === "vp8" || codec === "vp9" ? await corpusIvfFiles(codec) : corpusFiles(codec);
      it.each(files)(`${codec} $name`, (file) => {
        const bytes = file.read();
        const detected = detect(bytes.subarray(0, 1 << 16));
        // Containers and systems streams hold what is checked elsewhere.
        if (detected?.kind === "container" || detected?.kind === "systems") return;
        const mode = modes[codec][bytes.length % modes[codec].length] as DecodeMode;
        checkRequest(codec, bytes, mode, 3, 8);
      });
    }
  },
);
