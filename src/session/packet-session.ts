/** What the sessions of codecs in packets, VP8 and VP9, have in common: from packets or an IVF file to calls, to events. */

import type { ByteSource } from "../bytes.ts";
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

/** A packet of a file that is pushed. */
export interface FilePacket {
  readonly data: Uint8Array;
  readonly pts: number;
  /** Offset of `data` in all the bytes given so far. */
  readonly byte: number;
  /** The file ends before the packet does. */
  readonly truncated: boolean;
}

/**
 * Finds the packets of a file in its bytes, which come in pieces.
 *
 * @throws BitstreamError, UnsupportedError where the file is damaged, or cannot be read.
 */
export interface PacketFile {
  push(bytes: Uint8Array): FilePacket[];
  flush(): FilePacket[];
}

/** A session over `reader`. `decode` takes a packet, `push` a file, whose pts come back in the `output` events. */
export class PacketSession implements Session {
  readonly #reader: PacketReader;
  readonly #openFile: (origin: number) => PacketFile;
  #file: PacketFile | null = null;
  #received = 0;

  /** @param openFile begins a file whose first byte has the offset `origin` in all the bytes given. */
  constructor(reader: PacketReader, openFile: (origin: number) => PacketFile) {
    this.#reader = reader;
    this.#openFile = openFile;
  }

  decode(packet: ByteSource, info?: PacketInfo): DecodeEvent[] {
    const bytes = checkDecodeArguments(packet, info);
    return this.#reader.sink.during(() => {
      this.#endFile();
      const byte = this.#received;
      this.#received += bytes.length;
      this.#reader.readPacket({ bytes, byte, truncated: false }, info?.pts);
    });
  }

  push(chunk: ByteSource, info?: ChunkInfo): DecodeEvent[] {
    const bytes = checkPushArguments(chunk, info);
    return this.#reader.sink.during(() => {
      this.#file ??= this.#openFile(this.#received);
      this.#received += bytes.length;
      this.#readFile((file) => file.push(bytes));
    });
  }

  /** A container's record (vpcC) says nothing that the frames do not say. */
  configure(record: ByteSource | null): DecodeEvent[] {
    checkConfigureArgument(record);
    return this.#reader.sink.during(() => this.#endFile());
  }

  flush(): DecodeEvent[] {
    return this.#reader.sink.during(() => {
      this.#endFile();
      this.#reader.reset();
    });
  }

  reset(): DecodeEvent[] {
    return this.#reader.sink.during(() => {
      this.#file = null;
      this.#reader.reset();
    });
  }

  #endFile(): void {
    this.#readFile((file) => file.flush());
    this.#file = null;
  }

  /** Decodes the packets that a step through the file gives. An error of the file itself is reported once. */
  #readFile(step: (file: PacketFile) => FilePacket[]): void {
    const reader = this.#reader;
    const file = this.#file;
    if (file === null) return;
    let packets: FilePacket[] = [];
    reader.sink.guard(undefined, () => {
      packets = step(file);
    });
    for (const { data: bytes, byte, truncated, pts } of packets) {
      const packet: StreamUnit = { bytes, byte, truncated };
      if (truncated) {
        reader.sink.report("cut-off", `the frame is cut off after ${bytes.length} bytes`, packet);
        reader.losePacket();
      } else reader.readPacket(packet, pts);
    }
  }
}
