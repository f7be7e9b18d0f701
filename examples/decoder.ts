/**
 * The loop of a decoder: packets in, and what a thin ioctl submitter has to do out, in the order that works on every
 * driver. The submitter itself is the caller's.
 */
import type { Control, DecodeEvent } from "v4l2-stateless";
import { copyBitstream, openSession } from "v4l2-stateless";

/** The ioctls, in words. Methods return when the kernel has taken the call. */
export interface Device {
  /** S_FMT(OUTPUT), S_EXT_CTRLS, G_FMT and S_FMT(CAPTURE), REQBUFS, STREAMON; drains and frees what was there before. */
  configure(
    pixelFormat: number,
    width: number,
    height: number,
    captureBuffers: number,
    controls: readonly Control[],
  ): void;
  /** A mapped OUTPUT buffer. */
  outputBuffer(): Uint8Array;
  /** S_EXT_CTRLS with the request's fd, QBUF of the OUTPUT buffer with its timestamp, MEDIA_REQUEST_IOC_QUEUE. */
  queue(bytesUsed: number, timestamp: number, hold: boolean, controls: readonly Control[]): void;
  /** The CAPTURE buffer with this timestamp is the next to show. */
  show(timestamp: number): void;
  /** The CAPTURE buffer with this timestamp can be queued again once it has been shown. */
  release(timestamp: number): void;
  warn(message: string): void;
}

/** Decodes packets of whole access units. @param avcC the container's record where units are length-prefixed, or null. */
export function decode(packets: Iterable<Uint8Array>, avcC: Uint8Array | null, device: Device): void {
  const session = openSession("h264");
  const drive = (events: readonly DecodeEvent[]) => {
    for (const event of events) perform(event, device);
  };
  drive(session.configure(avcC));
  for (const packet of packets) drive(session.decode(packet));
  drive(session.flush());
}

function perform(event: DecodeEvent, device: Device): void {
  switch (event.type) {
    case "sequence":
      if (!event.realloc) return; // Only the visible rectangle or the colour is new.
      device.configure(event.pixelFormat, event.codedWidth, event.codedHeight, event.captureBuffers, event.controls);
      return;
    case "request": {
      const bytesUsed = copyBitstream(event, device.outputBuffer());
      device.queue(bytesUsed, event.timestamp, event.hold, event.controls);
      return;
    }
    case "output":
      device.show(event.timestamp);
      return;
    case "release":
      device.release(event.timestamp);
      return;
    case "error":
      device.warn(event.message);
      return;
  }
}
