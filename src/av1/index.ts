/**
 * AV1: the stateless parser, the session, and the controls, each usable alone. AV1 specification, version 1.0.0 with errata 1.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { obusOfPacket, parseFrameHeader, parseSequenceHeader } from "v4l2-stateless/av1";
 *
 * // An IVF file: 32 bytes, then each temporal unit after 12 bytes of its own.
 * const file = readFileSync("test/fixtures/av1_10bit_hdr.ivf");
 * const { obus } = obusOfPacket(file.subarray(44, 44 + file.readUInt32LE(32)));
 * const [, sequenceHeader, ...others] = obus.map(({ bytes }) => bytes);
 * if (sequenceHeader === undefined) throw new Error("the temporal unit has no sequence header");
 *
 * const sequence = parseSequenceHeader(sequenceHeader);
 * const frame = others.find((obu) => obu[0]! >> 3 === 6); // OBU_FRAME
 * if (frame === undefined) throw new Error("the temporal unit has no frame");
 * const { header } = parseFrameHeader(frame, sequence);
 * if (!header.show_existing_frame) console.log(sequence.color_config.BitDepth, header.frame_type, header.OrderHint); // 10 0 0
 * ```
 *
 * @module
 */
export { av1FilmGrain, av1Frame, av1Sequence, av1TileGroupEntries, setTileGroupEntry } from "./controls.ts";
export type { References } from "./frame-refs.ts";
export type { ParsedFrameHeader, ParseFrameOptions, ParseOptions, Tile, TileGroup } from "./parser.ts";
export { parseFrameHeader, parseMetadata, parseSequenceHeader, parseTileGroup } from "./parser.ts";
export { openAv1Session } from "./session.ts";
export * from "./structures.ts";
export type { PacketObus } from "./units.ts";
export { obusOfPacket } from "./units.ts";
