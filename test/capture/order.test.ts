/** Calls of several threads, which end in another order than they begin; and buffers that come back in no call. */

import { describe, expect, it } from "vitest";
import { type Call, lintCapture, readCapture } from "../../src/capture/index.ts";
import type { RecordLine } from "../../src/record/index.ts";
import { allOf, callsOf, captureText, imported } from "./captures.ts";
import { Program, paramsReferringTo } from "./program-calls.ts";
import { StraceProgram } from "./strace-program.ts";

const timestampsOf = async (text: string) => (await imported(text)).requests.map(({ timestamp }) => timestamp);
const findingsOf = (text: string) => allOf(lintCapture(callsOf(text)));

describe("a log of strace whose program dequeues in a thread of its own", () => {
  /** The buffers come back while the call that queues the request has not ended. */
  const early = (log: StraceProgram, picture: number) =>
    log
      .fill(picture % 2)
      .add(1, "ioctl(10, MEDIA_REQUEST_IOC_QUEUE, 0 <unfinished ...>")
      .dequeue(2, "OUTPUT", picture % 2, picture)
      .dequeue(2, "CAPTURE", picture % 2, picture)
      .add(1, "<... ioctl resumed>) = 0")
      .reinit(10);

  it("gives each request its own timestamp where its buffer comes back before the call ends that queues it", async () => {
    const log = new StraceProgram().start();
    for (let picture = 1; picture <= 6; picture++) early(log, picture);
    expect(await timestampsOf(log.text)).toEqual([1000, 2000, 3000, 4000, 5000, 6000]);
    expect((await imported(log.text)).warnings).toEqual([]);
    expect(await findingsOf(log.text)).toEqual([]);
  });

  it("is read where only some calls end late", async () => {
    const log = early(new StraceProgram().start(), 1);
    log.fill(0).queueRequest(10).dequeue(2, "OUTPUT", 0, 2).dequeue(2, "CAPTURE", 0, 2).reinit(10);
    early(early(log, 3), 4);
    expect(await timestampsOf(log.text)).toEqual([1000, 2000, 3000, 4000]);
  });

  it("knows where a call of VIDIOC_DQBUF ends that began before the request was made", async () => {
    const text = captureText("h264_high_bpyramid.264.strace");
    const dequeues = /^(\d+)( +\S+ ioctl\(.*VIDIOC_DQBUF, \{type=V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE)(, index=.* = 0)$/;
    const waiting = text.split("\n");
    const last = waiting.map((line) => dequeues.test(line)).lastIndexOf(true);
    const [, , begin, end] = dequeues.exec(waiting[last] as string) as RegExpExecArray;
    const set = waiting.slice(0, last).map((line) => line.includes("VIDIOC_S_EXT_CTRLS"));
    waiting[last] = `99999 00:00:00.1 <... ioctl resumed>${end}`;
    waiting.splice(set.lastIndexOf(true), 0, `99999${begin} <unfinished ...>`);
    const whole = await imported(text);
    const { requests, warnings } = await imported(waiting.join("\n"));
    expect(warnings).toEqual(whole.warnings);
    expect(requests.map(({ timestamp, hold }) => [timestamp, hold])).toEqual(
      whole.requests.map(({ timestamp, hold }) => [timestamp, hold]),
    );
  });
});

describe("a log of strace whose program takes OUTPUT buffers back before they are done", () => {
  const played = () => {
    const log = new StraceProgram().start();
    log.fill(0).queueRequest(10).dequeue(1, "OUTPUT", 0, 1).dequeue(1, "CAPTURE", 0, 1).reinit(10);
    return log.fill(0).queueRequest(10).fill(1).queueRequest(11);
  };
  const goOn = (log: StraceProgram) =>
    log.reinit(10).fill(0).queueRequest(10).dequeue(1, "OUTPUT", 0, 4).dequeue(1, "CAPTURE", 0, 4).text;

  it.each([
    ["VIDIOC_STREAMOFF", () => goOn(played().stream("OFF").stream("ON"))],
    ["close", () => goOn(played().add(1, "close(3</dev/video0>) = 0").start())],
  ])("leaves out the requests whose timestamps nothing shows, and says so: %s", async (call, text) => {
    const { requests, errors, types, warnings } = await imported(text());
    expect(requests.map(({ timestamp }) => timestamp)).toEqual([1000, 4000]);
    expect(types.filter((type) => type !== "sequence")).toEqual(["request", "error", "request"]);
    const message = expect.stringMatching(
      `^2 requests are left out here: ${call} of line \\d+ takes the OUTPUT buffers back, and strace shows`,
    );
    expect(errors).toEqual([expect.objectContaining({ code: "missing-calls", message })]);
    expect(warnings).toEqual([expect.stringMatching(/^line \d+: 2 requests are left out, whose OUTPUT buffers/)]);
    expect(await findingsOf(text())).toEqual([]);
  });
});

describe("a log of strace with two decoders", () => {
  it("knows the last picture of one where the other has a picture with its timestamp", async () => {
    const h264 = captureText("h264_high_bpyramid.264.strace");
    const vp8 = captureText("vp8_altref.ivf.strace")
      .replace(/^\d+/gm, "77$&")
      .replace(/ioctl\(8</g, "ioctl(80<");
    const warnings: string[] = [];
    const options = { codec: "h264", onWarning: (message: string) => warnings.push(message) } as const;
    const { lines } = await readCapture("strace", [`${h264}\n${vp8}`], options);
    const all = await allOf<RecordLine>(lines as AsyncIterable<RecordLine>);
    const alone = await imported(h264);
    expect(all.filter(({ type }) => type === "request").length).toBe(alone.requests.length);
    expect(warnings).toEqual(alone.warnings);
  });
});

describe("a program with two decoders in two threads", () => {
  it("is looked at by lint as two programs: what one refers to is not looked for in the other", async () => {
    const params = (references: readonly bigint[]) => [paramsReferringTo(references)];
    const program = new Program().start();
    const set = program.calls.map((call) => ("pixelFormat" in call ? { ...call, pixelFormat: "VP8F" } : call));
    for (const call of set) program.calls.push({ ...call, fd: 4, thread: "2" } as Call);
    const other = (...calls: readonly Record<string, unknown>[]) => {
      for (const call of calls) program.calls.push({ line: 0, thread: "2", fd: 4, ...call } as unknown as Call);
    };
    const buffer = { call: "VIDIOC_QBUF", queue: "OUTPUT", isForRequest: true, hold: false, isCorrupt: false };
    for (let picture = 1n; picture <= 4n; picture++) {
      const index = Number(picture % 4n);
      program.setControls(params(picture > 1n ? [1000n] : []), 10);
      // Now one is the last to queue a buffer, now the other.
      if (picture % 2n === 0n) other({ ...buffer, index, timestamp: picture + 6n, request: 20 });
      program.queue("OUTPUT", index, picture * 1000n, 10);
      if (picture % 2n === 1n) other({ ...buffer, index, timestamp: picture + 6n, request: 20 });
      program.queueRequest(10);
      other({ call: "MEDIA_REQUEST_IOC_QUEUE", fd: 20 });
      program.add({ call: "MEDIA_REQUEST_IOC_REINIT", fd: 10 } as never);
      other({ call: "MEDIA_REQUEST_IOC_REINIT", fd: 20 });
    }
    const calls = program.calls.map((call, at) => ({ ...call, line: at + 1 }));
    expect(
      (await allOf(lintCapture(calls, { codec: "h264" }))).filter(({ rule }) => rule === "unknown-reference"),
    ).toEqual([]);
  });
});

describe("a trace of v4l2-tracer, which does not name threads", () => {
  interface Entry {
    ioctl?: string;
    fd?: number;
    from_userspace?: Record<string, unknown>;
    from_driver?: Record<string, unknown>;
    mem_array?: string[];
  }
  const text = captureText("vp8_altref.ivf.v4l2-tracer");
  const entries = () => JSON.parse(text) as Entry[];
  const written = (changed: readonly Entry[]) => JSON.stringify(changed, null, 1);
  const isBack = (entry: Entry) =>
    entry.ioctl === "VIDIOC_DQBUF" && JSON.stringify(entry).includes("VIDEO_OUTPUT_MPLANE");
  const isFilled = (entry: Entry) =>
    entry.ioctl === "VIDIOC_QBUF" && JSON.stringify(entry).includes("VIDEO_OUTPUT_MPLANE");
  const indexOf = (entry: Entry | undefined) => /"index":(\d+)/.exec(JSON.stringify(entry) ?? "")?.[1];
  /** Puts each call that takes a buffer back before the one that queues its request, or drops the fourth of these. */
  const reordered = (isDropped: boolean) => {
    const all = entries();
    let count = 0;
    for (let at = 0; at < all.length; at++) {
      if (all[at]?.ioctl !== "MEDIA_REQUEST_IOC_QUEUE") continue;
      const index = indexOf(all.slice(0, at).filter(isFilled).at(-1));
      const back = all.findIndex((each, later) => later > at && isBack(each) && indexOf(each) === index);
      if (back < 0) throw new Error("a buffer does not come back");
      const [entry] = all.splice(back, 1);
      const isLost = ++count === 4 && isDropped;
      all.splice(at, isLost ? 1 : 0, entry as Entry);
      if (!isLost) at++;
    }
    return written(all);
  };

  it("is whole where a buffer comes back before the call ends that queues its request", async () => {
    const whole = await imported(text);
    const { requests, warnings } = await imported(reordered(false), "v4l2-tracer");
    expect(requests.map(({ timestamp }) => timestamp)).toEqual(whole.requests.map(({ timestamp }) => timestamp));
    expect(warnings).toEqual([]);
  });

  it("has a hole where that call does not come before the request is used again", async () => {
    const { requests, warnings } = await imported(reordered(true), "v4l2-tracer");
    expect(requests.length).toBeLessThan((await imported(text)).requests.length);
    expect(warnings).toEqual([expect.stringMatching(/calls are missing here: .* its request was not queued/)]);
  });

  it("has no bytes of the buffer before data_offset", async () => {
    const shifted = written(
      entries().map((entry) => {
        const [first, ...others] = entry.mem_array ?? [];
        if (first !== undefined) return { ...entry, mem_array: [`00 00 00 00 ${first}`, ...others] };
        if (entry.ioctl !== "VIDIOC_QBUF" || !JSON.stringify(entry).includes("VIDEO_OUTPUT_MPLANE")) return entry;
        return JSON.parse(
          JSON.stringify(entry)
            .replace(/("planes":\[\{[^[\]]*?"bytesused":)(\d+)/g, (_, before, n) => `${before}${Number(n) + 4}`)
            .replace(/"data_offset":0/g, '"data_offset":4'),
        ) as Entry;
      }),
    );
    expect(shifted).not.toBe(written(entries()));
    const whole = await imported(text);
    const { requests } = await imported(shifted, "v4l2-tracer");
    expect(requests.map(({ bitstream }) => bitstream)).toEqual(whole.requests.map(({ bitstream }) => bitstream));
  });
});
