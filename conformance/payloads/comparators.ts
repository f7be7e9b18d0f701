import type { Comparator, Side } from "../../src/compare/comparator.ts";
import { comparators as compared } from "../../src/compare/comparators.ts";
import type { Codec } from "../../src/events.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";
import type { Deviation } from "./deviation.ts";
import { compareExpected } from "./h264/h264-model.ts";

/** A comparator of the package, with what the corpus has for its codec. */
export interface WitnessedCodec extends Comparator {
  /** The decode modes to compare. */
  readonly modes: readonly DecodeMode[];
  /** Its streams by their extension: as they are, or in containers that `readStream` reads. */
  readonly extensions: readonly string[];
  /** Compares our requests with the model in the file at `path`. */
  compareExpected?(path: string, sides: readonly Side[]): Omit<Deviation, "stream" | "mode">[];
}

/** The codecs that can be compared. MPEG-2 as elementary streams: the peers' demuxers are no part of what is compared. */
export const comparators: Readonly<Record<Codec, WitnessedCodec>> = {
  h264: {
    ...compared.h264,
    modes: ["frame", "slice"],
    extensions: [".264", ".h264", ".avc", ".26l", ".jsv", ".jvt"],
    compareExpected,
  },
  h265: { ...compared.h265, modes: ["frame", "slice"], extensions: [".265", ".h265", ".hevc", ".bit"] },
  vp8: { ...compared.vp8, modes: ["frame"], extensions: [".ivf", ".webm"] },
  vp9: { ...compared.vp9, modes: ["frame"], extensions: [".ivf", ".webm"] },
  av1: { ...compared.av1, modes: ["frame"], extensions: [".obu", ".ivf", ".mp4", ".mkv", ".webm"] },
  mpeg2: { ...compared.mpeg2, modes: ["frame"], extensions: [".m2v"] },
  fwht: { ...compared.fwht, modes: ["frame"], extensions: [".fwht"] },
};

const { fwht: _, ...others } = comparators;

/** Those that have a witness: of FWHT, neither GStreamer nor FFmpeg has a stateless decoder, and vicodec decodes it in `visl/`. */
export const witnessed = others;
