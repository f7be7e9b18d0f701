import type { OutputEvent } from "../events.ts";
import type { CaptureBuffer } from "./capture-pool.ts";

/** One piece of a picture's memory. */
export interface FramePlane {
  /** The device's own memory. */
  readonly bytes: Uint8Array;
  readonly bytesPerLine: number;
}

/** A decoded picture, to be given back with `release` as soon as it was used: the device has only a few of its buffers. */
export interface Frame extends Omit<OutputEvent, "type" | "corrupt"> {
  /** The picture is incomplete, refers to what was lost, or the device reported an error. */
  readonly corrupt: boolean;
  /** The CAPTURE format, a V4L2 fourcc as a number. */
  readonly pixelFormat: number;
  /** Size of the buffer in samples; `visible` is the part to show. */
  readonly width: number;
  readonly height: number;
  /**
   * The memory, read-only by agreement: references for later pictures may lie in it. Valid until `release`, also over a
   * change of size; afterwards it shows another picture, or zeros. One entry for each plane of the V4L2 format, so one
   * for NV12 and two for NM12.
   *
   * @throws Error after `release`.
   */
  readonly planes: readonly FramePlane[];
  /**
   * The buffer as dma-buf file descriptors, one for each plane; the caller closes them. Not after a change of size.
   *
   * @throws Error after `release`.
   */
  exportDmabuf(): number[];
  /** Gives the buffer back. More than once does nothing. */
  release(): void;
}

/** A frame that uses a buffer from now on until it is released. */
export function frameOf(event: OutputEvent, buffer: CaptureBuffer, isFailed: () => boolean): Frame {
  const { timestamp, pts, visible, fieldOrder, repeat } = event;
  const { pixelFormat, width, height, planes } = buffer.format;
  let isReleased = false;
  buffer.use();
  const used = (): CaptureBuffer => {
    if (isReleased) throw new Error("the frame was released already");
    return buffer;
  };
  return {
    timestamp,
    pts,
    visible,
    fieldOrder,
    repeat,
    pixelFormat,
    width,
    height,
    get corrupt() {
      return event.corrupt || isFailed();
    },
    get planes() {
      return used()
        .lend()
        .map((bytes, i) => ({ bytes, bytesPerLine: planes[i]?.bytesperline ?? 0 }));
    },
    exportDmabuf: () => used().export(),
    release: () => {
      if (isReleased) return;
      isReleased = true;
      buffer.leave();
    },
  };
}
