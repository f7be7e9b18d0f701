/** The stateless parser: takes an OBU, and returns what it holds. Errors name the element and the bit. */

import type { ObuReader, Trace } from "../bitreader/index.ts";
import { traceOf } from "../bitreader/trace.ts";
import { type ByteSource, bytesOf, objectOf } from "../bytes.ts";
import { BitstreamError } from "../errors.ts";
import { streamUnit } from "../framing/byte-stream.ts";
import type { References } from "./frame-refs.ts";
import type {
  FrameHeader,
  Metadata,
  ObuHeader,
  SequenceHeader,
  ShowExistingFrame,
  TileGroupHeader,
  TileInfo,
} from "./structures.ts";
import {
  byte_alignment,
  metadata_obu,
  sequence_header_obu,
  tile_group_obu,
  trailing_bits,
  uncompressed_header,
} from "./syntax.ts";
import {
  KEY_FRAME,
  METADATA_TYPE_ITUT_T35,
  OBU_FRAME,
  OBU_FRAME_HEADER,
  OBU_METADATA,
  OBU_REDUNDANT_FRAME_HEADER,
  OBU_SEQUENCE_HEADER,
  OBU_TILE_GROUP,
} from "./tables.ts";
import { type Obu, obuName, readObu } from "./units.ts";

/** Options of the parsers. */
export interface ParseOptions {
  /** Receives the elements that are read. */
  readonly trace?: Trace | undefined;
  /** Offset of the OBU in the stream, for the trace. Default -1. */
  readonly byte?: number | undefined;
}

/** Options of `parseFrameHeader`. */
export interface ParseFrameOptions extends ParseOptions {
  /** The headers of the frames in the 8 reference slots, null where one is empty. Default: all empty. */
  readonly references?: References | undefined;
}

/** A frame header, and the layer that its OBU has. */
export interface ParsedFrameHeader {
  readonly obu: ObuHeader;
  readonly header: FrameHeader | ShowExistingFrame;
  /** The first tiles, in an OBU_FRAME. */
  readonly tileGroup: TileGroup | null;
}

/** A tile's bytes in the OBU's payload. */
export interface Tile {
  readonly TileNum: number;
  /** Offset in the payload. */
  readonly offset: number;
  readonly size: number;
}

/** The tiles of an OBU. */
export interface TileGroup extends TileGroupHeader {
  readonly tiles: readonly Tile[];
}

const noReferences: References = [null, null, null, null, null, null, null, null];

function open(source: ByteSource, types: readonly number[], options: ParseOptions): Obu {
  const trace = traceOf(options);
  const unit = streamUnit(bytesOf(source, "an OBU"), options.byte ?? -1);
  const obu = readObu(unit, trace);
  if (types.includes(obu.header.obu_type)) return obu;
  const expected = types.map((type) => obuName(Uint8Array.of(type << 3))).join(" or ");
  throw new BitstreamError("wrong-unit-type", `this parser reads ${expected}`, { unit: obuName(unit.bytes) });
}

/** 5.5: parses a sequence header OBU. */
export function parseSequenceHeader(source: ByteSource, options: ParseOptions = {}): SequenceHeader {
  return readSequenceHeader(open(source, [OBU_SEQUENCE_HEADER], options));
}

/** 5.8: parses a metadata OBU. Null for a type that the specification does not define. */
export function parseMetadata(source: ByteSource, options: ParseOptions = {}): Metadata {
  return readMetadata(open(source, [OBU_METADATA], options));
}

/**
 * 5.9, 5.10: parses an OBU_FRAME_HEADER, OBU_REDUNDANT_FRAME_HEADER or OBU_FRAME. What the frame inherits from its references is in the
 * header.
 *
 * @throws BitstreamError also where the header needs a reference that is not given.
 */
export function parseFrameHeader(
  source: ByteSource,
  sequence: SequenceHeader,
  options: ParseFrameOptions = {},
): ParsedFrameHeader {
  const obu = open(source, [OBU_FRAME_HEADER, OBU_REDUNDANT_FRAME_HEADER, OBU_FRAME], options);
  const { header, reader } = obu;
  if (!("seq_profile" in objectOf(sequence, "the sequence header"))) {
    throw new TypeError("the sequence header must be one that parseSequenceHeader returns");
  }
  const frame = uncompressed_header(reader, sequence, options.references ?? noReferences, header);
  if (header.obu_type !== OBU_FRAME) readTrailingBits(obu);
  else if (frame.show_existing_frame) failShown(reader);
  else {
    byte_alignment(reader);
    return { obu: header, header: frame, tileGroup: tilesOf(obu, frame.tile_info) };
  }
  return { obu: header, header: frame, tileGroup: null };
}

