import type { StreamUnit } from "../../src/framing/byte-stream.ts";
import { framesOfPacket } from "../../src/vp9/index.ts";
import type { Dialect } from "./dialect.ts";
import { ivf } from "./sources.ts";
import type { FfmpegElement } from "./trace-headers.ts";

/** A superframe's index, which FFmpeg reads first, and its frames. */
function unitsOf({ bytes, byte }: StreamUnit): readonly StreamUnit[] {
  const units: StreamUnit[] = [];
  const unit = (index: { byte: number; bytes: Uint8Array }) => units.push({ ...index, truncated: false });
  const { frames } = framesOfPacket(bytes, byte, { unit, element: () => {} });
  return [...units, ...frames];
}

/** FFmpeg counts the turns of 6.2.13's loops, and names what a probability or a delta is of: `delta_q_y_dc.delta_q`. */
function inOurs(element: FfmpegElement): readonly FfmpegElement[] {
  const { bits, bit } = element;
  const turn = (name: string, i: number): FfmpegElement => {
    return { ...element, name, bit: bit + i, length: 1, bits: bits.charAt(i), value: Number(bits.charAt(i)) };
  };
  switch (element.name) {
    case "tile_cols_log2":
      return [...bits].map((_, i) => turn("increment_tile_cols_log2", i));
    case "tile_rows_log2":
      return [...bits].map((_, i) => turn(i === 0 ? "tile_rows_log2" : "increment_tile_rows_log2", i));
    default: {
      const [whole = "", part] = element.name.split(".");
      const isFlag = part === "delta_coded" || part === "prob_coded";
      return [{ ...element, name: isFlag ? part : whole }];
    }
  }
}

/** FFmpeg's trace of VP9 (cbs_vp9_syntax_template.c) against the VP9 specification, version 0.7. */
export const vp9: Dialect = {
  codec: "vp9",
  ffmpegCodec: "vp9",
  demuxer: "ivf",
  source: (file) => ivf(file, unitsOf),
  unitName: () => "frame or superframe_index",
  leftOut: () => undefined,
  // FFmpeg reads no compressed header.
  ours: (elements) => elements.filter(({ descriptor }) => descriptor !== "bool"),
  theirs: (elements) => elements.flatMap(inOurs),
  ffmpegNames: { raw_interpolation_filter: "raw_interpolation_filter_type" },
  countedByUs: new Set(),
  beyondOurs: new Set(),
  declaredRefusals: [
    {
      side: "ours",
      message: /^unit: the frame is skipped: decoding starts at a key frame$/,
      why: "without the frames before it, its size is not known",
    },
  ],
};
