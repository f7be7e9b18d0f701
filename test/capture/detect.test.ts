import { describe, expect, it } from "vitest";
import { detectCapture, readCapture, readStraceFiles } from "../../src/capture/index.ts";
import { allOf, captureText, imported } from "./captures.ts";

/** The requests' controls and timestamps. */
const requestsOf = async (text: string) =>
  (await imported(text)).requests.map(({ timestamp, own }) => [timestamp, own]);

/** Of one thread, and of several, each line with its thread and its time. */
const [one, several] = ["none-64-bit.strace", "vp8_altref.ivf.strace"].map(captureText) as [string, string];
const leader = /^(\d+) +([\d:.]+) /gm;

describe("a log of strace", () => {
  it.each([
    ["-r without -f", "     0.000058 ", one],
    ["-r with whole seconds, without -f", "     0 ", one],
    ["-tt -r without -f", "$2 (+     0.000058) ", one],
    ["-tt without -f", "$2 ", one],
    ["without a leader", "", one],
    ["-ttt without -f", "1796044770.000123 ", one],
    ["--absolute-timestamps=unix without -f", "1796044770 ", one],
    ["-n without -f", "[  16] ", one],
    ["-r -n -i without -f", "     0.000058 [  16] [00007f6729ea1b1d] ", one],
    ["-f -r", "$1      0.000058 ", several],
    ["-f -r to the terminal", "[pid   $1]      0.000058 ", several],
    ["-f -Y -tt", "$1<gst-launch-1.0> $2 ", several],
    ["-f -Y to the terminal", "[pid $1<vqueue:src>] ", several],
    ["-f -tt -n", "$1 $2 [  16] ", several],
    ["-f -tt -i", "$1 $2 [00007f6729ea1b1d] ", several],
    ["-f -i of a process without an address", "$1 $2 [????????????????] ", several],
    ["-f --absolute-timestamps=unix", "$1 1796044770 ", several],
  ])("is read with %s", async (_, replacement, text) => {
    const changed = text.replace(leader, replacement);
    expect(detectCapture(changed)).toBe("strace");
    const { requests, warnings } = await imported(changed);
    const whole = await imported(text);
    expect(requests.map(({ own }) => own)).toEqual(whole.requests.map(({ own }) => own));
    expect(warnings).toEqual(whole.warnings);
  });

  it("is read with -ff -r", async () => {
    const text = one.replace(leader, "     0.000058 ");
    const { lines } = await readStraceFiles([{ thread: "136", name: "log.136", pieces: [text] }]);
    expect((await allOf(lines)).filter(({ type }) => type === "request")).toHaveLength(2);
  });

  it("may have carriage returns, also where a call is interrupted", async () => {
    const text = captureText("h264_high_bpyramid.264.strace");
    expect(text.includes("<unfinished ...>\n")).toBe(true);
    expect(await requestsOf(text.replaceAll("\n", "\r\n"))).toEqual(await requestsOf(text));
  });

  it("may say in the middle of a call that a thread is there, as on a terminal", async () => {
    const call = (end: string) =>
      `clone3({flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, tls=0x7f00}${end} => {parent_tid=[77]}, 88) = 77`;
    const at = one.indexOf("\n", one.indexOf("VIDIOC_STREAMON")) + 1;
    for (const end of ["", "strace: Process 77 attached\n"]) {
      const text = `${one.slice(0, at)}${call(end)}\n${one.slice(at)}`;
      expect((await imported(text)).warnings).toEqual([]);
      expect(await requestsOf(text)).toEqual(await requestsOf(one));
    }
  });

  it.each([
    ["a long line of blanks", `1${" ".repeat(1 << 16)}`],
    ["a long line of digits", "1".repeat(1 << 16)],
    ["a long name of a thread", `1<${"a".repeat(1 << 16)}`],
    ["many brackets", "[  1] ".repeat(1 << 14)],
  ])("is not looked for twice in %s", (_, line) => {
    expect(detectCapture(line)).toBeUndefined();
  });
});

describe("a capture", () => {
  const ftrace = captureText("vp8_altref.ivf.ftrace");

  it("is found after a program's own lines", async () => {
    const debug = Array.from({ length: 300 }, (_, i) => `0:00:00.1 DEBUG v4l2codecs message ${i}\n`).join("");
    expect(detectCapture(debug)).toBeUndefined();
    expect(await requestsOf(debug + one)).toEqual(await requestsOf(one));
  });

  it("is found by any event of ftrace", async () => {
    const event =
      "          <idle>-0     [000]    68.11: sched_switch:         swapper/0:0 [120] R ==> kworker/0:1:77 [120]\n";
    const report = `cpus=4\n${event.repeat(250)}${ftrace.replace(/^#.*\n/gm, "")}`;
    expect(detectCapture(report)).toBe("ftrace");
    expect(await requestsOf(report)).toEqual(await requestsOf(ftrace));
  });

  it("is what its first line is", () => {
    expect(detectCapture(one.repeat(2) + ftrace)).toBe("strace");
    expect(detectCapture(ftrace.slice(0, 1000) + one)).toBe("ftrace");
  });

  it.each(["strace", "ftrace", "recorder", "v4l2-tracer"] as const)(
    "may begin with a byte order mark, in any pieces: %s",
    async (kind) => {
      const text = captureText(`mpeg2_interlaced.m2v.${kind}`);
      const bytes = new TextEncoder().encode(`\ufeff${text}`);
      expect(detectCapture(`\ufeff${text.slice(0, 1 << 16)}`)).toBe(kind);
      expect(detectCapture(Buffer.from(bytes.subarray(0, 1 << 16)).toString("latin1"))).toBe(kind);
      const whole = await requestsOf(text);
      const cuts = [0, 1, 2, 3, 4].map((at) => [bytes.subarray(0, at), bytes.subarray(at)]);
      for (const pieces of [...cuts, [`\ufeff${text}`], [text]]) {
        const { lines } = await readCapture(kind, pieces);
        expect((await allOf(lines)).filter(({ type }) => type === "request")).toHaveLength(whole.length);
      }
    },
  );
});
