import { BitstreamError } from "../errors.ts";
import type { StreamUnit } from "./byte-stream.ts";
import { UNIT_LIMIT } from "./byte-stream.ts";

/**
 * Cuts length-prefixed units (ISO/IEC 14496-15, 5.3.3 and 8.3.3) out of bytes that come in any pieces. Units are views
 * of the piece where they lie in one, otherwise of a copy.
 */
export class LengthPrefixedStream {
  private readonly lengthSize: number;
  private rest = new Uint8Array(0);
  /** Offset of `rest[0]` in the stream. */
  private origin: number;

  /** @param lengthSize bytes of each prefix, 1 to 4. @param origin offset of the first byte to come. */
  constructor(lengthSize: number, origin: number) {
    this.lengthSize = lengthSize;
    this.origin = origin;
  }

  /** Takes the next bytes and returns the units that are complete. */
  push(chunk: Uint8Array): StreamUnit[] {
    const bytes = this.rest.length === 0 ? chunk : concatenate(this.rest, chunk);
    const units: StreamUnit[] = [];
    let at = 0;
    while (at + this.lengthSize <= bytes.length) {
      const start = at + this.lengthSize;
      let length = 0;
      for (; at < start; at++) length = length * 256 + (bytes[at] as number);
      if (start + length > bytes.length) {
        at = start - this.lengthSize;
        this.checkLength(length);
        break;
      }
      at = start + length;
      if (length > 0) {
        units.push({ bytes: bytes.subarray(start, at), byte: this.origin + start, truncated: false });
      }
    }
    this.rest = bytes.slice(at);
    this.origin += at;
    return units;
  }

  /** The stream, or a packet of whole units, ends here. Throws BitstreamError where a unit is cut off. */
  flush(): void {
    const left = this.rest.length;
    this.rest = new Uint8Array(0);
    const byte = this.origin;
    this.origin += left;
    if (left > 0) throw new BitstreamError(`the input ends ${left} bytes into a length-prefixed unit`, { byte });
  }

  private checkLength(length: number): void {
    if (length <= UNIT_LIMIT) return;
    const byte = this.origin;
    this.rest = new Uint8Array(0);
    throw new BitstreamError(`a length prefix of ${length} bytes`, { byte });
  }
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
