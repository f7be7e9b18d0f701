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
  #free: OutputBuffer[] = [];

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  allocate(format: QueueFormat, count: number): void {
    this.#format = format;
    const made = this.#queue.requestBuffers(count);
    if (made === 0) throw new DeviceError("the driver gives no OUTPUT buffer");
    for (let index = 0; index < made; index++) this.#free.push(this.#mapped(index));
  }

  /**
   * Takes a free buffer of at least this size; makes a new one where none is large enough.
   *
   * @throws DeviceError when no such buffer can be made.
   */
  take(size: number): OutputBuffer {
    const at = this.#free.findIndex(({ bytes }) => bytes.length >= size);
    const [buffer] = at < 0 ? [] : this.#free.splice(at, 1);
    return buffer ?? this.#larger(size);
  }

  putBack(buffer: OutputBuffer): void {
    this.#free.push(buffer);
  }

  /** Must be called before the queue's buffers are freed. */
  unmap(): void {
    for (const mapping of this.#mappings.splice(0)) mapping.unmap(false);
    this.#free = [];
  }

  #larger(size: number): OutputBuffer {
    const format = this.#format as QueueFormat;
    // The buffer is twice as large as needed, because the next request may be larger.
    const planes = [{ sizeimage: 2 * size, bytesperline: 0 }];
    const made = this.#queue.createBuffers(1, { ...format, planes });
    if (typeof made !== "number" && made.count === 1) {
      const buffer = this.#mapped(made.first);
      if (buffer.bytes.length >= size) return buffer;
    }
    const reason = typeof made === "number" ? errorName(made) : "they are as small";
    const most = format.planes[0]?.sizeimage ?? 0;
    throw new DeviceError(
      `the request has ${size} bytes, the OUTPUT buffers ${most}, and the driver gives no larger ones (${reason})`,
    );
  }

  #mapped(index: number): OutputBuffer {
    const [plane] = this.#queue.query(index);
    if (plane === undefined) throw new DeviceError(`OUTPUT buffer ${index} has no memory`);
    const mapping = this.#queue.map(plane);
    this.#mappings.push(mapping);
    return { index, bytes: mapping.bytes };
  }
}
