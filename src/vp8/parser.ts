/** The stateless parser: each function takes a frame's bytes, which begin with the frame tag, and returns its structures. */

import type { Trace } from "../bitreader/index.ts";
import { BoolDecoder } from "../bitreader/index.ts";
import { LittleEndianReader } from "../bitreader/little-endian-reader.ts";
import { traceOf } from "../bitreader/trace.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import type { Frame, FrameTag } from "./structures.ts";
import { frame_header, frame_tag } from "./syntax.ts";
import { dctPartitionSizes, unitName } from "./units.ts";

/** Receives the elements that are read. */
export interface ParseOptions {
  readonly trace?: Trace | undefined;
}

/**
 * 9.1: the frame tag alone.
 *
 * @throws BitstreamError where the frame breaks the specification.
 */
export function parseFrameTag(source: ByteSource, options: ParseOptions = {}): FrameTag {
  const frame = bytesOf(source, "a frame");
  const trace = traceOf(options);
  trace?.unit({ name: unitName(frame), byte: -1, bytes: frame });
  return frame_tag(new LittleEndianReader(frame, { trace, unit: unitName(frame) }));
}

/**
 * 19.2: the headers of a whole frame, the sizes of its partitions, and the boolean decoder's state after the first partition's
 * header.
 *
 * @throws BitstreamError where the frame breaks the specification.
 */
export function parseFrame(source: ByteSource, options: ParseOptions = {}): Frame {
  const frame = bytesOf(source, "a frame");
  const trace = traceOf(options);
  trace?.unit({ name: unitName(frame), byte: -1, bytes: frame });
  return readFrame(frame, trace);
}

/** `parseFrame` without the call of the trace's `unit`. */
export function readFrame(frame: Uint8Array, trace: Trace | undefined): Frame {
  const r = new LittleEndianReader(frame, { trace, unit: unitName(frame) });
  const tag = frame_tag(r);
  const byte = r.position / 8;
  const end = byte + tag.first_part_size;
  if (end > frame.length) {
    r.position = 24;
    r.failAs(
      "wrong-size",
      `the partition has ${tag.first_part_size} bytes; ${frame.length - byte} are left`,
      19,
      "first_part_size",
    );
  }
  const decoder = new BoolDecoder(frame.subarray(byte, end), { unit: unitName(frame), byte, trace });
  const header = frame_header(decoder, tag);
  return {
    tag,
    header,
    first_part_header_bits: decoder.position,
    coder_state: decoder.state,
    dct_part_sizes: dctPartitionSizes(frame, end, 1 << header.log2_nbr_of_dct_partitions, trace),
  };
}
