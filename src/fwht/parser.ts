/** The stateless parser. It takes a frame's bytes, which begin with the magic numbers. */

import type { Trace } from "../bitreader/index.ts";
import { traceOf } from "../bitreader/trace.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import type { FrameHeader } from "./structures.ts";
import { fwht_cframe_hdr } from "./syntax.ts";
import { frameReader, unitName } from "./units.ts";

/** Receives the elements that are read. */
export interface ParseOptions {
  readonly trace?: Trace | undefined;
}

/**
 * struct fwht_cframe_hdr: the header of a frame of any version. The data after it need not be there.
 *
 * @throws BitstreamError where a field has a value that no frame can have.
 */
export function parseFrameHeader(source: ByteSource, options: ParseOptions = {}): FrameHeader {
  const frame = bytesOf(source, "a frame");
  const trace = traceOf(options);
  trace?.unit({ name: unitName(frame), byte: -1, bytes: frame });
  return fwht_cframe_hdr(frameReader(frame, trace));
}
