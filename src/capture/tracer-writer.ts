/**
 * Writes a trace as v4l2-tracer does (v4l-utils 1.32): a program that decodes a stream, which `v4l2-tracer retrace` performs on a
 * device.
 */
import { toHex } from "../record/encoding.ts";
import { fourccText } from "../record/format.ts";
import type { RecordableControl, Timestamp } from "../record/index.ts";
import {
  V4L2_PIX_FMT_AV1_FRAME,
  V4L2_PIX_FMT_FWHT_STATELESS,
  V4L2_PIX_FMT_H264_SLICE,
  V4L2_PIX_FMT_HEVC_SLICE,
  V4L2_PIX_FMT_MPEG2_SLICE,
  V4L2_PIX_FMT_VP8_FRAME,
  V4L2_PIX_FMT_VP9_FRAME,
} from "../uapi/index.ts";
import type { Queue } from "./calls.ts";
import { controlOf, isKnown, type Json, TraceWriteError } from "./tracer-controls.ts";

/** What a sequence, a request and their like must have to be written. A session's events have it, and those of a record. */
export type TracedEvent =
  | { readonly type: "set"; readonly controls: readonly RecordableControl[] }
  | {
      readonly type: "sequence";
      readonly pixelFormat: number;
      readonly codedWidth: number;
      readonly codedHeight: number;
      readonly captureBuffers: number;
      readonly realloc: boolean;
      readonly keepsReferences: boolean;
      readonly controls: readonly RecordableControl[];
    }
  | {
      readonly type: "request";
      readonly timestamp: Timestamp;
      readonly bitstream: readonly Uint8Array[];
      readonly controls: readonly RecordableControl[];
      readonly hold: boolean;
    }
  | { readonly type: "release"; readonly timestamp: Timestamp }
  | { readonly type: "output" | "error" };

/** How a trace is written. */
export interface TracerWriterOptions {
  /** One request for each slice: a picture may need as many OUTPUT buffers as a queue can have. Default false. */
  readonly slices?: boolean | undefined;
  /** The queues have one plane each without the multi-planar structures, as cedrus has them. Default false. */
  readonly singlePlanar?: boolean | undefined;
  /** The driver's name, as MEDIA_IOC_DEVICE_INFO has it: retrace looks for its media device. Default: the device of `-m` and `-d`. */
  readonly driver?: string | undefined;
}

const pixelFormats: ReadonlyMap<number, string> = new Map([
  [V4L2_PIX_FMT_AV1_FRAME, "V4L2_PIX_FMT_AV1_FRAME"],
  [V4L2_PIX_FMT_H264_SLICE, "V4L2_PIX_FMT_H264_SLICE"],
  [V4L2_PIX_FMT_HEVC_SLICE, "V4L2_PIX_FMT_HEVC_SLICE"],
  [V4L2_PIX_FMT_MPEG2_SLICE, "V4L2_PIX_FMT_MPEG2_SLICE"],
  [V4L2_PIX_FMT_VP8_FRAME, "V4L2_PIX_FMT_VP8_FRAME"],
  [V4L2_PIX_FMT_VP9_FRAME, "V4L2_PIX_FMT_VP9_FRAME"],
]);

/** VIDEO_MAX_FRAME: the most buffers that every driver's queue can have. */
const mostBuffers = 32;
const mediaFile = 3;
const videoFile = 4;
/** An OUTPUT buffer, with the request that it goes into. */
interface OutputBuffer {
  readonly index: number;
  readonly fd: number;
  readonly address: number;
  readonly request: number;
}

/** The queues between VIDIOC_S_FMT and VIDIOC_REQBUFS 0. */
interface Queues {
  readonly outputSize: number;
  readonly output: readonly OutputBuffer[];
  readonly freeOutput: OutputBuffer[];
  readonly freeCapture: number[];
  /** The CAPTURE buffers of the pictures that are not released. */
  readonly held: Map<bigint, number>;
  /** Queued, and not given back: OUTPUT buffers, and CAPTURE buffers in their order. */
  readonly pendingOutput: OutputBuffer[];
  readonly pendingCapture: number[];
}

export class TracerWriter {
  readonly #slices: boolean;
  readonly #singlePlanar: boolean;
  readonly #driver: string | undefined;
  #queues: Queues | undefined;
  /** Of the trace: retrace gives each its own, and confuses those that are used twice. */
  #nextFile = videoFile + 1;
  #nextAddress = 0x10_0000;
  #modes: readonly RecordableControl[] = [];
  #timestamp: bigint | undefined;
  /** The names of controls that were left out. */
  readonly leftOut = new Set<string>();

