import { constants } from "node:os";
import type { DeviceFiles } from "../../src/submit/devices/devices.ts";
import { type Abi, abis } from "../../src/submit/layout/abi.ts";
import { type IoctlName, ioctlNumber, ioctls } from "../../src/submit/layout/ioctls.ts";
import { type Structs, structsOf } from "../../src/submit/layout/structs.ts";
import { type Libc, type Memory, POLLIN, POLLOUT, POLLPRI } from "../../src/submit/libc.ts";
import type { Machine } from "../../src/submit/machine.ts";
import { v4l2_ctrl_av1_sequence, v4l2_ctrl_h264_sps, v4l2_ctrl_vp9_frame, viewOf } from "../../src/uapi/index.ts";
import type { FakeDriver } from "./fake-driver.ts";
import { answerQuery, captureFormatsOf, controlsAt } from "./fake-queries.ts";
import { answerTopology } from "./fake-topology.ts";

const { EACCES, EAGAIN, EBADF, EBUSY, EINVAL, ENOMEM, ENOTTY } = constants.errno;

interface FakeBuffer {
  readonly memory: Uint8Array;
  timestamp: bigint;
  isFailed: boolean;
}

interface FakeQueue {
  readonly name: "OUTPUT" | "CAPTURE";
  readonly type: number;
  format: { pixelFormat: number; width: number; height: number; sizeimage: number; bytesperline: number };
  buffers: FakeBuffer[];
  queued: number[];
  done: number[];
  isStreaming: boolean;
}

interface FakeRequest {
  output: { readonly index: number; readonly timestamp: bigint; readonly isHeld: boolean } | undefined;
  state: "idle" | "queued" | "complete";
}

/** Where the controls that decide the CAPTURE format have the bit depth, and the value that stands for 8 bits. */
const bitDepthFields: Readonly<Record<string, { readonly at: number; readonly above: number }>> = {
  V4L2_CID_STATELESS_H264_SPS: { at: v4l2_ctrl_h264_sps.offsets.bit_depth_luma_minus8, above: 0 },
  V4L2_CID_STATELESS_VP9_FRAME: { at: v4l2_ctrl_vp9_frame.offsets.bit_depth, above: 8 },
  V4L2_CID_STATELESS_AV1_SEQUENCE: { at: v4l2_ctrl_av1_sequence.offsets.bit_depth, above: 8 },
};

/**
 * As much of V4L2's stateless interface as it takes to see in which order a program calls it, and what it makes of errors;
 * whether a real kernel takes the calls is seen in conformance/visl. A request is done when somebody waits for it.
 */
export class FakeKernel {
  /** Every call that changes something, in its order. */
  readonly log: string[] = [];
  /** How often the decoder was opened. */
  opened = 0;
  #isDeep = false;
  readonly mappings = new Set<Uint8Array>();
  readonly #files = new Map<number, "video" | "media" | FakeRequest>();
  readonly #driver: FakeDriver;
  readonly #abi: Abi;
  readonly #structs: Structs;
  readonly #names: ReadonlyMap<number, IoctlName>;
  readonly #memory: (Memory & { readonly end: bigint })[] = [];
  readonly #output: FakeQueue;
  readonly #capture: FakeQueue;
  readonly #values = new Map<string, string>();
  #jobs: FakeRequest[] = [];
  #held: number | undefined;
  #decoded = 0;
  #topologyReads = 0;
  #maps = 0;
  #nextFd = 10;
  #nextAddress = 0x10000n;

  constructor(driver: FakeDriver) {
    this.#driver = driver;
    this.#abi = driver.abi ?? abis.lp64;
    this.#structs = structsOf(this.#abi);
    const names = Object.keys(ioctls) as IoctlName[];
    this.#names = new Map(names.map((name) => [ioctlNumber(name, this.#abi), name]));
    const queue = (name: FakeQueue["name"], single: number, multiple: number, pixelFormat: number): FakeQueue => ({
      name,
      type: driver.isSinglePlanar ? single : multiple,
      format: { pixelFormat, width: 16, height: 16, sizeimage: 4096, bytesperline: 16 },
      buffers: [],
      queued: [],
      done: [],
      isStreaming: false,
    });
    this.#output = queue("OUTPUT", 2, 10, driver.outputFormats[0] ?? 0);
    this.#capture = queue("CAPTURE", 1, 9, this.#captureFormats[0]!);
  }

