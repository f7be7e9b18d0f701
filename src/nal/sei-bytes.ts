import type { BitReader } from "../bitreader/index.ts";

/**
 * payloadType or payloadSize of an SEI message: each ff_byte adds 255, and the last byte adds its value (7.3.2.3.1 of H.264,
 * 7.3.5 of H.265).
 */
export function readExtendedByte(r: BitReader, last: "last_payload_type_byte" | "last_payload_size_byte"): number {
  let value = 0;
  while (r.nextByte() === 0xff) {
    r.f(8, 0xff, "ff_byte");
    value += 255;
  }
  return value + r.u(8, last);
}