/** 5.11: parses an OBU_TILE_GROUP of a frame. */
export function parseTileGroup(source: ByteSource, header: FrameHeader, options: ParseOptions = {}): TileGroup {
  const { tile_info } = objectOf(header, "the frame header");
  return tilesOf(open(source, [OBU_TILE_GROUP], options), objectOf(tile_info, "tile_info of the frame header"));
}

function tilesOf(obu: Obu, tile_info: TileInfo): TileGroup {
  const tiles: Tile[] = [];
  const header = readTileGroup(obu, tile_info, (TileNum, offset, size) => tiles.push({ TileNum, offset, size }));
  return { ...header, tiles };
}

/** Reads a sequence header, with its trailing bits. */
export function readSequenceHeader(obu: Obu): SequenceHeader {
  const sequence = sequence_header_obu(obu.reader);
  readTrailingBits(obu);
  return sequence;
}

/** Reads metadata. The trailing bits are read where the type says where they are. */
export function readMetadata(obu: Obu): Metadata {
  const metadata = metadata_obu(obu.reader, obu.payload);
  if (metadata !== null && metadata.metadata_type !== METADATA_TYPE_ITUT_T35) readTrailingBits(obu);
  return metadata;
}

/** 5.3.1: the bits from here to the payload's end. An error in them is the reader's flaw. */
export function readTrailingBits({ reader, payloadAt, payload }: Obu): void {
  reader.tolerate(() => trailing_bits(reader, (payloadAt + payload.length) * 8 - reader.position));
}

/** An OBU_FRAME must have tiles: 6.8.2. @throws BitstreamError always. */
export function failShown(reader: ObuReader): never {
  reader.fail("an OBU_FRAME may not show an existing frame", 0, "show_existing_frame");
}

/**
 * 5.11.1: reads a tile group from its header on, and tells where its tiles are: their offsets in the payload, and their sizes
 * in bytes.
 *
 * @throws BitstreamError where a size does not fit.
 */
export function readTileGroup(
  { reader: r, payloadAt, payload }: Obu,
  tile_info: TileInfo,
  take: (TileNum: number, offset: number, size: number) => void,
): TileGroupHeader {
  const group = tile_group_obu(r, tile_info);
  const end = payloadAt + payload.length;
  for (let TileNum = group.tg_start; TileNum <= group.tg_end; TileNum++) {
    let tileSize = end - r.position / 8;
    if (TileNum < group.tg_end) {
      const { TileSizeBytes } = tile_info;
      const tile_size_minus_1 = r.le(TileSizeBytes, "tile_size_minus_1", TileNum);
      tileSize = tile_size_minus_1 + 1;
      const left = end - r.position / 8;
      if (tileSize >= left) failSize(r, tileSize, left, TileSizeBytes * 8, TileNum);
    } else if (tileSize <= 0) failSize(r, 1, 0, 0, TileNum);
    take(TileNum, r.position / 8 - payloadAt, tileSize);
    r.skipBytes(tileSize);
  }
  return group;
}

function failSize(r: ObuReader, tileSize: number, left: number, bits: number, TileNum: number): never {
  const reason = `tile ${TileNum} has ${tileSize} bytes or more, and ${Math.max(0, left)} are left`;
  r.failAs("wrong-size", reason, bits, "tile_size_minus_1", TileNum);
}

/** The elements of a frame header that can be read without its references. */
export interface FrameStart {
  readonly show_existing_frame: number;
  readonly frame_type: number;
  readonly show_frame: number;
}

/** Reads the beginning of a frame header: 5.9.2. `r` is at its first bit. */
export function readFrameStart(r: ObuReader, sequence: SequenceHeader): FrameStart {
  if (sequence.reduced_still_picture_header) return { show_existing_frame: 0, frame_type: KEY_FRAME, show_frame: 1 };
  const show_existing_frame = r.flag("show_existing_frame");
  if (show_existing_frame) return { show_existing_frame, frame_type: KEY_FRAME, show_frame: 1 };
  const frame_type = r.u(2, "frame_type");
  return { show_existing_frame, frame_type, show_frame: r.flag("show_frame") };
}
