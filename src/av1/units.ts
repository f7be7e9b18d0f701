/** Finds the OBUs of a packet: clauses 5.2 and 5.3, and Annex B. */

import { ObuReader, type Trace } from "../bitreader/index.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import { BitstreamError } from "../errors.ts";
import { type StreamUnit, streamUnit } from "../framing/byte-stream.ts";
import { beginsWithTemporalUnit, isTemporalUnit, leb128At, obuHeaderBytes } from "../framing/obu.ts";
import type { ObuHeader } from "./structures.ts";
import { obu_header } from "./syntax.ts";
import {
  OBU_FRAME,
  OBU_FRAME_HEADER,
  OBU_METADATA,
  OBU_PADDING,
  OBU_REDUNDANT_FRAME_HEADER,
  OBU_SEQUENCE_HEADER,
  OBU_TEMPORAL_DELIMITER,
  OBU_TILE_GROUP,
  OBU_TILE_LIST,
} from "./tables.ts";

const typeNames: Readonly<Record<number, string>> = {
  [OBU_SEQUENCE_HEADER]: "OBU_SEQUENCE_HEADER",
  [OBU_TEMPORAL_DELIMITER]: "OBU_TEMPORAL_DELIMITER",
  [OBU_FRAME_HEADER]: "OBU_FRAME_HEADER",
  [OBU_TILE_GROUP]: "OBU_TILE_GROUP",
  [OBU_METADATA]: "OBU_METADATA",
  [OBU_FRAME]: "OBU_FRAME",
  [OBU_REDUNDANT_FRAME_HEADER]: "OBU_REDUNDANT_FRAME_HEADER",
  [OBU_TILE_LIST]: "OBU_TILE_LIST",
  [OBU_PADDING]: "OBU_PADDING",
};

/** By obu_type: made once, because each OBU has its name. */
const obuNames: readonly string[] = /* @__PURE__ */ Array.from(
  { length: 16 },
  (_, type) => `${typeNames[type] ?? "reserved_obu"} (obu_type ${type})`,
);

/** The name of an OBU by its first byte: `"OBU_FRAME (obu_type 6)"`. */
export function obuName(obu: Uint8Array): string {
  return obu.length === 0 ? "an OBU without a byte" : (obuNames[obuType(obu)] as string);
}

/** The type of an OBU, by its first byte. */
export function obuType(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) >> 3) & 15;
}

/** Whether an OBU begins a temporal unit. */
export function isTemporalDelimiter(bytes: Uint8Array): boolean {
  return obuType(bytes) === OBU_TEMPORAL_DELIMITER;
}

/** The OBUs of a packet, and what is wrong with what comes after them. */
export interface PacketObus {
  readonly obus: readonly StreamUnit[];
  readonly error: BitstreamError | undefined;
}

/**
 * The OBUs of a packet, each with its header. The bytes of a packet show whether it is a temporal unit of Annex B, or OBUs
 * with sizes of their own; the last of these may have none, as some muxers leave it out. Where a size is wrong, the OBUs before the
 * error are returned.
 *
 * @param byte offset of the packet in the stream.
 * @param trace receives the lengths of Annex B.
 */
export function obusOfPacket(source: ByteSource, byte = -1, trace?: Trace): PacketObus {
  const packet = bytesOf(source, "a packet");
  if (isTemporalUnit(packet)) return obusOfTemporalUnit(packet, byte, trace);
  const obus: StreamUnit[] = [];
  const error = cutObus(packet, byte, obus);
  // A temporal unit of Annex B that is cut off, or has other bytes after it, is no chain of OBUs with sizes.
  const isChain = error === undefined && beginsPacket.includes(obuType(packet)) && obus.every(hasSize);
  if (!isChain && beginsWithTemporalUnit(packet)) return obusOfTemporalUnit(packet, byte, trace);
  return { obus, error };
}

/** The bytes of an av1C record before its OBUs. */
const RECORD_BYTES = 4;

/**
 * The OBUs of an av1C record: AV1 Codec ISO Media File Format Binding, 2.3.3.
 *
 * @throws BitstreamError where it is none.
 */
export function obusOfConfiguration(record: Uint8Array): PacketObus {
  if (record[0] !== 0x81 || record.length < RECORD_BYTES) {
    const reason = `an av1C record begins with 81 and has ${RECORD_BYTES} bytes or more`;
    throw new BitstreamError("wrong-fixed-bits", reason, { unit: "av1C" });
  }
  return obusOfPacket(record.subarray(RECORD_BYTES));
}

/** The types of the first OBU of a temporal unit: 7.5, where the delimiter may have been left out. */
const beginsPacket: readonly number[] = [
  OBU_TEMPORAL_DELIMITER,
  OBU_SEQUENCE_HEADER,
  OBU_METADATA,
  OBU_FRAME_HEADER,
  OBU_FRAME,
];

function hasSize({ bytes }: StreamUnit): boolean {
  return ((bytes[0] as number) & 2) !== 0;
}

