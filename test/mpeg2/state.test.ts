import { describe, expect, it } from "vitest";
import { only } from "../../support/streams/h264-stream.ts";
import { controlsOf, eventsOf, Mpeg2Stream } from "../../support/streams/mpeg2-stream.ts";

const all = (value: number): number[] => new Array<number>(64).fill(value);

/** First values of the four matrices of each request, in the kernel's order. */
function firsts(stream: Mpeg2Stream): string[] {
  return only(eventsOf(stream), "request").map((request) => {
    const q = controlsOf(request).quantisation;
    const matrices = [q.intra_quantiser_matrix, q.non_intra_quantiser_matrix];
    const chroma = [q.chroma_intra_quantiser_matrix, q.chroma_non_intra_quantiser_matrix];
    return [...matrices, ...chroma].map((matrix) => matrix[0]).join(" ");
  });
}

describe("quantiser matrices (6.3.11)", () => {
  it("are the defaults, in zig-zag order, also for chrominance", () => {
    const [request] = only(eventsOf(new Mpeg2Stream().sequence().picture("I")), "request");
    const q = controlsOf(request!).quantisation;
    // 7.3.1, scan 0, over the matrix of 6.3.11: 8 16 19 22 … / 16 16 22 24 … / 19 22 26 27 … / 22 22 26 27 …
    expect([...q.intra_quantiser_matrix.slice(0, 15)]).toEqual([
      8, 16, 16, 19, 16, 19, 22, 22, 22, 22, 22, 22, 26, 24, 26,
    ]);
    expect(q.intra_quantiser_matrix[63]).toBe(83);
    expect([...q.non_intra_quantiser_matrix]).toEqual(all(16));
    expect(q.chroma_intra_quantiser_matrix).toEqual(q.intra_quantiser_matrix);
    expect(q.chroma_non_intra_quantiser_matrix).toEqual(q.non_intra_quantiser_matrix);
  });

  it("of the sequence header are those of chrominance too", () => {
    const stream = new Mpeg2Stream().sequence({ intra: all(20), nonIntra: all(30) }).picture("I");
    expect(firsts(stream)).toEqual(["20 30 20 30"]);
  });

  it("of a quant matrix extension stay until the next sequence header, which takes all back, also a repeated one", () => {
    const stream = new Mpeg2Stream().sequence({ chroma_format: 2 }).picture("I");
    const withMatrices = (...matrices: (number[] | undefined)[]) =>
      stream
        .pictureHeader("P")
        .coding({})
        .matrices(...matrices)
        .slices(1);
    withMatrices(all(40), undefined, undefined, all(50));
    withMatrices(undefined, all(60));
    withMatrices(all(41), undefined, all(51));
    stream.picture("P").sequence({ chroma_format: 2 }).picture("I");
    expect(firsts(stream)).toEqual([
      "8 16 8 16",
      "40 16 40 50",
      "40 60 40 60",
      "41 60 51 60",
      "41 60 51 60",
      "8 16 8 16",
    ]);
  });

  it("of a broken sequence header change nothing", () => {
    const broken = { intra: [...all(20).slice(1), 0] };
    const stream = new Mpeg2Stream()
      .sequence({ intra: all(9) })
      .picture("I")
      .header(broken)
      .picture("P");
    expect(firsts(stream)).toEqual(["9 16 9 16", "9 16 9 16"]);
  });
});
