/**
 * Reading bits, and the start code scan, which finds the units to read them from.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { BitReader, unitsOfPacket } from "v4l2-stateless/bitreader";
 *
 * const bytes = readFileSync("test/fixtures/h264_high_bpyramid.264");
 * const [unit] = unitsOfPacket(bytes, 0);
 * if (unit === undefined) throw new Error("the stream has no unit");
 * const reader = new BitReader(unit.bytes, { emulationPrevention: true });
 *
 * reader.f(1, 0, "forbidden_zero_bit");
 * console.log(reader.u(2, "nal_ref_idc"), reader.u(5, "nal_unit_type")); // 3 7
 * console.log(reader.u(8, "profile_idc"), reader.position); // 100 16
 * ```
 *
 * @module
 */
export type { StreamUnit } from "../framing/byte-stream.ts";
export { ByteStream, type Joins, UNIT_LIMIT, unitsOfPacket } from "../framing/byte-stream.ts";
export { LengthPrefixedStream } from "../framing/length-prefixed.ts";
export { findStartCode } from "../framing/start-code.ts";
export type { BitReaderOptions } from "./bit-reader.ts";
export { BitReader } from "./bit-reader.ts";
export type { BoolDecoderOptions, BoolDecoderState } from "./bool-decoder.ts";
export { BoolDecoder } from "./bool-decoder.ts";
export { LittleEndianReader } from "./little-endian-reader.ts";
export type { ObuReaderOptions } from "./obu-reader.ts";
export { ObuReader } from "./obu-reader.ts";
export type { Descriptor, Trace, TraceElement, TraceUnit } from "./trace.ts";
export { elementPath } from "./trace.ts";
