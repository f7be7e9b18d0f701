import { constants } from "node:os";
import { viewOf } from "../../uapi/struct.ts";
import { errorName, IoctlError } from "../errors.ts";
import { blank, type KernelFile, read } from "../kernel-file.ts";
import {
  V4L2_BUF_FLAG_ERROR,
  V4L2_BUF_FLAG_REQUEST_FD,
  V4L2_BUF_TYPE_VIDEO_CAPTURE,
  V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
  V4L2_BUF_TYPE_VIDEO_OUTPUT,
  V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE,
  V4L2_FIELD_NONE,
  V4L2_MEMORY_MMAP,
} from "../layout/constants.ts";
import type { Mapping, Memory } from "../libc.ts";

/** The format of a queue. */
export interface QueueFormat {
  /** A V4L2 fourcc. */
  readonly pixelFormat: number;
  readonly width: number;
  readonly height: number;
  /** One for each plane of a buffer's memory. */
  readonly planes: readonly { readonly sizeimage: number; readonly bytesperline: number }[];
}

/** A buffer's place in the device's memory. */
export interface BufferPlane {
  readonly length: number;
  readonly offset: bigint;
}

/** A buffer that the device has given back. */
export interface Dequeued {
  readonly index: number;
  readonly isFailed: boolean;
}

/** Properties of a buffer for the OUTPUT queue. */
export interface OutputInfo {
  readonly bytesUsed: number;
  /** In nanoseconds. V4L2 keeps only whole microseconds. */
  readonly timestamp: number;
  readonly flags: number;
  readonly requestFd: number;
}

/** VIDEO_MAX_PLANES. */
const maxPlanes = 8;

/** O_RDONLY | O_CLOEXEC: nobody may write into a decoded picture. */
const exportFlags = 0o2000000;

/** One of the two queues of a memory-to-memory device. Its buffers are in the device's own memory. */
export class Queue {
  readonly name: "OUTPUT" | "CAPTURE";
  readonly type: number;
  /** The V4L2_BUF_CAP_* of the last REQBUFS. */
  capabilities = 0;
  readonly #file: KernelFile;
  readonly #isMultiplanar: boolean;
  readonly #buffer: Memory;
  readonly #planes: Memory;
  readonly #bufferView: DataView;
  #planeCount = 1;

  constructor(file: KernelFile, name: "OUTPUT" | "CAPTURE", isMultiplanar: boolean) {
    this.#file = file;
    this.name = name;
    this.#isMultiplanar = isMultiplanar;
    const [single, multiple] =
      name === "OUTPUT"
        ? [V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE]
        : [V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE];
    this.type = isMultiplanar ? multiple : single;
    this.#buffer = file.allocate(file.structs.v4l2_buffer.size);
    this.#planes = file.allocate(maxPlanes * file.structs.v4l2_plane.size);
    this.#bufferView = viewOf(this.#buffer.bytes);
  }

  /** Of the device, for messages. */
  get path(): string {
    return this.#file.path;
  }

  format(): QueueFormat {
    const { bytes, view } = this.#formatStruct();
    this.#file.call("VIDIOC_G_FMT", bytes, this.name);
    return this.#took(view);
  }

  /** Asks for a format, and returns the format that the driver chose. */
  setFormat(format: QueueFormat): QueueFormat {
    const { bytes, view } = this.#formatStruct();
    this.#writeFormat(view, format);
    this.#file.call("VIDIOC_S_FMT", bytes, `${this.name}, ${format.width}x${format.height}`);
    return this.#took(view);
  }

