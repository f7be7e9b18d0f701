import type { Codec } from "../events.ts";
import type { SessionOptions } from "../options.ts";

/** What of a sequence a driver refuses. What is absent is not limited. */
export interface TargetLimits {
  /** Luma samples. Smaller pictures are never refused: the driver makes its buffers larger than the picture. */
  readonly maxWidth?: number;
  readonly maxHeight?: number;
  /** Bits, luma and chroma. */
  readonly bitDepths?: readonly number[];
  /** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormats?: readonly number[];
  /** H.264 profile_idc, VP9 profile. */
  readonly profiles?: readonly number[];
}

/** What a driver takes of one codec. */
export interface TargetCodec {
  /** The first mainline kernel in which the driver decodes this codec through the stable controls. */
  readonly since: string;
  /** The values of its DECODE_MODE menu; empty for codecs without one. */
  readonly decodeModes: readonly ("frame" | "slice")[];
  /** The values of its START_CODE menu; empty for codecs without one. */
  readonly startCodes: readonly ("annexb" | "none")[];
  /** The controls it registers, with the most elements of each: 1 for what is no dynamic array. */
  readonly controls: Readonly<Record<string, number>>;
  readonly limits: TargetLimits;
  /** The fields that decide what it does, as `control.path` without subscripts; or all, where no field may be left out. */
  readonly reads: "all" | readonly string[];
  /** The `missingReferences` that it survives. */
  readonly missingReferences: NonNullable<SessionOptions["missingReferences"]>;
}

/** A driver, as data: what it takes, and where that is written. */
export interface Target {
  /** What `--target` is given. */
  readonly name: string;
  /** Where it was read: a folder or file of the Linux 7.2 sources. */
  readonly source: string;
  readonly codecs: Readonly<Partial<Record<Codec, TargetCodec>>>;
}