/** Adds the OBUs of clause 5.2 to `obus`. */
function cutObus(bytes: Uint8Array, byte: number, obus: StreamUnit[]): BitstreamError | undefined {
  let at = 0;
  while (at < bytes.length) {
    const rest = bytes.subarray(at);
    const place = { unit: obuName(rest), byte: byte < 0 ? undefined : byte + at };
    const headerBytes = obuHeaderBytes(rest[0] as number);
    let end = rest.length;
    if ((rest[0] as number) & 2) {
      const size = leb128At(rest, headerBytes);
      if (!size) {
        const reason = size === null ? "it has more than 32 bits" : "the bytes end here";
        return new BitstreamError(size === null ? "value-out-of-range" : "cut-off", reason, {
          ...place,
          element: "obu_size",
        });
      }
      end = headerBytes + size.bytes + size.value;
      if (end > rest.length) {
        const left = rest.length - headerBytes - size.bytes;
        const reason = `${size.value} bytes, and ${left} are left`;
        return new BitstreamError("wrong-size", reason, { ...place, element: "obu_size" });
      }
    }
    obus.push(streamUnit(rest.subarray(0, end), byte < 0 ? -1 : byte + at));
    at += end;
  }
  return undefined;
}

/** B.2: temporal_unit, frame_unit, obu_length. What comes after the temporal unit is not read. */
function obusOfTemporalUnit(packet: Uint8Array, byte: number, trace: Trace | undefined): PacketObus {
  const obus: StreamUnit[] = [];
  const lengths = new LengthReader(packet, byte, trace);
  try {
    const unitEnd = lengths.read("temporal_unit", "temporal_unit_size", packet.length);
    while (lengths.at < unitEnd) {
      const frameEnd = lengths.read("frame_unit", "frame_unit_size", unitEnd);
      while (lengths.at < frameEnd) {
        const end = lengths.read("frame_unit", "obu_length", frameEnd);
        const bytes = packet.subarray(lengths.at, end);
        if (bytes.length > 0) obus.push(streamUnit(bytes, byte < 0 ? -1 : byte + lengths.at));
        lengths.at = end;
      }
    }
    if (unitEnd < packet.length) {
      const reason = `${packet.length - unitEnd} bytes come after the temporal unit; they are not read`;
      const place = { unit: "temporal_unit", element: "temporal_unit_size", byte: byte < 0 ? undefined : byte };
      return { obus, error: new BitstreamError("wrong-size", reason, place) };
    }
  } catch (error) {
    if (error instanceof BitstreamError) return { obus, error };
    throw error;
  }
  return { obus, error: undefined };
}

/** Reads the lengths of Annex B. */
class LengthReader {
  at = 0;
  readonly #packet: Uint8Array;
  readonly #byte: number;
  readonly #trace: Trace | undefined;

  constructor(packet: Uint8Array, byte: number, trace: Trace | undefined) {
    this.#packet = packet;
    this.#byte = byte;
    this.#trace = trace;
  }

  /** Reads a length, and returns where what it counts ends: at `most` or before. */
  read(unit: string, name: string, most: number): number {
    const bytes = this.#packet.subarray(this.at, Math.min(most, this.at + 8));
    const byte = this.#byte < 0 ? -1 : this.#byte + this.at;
    const length = leb128At(bytes, 0);
    this.#trace?.unit({ name: unit, byte, bytes: length ? bytes.subarray(0, length.bytes) : bytes });
    const r = new ObuReader(bytes, { unit, trace: this.#trace });
    const value = r.leb128(name);
    this.at += r.position / 8;
    const end = this.at + value;
    if (end > most) r.failAs("wrong-size", `${value} bytes, and ${most - this.at} are left`, r.position, name);
    return end;
  }
}

/** An OBU whose header has been read. */
export interface Obu {
  readonly header: ObuHeader;
  /** Reads its payload. */
  readonly reader: ObuReader;
  /** Offset of the payload in the OBU. */
  readonly payloadAt: number;
  readonly payload: Uint8Array;
}

/**
 * 5.3.1, up to the payload.
 *
 * @throws BitstreamError where the header breaks the specification, or obu_size does not fit.
 */
export function readObu({ bytes, byte }: StreamUnit, trace?: Trace): Obu {
  const unit = obuName(bytes);
  trace?.unit({ name: unit, byte, bytes });
  const reader = new ObuReader(bytes, { unit, trace });
  const header = obu_header(reader);
  let end = bytes.length;
  if (header.obu_has_size_field) {
    const obu_size = reader.leb128("obu_size");
    const left = bytes.length - reader.position / 8;
    if (obu_size > left) reader.failAs("wrong-size", `${obu_size} bytes, and ${left} are left`, 8, "obu_size");
    end = reader.position / 8 + obu_size;
  }
  const payloadAt = reader.position / 8;
  return { header, reader, payloadAt, payload: bytes.subarray(payloadAt, end) };
}
