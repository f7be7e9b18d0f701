import { describe, expect, it } from "vitest";
import { type Call, captureCalls, captureStats, lintCapture, straceFilesCalls } from "../../src/capture/index.ts";
import { allOf, callsOf, captureText, imported } from "./captures.ts";
import { Program } from "./program-calls.ts";

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

  it("adds up what a program does with a device that it opens several times", async () => {
    const { calls } = new Program().start().send(0, 1000n).receive(0, 1000n).format("CAPTURE", "NV12", "EBUSY");
    calls.push({ call: "VIDIOC_EXPBUF", line: calls.length + 1, thread: "1", fd: 3, queue: "CAPTURE" });
    const open = (fd: number): Call => ({ call: "open", line: 1, thread: "1", fd, path: "/dev/video0" });
    const again = calls.map((call) => ("fd" in call && call.fd === 3 ? { ...call, fd: 4 } : call));
    const of = async (all: readonly Call[]) => (await captureStats(all)).decoders;
    const [once, ...others] = await of([open(3), ...calls]);
    expect(others).toEqual([]);
    const { ioctls, requests, reinits, dequeued, exported, formatTroubles, ...same } = once!;
    const twice = (counts: object) => Object.fromEntries(Object.entries(counts).map(([key, n]) => [key, 2 * n]));
    expect(requests).toBe(1);
    expect(await of([open(3), ...calls, open(4), ...again])).toEqual([
      {
        ...same,
        ioctls: Object.fromEntries(
          Object.entries(ioctls).map(([name, count]) => [
            name,
            { calls: 2 * count.calls, errors: twice(count.errors) },
          ]),
        ),
        ...twice({ requests, reinits }),
        dequeued: twice(dequeued),
        exported: twice(exported),
        formatTroubles: [...formatTroubles, ...formatTroubles],
      },
    ]);
  });

  it("says which queue's buffers are in the way of a format", async () => {
    const causes = async (program: Program) =>
      (await captureStats(program.calls)).decoders[0]?.formatTroubles.map(({ cause }) => cause);
    const stopped = new Program().start().stream("OFF");
    expect(await causes(stopped.format("OUTPUT", "VP8F", "EBUSY"))).toEqual([
      "OUTPUT holds 4 buffers: REQBUFS 0 must come before it",
    ]);
    expect(await causes(stopped.buffers("OUTPUT", 0).format("OUTPUT", "VP8F", "EBUSY"))).toContain(
      "CAPTURE holds 8 buffers, and the driver ties both formats together",
    );
    expect(await causes(stopped.buffers("CAPTURE", 0).format("OUTPUT", "VP8F", "EBUSY"))).toContain("a queue is busy");
    expect(await causes(new Program().format("OUTPUT", "XXXX", "EINVAL"))).toEqual(["the driver does not take it"]);
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
      // A thread's stack, and what malloc reserves.
      "mmap(NULL, 8392704, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0x7f0000000000",
      "mmap(NULL, 134217728, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x7f0000000000",
    ].map((line) => `${thread} 00:00:00.1 ${line}`);
    const passed = `${thread} 00:00:00.1 recvmsg(6, {msg_control=[{cmsg_len=32, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[9<socket:[1]>, 10<TCP:[127.0.0.1:1->127.0.0.1:2]>, 11]}], msg_flags=0}, 0) = 1\n`;
    expect((await captureStats(callsOf(decoding + passed))).processes[0]).toMatchObject({
      filesSent: 0,
      filesReceived: 3,
    });
    const text = `${thread} 00:00:00.1 recvmsg(6, {msg_iov=[{iov_base="cmsg_type=SCM_RIGHTS, cmsg_data=[1, 2]", iov_len=38}], msg_flags=0}, 0) = 38\n`;
    expect((await captureStats(callsOf(decoding + text))).processes[0]).toMatchObject({ filesReceived: 0 });
    const of = async (...indexes: readonly number[]) => {
      const added = indexes.map((index) => `${more[index]}\n`).join("");
      return captureStats(callsOf(`${decoding}${added}`));
    };
    const { processes } = await of(0, 1, 2, 3, 4);
    expect(processes[0]).toMatchObject({
      largeMappings: { count: 1, bytes: 4194304 },
      filesSent: 2,
      drm: { DRM_IOCTL_PRIME_FD_TO_HANDLE: 1 },
    });
    const ways = async (...indexes: readonly number[]) => (await of(...indexes)).handoffs.map(({ way }) => way);
    expect(await ways(0, 1, 2, 3, 4)).toEqual(["dma-buf", "dma-buf"]);
    // Programs export buffers that they copy all the same, and what is mapped in small pieces is no picture.
    expect(await ways()).toEqual(["not seen", "not seen"]);
    expect(await ways(5, 6)).toEqual(["not seen", "not seen"]);
    expect(await ways(0, 3)).toEqual(["not seen", "not seen"]);
    expect(await ways(0, 2)).toEqual(["copy", "not seen"]);
    expect(await ways(2)).toEqual(["copy", "not seen"]);
    // The descriptors may be those of the exported buffers.
    expect(await ways(0, 2, 4)).toEqual(["not seen", "dma-buf"]);
  });

  it.each(["none-64-bit.strace", "missing-hold-flag.recorder"])(
    "says that buffers were not copied whose memory is a dma-buf of the program: %s",
    async (name) => {
      const text = captureText(name)
        .replaceAll("V4L2_MEMORY_MMAP", "V4L2_MEMORY_DMABUF")
        .replaceAll('"memory":1', '"memory":4');
      const { handoffs } = await captureStats(callsOf(text));
      expect(handoffs[0]).toMatchObject({
        way: "dma-buf",
        evidence: "CAPTURE buffers with V4L2_MEMORY_DMABUF queued 4 times",
      });
    },
  );

  it("knows that VIDIOC_STREAMOFF gives back what is in flight", async () => {
    const program = new Program().start();
    for (let seek = 0; seek < 3; seek++) program.send(0, 1000n).stream("OFF").stream("ON");
    const { decoders } = await captureStats(program.calls);
    expect(decoders[0]).toMatchObject({ requests: 3, mostInFlight: 1 });
  });

  it("counts calls whose payloads strace did not print whole, which make no record", async () => {
    const whole = captureText("none.strace");
    const cut = whole.replace(/(string="(?:\\x[0-9a-f]{2}){32})[^"]*"/g, '$1"...');
    const short = whole.replace(/controls=\[.*?\}\]/g, "controls=[...]");
    for (const [text, reason] of [
      [cut, /strace printed 32 of the 1048 bytes of control 0xa40902: run it with -s 1000000 -xx$/],
      [short, /strace printed 0 of 1 controls: run it with -v$/],
    ] as const) {
      expect(text).not.toBe(whole);
      const warnings: string[] = [];
      const calls = captureCalls("strace", [text], (message) => warnings.push(message));
      expect(await captureStats(calls)).toEqual(await captureStats(callsOf(whole)));
      expect(warnings).toEqual([]);
      await expect(imported(text)).rejects.toThrow(reason);
      await expect(allOf(lintCapture(callsOf(text)))).rejects.toThrow(reason);
    }
    // Of strace -ff, the file is named, too.
    const files = [{ thread: "136", name: "log.136", pieces: [cut.replace(/^\d+ +/gm, "")] }];
    await expect(allOf(lintCapture(straceFilesCalls(files)))).rejects.toThrow(/-xx \(log\.136\)$/);
  });
});
