import {
  decodePayload,
  elementSize,
  encodeStruct,
  V4L2_VP8_FRAME_FLAG_KEY_FRAME,
  vp8Controls,
} from "../../src/uapi/index.ts";

const vp8Frame = vp8Controls.V4L2_CID_STATELESS_VP8_FRAME;

/** Of a key frame: it refers to nothing. */
const keyFrame = encodeStruct(vp8Frame.struct, {
  ...decodePayload(vp8Frame, new Uint8Array(elementSize(vp8Frame))),
  flags: BigInt(V4L2_VP8_FRAME_FLAG_KEY_FRAME),
});
const escaped = [...keyFrame].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");

/** A log of strace, line by line, of a program that decodes VP8 with one device. Thread 1 makes the requests. */
export class StraceProgram {
  readonly lines: string[] = [];
  #video = 3;

  get text(): string {
    return `${this.lines.join("\n")}\n`;
  }

  /** A call, or a part of one. */
  add(thread: number, text: string): this {
    this.lines.push(`${thread} 00:00:00.1 ${text}`);
    return this;
  }

  #ioctl(thread: number, name: string, argument: string): this {
    return this.add(thread, `ioctl(${this.#video}</dev/video0>, ${name}, ${argument}) = 0`);
  }

  start(video = 3): this {
    this.#video = video;
    this.add(1, `openat(AT_FDCWD, "/dev/video0", O_RDWR) = ${video}</dev/video0>`);
    const format = "fmt.pix={width=96, height=80, pixelformat=v4l2_fourcc('V', 'P', '8', 'F')}";
    this.#ioctl(1, "VIDIOC_S_FMT", `{type=V4L2_BUF_TYPE_VIDEO_OUTPUT, ${format}}`);
    for (const queue of ["OUTPUT", "CAPTURE"] as const)
      this.#ioctl(1, "VIDIOC_REQBUFS", `{type=V4L2_BUF_TYPE_VIDEO_${queue}, memory=V4L2_MEMORY_MMAP, count=4}`);
    return this.stream("ON");
  }

  stream(way: "ON" | "OFF"): this {
    for (const queue of ["OUTPUT", "CAPTURE"]) this.#ioctl(1, `VIDIOC_STREAM${way}`, `[V4L2_BUF_TYPE_VIDEO_${queue}]`);
    return this;
  }

  setControls(): this {
    const control = `{id=0x${vp8Frame.id.toString(16)}, size=${keyFrame.length}, string="${escaped}"}`;
    return this.#ioctl(1, "VIDIOC_S_EXT_CTRLS", `{ctrl_class=0xf010000, count=1, controls=[${control}]}`);
  }

  queueBuffer(queue: "OUTPUT" | "CAPTURE", index: number): this {
    const flags = queue === "OUTPUT" ? "V4L2_BUF_FLAG_IN_REQUEST|V4L2_BUF_FLAG_REQUEST_FD" : "V4L2_BUF_FLAG_QUEUED";
    return this.#ioctl(1, "VIDIOC_QBUF", `{type=V4L2_BUF_TYPE_VIDEO_${queue}, index=${index}, flags=${flags}}`);
  }

  queueRequest(fd: number): this {
    return this.add(1, `ioctl(${fd}, MEDIA_REQUEST_IOC_QUEUE, 0) = 0`);
  }

  reinit(fd: number): this {
    return this.add(1, `ioctl(${fd}, MEDIA_REQUEST_IOC_REINIT, 0) = 0`);
  }

  /** Both buffers of a picture, without the request. */
  fill(index: number): this {
    return this.queueBuffer("CAPTURE", index).setControls().queueBuffer("OUTPUT", index);
  }

  dequeue(thread: number, queue: "OUTPUT" | "CAPTURE", index: number, microseconds: number): this {
    return this.#ioctl(
      thread,
      "VIDIOC_DQBUF",
      `{type=V4L2_BUF_TYPE_VIDEO_${queue}, index=${index}, flags=V4L2_BUF_FLAG_TIMESTAMP_COPY, timestamp={tv_sec=0, tv_usec=${microseconds}}}`,
    );
  }
}
