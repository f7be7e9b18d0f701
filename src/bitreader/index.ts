export type { BitReaderOptions } from "./bit-reader.ts";
export { BitReader } from "./bit-reader.ts";
export type { StreamUnit } from "./byte-stream.ts";
export { ByteStream, UNIT_LIMIT, unitsOfPacket } from "./byte-stream.ts";
export { LengthPrefixedStream } from "./length-prefixed.ts";
export { findStartCode } from "./start-code.ts";
export type { Descriptor, Trace, TraceElement, TraceUnit } from "./trace.ts";
export { elementPath } from "./trace.ts";
export { UnitInput } from "./unit-input.ts";
