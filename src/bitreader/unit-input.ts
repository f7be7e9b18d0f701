import type { StreamUnit } from "./byte-stream.ts";
import { ByteStream, unitsOfPacket } from "./byte-stream.ts";
import { LengthPrefixedStream } from "./length-prefixed.ts";

/** The units of a session's input, in packets or as a stream, behind start codes or behind length prefixes. */
export class UnitInput {
  /** 0: start codes. */
  private lengthSize = 0;
  private received = 0;
  private stream: ByteStream | LengthPrefixedStream | null = null;

  /** @param lengthSize bytes of each length prefix, 1 to 4; 0 for start codes. Ends the stream. */
  frameBy(lengthSize: number): void {
    this.stream = null;
    this.lengthSize = lengthSize;
  }

  /** The units of a packet that holds whole ones; the last one is `truncated` where the packet is too short for it. */
  packet(bytes: Uint8Array): StreamUnit[] {
    const origin = this.received;
    this.received += bytes.length;
    if (this.lengthSize === 0) return unitsOfPacket(bytes, origin);
    const stream = new LengthPrefixedStream(this.lengthSize, origin);
    return [...stream.push(bytes), ...stream.flush()];
  }

  /** The units that the next bytes of a stream complete: views of copies, because the caller may use `bytes` again. */
  push(bytes: Uint8Array): StreamUnit[] {
    this.stream ??=
      this.lengthSize === 0 ? new ByteStream(this.received) : new LengthPrefixedStream(this.lengthSize, this.received);
    this.received += bytes.length;
    return this.stream.push(this.lengthSize === 0 ? bytes : bytes.slice());
  }

  /** The unit in which the stream ends. */
  end(): StreamUnit[] {
    const units = this.stream?.flush() ?? [];
    this.stream = null;
    return units;
  }
}
