/** Takes packets, and reads and decodes the frame in each. */

import { IvfStream, ivfFourccs } from "../containers/ivf.ts";
import type { Session } from "../events.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { FrameReader, openPacketSession } from "../session/packet-session.ts";
import { readFrame } from "./parser.ts";
import { PictureDecoder } from "./pictures.ts";
import { unitName } from "./units.ts";

/**
 * Opens a session: the state of one VP8 decoder. `decode` takes a frame, `push` an IVF file.
 *
 * @throws TypeError where an option has a value that it cannot have.
 */
export function openVp8Session(options: SessionOptions = {}): Session {
  const openFile = (origin: number) => new IvfStream(origin, ivfFourccs.vp8);
  return openPacketSession(new Vp8Reader(resolveOptions(options)), openFile);
}

class Vp8Reader extends FrameReader {
  protected readonly pictures: PictureDecoder;

  constructor(options: ResolvedOptions) {
    super(options.trace, unitName);
    this.pictures = new PictureDecoder(options, this.sink);
  }

  readPacket(packet: StreamUnit, pts: number | undefined): void {
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
