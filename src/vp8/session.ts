/** Frames, in packets or in an IVF file, and what becomes of each. */
import type { StreamUnit } from "../bitreader/index.ts";
import type { ChunkInfo, DecodeEvent, PacketInfo, Session } from "../events.ts";
import { type IvfFrame, IvfStream } from "../ivf.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { checkConfigureArgument, checkDecodeArguments, checkPushArguments, EventSink } from "../session-support.ts";
import { readFrame } from "./parser.ts";
import { PictureDecoder } from "./pictures.ts";
import { unitName } from "./units.ts";

/** A VP8 decoder's state. `decode` takes a frame, `push` an IVF file. Throws TypeError for wrong options. */
export function openVp8Session(options: SessionOptions = {}): Session {
  return new Vp8Session(resolveOptions(options));
}

class Vp8Session implements Session {
  private readonly trace: ResolvedOptions["trace"];
  private readonly sink = new EventSink(unitName);
  private readonly pictures: PictureDecoder;
  private stream: IvfStream | null = null;
  private received = 0;

  constructor(options: ResolvedOptions) {
    this.trace = options.trace;
    this.pictures = new PictureDecoder(options, this.sink);
  }

  decode(packet: Uint8Array, info?: PacketInfo): DecodeEvent[] {
    checkDecodeArguments(packet, info);
    return this.sink.during(() => {
      this.endStream();
      this.unit({ bytes: packet, byte: this.received, truncated: false }, info?.pts);
      this.received += packet.length;
    });
  }

  push(chunk: Uint8Array, info?: ChunkInfo): DecodeEvent[] {
    checkPushArguments(chunk, info);
    return this.sink.during(() => {
      this.stream ??= new IvfStream(this.received, undefined, "VP80");
      this.received += chunk.length;
      this.fromStream((stream) => stream.push(chunk));
    });
  }

  /** VP8 has no configuration record; nothing that a container could say of it matters here. */
  configure(record: Uint8Array | null): DecodeEvent[] {
    checkConfigureArgument(record);
    return this.sink.during(() => this.endStream());
  }

  flush(): DecodeEvent[] {
    return this.sink.during(() => {
      this.endStream();
      this.pictures.clear();
    });
  }

  reset(): DecodeEvent[] {
    return this.sink.during(() => {
      this.stream = null;
      this.pictures.clear();
    });
  }

  private endStream(): void {
    this.fromStream((stream) => stream.flush());
    this.stream = null;
  }

  /** Decodes the frames that a step of the stream gives; an error of the file's own ends it. */
  private fromStream(step: (stream: IvfStream) => IvfFrame[]): void {
    const { stream } = this;
    if (stream === null) return;
    let frames: IvfFrame[] = [];
    this.sink.guard(undefined, () => {
      frames = step(stream);
    });
    for (const { data, pts, byte, truncated } of frames) this.unit({ bytes: data, byte, truncated }, pts);
  }

  private unit(unit: StreamUnit, pts: number | undefined): void {
    if (unit.truncated) {
      this.sink.report("bitstream", `the frame is cut off after ${unit.bytes.length} bytes`, unit);
      return;
    }
    if (unit.bytes.length === 0) {
      this.pictures.empty(unit, pts);
      return;
    }
    this.trace?.unit({ name: unitName(unit.bytes), byte: unit.byte, bytes: unit.bytes });
    const isRead = this.sink.guard(unit, () => {
      this.pictures.frame(readFrame(unit.bytes, this.trace), unit, pts);
    });
    if (!isRead) this.pictures.lost();
  }
}
