import type { StreamUnit } from "./byte-stream.ts";
import { ByteStream, unitsOfPacket } from "./byte-stream.ts";
import { LengthPrefixedStream } from "./length-prefixed.ts";

/** The units of a session's input, in packets or as a stream, with start codes or length prefixes. */
export class UnitInput {
  /** 0: start codes. */
  private lengthSize = 0;
  /** Bytes given so far. */
  received = 0;
  private stream: ByteStream | LengthPrefixedStream | null = null;
  /** Of the stream that is being pushed, or was last. */
  private streamBytes = 0;
  private streamUnits = 0;
  private readonly keepZeros: boolean;

  /** Bytes between the beginnings of what frames a unit and of the unit. */
  get prefixSize(): number {
    return this.lengthSize === 0 ? 3 : this.lengthSize;
  }

  /** @param keepZeros Whether zero bytes after a unit belong to it: see `ByteStream`. */
  constructor(keepZeros = false) {
    this.keepZeros = keepZeros;
  }

  /** @param lengthSize bytes of each length prefix, 1 to 4; 0 for start codes. Ends the stream. */
  frameBy(lengthSize: number): void {
    this.stream = null;
    this.lengthSize = lengthSize;
  }

  /** The units of a packet that holds whole ones; the last one is `truncated` where the packet is too short for it. */
  packet(bytes: Uint8Array): StreamUnit[] {
    const origin = this.received;
    this.received += bytes.length;
    if (this.lengthSize === 0) return unitsOfPacket(bytes, origin, this.keepZeros);
    const stream = new LengthPrefixedStream(this.lengthSize, origin);
    return [...stream.push(bytes), ...stream.flush()];
  }

  /** The units that the next bytes of a stream complete: views of copies, because the caller may use `bytes` again. */
  push(bytes: Uint8Array): StreamUnit[] {
    if (this.stream === null) {
      const { lengthSize, received, keepZeros } = this;
      this.stream =
        lengthSize === 0 ? new ByteStream(received, keepZeros) : new LengthPrefixedStream(lengthSize, received);
      this.streamBytes = this.streamUnits = 0;
    }
    this.received += bytes.length;
    this.streamBytes += bytes.length;
    const units = this.stream.push(this.lengthSize === 0 ? bytes : bytes.slice());
    this.streamUnits += units.length;
    return units;
  }

  /** The unit that has begun ends here, and is whole. */
  endUnit(): StreamUnit[] {
    const units = this.stream?.flush() ?? [];
    this.streamUnits += units.length;
    return units;
  }

  /** Bytes of the stream are missing here: the unit that has begun, cut off. The next ones begin at a start code or prefix. */
  cut(): StreamUnit[] {
    return this.endUnit().map((unit) => ({ ...unit, truncated: true }));
  }

  /** The unit in which the stream ends, and whether bytes were pushed in which there was no unit at all. */
  end(): { units: StreamUnit[]; hadNoUnit: boolean } {
    if (this.stream === null) return { units: [], hadNoUnit: false };
    const units = this.stream.flush();
    this.stream = null;
    return { units, hadNoUnit: this.streamBytes > 0 && this.streamUnits + units.length === 0 };
  }
}