  get #captureFormats(): readonly number[] {
    return captureFormatsOf(this.#driver);
  }

  /** File descriptors that are open. */
  get openFiles(): number {
    return this.#files.size;
  }

  /** Buffers of both queues. A file that is closed has none. */
  get buffers(): number {
    const isOpen = [...this.#files.values()].includes("video");
    return isOpen ? this.#output.buffers.length + this.#capture.buffers.length : 0;
  }

  /** What a control was set to last, in a request or not. Bytes are joined with commas. */
  valueOf(control: string): string | undefined {
    return this.#values.get(control);
  }

  get machine(): Machine {
    return { abi: this.#abi, libc: this.#libc() };
  }

  readonly files: DeviceFiles = {
    mediaPaths: async () => ["/dev/media0"],
    videoPath: async ({ major, minor }) => (major === 81 && minor === 7 ? "/dev/video7" : undefined),
  };

  #libc(): Libc {
    return {
      open: (path) => {
        const errno = this.#driver.openErrors?.[path];
        if (errno !== undefined) return -errno;
        if (path.startsWith("/dev/media")) return this.#newFile("media");
        // Controls and formats are those of an opened file.
        this.opened++;
        this.#values.clear();
        this.#capture.format.pixelFormat = this.#captureFormats[0] as number;
        this.#isDeep = false;
        return this.#newFile("video");
      },
      close: (fd) => {
        this.#files.delete(fd);
      },
      ioctl: (fd, number, argument) => {
        const name = this.#names.get(number);
        if (name === undefined) return -ENOTTY;
        const errno = this.#driver.errors?.(name);
        if (errno !== undefined) return -errno;
        const file = this.#files.get(fd);
        return file === undefined ? -EBADF : -this.#ioctl(file, name, argument ?? new Uint8Array());
      },
      map: (_fd, length, offset) => {
        const errno = this.#driver.mapErrors?.(this.#maps++);
        if (errno !== undefined) return -errno;
        const queue = offset >= 0x4000_0000n ? this.#capture : this.#output;
        const memory = queue.buffers[Number(offset & 0xffffn)]?.memory;
        if (memory?.length !== length) return -EINVAL;
        this.mappings.add(memory);
        return {
          bytes: memory,
          unmap: (wasLent) => {
            this.mappings.delete(memory);
            if (wasLent) memory.fill(0);
          },
        };
      },
      poll: (fd, events) => this.#ready(fd, events),
      wait: async (fd, events) => {
        await this.#driver.wait?.();
        if (!this.#driver.isStuck) this.#work();
        return this.#ready(fd, events);
      },
      allocate: (size) => this.#allocate(size),
    };
  }

  #newFile(file: "video" | "media" | FakeRequest): number {
    this.#files.set(this.#nextFd, file);
    return this.#nextFd++;
  }

  #allocate(size: number): Memory {
    const memory = { bytes: new Uint8Array(size), address: this.#nextAddress, end: this.#nextAddress + BigInt(size) };
    this.#nextAddress = memory.end + 16n;
    this.#memory.push(memory);
    return memory;
  }

  #at(address: bigint, size: number): Uint8Array {
    const memory = this.#memory.find((piece) => piece.address <= address && address + BigInt(size) <= piece.end);
    if (memory === undefined) throw new Error(`nobody allocated ${size} bytes at ${address}`);
    const from = Number(address - memory.address);
    return memory.bytes.subarray(from, from + size);
  }

  #ready(fd: number, events: number): number {
    const file = this.#files.get(fd);
    if (file === "video") {
      const returned = (this.#capture.done.length > 0 ? POLLIN : 0) | (this.#output.done.length > 0 ? POLLOUT : 0);
      return returned & events;
    }
    return typeof file === "object" && file.state === "complete" ? POLLPRI & events : 0;
  }

