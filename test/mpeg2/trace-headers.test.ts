import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { corpusFolder } from "../../conformance/corpus.ts";
import { ffmpegTrace, ffmpegVersion } from "../../conformance/trace/ffmpeg.ts";
import { elementPath } from "../../src/bitreader/index.ts";
import { openMpeg2Session } from "../../src/mpeg2/index.ts";
import { corpusFiles, corpusPlace, fixtureStreams, type StreamFile } from "../support/streams.ts";
import { TraceRecorder } from "../support/trace-recorder.ts";

const version = ffmpegVersion();
const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));

type Element = Parameters<typeof described>[0];

function described({
  name,
  subscripts,
  bit,
  length,
  value,
}: {
  name: string;
  subscripts: readonly number[];
  bit: number;
  length: number;
  value: number;
}): string {
  // We count these; the syntax tables do not.
  const isCounted = /^(marker_bit|extra_bit_picture|extra_information_picture)$/.test(name);
  // FFmpeg calls the matrices of chrominance as those of luminance.
  const path = isCounted ? name : elementPath(name.replace(/^chroma_(?=\w+_matrix$)/, ""), subscripts);
  return `${path} at bit ${bit}, ${length} bits, ${value}`;
}

/** Slices and user data: recognised by us, not read. */
const isRead = ([first]: readonly Element[]) =>
  first !== undefined && !/^(slice_vertical_position|user_data_start_code)$/.test(first.name);

/** The first difference of each stream, and how many elements were compared. */
async function compare({ name, read }: StreamFile, folder: string): Promise<{ elements: number; flaws: string[] }> {
  const theirs = (await ffmpegTrace("mpegvideo", `${folder}/${name}`)).packets
    .flatMap(({ units }) => units.map(({ elements }) => elements))
    .filter(isRead);
  const trace = new TraceRecorder();
  const session = openMpeg2Session({ trace });
  session.push(read());
  session.flush();
  const ours = trace.units.map(({ elements }) => elements);
  const [a, b] = [ours, theirs].map((units) => units.flatMap((unit) => (unit as Element[]).map(described)));
  const at = (a as string[]).findIndex((line, i) => line !== b?.[i]);
  const isEqual = at < 0 && a?.length === b?.length;
  const flaws = isEqual
    ? []
    : [`${name}: ours ${a?.[at] ?? `${a?.length} elements`}, FFmpeg's ${b?.[at] ?? b?.length}`];
  return { elements: a?.length ?? 0, flaws };
}

describe.skipIf(version === undefined)(`FFmpeg's trace_headers (${version ?? "skipped: no ffmpeg"})`, () => {
  it("reads the same elements at the same bits in every fixture", async () => {
    for (const stream of fixtureStreams("mpeg2")) {
      const { elements, flaws } = await compare(stream, fixtures);
      expect(flaws).toEqual([]);
      expect(elements).toBeGreaterThan(400);
    }
  });

  it.skipIf(corpusFolder() === undefined)(
    `and in every elementary stream of the corpus (${corpusPlace})`,
    async () => {
      const flaws: string[] = [];
      const streams = corpusFiles("mpeg2").filter(({ name }) => name.endsWith(".m2v"));
      for (const stream of streams) flaws.push(...(await compare(stream, `${corpusFolder()}/mpeg2`)).flaws);
      expect(flaws).toEqual([]);
    },
    60_000,
  );
});
