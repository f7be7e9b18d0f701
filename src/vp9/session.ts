/** Takes packets, and decodes their frames in order (Annex B). */

import { IvfStream, ivfFourccs } from "../containers/ivf.ts";
import type { Session } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { PacketDecoder } from "../session/packet-decoder.ts";
import { sessionOf } from "../session/session-calls.ts";
import { isToShow } from "./parser.ts";
import { PictureDecoder } from "./pictures.ts";
import { FRAME_NAME, framesOfPacket } from "./units.ts";

/**
 * Opens a session: the state of one VP9 decoder. `decode` takes a packet, `push` an IVF file.
 *
 * @throws TypeError where an option has a value that it cannot have.
 */
export function openVp9Session(options: SessionOptions = {}): Session {
  const decoder = new Vp9Decoder(resolveOptions(options));
  return sessionOf(decoder, decoder.sink);
}

class Vp9Decoder extends PacketDecoder {
  protected readonly pictures: PictureDecoder;

  constructor(options: ResolvedOptions) {
    super(
      options.trace,
      () => FRAME_NAME,
      (origin) => new IvfStream(origin, ivfFourccs.vp9),
    );
    this.pictures = new PictureDecoder(options, this.sink);
  }

  /**
   * Outputs one picture for each packet. Where several frames of a superframe are shown (spatial layers), it is the last, as in
   * libvpx.
   */
  protected readPacket(packet: StreamUnit, pts: number | undefined): void {
    if (packet.bytes.length === 0) {
      this.sink.report("no-unit", "the packet is empty", packet);
      this.pictures.lose();
      return;
    }
    const { frames, error } = framesOfPacket(packet.bytes, packet.byte, this.trace);
    // A packet with one frame shows it if its header says so.
    const shown = frames.length === 1 ? 0 : frames.map(({ bytes }) => isToShow(bytes)).lastIndexOf(true);
    for (const [i, frame] of frames.entries()) {
      if (!this.sink.guard(frame, () => this.pictures.decodeFrame(frame, pts, i === shown))) this.pictures.lose();
    }
    if (error) {
      this.sink.error(error, packet);
      this.pictures.lose();
    }
  }
}