  /** Does all that was asked for. */
  #work(): void {
    for (const request of this.#jobs.splice(0, this.#driver.isSlow ? 1 : this.#jobs.length)) {
      const { index, timestamp, isHeld } = request.output!;
      const held = this.#held;
      if (held !== undefined && this.#capture.buffers[held]!.timestamp !== timestamp) this.#giveHeld();
      const target = this.#held ?? this.#capture.queued.shift();
      if (target === undefined) throw new Error("no CAPTURE buffer for a request: the device would wait for ever");
      const buffer = this.#capture.buffers[target]!;
      buffer.timestamp = timestamp;
      buffer.memory.fill(Number(timestamp / 1000n) & 0xff);
      const number = this.#decoded++;
      const isIncomplete = this.#driver.incomplete?.includes(number) === true;
      const isFailed = isIncomplete || this.#driver.failing?.includes(number) === true;
      // The CAPTURE buffer has the state of its last request (v4l2_m2m_buf_done_and_job_finish).
      buffer.isFailed = isFailed;
      this.#output.buffers[index]!.isFailed = isFailed;
      this.#held = target;
      if (!isHeld || !this.#driver.canHold) this.#giveHeld();
      this.#output.done.push(index);
      if (!isIncomplete) request.state = "complete";
    }
  }

  #giveHeld(): void {
    if (this.#held !== undefined && !this.#driver.keepsCapture) this.#capture.done.push(this.#held);
    this.#held = undefined;
  }

  #queueOf(type: number): FakeQueue | undefined {
    return [this.#output, this.#capture].find((queue) => queue.type === type);
  }

  #ioctl(file: "video" | "media" | FakeRequest, name: IoctlName, bytes: Uint8Array): number {
    if (typeof file === "object") return this.#requestIoctl(file, name);
    return file === "media" ? this.#mediaIoctl(name, bytes) : this.#videoIoctl(name, bytes);
  }

