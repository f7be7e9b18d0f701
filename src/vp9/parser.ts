/** The stateless parser: takes a frame's bytes, and returns its headers. Errors name the element and the bit. */

import type { Trace } from "../bitreader/index.ts";
import { traceOf } from "../bitreader/trace.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import { BitstreamError } from "../errors.ts";
import { compressed_header } from "./compressed-header.ts";
import type { CompressedHeader, ShowExistingFrame, UncompressedHeader } from "./structures.ts";
import { type ReferenceSizes, uncompressed_header } from "./syntax.ts";
import { KEY_FRAME, NON_KEY_FRAME } from "./tables.ts";
import { FRAME_NAME, frameReader } from "./units.ts";

/** Options of `parseFrame`. */
export interface ParseFrameOptions {
  /** The sizes of the 8 reference slots, null where one is empty. Default: all empty. */
  readonly references?: ReferenceSizes | undefined;
  /** Receives the elements that are read. */
  readonly trace?: Trace | undefined;
  /** Offset of the frame in the stream, for the trace. Default -1. */
  readonly byte?: number | undefined;
}

/** The headers of a frame that is coded. */
export interface ParsedFrame {
  readonly header: UncompressedHeader;
  readonly compressed: CompressedHeader;
}

/** A frame that shows an existing one: it has no other header. */
export interface ParsedShowExistingFrame {
  readonly header: ShowExistingFrame;
  readonly compressed: null;
}

/**
 * 6.1: parses one frame; `framesOfPacket` finds the frames of a superframe. The sizes in the headers must fit the frame's
 * bytes.
 */
export function parseFrame(source: ByteSource, options: ParseFrameOptions = {}): ParsedFrame | ParsedShowExistingFrame {
  traceOf(options);
  return readFrame(bytesOf(source, "a frame"), options);
}

/** `parseFrame` with arguments that have been checked. */
export function readFrame(
  bytes: Uint8Array,
  { references = [], trace, byte = -1 }: ParseFrameOptions,
): ParsedFrame | ParsedShowExistingFrame {
  trace?.unit({ name: FRAME_NAME, byte, bytes });
  const header = uncompressed_header(frameReader(bytes, trace), references);
  if (header.show_existing_frame) return { header, compressed: null };
  const at = header.uncompressed_header_size;
  const end = at + header.header_size_in_bytes;
  if (end >= bytes.length) {
    const reason = `${header.header_size_in_bytes} bytes, and ${bytes.length - at} are left for it and the tiles`;
    throw new BitstreamError("wrong-size", reason, { unit: FRAME_NAME, element: "header_size_in_bytes" });
  }
  checkTiles(bytes, end, header);
  return { header, compressed: compressed_header(bytes.subarray(at, end), header, { byte: at, trace }) };
}

/** 6.4: checks the sizes that stand before every tile but the last. */
function checkTiles(bytes: Uint8Array, from: number, { tile_info }: UncompressedHeader): void {
  const count = 1 << (tile_info.tile_cols_log2 + tile_info.tile_rows_log2);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = from;
  for (let i = 0; i < count - 1; i++) {
    const left = bytes.length - at - 4;
    const tile_size = left < 0 ? 0 : view.getUint32(at);
    if (tile_size === 0 || tile_size >= left) {
      const reason = left < 0 ? "the frame ends here" : `${tile_size} bytes, and ${left} are left`;
      throw new BitstreamError("wrong-size", reason, { unit: FRAME_NAME, element: `tile_size[${i}]`, bit: at * 8 });
    }
    at += 4 + tile_size;
  }
}

/** The elements of a frame that can be read without its references. */
export interface FrameStart {
  readonly show_existing_frame: number;
  readonly frame_type: number;
  readonly show_frame: number;
  readonly intra_only: number;
}

/** Reads the beginning of the uncompressed header: 6.2. */
export function startOf(bytes: Uint8Array): FrameStart {
  const r = frameReader(bytes);
  r.f(2, 2, "frame_marker");
  const profile_low_bit = r.flag("profile_low_bit");
  const profile_high_bit = r.flag("profile_high_bit");
  if (profile_low_bit && profile_high_bit) r.f(1, 0, "reserved_zero");
  const show_existing_frame = r.flag("show_existing_frame");
  if (show_existing_frame) return { show_existing_frame, frame_type: NON_KEY_FRAME, show_frame: 1, intra_only: 0 };
  const frame_type = r.u(1, "frame_type");
  const show_frame = r.flag("show_frame");
  r.flag("error_resilient_mode");
  const intra_only = frame_type !== KEY_FRAME && show_frame === 0 ? r.flag("intra_only") : 0;
  return { show_existing_frame, frame_type, show_frame, intra_only };
}

/** Whether a frame is shown or shows an existing one. False for bytes that are not a frame. */
export function isToShow(bytes: Uint8Array): boolean {
  try {
    return startOf(bytes).show_frame === 1;
  } catch (error) {
    if (error instanceof BitstreamError) return false;
    throw error;
  }
}
