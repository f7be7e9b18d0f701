/** The parts of a container's track as the byte stream that they were made from: for the rows that read the stream. */

import { isTemporalDelimiter, obusOfConfiguration, obusOfPacket, type PacketObus } from "../av1/units.ts";
import type { StreamPart } from "../containers/stream-part.ts";
import { joined } from "../framing/bytes.ts";
import { OBU_TEMPORAL_DELIMITER, obuHeaderBytes } from "../framing/obu.ts";
import { UnitInput } from "../framing/unit-input.ts";
import { parseAvcConfiguration } from "../h264/units.ts";
import { parseHevcConfiguration } from "../h265/units.ts";
import { startCodePrefix } from "../session/bitstream.ts";
import type { Configuration } from "../session/unit-session.ts";
import type { Codec } from "../uapi/codecs.ts";
import { unlessDamaged } from "./unless-damaged.ts";

/** Takes parts of a track, and returns the bytes that they stand for. */
type BytesOf = (part: StreamPart) => Uint8Array[];

/** Whether the codec has rows that read the stream: slice headers, parameter sets, frame headers. */
export function hasStreamRows(codec: Codec): boolean {
  return readers[codec] !== undefined;
}

/**
 * NAL units with start codes, OBUs of clause 5.2, or the packets one after the other. Units that are cut off and records that cannot be
 * read are left out, as the session leaves them out that reads the same parts, and says so.
 */
export function byteStreamOf(codec: Codec, parts: readonly StreamPart[]): Uint8Array {
  const bytesOf =
    readers[codec]?.() ?? ((part) => (part.kind === "chunk" || part.kind === "packet" ? [part.bytes] : []));
  return joined(parts.flatMap(bytesOf));
}

const readers: Readonly<Partial<Record<Codec, () => BytesOf>>> = {
  h264: () => nalUnits(parseAvcConfiguration),
  h265: () => nalUnits(parseHevcConfiguration),
  av1: sizedObus,
};

function nalUnits(parse: (record: Uint8Array) => Configuration): BytesOf {
  const input = new UnitInput();
  return (part) => {
    if (part.kind === "chunk") return [part.bytes];
    if (part.kind === "loss") return [];
    if (part.kind === "packet") {
      return input.unitsOf(part.bytes).flatMap(({ bytes, truncated }) => (truncated ? [] : [startCodePrefix(), bytes]));
    }
    const record = unlessDamaged(() => parse(part.bytes));
    if (record === undefined) return [];
    input.frameBy(record.lengthSize);
    return record.units.flatMap((unit) => [startCodePrefix(), unit]);
  };
}

/** A temporal delimiter, which containers leave out. */
const delimiter = Uint8Array.of((OBU_TEMPORAL_DELIMITER << 3) | 2, 0);

function sizedObus(): BytesOf {
  /** Those of the record belong to the temporal unit after it. */
  let waiting: Uint8Array[] = [];
  const bytesOf = ({ obus }: PacketObus) =>
    obus.flatMap(({ bytes }) => (isTemporalDelimiter(bytes) ? [] : withSize(bytes)));
  return (part) => {
    if (part.kind === "chunk") return [part.bytes];
    if (part.kind === "loss") return [];
    if (part.kind === "packet") {
      const unit = [delimiter, ...waiting, ...bytesOf(obusOfPacket(part.bytes))];
      waiting = [];
      return unit;
    }
    const record = unlessDamaged(() => obusOfConfiguration(part.bytes));
    waiting = record === undefined ? [] : bytesOf(record);
    return [];
  };
}

/** An OBU as clause 5.2 has it: those of Annex B, and a packet's last one, may have no size field. */
function withSize(obu: Uint8Array): Uint8Array[] {
  const [header = 0] = obu;
  if ((header & 2) !== 0) return [obu];
  const headerBytes = obuHeaderBytes(header);
  const payload = obu.subarray(headerBytes);
  const size: number[] = [];
  let left = payload.length;
  for (; left > 127; left >>>= 7) size.push((left & 127) | 128);
  size.push(left);
  return [Uint8Array.of(header | 2), obu.subarray(1, headerBytes), Uint8Array.from(size), payload];
}
