/** Takes packets, and reads and decodes the frame in each. */

import { IvfStream, ivfFourccs } from "../containers/ivf.ts";
import type { Session } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { PacketDecoder } from "../session/packet-decoder.ts";
import { sessionOf } from "../session/session-calls.ts";
import { readFrame } from "./parser.ts";
import { PictureDecoder } from "./pictures.ts";
import { unitName } from "./units.ts";

/**
 * Opens a session: the state of one VP8 decoder. `decode` takes a frame, `push` an IVF file.
 *
 * @throws TypeError where an option has a value that it cannot have.
 */
export function openVp8Session(options: SessionOptions = {}): Session {
  const decoder = new Vp8Decoder(resolveOptions(options));
  return sessionOf(decoder, decoder.sink);
}

class Vp8Decoder extends PacketDecoder {
  protected readonly pictures: PictureDecoder;

  constructor(options: ResolvedOptions) {
    super(options.trace, unitName, (origin) => new IvfStream(origin, ivfFourccs.vp8));
    this.pictures = new PictureDecoder(options, this.sink);
  }

  protected readPacket(packet: StreamUnit, pts: number | undefined): void {
    const { bytes, byte } = packet;
    if (bytes.length === 0) {
      this.pictures.repeatShown(packet, pts);
      return;
    }
    this.trace?.unit({ name: unitName(bytes), byte, bytes });
    const isRead = this.sink.guard(packet, () => {
      this.pictures.decodeFrame(readFrame(bytes, this.trace), packet, pts);
    });
    if (!isRead) this.pictures.lose();
  }
}
