/** The stateless parser: a frame's bytes, from its frame tag on, in; its structures out. */

import type { Trace } from "../bitreader/index.ts";
import { BoolDecoder } from "../bitreader/index.ts";
import { LittleEndianReader } from "../bitreader/little-endian-reader.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import type { Frame, FrameTag } from "./structures.ts";
import { frame_header, frame_tag } from "./syntax.ts";
import { dctPartitionSizes, unitName } from "./units.ts";

/** Is told what a parser reads. */
export interface ParseOptions {
  readonly trace?: Trace | undefined;
}

/**
 * 9.1: the frame tag alone.
 *
 * @throws BitstreamError where the frame breaks the specification.
 */
export function parseFrameTag(source: ByteSource, { trace }: ParseOptions = {}): FrameTag {
  const frame = bytesOf(source, "a frame");
  trace?.unit({ name: unitName(frame), byte: -1, bytes: frame });
  return frame_tag(new LittleEndianReader(frame, { trace, unit: unitName(frame) }));
}

/**
 * 19.2: a whole frame's headers, its partitions, and the decoder's state where the first partition's header ends.
 *
 * @throws BitstreamError where the frame breaks the specification.
 */
export function parseFrame(source: ByteSource, { trace }: ParseOptions = {}): Frame {
  const frame = bytesOf(source, "a frame");
  trace?.unit({ name: unitName(frame), byte: -1, bytes: frame });
  return readFrame(frame, trace);
}

/** `parseFrame` without the trace's `unit`. */
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
    dct_part_sizes: dctPartitionSizes(frame, end, 2 ** header.log2_nbr_of_dct_partitions, trace),
  };
}
