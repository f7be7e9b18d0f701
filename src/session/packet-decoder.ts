/**
 * The part that is common to the sessions of VP8 and VP9, whose streams are packets: it hands the packets of a caller or of an
 * IVF file to the codec.
 */

import type { StreamError } from "../errors.ts";
import { type StreamUnit, streamUnit } from "../framing/byte-stream.ts";
import type { ResolvedOptions } from "../options.ts";
import { EventSink } from "./event-sink.ts";
import type { InputDecoder } from "./session-calls.ts";

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

/** Decodes packets: `decode` takes one, `push` a file of them, whose pts come back in the `output` events. */
export abstract class PacketDecoder implements InputDecoder {
  readonly sink: EventSink;
  protected readonly trace: ResolvedOptions["trace"];
  protected abstract readonly pictures: { lose(): void; reset(): void };
  readonly #openFile: (origin: number) => PacketFile;
  #file: PacketFile | null = null;
  #received = 0;

  /**
   * @param nameOf what messages call a frame.
   * @param openFile begins a file whose first byte has the offset `origin` in all the bytes given.
   */
  constructor(
    trace: ResolvedOptions["trace"],
    nameOf: (frame: Uint8Array) => string,
    openFile: (origin: number) => PacketFile,
  ) {
    this.trace = trace;
    this.sink = new EventSink(nameOf);
    this.#openFile = openFile;
  }

  /** Reads a whole packet, which may be empty. Throws nothing: an error becomes an event. */
  protected abstract readPacket(packet: StreamUnit, pts: number | undefined): void;

  decode(bytes: Uint8Array, pts: number | undefined): void {
    const byte = this.#received;
    this.#received += bytes.length;
    this.readPacket(streamUnit(bytes, byte), pts);
  }

  push(bytes: Uint8Array): void {
    this.#file ??= this.#openFile(this.#received);
    this.#received += bytes.length;
    this.#readFile((file) => file.push(bytes));
  }

  /** Ignores the record (vpcC): the frames themselves say all that is in it. */
  configure(): void {}

  endStream(): void {
    this.#readFile((file) => file.flush());
    this.#file = null;
  }

  flush(): void {
    this.pictures.reset();
  }

  reset(): void {
    this.#file = null;
    this.pictures.reset();
  }

  /** Decodes the packets that `step` finds in the file. An error in the file's own structure is reported once. */
  #readFile(step: (file: PacketFile) => FilePacket[]): void {
    const file = this.#file;
    if (file === null) return;
    let packets: FilePacket[] = [];
    this.sink.guard(undefined, () => {
      packets = step(file);
    });
    for (const { data: bytes, byte, truncated, pts, error } of packets) {
      const packet = streamUnit(bytes, byte, truncated);
      if (error !== undefined) {
        this.sink.error(error, undefined);
        this.pictures.lose();
      } else if (truncated) {
        this.sink.report("cut-off", `the frame is cut off after ${bytes.length} bytes`, packet);
        this.pictures.lose();
      } else this.readPacket(packet, pts);
    }
  }
}
