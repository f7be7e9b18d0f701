import { describe, expect, it } from "vitest";
import { captureStats } from "../../src/capture/index.ts";
import { callsOf, captureText } from "./captures.ts";

describe("stats", () => {
  it("counts what GStreamer did, by codec", async () => {
    const { decoders } = await captureStats(callsOf(captureText("h264_high_bpyramid.264.strace")));
    expect(decoders.map(({ codec }) => codec)).toEqual([undefined, "h264"]);
    expect(decoders[1]).toMatchObject({
      ioctls: {
        VIDIOC_QBUF: { calls: 40, errors: {} },
        VIDIOC_DQBUF: { calls: 40 },
        MEDIA_REQUEST_IOC_QUEUE: { calls: 20 },
        VIDIOC_ENUM_FMT: { calls: 3, errors: { EINVAL: 1 } },
      },
      requests: 20,
      requestPool: 6,
      reinits: 20,
      mostInFlight: 2,
      dequeued: { OUTPUT: 20, CAPTURE: 20 },
      exported: { OUTPUT: 22, CAPTURE: 11 },
      formatTroubles: [],
    });
  });

  it("counts the same of one run, whatever captured it", async () => {
    const of = async (name: string) => {
      const { decoders } = await captureStats(callsOf(captureText(name)));
      const { requests, dequeued, ioctls } = decoders.find(({ codec }) => codec === "vp8") ?? {};
      return { requests, dequeued, sets: ioctls?.VIDIOC_S_EXT_CTRLS?.calls, queued: ioctls?.VIDIOC_QBUF?.calls };
    };
    const strace = await of("vp8_altref.ivf.strace");
    expect(strace).toMatchObject({ requests: 20, dequeued: { OUTPUT: 20, CAPTURE: 20 } });
    expect(await of("vp8_altref.ivf.v4l2-tracer")).toMatchObject({ requests: 20, queued: strace.queued });
    expect(await of("vp8_altref.ivf.recorder")).toMatchObject({ requests: 20, queued: strace.queued });
  });

  it("says why a format was refused", async () => {
    const { decoders } = await captureStats(callsOf(captureText("format-of-busy-queue.strace")));
    expect(decoders[0]?.formatTroubles).toEqual([
      {
        line: 32,
        queue: "OUTPUT",
        error: "EBUSY",
        cause: "OUTPUT is streaming: STREAMOFF and REQBUFS 0 must come before it",
      },
    ]);
  });

  it("says where pictures went, by what was mapped, exported, imported and passed on", async () => {
    const decoding = captureText("none.strace");
    const thread = /^\d+/.exec(decoding)?.[0];
    const more = [
      "ioctl(3</dev/video0>, VIDIOC_EXPBUF, {type=V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, index=0, plane=0, flags=O_RDWR|O_CLOEXEC} => {fd=9</dmabuf:>}) = 0",
      "ioctl(7</dev/dri/card0>, DRM_IOCTL_PRIME_FD_TO_HANDLE, 0x7ffc) = 0",
      "mmap(NULL, 4194304, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
      "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
      'sendmsg(6<socket:[1]>, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="x", iov_len=1}], msg_iovlen=1, msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[9</dmabuf:>, 10</dmabuf:>]}], msg_controllen=24, msg_flags=0}, 0) = 1',
    ].map((line) => `${thread} 00:00:00.1 ${line}`);
    const { processes, handoffs } = await captureStats(callsOf(`${decoding}${more.join("\n")}\n`));
    expect(processes[0]).toMatchObject({
      largeMappings: { count: 1, bytes: 4194304 },
      filesSent: 2,
      drm: { DRM_IOCTL_PRIME_FD_TO_HANDLE: 1 },
    });
    expect(handoffs.map(({ way }) => way)).toEqual(["dma-buf", "dma-buf"]);
    const { handoffs: before } = await captureStats(callsOf(decoding));
    expect(before.map(({ way }) => way)).toEqual(["copy", "not seen"]);
  });
});