  /** Frees all buffers, makes new ones, and returns their number. With `count` 0, it only frees. */
  requestBuffers(count: number): number {
    const answer = read(this.#file, "VIDIOC_REQBUFS", "v4l2_requestbuffers", {
      what: `${this.name}, ${count}`,
      fill: (view, o) => {
        view.setUint32(o.count, count, true);
        view.setUint32(o.type, this.type, true);
        view.setUint32(o.memory, V4L2_MEMORY_MMAP, true);
      },
    });
    this.capabilities = answer.capabilities;
    return answer.count;
  }

  /**
   * Makes more buffers of a format.
   *
   * @returns the indices of the new buffers, which may be fewer than `count`; or the driver's error number.
   */
  createBuffers(count: number, format: QueueFormat): { readonly first: number; readonly count: number } | number {
    const { v4l2_create_buffers: struct, v4l2_format } = this.#file.structs;
    const { bytes, view } = blank(struct);
    view.setUint32(struct.offsets.count, count, true);
    view.setUint32(struct.offsets.memory, V4L2_MEMORY_MMAP, true);
    const inner = viewOf(bytes.subarray(struct.offsets.format, struct.offsets.format + v4l2_format.size));
    inner.setUint32(v4l2_format.offsets.type, this.type, true);
    this.#writeFormat(inner, format);
    const errno = this.#file.attempt("VIDIOC_CREATE_BUFS", bytes);
    if (errno !== 0) return errno;
    return { first: view.getUint32(struct.offsets.index, true), count: view.getUint32(struct.offsets.count, true) };
  }

  /** Where a buffer's memory is. */
  query(index: number): BufferPlane[] {
    const view = this.#blankBuffer(index);
    this.#file.call("VIDIOC_QUERYBUF", this.#buffer.bytes, `${this.name} buffer ${index}`);
    const { v4l2_buffer: buffer, v4l2_plane: plane } = this.#file.structs;
    const word = buffer.members.m;
    if (!this.#isMultiplanar) {
      const offset = word.read(view, buffer.offsets.m) & 0xffff_ffffn;
      return [{ length: view.getUint32(buffer.offsets.length, true), offset }];
    }
    const planes = viewOf(this.#planes.bytes);
    return Array.from({ length: view.getUint32(buffer.offsets.length, true) }, (_, i) => ({
      length: planes.getUint32(i * plane.size + plane.offsets.length, true),
      // mem_offset is a __u32 even where the union is larger.
      offset: BigInt(planes.getUint32(i * plane.size + plane.offsets.m, true)),
    }));
  }

  map({ length, offset }: BufferPlane): Mapping {
    return this.#file.map(length, offset);
  }

  /** Gives a CAPTURE buffer to the device. */
  queueCapture(index: number): void {
    this.#blankBuffer(index);
    this.#file.call("VIDIOC_QBUF", this.#buffer.bytes, () => `CAPTURE buffer ${index}`);
  }

  /** Puts an OUTPUT buffer into a request. */
  queueOutput(index: number, { bytesUsed, timestamp, flags, requestFd }: OutputInfo): void {
    const view = this.#blankBuffer(index);
    const { v4l2_buffer: buffer, v4l2_plane: plane } = this.#file.structs;
    const o = buffer.offsets;
    view.setUint32(o.bytesused, bytesUsed, true);
    if (this.#isMultiplanar) viewOf(this.#planes.bytes).setUint32(plane.offsets.bytesused, bytesUsed, true);
    view.setUint32(o.flags, (flags | V4L2_BUF_FLAG_REQUEST_FD) >>> 0, true);
    view.setUint32(o.field, V4L2_FIELD_NONE, true);
    // Only the lower halves of two 64-bit numbers are used: a timestamp has 53 bits.
    view.setUint32(o.timestamp, Math.floor(timestamp / 1e9), true);
    view.setUint32(o.timestamp + 8, Math.floor((timestamp % 1e9) / 1000), true);
    view.setInt32(o.request_fd, requestFd, true);
    this.#file.call("VIDIOC_QBUF", this.#buffer.bytes, () => `OUTPUT buffer ${index}, ${bytesUsed} bytes`);
  }

  /** Takes a buffer that the device has finished; undefined when there is none yet. */
  dequeue(): Dequeued | undefined {
    const view = this.#blankBuffer(0);
    const errno = this.#file.attempt("VIDIOC_DQBUF", this.#buffer.bytes);
    if (errno === constants.errno.EAGAIN) return undefined;
    if (errno !== 0) {
      throw new IoctlError({
        ioctl: "VIDIOC_DQBUF",
        code: errorName(errno),
        path: this.#file.path,
        what: this.name,
      });
    }
    const { offsets } = this.#file.structs.v4l2_buffer;
    return {
      index: view.getUint32(offsets.index, true),
      isFailed: (view.getUint32(offsets.flags, true) & V4L2_BUF_FLAG_ERROR) !== 0,
    };
  }

  start(): void {
    this.#file.call("VIDIOC_STREAMON", this.#typeArgument(), this.name);
  }

  /** Stops the queue: the device gives up all buffers. */
  stop(): void {
    this.#file.call("VIDIOC_STREAMOFF", this.#typeArgument(), this.name);
  }

  /** Exports a buffer as dma-buf file descriptors, one for each plane. The caller must close them. */
  export(index: number): number[] {
    const exported: number[] = [];
    try {
      for (let plane = 0; plane < this.#planeCount; plane++) exported.push(this.#exportPlane(index, plane));
    } catch (thrown) {
      for (const fd of exported) this.#file.discard(fd);
      throw thrown;
    }
    return exported;
  }

  #exportPlane(index: number, plane: number): number {
    const what = `${this.name} buffer ${index}, plane ${plane}`;
    const fill = (view: DataView, o: KernelFile["structs"]["v4l2_exportbuffer"]["offsets"]) => {
      view.setUint32(o.type, this.type, true);
      view.setUint32(o.index, index, true);
      view.setUint32(o.plane, plane, true);
      view.setUint32(o.flags, exportFlags, true);
    };
    return read(this.#file, "VIDIOC_EXPBUF", "v4l2_exportbuffer", { what, fill }).fd;
  }

  #typeArgument(): Uint8Array {
    const bytes = new Uint8Array(4);
    viewOf(bytes).setUint32(0, this.type, true);
    return bytes;
  }

  /** Clears and returns the queue's only struct v4l2_buffer, which has all planes in the multi-planar form. */
  #blankBuffer(index: number): DataView {
    const { v4l2_buffer: buffer } = this.#file.structs;
    this.#buffer.bytes.fill(0);
    const view = this.#bufferView;
    view.setUint32(buffer.offsets.index, index, true);
    view.setUint32(buffer.offsets.type, this.type, true);
    view.setUint32(buffer.offsets.memory, V4L2_MEMORY_MMAP, true);
    if (this.#isMultiplanar) {
      this.#planes.bytes.fill(0);
      buffer.members.m.write(view, buffer.offsets.m, this.#planes.address);
      view.setUint32(buffer.offsets.length, maxPlanes, true);
    }
    return view;
  }

  #formatStruct(): { readonly bytes: Uint8Array; readonly view: DataView } {
    const { v4l2_format } = this.#file.structs;
    const struct = blank(v4l2_format);
    struct.view.setUint32(v4l2_format.offsets.type, this.type, true);
    return struct;
  }

  #writeFormat(view: DataView, format: QueueFormat): void {
    const { v4l2_format, v4l2_pix_format: single, v4l2_pix_format_mplane: multiple } = this.#file.structs;
    const { v4l2_plane_pix_format: plane } = this.#file.structs;
    const at = v4l2_format.offsets.fmt;
    const o = this.#isMultiplanar ? multiple.offsets : single.offsets;
    view.setUint32(at + o.width, format.width, true);
    view.setUint32(at + o.height, format.height, true);
    view.setUint32(at + o.pixelformat, format.pixelFormat, true);
    view.setUint32(at + o.field, V4L2_FIELD_NONE, true);
    if (!this.#isMultiplanar) {
      view.setUint32(at + single.offsets.sizeimage, format.planes[0]?.sizeimage ?? 0, true);
      view.setUint32(at + single.offsets.bytesperline, format.planes[0]?.bytesperline ?? 0, true);
      return;
    }
    view.setUint8(at + multiple.offsets.num_planes, format.planes.length);
    for (const [i, { sizeimage, bytesperline }] of format.planes.entries()) {
      view.setUint32(at + multiple.offsets.plane_fmt + i * plane.size + plane.offsets.sizeimage, sizeimage, true);
      view.setUint32(at + multiple.offsets.plane_fmt + i * plane.size + plane.offsets.bytesperline, bytesperline, true);
    }
  }

  /** Reads the format from the struct, and takes over its number of planes for the buffers. */
  #took(view: DataView): QueueFormat {
    const { v4l2_format, v4l2_pix_format: single, v4l2_pix_format_mplane: multiple } = this.#file.structs;
    const { v4l2_plane_pix_format: plane } = this.#file.structs;
    const at = v4l2_format.offsets.fmt;
    const o = this.#isMultiplanar ? multiple.offsets : single.offsets;
    const get = (offset: number) => view.getUint32(at + offset, true);
    this.#planeCount = this.#isMultiplanar ? view.getUint8(at + multiple.offsets.num_planes) : 1;
    return {
      pixelFormat: get(o.pixelformat),
      width: get(o.width),
      height: get(o.height),
      planes: this.#isMultiplanar
        ? Array.from({ length: this.#planeCount }, (_, i) => ({
            sizeimage: get(multiple.offsets.plane_fmt + i * plane.size + plane.offsets.sizeimage),
            bytesperline: get(multiple.offsets.plane_fmt + i * plane.size + plane.offsets.bytesperline),
          }))
        : [{ sizeimage: get(single.offsets.sizeimage), bytesperline: get(single.offsets.bytesperline) }],
    };
  }
}
