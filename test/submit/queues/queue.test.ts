import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { KernelFile } from "../../../src/submit/kernel-file.ts";
import { abis } from "../../../src/submit/layout/abi.ts";
import { ioctlNumber } from "../../../src/submit/layout/ioctls.ts";
import { structsOf } from "../../../src/submit/layout/structs.ts";
import { Queue } from "../../../src/submit/queues/queue.ts";
import { viewOf } from "../../../src/uapi/index.ts";
import { FakeKernel } from "../fake-kernel.ts";

describe("export", () => {
  it("closes what it has when a later plane fails, and names the buffer", () => {
    const { libc } = new FakeKernel({ outputFormats: [] }).machine;
    const { v4l2_format, v4l2_pix_format_mplane: planes, v4l2_exportbuffer } = structsOf(abis.lp64);
    const closed: number[] = [];
    const answers = {
      // Two planes, and file descriptors for one.
      [ioctlNumber("VIDIOC_G_FMT", abis.lp64)]: (bytes: Uint8Array) => {
        bytes[v4l2_format.offsets.fmt + planes.offsets.num_planes] = 2;
        return 0;
      },
      [ioctlNumber("VIDIOC_EXPBUF", abis.lp64)]: (bytes: Uint8Array) => {
        const view = viewOf(bytes);
        if (view.getUint32(v4l2_exportbuffer.offsets.plane, true) === 1) return -constants.errno.EMFILE;
        view.setInt32(v4l2_exportbuffer.offsets.fd, 77, true);
        return 0;
      },
    };
    const ioctl = (_fd: number, number: number, bytes?: Uint8Array) => answers[number]!(bytes!);
    const machine = { abi: abis.lp64, libc: { ...libc, ioctl, close: (fd: number) => void closed.push(fd) } };
    const queue = new Queue(KernelFile.open(machine, "/dev/video7"), "CAPTURE", true);
    queue.format();
    expect(() => queue.export(3)).toThrow("/dev/video7: VIDIOC_EXPBUF (CAPTURE buffer 3, plane 1) failed with EMFILE");
    expect(closed).toEqual([77]);
  });
});
