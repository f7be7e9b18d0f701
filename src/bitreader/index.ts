/** Reading bits; and the start-code scan, which finds what to read them from. */
export type { StreamUnit } from "../framing/byte-stream.ts";
export { ByteStream, UNIT_LIMIT, unitsOfPacket } from "../framing/byte-stream.ts";
export { LengthPrefixedStream } from "../framing/length-prefixed.ts";
export { findStartCode } from "../framing/start-code.ts";
export type { BitReaderOptions } from "./bit-reader.ts";
export { BitReader } from "./bit-reader.ts";
export type { BoolDecoderOptions, BoolDecoderState } from "./bool-decoder.ts";
export { BoolDecoder } from "./bool-decoder.ts";
export { LittleEndianReader } from "./little-endian-reader.ts";
export type { Descriptor, Trace, TraceElement, TraceUnit } from "./trace.ts";
export { elementPath } from "./trace.ts";
