import { DeviceError, IoctlError } from "../errors.ts";
import type { Mapping } from "../libc.ts";
import type { BufferPlane, Queue, QueueFormat } from "./queue.ts";

/** setTimeout takes a longer time for 1 ms. */
const longestTimeout = 2 ** 31 - 1;

/** A CAPTURE buffer. It is free when neither its picture nor a frame that shows it uses it. */
export class CaptureBuffer {
  readonly index: number;
  /** The format of the picture in it. A large buffer may hold a smaller picture. */
  format: QueueFormat;
  readonly #queue: Queue;
  readonly #planes: readonly BufferPlane[];
  readonly #unused: (buffer: CaptureBuffer) => void;
  #mappings: readonly Mapping[] | undefined;
  /** The error because of which its memory is lost. */
  #failure: unknown;
  #wasLent = false;
  #isOrphan = false;
  #users = 0;

  constructor(queue: Queue, index: number, format: QueueFormat, unused: (buffer: CaptureBuffer) => void) {
    this.#queue = queue;
    this.index = index;
    this.format = format;
    this.#unused = unused;
    this.#planes = queue.query(index);
  }

  get isUsed(): boolean {
    return this.#users > 0;
  }

  /** Whether it can hold pictures of this format. */
  fits(format: QueueFormat): boolean {
    return (
      this.#planes.length === format.planes.length &&
      this.#planes.every(({ length }, i) => length >= (format.planes[i]?.sizeimage ?? 0))
    );
  }

  use(): void {
    this.#users++;
  }

  /** Ends one `use`. */
  leave(): void {
    this.#users--;
    if (this.#users > 0) return;
    if (this.#isOrphan) this.#unmap();
    else this.#unused(this);
  }

  /** Its memory for a consumer, one array for each plane. */
  lend(): readonly Uint8Array[] {
    this.#wasLent = true;
    return this.#map().map(({ bytes }) => bytes);
  }

  /**
   * dma-buf file descriptors, one for each plane; the caller closes them. @throws DeviceError when the device no longer has the
   * buffer
   */
  export(): number[] {
    if (this.#isOrphan)
      throw new DeviceError("the frame's buffer has left the device; export a frame before the picture size changes");
    return this.#queue.export(this.index);
  }

  /**
   * Must be called before the device frees the buffer. The memory stays as long as somebody uses it. If it cannot be mapped,
   * the error is thrown only when somebody reads it, so that the other buffers are given up, too.
   */
  orphan(): void {
    try {
      if (this.isUsed) this.#map();
    } catch (thrown) {
      this.#failure = thrown;
    }
    this.#isOrphan = true;
    if (!this.isUsed) this.#unmap();
  }

  #map(): readonly Mapping[] {
    // Its place in the device's memory now belongs to another buffer.
    if (this.#failure !== undefined) throw this.#failure;
    this.#mappings ??= this.#mapAll();
    return this.#mappings;
  }

  /** All planes, or none. */
  #mapAll(): readonly Mapping[] {
    const mappings: Mapping[] = [];
    try {
      for (const plane of this.#planes) mappings.push(this.#queue.map(plane));
    } catch (thrown) {
      for (const mapping of mappings) mapping.unmap(false);
      throw thrown;
    }
    return mappings;
  }

  #unmap(): void {
    for (const mapping of this.#mappings ?? []) mapping.unmap(this.#wasLent);
    this.#mappings = undefined;
  }
}

/** The buffers of the CAPTURE queue. */
export class CapturePool {
  readonly #queue: Queue;
  #format: QueueFormat | undefined;
  #buffers: CaptureBuffer[] = [];
  #free: CaptureBuffer[] = [];
  #freed: (() => void) | undefined;

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  /** The number of buffers. */
  get size(): number {
    return this.#buffers.length;
  }

  /**
   * Makes the first buffers.
   *
   * @param needed the number of buffers that decoding needs
   * @param wanted the number of further buffers, if there is memory for them
   */
  allocate(format: QueueFormat, needed: number, wanted: number): void {
    this.#format = format;
    const count = this.#request(needed, wanted);
    if (count < needed)
      throw new DeviceError(`${this.#queue.path}: the driver gives ${count} CAPTURE buffers; decoding needs ${needed}`);
    for (let index = 0; index < count; index++) this.#add(index);
  }

  /** Takes a free buffer, which then has one use; undefined when there is none. */
  take(): CaptureBuffer | undefined {
    const buffer = this.#free.shift();
    if (buffer === undefined) return undefined;
    buffer.format = this.#format as QueueFormat;
    buffer.use();
    return buffer;
  }

  /** Makes one more buffer, if the driver can. */
  grow(): boolean {
    return this.#create(1) === 1;
  }

  /**
   * Continues with buffers of another format, and keeps the existing ones, which hold references.
   *
   * @param needed the number of buffers that decoding needs
   * @param wanted the number of further buffers, if there is memory for them
   * @returns false when not enough buffers can be made.
   */
  change(format: QueueFormat, needed: number, wanted: number): boolean {
    this.#format = format;
    const fitting = this.#buffers.filter((buffer) => buffer.fits(format));
    this.#free = fitting.filter(({ isUsed }) => !isUsed);
    const more = Math.max(0, wanted - fitting.length);
    return fitting.length + (more === 0 ? 0 : this.#create(more)) >= needed;
  }

  /** Resolves when a buffer becomes free, when all buffers are gone, or when the time is over. */
  async whenFree(milliseconds: number): Promise<void> {
    if (this.hasFree) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(milliseconds, longestTimeout));
      this.#freed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#freed = undefined;
  }

  /** Must be called before the queue's buffers are freed. Buffers in use keep their memory. */
  abandon(): void {
    for (const buffer of this.#buffers) buffer.orphan();
    this.#buffers = [];
    this.#free = [];
    this.#freed?.();
  }

  #request(needed: number, wanted: number): number {
    try {
      return this.#queue.requestBuffers(wanted);
    } catch (thrown) {
      if (!(thrown instanceof IoctlError && thrown.code === "ENOMEM") || wanted === needed) throw thrown;
      return this.#queue.requestBuffers(needed);
    }
  }

  #create(count: number): number {
    if (this.#format === undefined) return 0;
    const made = this.#queue.createBuffers(count, this.#format);
    // ENOTTY, ENOBUFS, ENOMEM …: no more buffers can be made, whatever the reason.
    if (typeof made === "number") return 0;
    for (let i = 0; i < made.count; i++) this.#add(made.first + i);
    return made.count;
  }

  #add(index: number): void {
    const format = this.#format as QueueFormat;
    const buffer = new CaptureBuffer(this.#queue, index, format, (unused) => this.#putBack(unused));
    this.#buffers.push(buffer);
    this.#free.push(buffer);
  }

  #putBack(buffer: CaptureBuffer): void {
    if (this.#format === undefined || !buffer.fits(this.#format)) return;
    this.#free.push(buffer);
    this.#freed?.();
  }
}
