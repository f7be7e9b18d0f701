import { describe, expect, it } from "vitest";
import { lintCapture } from "../../src/capture/index.ts";
import { allOf, callsOf, captureText, imported } from "./captures.ts";

const allocation = /^.*"MEDIA_IOC_REQUEST_ALLOC","process":(\d+),"thread":(\d+).*"request":(\d+)}$/gm;
const queueing = /^.*"MEDIA_REQUEST_IOC_QUEUE".*$/gm;

/** A descriptor that the program has not. */
const copyOf = (fd: string) => `${100 + Number(fd)}`;

function duplicated(process: string, thread: string, fd: string, copy: string): string {
  return `{"call":"duplicate","process":${process},"thread":${thread},"fd":${fd},"path":"anon_inode:request","copy":${copy}}`;
}

function closed(process: string, thread: string, fd: string): string {
  return `{"call":"close","process":${process},"thread":${thread},"fd":${fd},"path":"anon_inode:request"}`;
}

/** Each request gets a second descriptor when it is allocated; what `then` gives follows. */
function withCopies(text: string, then: (process: string, thread: string, fd: string) => readonly string[]): string {
  return text.replace(allocation, (line: string, process: string, thread: string, fd: string) =>
    [line, duplicated(process, thread, fd, copyOf(fd)), ...then(process, thread, fd)].join("\n"),
  );
}

/**
 * A program that keeps another descriptor of each request than the one that it got, and closes that: the kernel gives the same one each time.
 */
function renumbered(text: string): string {
  const given = "90";
  return text
    .replace(/(?<=^.*"VIDIOC_.*"request":)\d+/gm, copyOf)
    .replace(/^.*"MEDIA_REQUEST_IOC_.*$/gm, useCopy)
    .replace(allocation, (line: string, process: string, thread: string, fd: string) =>
      [
        line.replace(/"request":\d+/, `"request":${given}`),
        duplicated(process, thread, given, copyOf(fd)),
        closed(process, thread, given),
      ].join("\n"),
    );
}

const useCopy = (line: string) => line.replace(/"fd":(\d+)/, (_, fd: string) => `"fd":${copyOf(fd)}`);

describe("a request with two descriptors", () => {
  const text = captureText("h264_baseline_slices.264.recorder");

  const ways = {
    "is queued by the other than it is filled by": withCopies(text, () => []).replace(queueing, useCopy),
    "is used by the other after one of them is closed": withCopies(text, (process, thread, fd) => [
      closed(process, thread, fd),
    ])
      .replace(/^.*"MEDIA_REQUEST_IOC_.*$/gm, useCopy)
      .replace(/(?<=^.*"VIDIOC_.*"request":)\d+/gm, copyOf),
    "is another one where the closed descriptor is given to the next": renumbered(text),
    "is reinitialised by the other than it is queued by": withCopies(text, () => []).replace(
      /^.*"MEDIA_REQUEST_IOC_REINIT".*$/gm,
      useCopy,
    ),
  };
  it.each(Object.entries(ways))("%s", async (_, log) => {
    expect(log).not.toBe(text);
    const [{ requests, warnings }, whole] = [await imported(log), await imported(text)];
    expect(warnings).toEqual([]);
    expect(requests.map(({ timestamp, controls }) => [timestamp, controls])).toEqual(
      whole.requests.map(({ timestamp, controls }) => [timestamp, controls]),
    );
    expect(await allOf(lintCapture(callsOf(log)))).toEqual([]);
  });
});

describe("a device with two descriptors", () => {
  it("is one device, also where the log does not show that it was opened", async () => {
    const text = captureText("vp8_altref.ivf.recorder");
    const duplicate = '{"call":"duplicate","process":199,"thread":199,"fd":8,"path":"/dev/video0","copy":77}\n';
    const log = text
      .replace(/(?<="call":"close".*"path":"\/dev\/video0"}\n)/, duplicate)
      .replace(/^.*"VIDIOC_D?QBUF".*"type":10,.*$/gm, (line) => line.replace('"fd":8', '"fd":77'));
    expect(log).not.toBe(text);
    const [{ requests, warnings }, whole] = [await imported(log), await imported(text)];
    expect(warnings).toEqual([]);
    expect(requests.length).toBe(whole.requests.length);
    expect(await allOf(lintCapture(callsOf(log)))).toEqual([]);
  });
});

describe("a device that a process opened and a forked one uses", () => {
  const lines = captureText("vp8_altref.ivf.strace").split("\n");
  const at = lines.indexOf(lines.filter((line) => line.includes("VIDIOC_STREAMON")).at(-1) ?? "") + 1;
  const [before, after] = [lines.slice(0, at), lines.slice(at).map((line) => line.replace(/^\d+/, "7777"))];
  const parent = /^\d+/.exec(before.at(-1) ?? "")?.[0];

  it.each(["fork()", "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f)"])(
    "is one device, in a log of strace: %s",
    async (fork) => {
      const log = [...before, `${parent} 00:46:57.0 ${fork} = 7777`, ...after].join("\n");
      const [found, whole] = [await imported(log), await imported(lines.join("\n"))];
      expect(found.warnings).toEqual([]);
      expect(found.requests.length).toBe(whole.requests.length);
      expect(await allOf(lintCapture(callsOf(log)))).toEqual([]);
    },
  );

  it("is one device, also where the first process closes it after that", async () => {
    const start = [`${parent} 00:46:57.0 fork() = 7777`, `${parent} 00:46:57.1 close(8) = 0`];
    const [found, whole] = [
      await imported([...before, ...start, ...after].join("\n")),
      await imported(lines.join("\n")),
    ];
    expect(found.warnings).toEqual([]);
    expect(found.requests.length).toBe(whole.requests.length);
  });

  it("is another one where the forked process closed the descriptor", async () => {
    const start = [`${parent} 00:46:57.0 fork() = 7777`, "7777 00:46:57.1 close(8) = 0"];
    const { warnings } = await imported([...before, ...start, ...after].join("\n"));
    expect(warnings[0]).toMatch(/calls are missing here: buffer 0 is queued/);
  });
});
