import type { Call, CapturedControl, IoctlCall, Queue } from "../../src/capture/index.ts";
import { elementSize, h264Controls, V4L2_H264_DPB_ENTRY_FLAG_ACTIVE, viewOf } from "../../src/uapi/index.ts";

type Without<C, Keys extends string> = C extends unknown ? Omit<C, Keys> : never;

const decodeParams = h264Controls.V4L2_CID_STATELESS_H264_DECODE_PARAMS;

/** Payloads of zeros: the kernel takes them, and no field asks for anything. */
export const zeros = (control: Parameters<typeof elementSize>[0] & { readonly id: number }): CapturedControl => ({
  id: control.id,
  payload: new Uint8Array(elementSize(control)),
});

/** H264_DECODE_PARAMS of a picture that refers to others, by their timestamps. */
export function paramsReferringTo(references: readonly bigint[]): CapturedControl {
  const { id, payload } = zeros(decodeParams);
  const view = viewOf(payload as Uint8Array);
  // struct v4l2_h264_dpb_entry has 32 bytes: reference_ts is first, flags last.
  for (const [i, timestamp] of references.entries()) {
    view.setBigUint64(32 * i, timestamp, true);
    view.setUint32(32 * i + 28, V4L2_H264_DPB_ENTRY_FLAG_ACTIVE, true);
  }
  return { id, payload: payload as Uint8Array };
}

/** The calls of a program that decodes H.264 with one device, the first in line 1. */
export class Program {
  readonly calls: Call[] = [];

  add(...calls: readonly Without<IoctlCall, "line" | "thread" | "fd">[]): this {
    for (const call of calls) this.calls.push({ line: this.calls.length + 1, thread: "1", fd: 3, ...call } as Call);
    return this;
  }

  format(queue: Queue, pixelFormat: string, error?: string): this {
    return this.add({ call: "VIDIOC_S_FMT", queue, pixelFormat, width: 96, height: 80, error });
  }

  buffers(queue: Queue, count: number): this {
    return this.add({ call: "VIDIOC_REQBUFS", queue, count });
  }

  stream(way: "ON" | "OFF"): this {
    return this.add(
      { call: `VIDIOC_STREAM${way}`, queue: "OUTPUT" },
      { call: `VIDIOC_STREAM${way}`, queue: "CAPTURE" },
    );
  }

  /** From the format to VIDIOC_STREAMON. */
  start(): this {
    return this.format("OUTPUT", "S264").buffers("OUTPUT", 4).buffers("CAPTURE", 8).stream("ON");
  }

  setControls(controls: readonly CapturedControl[], request?: number, error?: string): this {
    return this.add({ call: "VIDIOC_S_EXT_CTRLS", isForRequest: request !== undefined, request, controls, error });
  }

  queue(queue: Queue, index: number, timestamp: bigint, request?: number): this {
    const isForRequest = request !== undefined;
    return this.add({
      call: "VIDIOC_QBUF",
      queue,
      index,
      timestamp,
      isForRequest,
      request,
      hold: false,
      isCorrupt: false,
    });
  }

  dequeue(queue: Queue, index: number, timestamp: bigint): this {
    return this.add({
      call: "VIDIOC_DQBUF",
      queue,
      index,
      timestamp,
      isForRequest: false,
      hold: false,
      isCorrupt: false,
    });
  }

  queueRequest(request: number): this {
    return this.add({ call: "MEDIA_REQUEST_IOC_QUEUE", fd: request } as never);
  }

  /** Queues a picture into a CAPTURE buffer. The OUTPUT buffer has the same index, and the request belongs to it. */
  send(index: number, timestamp: bigint, references: readonly bigint[] = []): this {
    return this.queue("CAPTURE", index, 0n)
      .setControls([paramsReferringTo(references)], 10 + index)
      .queue("OUTPUT", index, timestamp, 10 + index)
      .queueRequest(10 + index);
  }

  /** Both buffers of a picture come back, and its request can be used again. */
  receive(index: number, timestamp: bigint): this {
    return this.dequeue("OUTPUT", index, timestamp)
      .dequeue("CAPTURE", index, timestamp)
      .add({ call: "MEDIA_REQUEST_IOC_REINIT", fd: 10 + index } as never);
  }
}
