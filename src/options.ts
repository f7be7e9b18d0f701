import type { Trace } from "./bitreader/trace.ts";

/** What a session can be told. Every option has a default; a wrong value throws TypeError. */
export interface SessionOptions {
  /** `"frame"`: a request for each frame or field. `"slice"`: one for each slice. Without effect on VP8, VP9, MPEG-2. Default `"frame"`. */
  readonly decodeMode?: "frame" | "slice" | undefined;
  /** What stands before each slice in the OUTPUT buffer: 00 00 01, or nothing. Without effect on VP8, VP9, MPEG-2. Default `"annexb"`. */
  readonly startCode?: "annexb" | "none" | undefined;
  /** The first picture to decode: the first for which parameter sets are known, or only a random access point. Default `"any"`. */
  readonly startAt?: "any" | "random-access" | undefined;
  /**
   * What to do with references that the stream names and the decoder does not have. `"mark"`: leave them out of the
   * DPB array. `"nearest"`: let list entries point to the picture with the nearest POC. `"drop"`: no request for the
   * picture, nor for those that follow it, until the next random access point. Default `"mark"`.
   */
  readonly missingReferences?: "mark" | "nearest" | "drop" | undefined;
  /** Payloads before the kernel's own rewriting (std_validate_compound). Default false. */
  readonly rawControls?: boolean | undefined;
  /** The target kernel, `"6.1"`: controls that it lacks are left out. Default: no control is left out. */
  readonly kernel?: string | undefined;
  /** Is told every syntax element that the session reads. */
  readonly trace?: Trace | undefined;
}
