import { DeviceError, errorName } from "../errors.ts";
import type { Mapping } from "../libc.ts";
import type { Queue, QueueFormat } from "./queue.ts";

/** A buffer of the OUTPUT queue. It is mapped as long as it exists. */
export interface OutputBuffer {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** The buffers of the OUTPUT queue. */
export class OutputBuffers {
  readonly #queue: Queue;
  readonly #mappings: Mapping[] = [];
  #format: QueueFormat | undefined;
  #all: OutputBuffer[] = [];
  #free: OutputBuffer[] = [];

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  allocate(format: QueueFormat, count: number): void {
    this.#format = format;
    const made = this.#queue.requestBuffers(count);
    if (made === 0) throw new DeviceError(`${this.#queue.path}: the driver gives no OUTPUT buffer`);
    for (let index = 0; index < made; index++) this.#add(this.#mapped(index));
  }

  /**
   * Whether `take` has a buffer of at least this size. Where buffers are free and none is large enough, this makes one. False where
   * that fails, but the device has one that is.
   *
   * @throws DeviceError when there can be no such buffer.
   */
  canTake(size: number): boolean {
    if (this.#free.length === 0) return false;
    if (this.#free.some((buffer) => isLarge(buffer, size))) return true;
    const made = this.#larger(size);
    if (typeof made === "object") this.#add(made);
    else if (!this.#all.some((buffer) => isLarge(buffer, size))) throw this.#tooSmall(size, made);
    return typeof made === "object";
  }

  /** Takes a free buffer of at least this size. `canTake` must have said that there is one. */
  take(size: number): OutputBuffer {
    const at = this.#free.findIndex((buffer) => isLarge(buffer, size));
    return this.#free.splice(at, 1)[0] as OutputBuffer;
  }

  putBack(buffer: OutputBuffer): void {
    this.#free.push(buffer);
  }

  /** Must be called before the queue's buffers are freed. */
  unmap(): void {
    for (const mapping of this.#mappings.splice(0)) mapping.unmap(false);
    this.#all = [];
    this.#free = [];
  }

  #add(buffer: OutputBuffer): void {
    this.#all.push(buffer);
    this.#free.push(buffer);
  }

  /** A new buffer, or the reason why there is none. */
  #larger(size: number): OutputBuffer | string {
    const format = this.#format as QueueFormat;
    // The buffer is twice as large as needed, because the next request may be larger.
    const planes = [{ sizeimage: 2 * size, bytesperline: 0 }];
    const made = this.#queue.createBuffers(1, { ...format, planes });
    if (typeof made === "number") return errorName(made);
    const buffer = made.count === 1 ? this.#mapped(made.first) : undefined;
    return buffer !== undefined && isLarge(buffer, size) ? buffer : "they are as small";
  }

  #tooSmall(size: number, reason: string): DeviceError {
    const most = this.#format?.planes[0]?.sizeimage ?? 0;
    return new DeviceError(
      `${this.#queue.path}: the request has ${size} bytes, the OUTPUT buffers ${most}, and the driver gives no larger ones (${reason})`,
    );
  }

  #mapped(index: number): OutputBuffer {
    const [plane] = this.#queue.query(index);
    if (plane === undefined) throw new DeviceError(`${this.#queue.path}: OUTPUT buffer ${index} has no memory`);
    const mapping = this.#queue.map(plane);
    this.#mappings.push(mapping);
    return { index, bytes: mapping.bytes };
  }
}

function isLarge({ bytes }: OutputBuffer, size: number): boolean {
  return bytes.length >= size;
}
