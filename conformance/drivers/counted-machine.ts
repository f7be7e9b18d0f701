/** Counts what the submitter asks of the kernel, and what it gets back. */
import { constants } from "node:os";
import {
  V4L2_BUF_FLAG_ERROR,
  V4L2_BUF_TYPE_VIDEO_OUTPUT,
  V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE,
} from "../../src/submit/layout/constants.ts";
import { ioctlNumbersOf } from "../../src/submit/layout/ioctls.ts";
import { structsOf } from "../../src/submit/layout/structs.ts";
import type { Libc } from "../../src/submit/libc.ts";
import type { Machine } from "../../src/submit/machine.ts";
import { viewOf } from "../../src/uapi/index.ts";

export interface CallCounts {
  /** Requests that were queued, and those whose OUTPUT buffer came back. */
  queued: number;
  returned: number;
  /** Of these, those that the driver gave back as failed. */
  failed: number;
  /** Requests that never completed, although their buffers came back: MEDIA_REQUEST_IOC_REINIT finds them busy. */
  incomplete: number;
  /** Mappings of buffers that are not unmapped yet. */
  mapped: number;
}

/** A machine that counts in `counts`. */
export function countedMachine({ abi, libc }: Machine, counts: CallCounts): Machine {
  const numbers = ioctlNumbersOf(abi);
  const { offsets } = structsOf(abi).v4l2_buffer;
  const isOutput = (type: number) => type === V4L2_BUF_TYPE_VIDEO_OUTPUT || type === V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
  const took = (buffer: Uint8Array): void => {
    const view = viewOf(buffer);
    if (!isOutput(view.getUint32(offsets.type, true))) return;
    counts.returned++;
    if ((view.getUint32(offsets.flags, true) & V4L2_BUF_FLAG_ERROR) !== 0) counts.failed++;
  };
  const ioctl: Libc["ioctl"] = (fd, request, argument) => {
    const result = libc.ioctl(fd, request, argument);
    if (request === numbers.MEDIA_REQUEST_IOC_QUEUE && result === 0) counts.queued++;
    else if (request === numbers.MEDIA_REQUEST_IOC_REINIT && result === -constants.errno.EBUSY) counts.incomplete++;
    else if (request === numbers.VIDIOC_DQBUF && result === 0) took(argument as Uint8Array);
    return result;
  };
  const map: Libc["map"] = (fd, length, offset) => {
    const mapping = libc.map(fd, length, offset);
    if (typeof mapping === "number") return mapping;
    counts.mapped++;
    const unmap = (wasLent: boolean): void => {
      counts.mapped--;
      mapping.unmap(wasLent);
    };
    return { bytes: mapping.bytes, unmap };
  };
  return { abi, libc: { ...libc, ioctl, map } };
}
