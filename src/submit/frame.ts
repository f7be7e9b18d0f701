import type { OutputEvent } from "../events.ts";
import type { CaptureBuffer } from "./queues/capture-pool.ts";
import type { QueueFormat } from "./queues/queue.ts";

/** One plane of a picture's memory. */
export interface FramePlane {
  /** The device's own memory. */
  readonly bytes: Uint8Array;
  readonly bytesPerLine: number;
}

/** A decoded picture. Call `release` as soon as you have used it: the device has only a few buffers. */
export interface Frame extends Omit<OutputEvent, "type" | "corrupt"> {
  /** The picture is incomplete, refers to a picture that is lost or corrupt, or the device reported an error. */
  readonly corrupt: boolean;
  /** The CAPTURE format, a V4L2 fourcc as a number. */
  readonly pixelFormat: number;
  /** Size of the buffer in samples; `visible` is the part to show. */
  readonly width: number;
  readonly height: number;
  /**
   * The memory. Do not write to it: later pictures may refer to it. It is valid until `release`, even if the size of the stream
   * changes. Afterwards it holds another picture, or zeros. One entry for each plane of the V4L2 format, so one for NV12 and
   * two for NM12.
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
  /** Gives the buffer back. Calling it again does nothing. */
  release(): void;
}

/** A frame that uses a buffer until it is released. */
export class BufferFrame implements Frame {
  readonly timestamp: number;
  readonly pts: number | undefined;
  readonly visible: Frame["visible"];
  readonly fieldOrder: Frame["fieldOrder"];
  readonly repeat: number;
  readonly pixelFormat: number;
  readonly width: number;
  readonly height: number;
  readonly #event: OutputEvent;
  readonly #buffer: CaptureBuffer;
  readonly #format: QueueFormat;
  readonly #isFailed: () => boolean;
  #isReleased = false;

  /** @param isFailed whether the device has reported an error for it so far. */
  constructor(event: OutputEvent, buffer: CaptureBuffer, isFailed: () => boolean) {
    this.#event = event;
    this.#buffer = buffer;
    this.#format = buffer.format;
    this.#isFailed = isFailed;
    this.timestamp = event.timestamp;
    this.pts = event.pts;
    this.visible = event.visible;
    this.fieldOrder = event.fieldOrder;
    this.repeat = event.repeat;
    this.pixelFormat = buffer.format.pixelFormat;
    this.width = buffer.format.width;
    this.height = buffer.format.height;
    buffer.use();
  }

  get corrupt(): boolean {
    return this.#event.corrupt || this.#isFailed();
  }

  get planes(): FramePlane[] {
    const { planes } = this.#format;
    return this.#used()
      .lend()
      .map((bytes, i) => ({ bytes, bytesPerLine: planes[i]?.bytesperline ?? 0 }));
  }

  exportDmabuf(): number[] {
    return this.#used().export();
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#buffer.leave();
  }

  #used(): CaptureBuffer {
    if (this.#isReleased) throw new Error("the frame was released already");
    return this.#buffer;
  }
}
