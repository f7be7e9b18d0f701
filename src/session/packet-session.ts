/** What the sessions of codecs in packets, VP8 and VP9, have in common: from packets or an IVF file to calls, to events. */

import { type IvfFrame, IvfStream } from "../containers/ivf.ts";
import type { ChunkInfo, DecodeEvent, PacketInfo, Session } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import { checkConfigureArgument, checkDecodeArguments, checkPushArguments } from "./check-arguments.ts";
import type { EventSink } from "./event-sink.ts";

/** What a codec does with its packets. */
export interface PacketReader {
  readonly sink: EventSink;
  /** Reads a whole packet, which may be empty. It throws nothing: what is wrong becomes an event. */
  readPacket(packet: StreamUnit, pts: number | undefined): void;
  /** The file's end cuts a packet off; the session has reported it. */
  losePacket(): void;
  /** The end, or a seek: every picture is free. */
  reset(): void;
}

/** A session over `reader`. `decode` takes a packet, `push` an IVF file, whose pts come back in the `output` events. */
export class PacketSession implements Session {
  private readonly reader: PacketReader;
  private readonly fourcc: string;
  private stream: IvfStream | null = null;
  private received = 0;

  /** @param fourcc what an IVF file of the codec has. */
  constructor(reader: PacketReader, fourcc: string) {
    this.reader = reader;
    this.fourcc = fourcc;
  }

  decode(packet: Uint8Array, info?: PacketInfo): DecodeEvent[] {
    checkDecodeArguments(packet, info);
    return this.reader.sink.during(() => {
      this.endStream();
      const byte = this.received;
      this.received += packet.length;
      this.reader.readPacket({ bytes: packet, byte, truncated: false }, info?.pts);
    });
  }

  push(chunk: Uint8Array, info?: ChunkInfo): DecodeEvent[] {
    checkPushArguments(chunk, info);
    return this.reader.sink.during(() => {
      this.stream ??= new IvfStream(this.received, undefined, this.fourcc);
      this.received += chunk.length;
      this.fromStream((stream) => stream.push(chunk));
    });
  }

  /** A container's record (vpcC) says nothing that the frames do not say. */
  configure(record: Uint8Array | null): DecodeEvent[] {
    checkConfigureArgument(record);
    return this.reader.sink.during(() => this.endStream());
  }

  flush(): DecodeEvent[] {
    return this.reader.sink.during(() => {
      this.endStream();
      this.reader.reset();
    });
  }

  reset(): DecodeEvent[] {
    return this.reader.sink.during(() => {
      this.stream = null;
      this.reader.reset();
    });
  }

  private endStream(): void {
    this.fromStream((stream) => stream.flush());
    this.stream = null;
  }

  /** Decodes the frames that a step of the file gives. An error of the file itself is reported once. */
  private fromStream(step: (stream: IvfStream) => IvfFrame[]): void {
    const { stream, reader } = this;
    if (stream === null) return;
    let frames: IvfFrame[] = [];
    reader.sink.guard(undefined, () => {
      frames = step(stream);
    });
    for (const { data: bytes, byte, truncated, pts } of frames) {
      const packet: StreamUnit = { bytes, byte, truncated };
      if (truncated) {
        reader.sink.report("bitstream", `the frame is cut off after ${bytes.length} bytes`, packet);
        reader.losePacket();
      } else reader.readPacket(packet, pts);
    }
  }
}