  #requestIoctl(request: FakeRequest, name: IoctlName): number {
    if (name === "MEDIA_REQUEST_IOC_REINIT") {
      if (request.state === "queued") return EBUSY;
      request.state = "idle";
      request.output = undefined;
      return 0;
    }
    if (request.output === undefined) return EINVAL;
    this.log.push("QUEUE");
    request.state = "queued";
    this.#jobs.push(request);
    return 0;
  }

  #mediaIoctl(name: IoctlName, bytes: Uint8Array): number {
    if (name === "MEDIA_IOC_REQUEST_ALLOC") {
      viewOf(bytes).setInt32(0, this.#newFile({ output: undefined, state: "idle" }), true);
      return 0;
    }
    if (name !== "MEDIA_IOC_G_TOPOLOGY") return ENOTTY;
    const isGrown = this.#topologyReads++ > 0 && this.#driver.growsTopology === true;
    return answerTopology(this.#structs, isGrown, bytes, (address, size) => this.#at(address, size));
  }

  #videoIoctl(name: IoctlName, bytes: Uint8Array): number {
    switch (name) {
      case "VIDIOC_QUERYCAP":
      case "VIDIOC_ENUM_FMT":
      case "VIDIOC_ENUM_FRAMESIZES":
      case "VIDIOC_QUERY_EXT_CTRL":
      case "VIDIOC_QUERYMENU":
        return answerQuery(this.#structs, this.#driver, name, bytes);
      case "VIDIOC_G_FMT":
      case "VIDIOC_S_FMT":
        return this.#format(name, bytes);
      case "VIDIOC_REQBUFS":
      case "VIDIOC_CREATE_BUFS":
        return this.#makeBuffers(name, bytes);
      case "VIDIOC_S_EXT_CTRLS":
      case "VIDIOC_TRY_EXT_CTRLS":
        return this.#controls(name, bytes);
      default:
        return this.#stream(name, bytes);
    }
  }

  #format(name: IoctlName, bytes: Uint8Array): number {
    const { v4l2_format, v4l2_pix_format, v4l2_pix_format_mplane } = this.#structs;
    const view = viewOf(bytes);
    const queue = this.#queueOf(view.getUint32(0, true));
    if (queue === undefined) return EINVAL;
    const at = v4l2_format.offsets.fmt;
    const o = this.#driver.isSinglePlanar ? v4l2_pix_format.offsets : v4l2_pix_format_mplane.offsets;
    const sizes = this.#driver.isSinglePlanar
      ? [v4l2_pix_format.offsets.sizeimage, v4l2_pix_format.offsets.bytesperline]
      : [v4l2_pix_format_mplane.offsets.plane_fmt, v4l2_pix_format_mplane.offsets.plane_fmt + 4];
    const [sizeimage, bytesperline] = [at + sizes[0]!, at + sizes[1]!];
    if (name === "VIDIOC_S_FMT") {
      const { maxSize = 4096, maxCaptureSize = maxSize } = this.#driver;
      const most = queue === this.#output ? maxSize : maxCaptureSize;
      const width = Math.min(view.getUint32(at + o.width, true), most);
      const height = Math.min(view.getUint32(at + o.height, true), most);
      const pixelFormat = view.getUint32(at + o.pixelformat, true);
      this.log.push(`S_FMT ${queue.name} ${width}x${height}`);
      if (this.#output.isStreaming && this.#driver.canResize !== "streaming") return EBUSY;
      if (this.#capture.buffers.length > 0 && !this.#driver.canResize) return EBUSY;
      const formats = queue === this.#output ? this.#driver.outputFormats : this.#captureFormats;
      queue.format = {
        pixelFormat: formats.includes(pixelFormat) ? pixelFormat : formats[0]!,
        width,
        height,
        sizeimage: queue === this.#output ? view.getUint32(sizeimage, true) : (width * height * 3) / 2,
        bytesperline: queue === this.#output ? 0 : width,
      };
      if (queue === this.#output) {
        const deep = this.#driver.staysDeep && this.#isDeep ? this.#driver.deepFormat : undefined;
        const format = { pixelFormat: deep ?? this.#captureFormats[0]!, sizeimage: (width * height * 3) / 2 };
        this.#capture.format = { ...format, width, height, bytesperline: width };
      }
    } else {
      this.log.push(`G_FMT ${queue.name}`);
    }
    view.setUint32(at + o.width, queue.format.width, true);
    view.setUint32(at + o.height, queue.format.height, true);
    view.setUint32(at + o.pixelformat, queue.format.pixelFormat, true);
    view.setUint32(sizeimage, queue.format.sizeimage, true);
    view.setUint32(bytesperline, queue.format.bytesperline, true);
    if (!this.#driver.isSinglePlanar) view.setUint8(at + v4l2_pix_format_mplane.offsets.num_planes, 1);
    return 0;
  }

  #makeBuffers(name: "VIDIOC_REQBUFS" | "VIDIOC_CREATE_BUFS", bytes: Uint8Array): number {
    const { v4l2_requestbuffers: request, v4l2_create_buffers: create, v4l2_format } = this.#structs;
    const view = viewOf(bytes);
    const isCreate = name === "VIDIOC_CREATE_BUFS";
    const queue = this.#queueOf(view.getUint32(isCreate ? create.offsets.format : request.offsets.type, true))!;
    const wanted = view.getUint32(isCreate ? create.offsets.count : request.offsets.count, true);
    this.log.push(`${name.slice(7)} ${queue.name} ${wanted}`);
    if (isCreate && !this.#driver.canCreateBuffers) return ENOTTY;
    let { sizeimage } = queue.format;
    if (isCreate) {
      const at = create.offsets.format + v4l2_format.offsets.fmt;
      const { v4l2_pix_format: single, v4l2_pix_format_mplane: multiple } = this.#structs;
      const offset = this.#driver.isSinglePlanar ? single.offsets.sizeimage : multiple.offsets.plane_fmt;
      sizeimage = view.getUint32(at + offset, true);
      view.setUint32(create.offsets.index, queue.buffers.length, true);
    } else {
      if (queue.isStreaming) return EBUSY;
      queue.buffers = [];
      view.setUint32(request.offsets.capabilities, this.#driver.canHold ? 0x39 : 0x19, true);
    }
    const room = (this.#driver.mostBuffers ?? Infinity) - this.#output.buffers.length - this.#capture.buffers.length;
    const count = Math.min(wanted, room);
    if (count === 0 && wanted > 0) return ENOMEM;
    view.setUint32(isCreate ? create.offsets.count : request.offsets.count, count, true);
    for (let i = 0; i < count; i++) {
      queue.buffers.push({ memory: new Uint8Array(sizeimage), timestamp: 0n, isFailed: false });
    }
    return 0;
  }

  #controls(name: "VIDIOC_S_EXT_CTRLS" | "VIDIOC_TRY_EXT_CTRLS", bytes: Uint8Array): number {
    const { isNow, requestFd, controls } = controlsAt(this.#structs, bytes, (address, size) => this.#at(address, size));
    const request = this.#files.get(requestFd);
    if (!isNow && (typeof request !== "object" || request.state !== "idle")) return EINVAL;
    const refused = controls.findIndex(({ name: control, payload }) => this.#driver.refuses?.(control, payload));
    const names = controls.map(({ name: control }) => control.replace("V4L2_CID_STATELESS_", ""));
    this.log.push(`${name.slice(7)} ${isNow ? "now" : "request"} ${names.join(" ")}`);
    if (refused < 0) {
      for (const { name: control, payload } of controls) this.#setControl(control, payload);
      return 0;
    }
    const tells = name === "VIDIOC_TRY_EXT_CTRLS" || this.#driver.tellsControl;
    const { error_idx } = this.#structs.v4l2_ext_controls.offsets;
    viewOf(bytes).setUint32(error_idx, tells ? refused : controls.length, true);
    return EINVAL;
  }

  /** As try_or_set_cluster: the driver is not told of a value that it has already. */
  #setControl(name: string, payload: Uint8Array | number): void {
    const before = this.#values.get(name);
    this.#values.set(name, String(payload));
    if (before === String(payload) || typeof payload === "number") return;
    const depthAt = bitDepthFields[name];
    const isDeep = depthAt !== undefined && (payload[depthAt.at] ?? 0) > depthAt.above;
    if (!isDeep || !this.#driver.deepFormat) return;
    this.#isDeep = true;
    const { format } = this.#capture;
    if (format.pixelFormat === this.#driver.deepFormat) return;
    format.pixelFormat = this.#driver.deepFormat;
    format.sizeimage *= 2;
  }

  #stream(name: IoctlName, bytes: Uint8Array): number {
    const view = viewOf(bytes);
    if (name === "VIDIOC_STREAMON" || name === "VIDIOC_STREAMOFF") {
      const queue = this.#queueOf(view.getUint32(0, true))!;
      this.log.push(`${name.slice(7)} ${queue.name}`);
      const isStart = name === "VIDIOC_STREAMON";
      if (isStart && this.#capture.buffers.length > (this.#driver.mostStarted ?? Infinity)) return ENOMEM;
      queue.isStreaming = isStart;
      queue.queued = [];
      queue.done = [];
      return 0;
    }
    if (name === "VIDIOC_DECODER_CMD") {
      this.log.push(`DECODER_CMD ${view.getUint32(0, true)}`);
      this.#giveHeld();
      return 0;
    }
    return name === "VIDIOC_EXPBUF" ? EACCES : this.#buffer(name, view);
  }

  #buffer(name: IoctlName, view: DataView): number {
    const { offsets: o, members } = this.#structs.v4l2_buffer;
    const { v4l2_plane: plane } = this.#structs;
    const queue = this.#queueOf(view.getUint32(o.type, true))!;
    const index = name === "VIDIOC_DQBUF" ? queue.done.shift() : view.getUint32(o.index, true);
    if (index === undefined) return EAGAIN;
    const buffer = queue.buffers[index];
    if (buffer === undefined) return EINVAL;
    view.setUint32(o.index, index, true);
    if (name === "VIDIOC_DQBUF") view.setUint32(o.flags, buffer.isFailed ? 0x40 : 0, true);
    if (name === "VIDIOC_QUERYBUF") {
      const offset = (queue === this.#capture ? 0x4000_0000 : 0) + index;
      if (this.#driver.isSinglePlanar) {
        view.setUint32(o.length, buffer.memory.length, true);
        view.setUint32(o.m, offset, true);
      } else {
        const planes = viewOf(this.#at(members.m.read(view, o.m), plane.size));
        planes.setUint32(plane.offsets.length, buffer.memory.length, true);
        planes.setUint32(plane.offsets.m, offset, true);
        view.setUint32(o.length, 1, true);
      }
    }
    if (name === "VIDIOC_QBUF") {
      this.log.push(`QBUF ${queue.name} ${index}`);
      if (queue.queued.includes(index) || queue.done.includes(index)) return EINVAL;
      // vb2_dma_contig: "plane 0 is too small", for the format that the driver has now.
      if (queue === this.#capture && buffer.memory.length < queue.format.sizeimage) return EINVAL;
      if (queue === this.#capture) queue.queued.push(index);
      else this.#intoRequest(index, view);
    }
    return 0;
  }

  #intoRequest(index: number, view: DataView): void {
    const { offsets: o } = this.#structs.v4l2_buffer;
    const request = this.#files.get(view.getInt32(o.request_fd, true)) as FakeRequest;
    const seconds = view.getBigInt64(o.timestamp, true);
    const timestamp = seconds * 1_000_000_000n + view.getBigInt64(o.timestamp + 8, true) * 1000n;
    request.output = { index, timestamp, isHeld: (view.getUint32(o.flags, true) & 0x200) !== 0 };
  }
}
