/** The order of frames (Annex B), and what becomes of each. */
import type { StreamUnit } from "../bitreader/index.ts";
import type { ChunkInfo, DecodeEvent, PacketInfo, Session } from "../events.ts";
import { type IvfFrame, IvfStream } from "../ivf.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { checkConfigureArgument, checkDecodeArguments, checkPushArguments, EventSink } from "../session-support.ts";
import { isToShow } from "./parser.ts";
import { PictureDecoder } from "./pictures.ts";
import { FRAME_NAME, framesOfPacket } from "./units.ts";

/** A VP9 decoder's state. `push` takes an IVF file. Throws TypeError for wrong options. */
export function openVp9Session(options: SessionOptions = {}): Session {
  return new Vp9Session(resolveOptions(options));
}

class Vp9Session implements Session {
  private readonly sink = new EventSink(() => FRAME_NAME);
  private readonly pictures: PictureDecoder;
  private stream: IvfStream | null = null;
  private received = 0;

  constructor(options: ResolvedOptions) {
    this.pictures = new PictureDecoder(options, this.sink);
  }

  decode(packet: Uint8Array, info?: PacketInfo): DecodeEvent[] {
    checkDecodeArguments(packet, info);
    return this.sink.during(() => {
      this.endStream();
      const byte = this.received;
      this.received += packet.length;
      this.packet({ bytes: packet, byte, truncated: false }, info?.pts);
    });
  }

  /** VP9 has no start codes: what can be cut is an IVF file, whose pts come back in the `output` events. */
  push(chunk: Uint8Array, info?: ChunkInfo): DecodeEvent[] {
    checkPushArguments(chunk, info);
    return this.sink.during(() => {
      this.stream ??= new IvfStream(this.received, undefined, "VP90");
      this.received += chunk.length;
      const { stream } = this;
      this.sink.guard(undefined, () => this.ivfFrames(stream.push(chunk)));
    });
  }

  /** A container's record (vpcC) says nothing that the frames do not say. */
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
    const { stream } = this;
    this.stream = null;
    if (stream !== null) this.sink.guard(undefined, () => this.ivfFrames(stream.flush()));
  }

  private ivfFrames(frames: readonly IvfFrame[]): void {
    for (const { data, byte, truncated, pts } of frames) this.packet({ bytes: data, byte, truncated }, pts);
  }

  /** A packet shows one picture; of several (spatial layers in a superframe) the last, as libvpx does. */
  private packet(packet: StreamUnit, pts: number | undefined): void {
    if (packet.truncated || packet.bytes.length === 0) {
      const reason = packet.truncated
        ? `the frame is cut off after ${packet.bytes.length} bytes`
        : "the packet is empty";
      this.sink.report("bitstream", reason, packet);
      this.pictures.lost();
      return;
    }
    const { frames, error } = framesOfPacket(packet.bytes, packet.byte);
    const shown = frames.map(({ bytes }) => isToShow(bytes)).lastIndexOf(true);
    for (const [i, frame] of frames.entries()) {
      if (!this.sink.guard(frame, () => this.pictures.frame(frame, pts, i === shown))) this.pictures.lost();
    }
    if (error) {
      this.sink.error(error, packet);
      this.pictures.lost();
    }
  }
}
