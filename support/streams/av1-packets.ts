import { obusOfPacket } from "../../src/av1/index.ts";
import { ivfFrames } from "../../src/containers/ivf.ts";
import { joined } from "../../src/framing/bytes.ts";
import { beginsWithTemporalUnit, leb128At } from "../../src/framing/obu.ts";
import { BitWriter } from "../../src/testing/bit-writer.ts";

/** The OBUs of a packet, each with its header. */
export function obusOf(packet: Uint8Array): Uint8Array[] {
  return obusOfPacket(packet).obus.map(({ bytes }) => bytes);
}

/** The temporal units of a stream in any of its formats; those of Annex B with their lengths. */
export function temporalUnits(stream: Uint8Array): Uint8Array[] {
  if (String.fromCharCode(...stream.subarray(0, 4)) === "DKIF") return ivfFrames(stream).frames.map(({ data }) => data);
  if (beginsWithTemporalUnit(stream)) return annexBUnits(stream);
  const units: Uint8Array[][] = [];
  for (const obu of obusOf(stream)) {
    if ((obu[0] as number) >> 3 === 2 || units.length === 0) units.push([]);
    units.at(-1)!.push(obu);
  }
  return units.map((obus) => joined(obus));
}

function annexBUnits(stream: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const size = leb128At(stream, at);
    if (!size) break;
    units.push(stream.subarray(at, at + size.bytes + size.value));
    at += size.bytes + size.value;
  }
  return units;
}

/** The OBU with a size of its own, which says how long it is. */
export function withSize(obu: Uint8Array): Uint8Array {
  const first = obu[0] as number;
  const headerBytes = first & 4 ? 2 : 1;
  const before = first & 2 ? leb128At(obu, headerBytes) : null;
  const payload = obu.subarray(headerBytes + (before?.bytes ?? 0));
  const size = new BitWriter().leb128(payload.length < 128 ? 1 : payload.length < 16384 ? 2 : 4, payload.length);
  return joined([Uint8Array.of(first | 2), obu.subarray(1, headerBytes), size.bytes(), payload]);
}