  constructor({ slices = false, singlePlanar = false, driver }: TracerWriterOptions = {}) {
    this.#slices = slices;
    this.#singlePlanar = singlePlanar;
    this.#driver = driver;
  }

  /** The beginning of the file. */
  begin(): string {
    const of = this.#driver === undefined ? {} : { driver: this.#driver };
    const open = (fd: number, path: string, oflag: string) => ({ fd, open64: { path, oflag, mode: "00000" }, ...of });
    const lines = [
      { package_version: "1.32.0", git_commit_cnt: "", git_sha: "", git_commit_date: "" },
      { Trace: "v4l2-stateless export", Timestamp: "" },
      open(mediaFile, "/dev/media0", "O_RDWR"),
      open(videoFile, "/dev/video0", "O_RDWR"),
    ];
    return `[\n${lines.map(jsonOf).join(",\n")}`;
  }

  /** The end of the file: what is queued comes back, and all is closed. */
  end(): string {
    const lines = [...this.#stop(), { fd: videoFile, close: "/dev/video0" }, { fd: mediaFile, close: "/dev/media0" }];
    return `${this.#text(lines)}\n]\n`;
  }

  /**
   * What the event makes a program do.
   *
   * @throws TraceWriteError where v4l2-tracer could not perform it.
   */
  take(event: TracedEvent): string {
    switch (event.type) {
      case "set":
        if (this.#queues !== undefined) return this.#text([this.#setControls(event.controls, undefined)]);
        this.#modes = [...this.#modes, ...event.controls];
        return "";
      case "sequence":
        return this.#text([...this.#sequence(event)]);
      case "request":
        return this.#text([...this.#request(event)]);
      case "release":
        this.#release(BigInt(event.timestamp));
        return "";
      default:
        return "";
    }
  }

  #text(lines: readonly Json[]): string {
    return lines.map((line) => `,\n${jsonOf(line)}`).join("");
  }

  *#sequence(event: Extract<TracedEvent, { readonly type: "sequence" }>): Generator<Json, void, undefined> {
    if (this.#queues !== undefined && !event.realloc) {
      if (event.controls.length > 0) yield this.#setControls(event.controls, undefined);
      return;
    }
    if (this.#queues !== undefined && event.keepsReferences) {
      throw new TraceWriteError("the size changes while references stay: v4l2-tracer cannot keep their buffers");
    }
    yield* this.#stop();
    const pixelformat = pixelFormats.get(event.pixelFormat);
    if (event.pixelFormat === V4L2_PIX_FMT_FWHT_STATELESS) {
      throw new TraceWriteError(
        "vicodec takes FWHT only when its CAPTURE format has the stream's components, and no trace sets that format: replay a record of it with v4l2-stateless decode",
      );
    }
    if (pixelformat === undefined) {
      throw new TraceWriteError(`v4l2-tracer 1.32 does not know the pixel format ${fourccText(event.pixelFormat)}`);
    }
    const { codedWidth: width, codedHeight: height } = event;
    // No coded picture is larger than its samples, but for its headers.
    const outputSize = Math.max(1 << 18, (width * height * 3) >> (this.#slices ? 2 : 1));
    yield ioctl(videoFile, "VIDIOC_S_FMT", {
      v4l2_format: this.#format("OUTPUT", { width, height, pixelformat, outputSize }),
    });
    if (this.#modes.length > 0) yield this.#setControls(this.#modes, undefined);
    if (event.controls.length > 0) yield this.#setControls(event.controls, undefined);
    yield ioctl(videoFile, "VIDIOC_G_FMT", { v4l2_format: { type: this.#type("CAPTURE") } });
    const outputs = this.#slices ? mostBuffers : 2;
    const captures = Math.min(mostBuffers, event.captureBuffers + 1);
    yield this.#requestBuffers("OUTPUT", outputs);
    yield this.#requestBuffers("CAPTURE", captures);
    const output: OutputBuffer[] = [];
    for (let index = 0; index < outputs; index++) {
      const [fd, request, address] = [this.#nextFile++, this.#nextFile++, this.#nextAddress];
      this.#nextAddress += (outputSize + 0xffff) & ~0xffff;
      output.push({ index, fd, request, address });
      // O_RDWR | O_CLOEXEC. Versions of retrace differ in the side that they read the descriptor from.
      const v4l2_exportbuffer = { type: this.#type("OUTPUT"), index, plane: 0, flags: "0x80002", fd };
      yield { ...ioctl(videoFile, "VIDIOC_EXPBUF", { v4l2_exportbuffer }), from_driver: { v4l2_exportbuffer } };
      // PROT_READ | PROT_WRITE, MAP_SHARED.
      yield {
        mmap64: { addr: 0, len: outputSize, prot: 3, flags: "0x1", fildes: fd, off: 0 },
        buffer_address: address,
      };
      yield { fd: mediaFile, ioctl: "MEDIA_IOC_REQUEST_ALLOC", from_driver: { request_fd: request } };
    }
    yield ioctl(videoFile, "VIDIOC_STREAMON", { type: this.#type("OUTPUT") });
    yield ioctl(videoFile, "VIDIOC_STREAMON", { type: this.#type("CAPTURE") });
    this.#queues = {
      outputSize,
      output,
      freeOutput: [...output],
      freeCapture: Array.from({ length: captures }, (_, i) => i),
      held: new Map(),
      pendingOutput: [],
      pendingCapture: [],
    };
    this.#timestamp = undefined;
  }

  *#request(event: Extract<TracedEvent, { readonly type: "request" }>): Generator<Json, void, undefined> {
    const queues = this.#queues;
    if (queues === undefined) throw new TraceWriteError("a request comes before the sequence that says the size");
    const timestamp = BigInt(event.timestamp);
    if (timestamp % 1000n !== 0n) {
      throw new TraceWriteError(`timestamp ${timestamp} has nanoseconds, which a buffer's timeval has not`);
    }
    const size = event.bitstream.reduce((sum, part) => sum + part.length, 0);
    if (size > queues.outputSize)
      throw new TraceWriteError(`a request has ${size} bytes, more than the picture's samples`);
    if (timestamp !== this.#timestamp) {
      const index = queues.freeCapture.shift();
      if (index === undefined)
        throw new TraceWriteError("no CAPTURE buffer is free: nothing says which pictures are no longer needed");
      queues.held.set(timestamp, index);
      queues.pendingCapture.push(index);
      this.#timestamp = timestamp;
      yield ioctl(videoFile, "VIDIOC_QBUF", { v4l2_buffer: this.#buffer("CAPTURE", index, 0n, 0, undefined) });
    }
    const buffer = queues.freeOutput.shift();
    if (buffer === undefined)
      throw new TraceWriteError(`a picture has more than ${mostBuffers} slices: make its requests in frame mode`);
    const { request: request_fd } = buffer;
    if (event.controls.length > 0) yield this.#setControls(event.controls, request_fd);
    yield this.#dump(buffer, event.bitstream, size);
    const flags = event.hold
      ? "V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF|V4L2_BUF_FLAG_REQUEST_FD"
      : "V4L2_BUF_FLAG_REQUEST_FD";
    const queued = this.#buffer("OUTPUT", buffer.index, timestamp, size, flags);
    yield ioctl(videoFile, "VIDIOC_QBUF", { v4l2_buffer: { ...queued, request_fd } });
    yield { fd: request_fd, ioctl: "MEDIA_REQUEST_IOC_QUEUE" };
    queues.pendingOutput.push(buffer);
    if (!event.hold) yield* this.#takeBack(queues);
  }

  /** retrace waits for a CAPTURE buffer before each VIDIOC_DQBUF, so those of OUTPUT come first. */
  *#takeBack({ pendingOutput, pendingCapture, freeOutput }: Queues): Generator<Json, void, undefined> {
    for (const buffer of pendingOutput.splice(0)) {
      yield ioctl(videoFile, "VIDIOC_DQBUF", {
        v4l2_buffer: this.#buffer("OUTPUT", buffer.index, 0n, 0, "V4L2_BUF_FLAG_REQUEST_FD", buffer.request),
      });
      yield { fd: buffer.request, ioctl: "MEDIA_REQUEST_IOC_REINIT" };
      freeOutput.push(buffer);
    }
    for (const index of pendingCapture.splice(0)) {
      yield ioctl(videoFile, "VIDIOC_DQBUF", { v4l2_buffer: this.#buffer("CAPTURE", index, 0n, 0, undefined) });
    }
  }

  #release(timestamp: bigint): void {
    const index = this.#queues?.held.get(timestamp);
    if (index === undefined) return;
    this.#queues?.held.delete(timestamp);
    this.#queues?.freeCapture.push(index);
  }

  *#stop(): Generator<Json, void, undefined> {
    const queues = this.#queues;
    if (queues === undefined) return;
    yield ioctl(videoFile, "VIDIOC_STREAMOFF", { type: this.#type("OUTPUT") });
    yield ioctl(videoFile, "VIDIOC_STREAMOFF", { type: this.#type("CAPTURE") });
    for (const { fd, request, address } of queues.output) {
      yield { munmap: { start: address, length: queues.outputSize } };
      yield { fd, close: "" };
      yield { fd: request, close: "" };
    }
    yield this.#requestBuffers("OUTPUT", 0);
    yield this.#requestBuffers("CAPTURE", 0);
    this.#queues = undefined;
  }

  #type(queue: Queue): string {
    return `V4L2_BUF_TYPE_VIDEO_${queue}${this.#singlePlanar ? "" : "_MPLANE"}`;
  }

  #requestBuffers(queue: Queue, count: number): Json {
    const type = this.#type(queue);
    return ioctl(videoFile, "VIDIOC_REQBUFS", {
      v4l2_requestbuffers: { count, type, memory: "V4L2_MEMORY_MMAP", capabilities: "", flags: "" },
    });
  }

  #format(queue: Queue, given: { width: number; height: number; pixelformat: string; outputSize: number }): Json {
    const { outputSize: sizeimage, ...format } = given;
    const common = { ...format, field: "V4L2_FIELD_NONE", colorspace: "V4L2_COLORSPACE_DEFAULT" };
    const type = this.#type(queue);
    if (this.#singlePlanar) return { type, v4l2_pix_format: { ...common, bytesperline: 0, sizeimage } };
    return {
      type,
      v4l2_pix_format_mplane: { ...common, num_planes: 1, plane_fmt: [{ sizeimage, bytesperline: 0 }], flags: "" },
    };
  }

  #buffer(
    queue: Queue,
    index: number,
    timestamp: bigint,
    bytesused: number,
    flags: string | undefined,
    request_fd?: number,
  ): Json {
    const buffer = {
      index,
      type: this.#type(queue),
      bytesused: this.#singlePlanar ? bytesused : 0,
      flags: flags ?? "",
      field: "V4L2_FIELD_ANY",
      timestamp: { tv_sec: timestamp / 1_000_000_000n, tv_usec: (timestamp % 1_000_000_000n) / 1000n },
      sequence: 0,
      memory: "V4L2_MEMORY_MMAP",
      ...(this.#singlePlanar
        ? { m: { offset: 0 }, length: 0 }
        : { m: { planes: [{ bytesused, length: 0, m: { mem_offset: 0 }, data_offset: 0 }] }, length: 1 }),
    };
    return request_fd === undefined ? buffer : { ...buffer, request_fd };
  }

  /** retrace writes these bytes into the mapped buffer. */
  #dump({ fd, index, address }: OutputBuffer, parts: readonly Uint8Array[], bytesused: number): Json {
    const digits = parts.map(toHex).join("");
    const mem_array = (digits.match(/.{1,64}/g) ?? []).map((line) => line.replace(/../g, "$& "));
    return { mem_dump: this.#type("OUTPUT"), fd, offset: 0, index, bytesused, address, mem_array };
  }

  #setControls(controls: readonly RecordableControl[], request_fd: number | undefined): Json {
    const known = controls.filter((control) => {
      const isWritten = isKnown(control);
      if (!isWritten) this.leftOut.add(control.name);
      return isWritten;
    });
    const which =
      request_fd === undefined
        ? { which: "V4L2_CTRL_WHICH_CUR_VAL" }
        : { which: "V4L2_CTRL_WHICH_REQUEST_VAL", request_fd };
    const written = known.map((control) => controlOf(control));
    return ioctl(videoFile, "VIDIOC_S_EXT_CTRLS", {
      v4l2_ext_controls: { ...which, count: written.length, controls: written },
    });
  }
}

function ioctl(fd: number, name: string, from_userspace: Json): Json {
  return { fd, ioctl: name, from_userspace };
}

/** Numbers of 64 bits have no exact number in JavaScript, but a JSON text can have them. */
function jsonOf(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `\u0001${each}` : each));
  return text.replace(/"\\u0001(\d+)"/g, "$1");
}
