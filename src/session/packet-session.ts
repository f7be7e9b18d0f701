/**
 * The part that is common to the sessions of VP8 and VP9, whose streams are packets: it hands the packets of a caller or of an
 * IVF file to the codec, and returns the events.
 */

import type { ByteSource } from "../bytes.ts";
import type { StreamError } from "../errors.ts";
import type { ChunkInfo, DecodeEvent, PacketInfo, Session } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import type { ResolvedOptions } from "../options.ts";
import { checkConfigureArgument, checkDecodeArguments, checkPushArguments } from "./check-arguments.ts";
import { EventSink } from "./event-sink.ts";

/** What a codec does with its packets. */
export interface PacketReader {
  readonly sink: EventSink;
  /** Reads a whole packet, which may be empty. Throws nothing: an error becomes an event. */
  readPacket(packet: StreamUnit, pts: number | undefined): void;
  /** Takes note of a packet that the file's end cuts off. The session has reported it. */
  losePacket(): void;
  /** Frees all pictures, at the end or before a seek. */
  reset(): void;
}

/** A reader whose frames go to the codec's pictures. */
export abstract class FrameReader implements PacketReader {
  readonly sink: EventSink;
  protected readonly trace: ResolvedOptions["trace"];
  protected abstract readonly pictures: { lose(): void; reset(): void };

  /** @param nameOf what messages call a frame. */
  constructor(trace: ResolvedOptions["trace"], nameOf: (frame: Uint8Array) => string) {
    this.trace = trace;
    this.sink = new EventSink(nameOf);
  }

  abstract readPacket(packet: StreamUnit, pts: number | undefined): void;

  losePacket(): void {
    this.pictures.lose();
  }

  reset(): void {
    this.pictures.reset();
  }
}

/** A packet of a file that is pushed. */
export interface FilePacket {
  readonly data: Uint8Array;
  readonly pts: number;
  /** Offset of `data` in all the bytes given so far. */
  readonly byte: number;
  /** The file ends before the packet does. */
  readonly truncated: boolean;
  /** Why packets may be missing here, where they are. */
  readonly error?: StreamError;
}

/**
 * Finds the packets of a file whose bytes come in pieces.
 *
 * @throws BitstreamError, UnsupportedError where the file is damaged, or cannot be read.
 */
export interface PacketFile {
  push(bytes: Uint8Array): FilePacket[];
  flush(): FilePacket[];
}

/**
 * A session whose packets `reader` decodes. `decode` takes a packet, `push` a file, whose pts come back in the `output` events.
 */
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

  /** Ignores a container's record (vpcC): the frames themselves say all that is in it. */
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

  /** Decodes the packets that `step` finds in the file. An error in the file's own structure is reported once. */
  #readFile(step: (file: PacketFile) => FilePacket[]): void {
    const reader = this.#reader;
    const file = this.#file;
    if (file === null) return;
    let packets: FilePacket[] = [];
    reader.sink.guard(undefined, () => {
      packets = step(file);
    });
    for (const { data: bytes, byte, truncated, pts, error } of packets) {
      const packet: StreamUnit = { bytes, byte, truncated };
      if (error !== undefined) {
        reader.sink.error(error, undefined);
        reader.losePacket();
      } else if (truncated) {
        reader.sink.report("cut-off", `the frame is cut off after ${bytes.length} bytes`, packet);
        reader.losePacket();
      } else reader.readPacket(packet, pts);
    }
  }
}
