import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type CaptureKind,
  captureCalls,
  captureStats,
  detectCapture,
  lintCapture,
  readStraceFiles,
} from "../../src/capture/index.ts";
import type { ResolvedRequest } from "../../src/record/index.ts";
import { allOf, captureText, imported } from "./captures.ts";

const kinds = ["strace", "recorder", "v4l2-tracer", "ftrace"] as const;
const streams = ["vp8_altref.ivf", "h264_baseline_slices.264"] as const;
const captures = streams.flatMap((stream) => kinds.map((kind) => [stream, kind] as const));

const isHole = (warning: string) => /^line \d+: calls are missing here: /.test(warning);

/** Whether all that is known of a request is what the whole capture says of it. */
function isOf(request: ResolvedRequest, whole: readonly ResolvedRequest[]): boolean {
  const same = whole.filter(({ timestamp }) => timestamp === request.timestamp);
  return same.some((other) =>
    [...request.controls].every(([name, payload]) => {
      const known = request.known.get(name);
      if (known !== undefined && known.length !== other.known.get(name)?.length) return true;
      const wanted = other.controls.get(name);
      return typeof payload === "number" || wanted === undefined || typeof wanted === "number"
        ? payload === wanted
        : Buffer.compare(payload, wanted) === 0;
    }),
  );
}

/** Where the first request is whole. */
function afterFirst(text: string, kind: CaptureKind): number {
  const mark = kind === "ftrace" ? "v4l2_ctrl_vp8_frame" : "MEDIA_REQUEST_IOC_QUEUE";
  const at = text.indexOf(mark) < 0 ? text.indexOf("v4l2_ctrl_h264_sps") : text.indexOf(mark);
  return text.indexOf("\n", text.indexOf("VIDIOC_DQBUF", at) < 0 ? text.indexOf("vb2_buf_done", at) : at) + 1;
}

/** The place of the nth line that has a mark, and of its end. */
function lineOf(text: string, mark: string, nth: number): [number, number] {
  let at = -1;
  for (let i = 0; i < nth; i++) at = text.indexOf(mark, at + 1);
  const start = text.lastIndexOf("\n", at) + 1;
  return [start, text.indexOf("\n", at) + 1];
}

describe.each(captures)("a hole in a capture of %s by %s", (stream, kind) => {
  const text = captureText(`${stream}.${kind}`);
  // A megabyte takes seven times as long.
  const tags = stream === "vp8_altref.ivf" && kind === "recorder" ? [] : ["long"];

  it("in the middle of a line is said with its line, and the requests around it are read", { tags }, async () => {
    const whole = (await imported(text)).requests;
    let state = 1;
    const below = (n: number) => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state % n;
    };
    const first = afterFirst(text, kind);
    // What is missing is less than a turn of calls: a hole of whole turns leaves no trace.
    for (const size of [1, 300, 1200, 2500, 300, 1200, 2500]) {
      // Not in the last requests: there it would be the end.
      const at = first + below(Math.floor((text.length - first) * 0.8) - size);
      const { requests, warnings } = await imported(text.slice(0, at) + text.slice(at + size), kind);
      const place = `${at} + ${size}`;
      expect(requests.filter((each) => !isOf(each, whole)).map(({ line }) => [place, line])).toEqual([]);
      const lost = whole.length - requests.length;
      if (lost > 0) expect([place, warnings.some(isHole)]).toEqual([place, true]);
      // A request has at least this many characters.
      const most = Math.ceil(size / (kind === "ftrace" || kind === "v4l2-tracer" ? 2500 : 700)) + 4;
      expect([place, lost <= most]).toEqual([place, true]);
    }
  });
});

describe("what shows a hole", () => {
  const without = (text: string, [start, end]: readonly [number, number]) => text.slice(0, start) + text.slice(end);
  const changed = (text: string, after: number, from: RegExp, to: string) =>
    text.slice(0, after) + text.slice(after).replace(from, to);
  const strace = captureText("vp8_altref.ivf.strace");
  const recorder = captureText("vp8_altref.ivf.recorder");
  const tracer = captureText("vp8_altref.ivf.v4l2-tracer");
  /** The nth request's number of controls replaced. */
  const counted = (nth: number, text: string) => {
    let count = 0;
    const controls = /(?<=WHICH_REQUEST_VAL",\s*)"count":1(?=,)/g;
    return tracer.replace(controls, (all) => (++count === nth ? text : all));
  };
  const output = "VIDIOC_QBUF, {type=V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE";

  it.each([
    [
      "a buffer that comes back unqueued",
      without(strace, lineOf(strace, output, 5)),
      /a request is queued without an OUTPUT buffer|OUTPUT buffer \d comes back/,
    ],
    [
      "a buffer that is queued twice",
      without(strace, lineOf(strace, output.replace("_QBUF", "_DQBUF"), 5)),
      /OUTPUT buffer \d is queued, and it did not come back/,
    ],
    [
      "a request without controls",
      without(strace, lineOf(strace, "VIDIOC_S_EXT_CTRLS, {ctrl_class=0xf010000", 5)),
      /a request is queued whose controls were never set/,
    ],
    [
      "controls that are set twice",
      without(strace, lineOf(strace, "MEDIA_REQUEST_IOC_QUEUE", 5)),
      /controls are set again/,
    ],
    [
      "a call that goes on without its beginning",
      strace.replace(/^(.*tv_usec=5\b)/m, "189   00:47:00.5 <... ioctl resumed>, 0) = 0\n$1"),
      /ioctl goes on, and its beginning is not there/,
    ],
    [
      "a call that does not go on",
      strace.replace(/^(.*tv_usec=5\b)/m, "189   00:47:00.5 ioctl(8, VIDIOC_QBUF <unfinished ...>\n$1"),
      /ioctl of line \d+ did not go on, and its thread calls again/,
    ],
    [
      "the end of a call",
      strace.replace(/^(.*tv_usec=5\b)/m, 'x00"}]}) = 0\n$1'),
      /a line is the end of a call without its beginning/,
    ],
    [
      "a line of the recorder that breaks off",
      recorder.replace(/^(\{.*_QBUF.*"0000005000")\}?.*$/m, "$1"),
      /not a line of the recorder/,
    ],
    [
      "a payload that is too short",
      recorder.replace(/(?<="timestamp":"0000005000"[\s\S]*?\[10750408,"[0-9a-f]{60})[0-9a-f]{8}/, ""),
      /not a line of the recorder/,
    ],
    [
      "JSON that breaks off and goes on",
      tracer.replace(/("ioctl":"VIDIOC_QBUF",(?:.*\n){9})(?:.*\n)*?(?=\{\n)/, (all, start, at) =>
        at > 1 ? start : all,
      ),
      /a call breaks off/,
    ],
    ["controls that are counted and not listed", counted(5, '"count":2'), /2 controls are set, and 1 are listed/],
    [
      "controls of the first request that are not listed",
      counted(1, '"count":3'),
      /3 controls are set, and 1 are listed/,
    ],
    [
      "bytes that are no digits",
      changed(tracer, lineOf(tracer, '"mem_array"', 5)[1], /[0-9a-f]{2}(?= )/, "0g"),
      /the bytes of a buffer are no hex digits/,
    ],
    [
      "a checksum that is none",
      changed(recorder, lineOf(recorder, '"crc32"', 5)[0], /(?<="crc32":"[0-9a-f]{7})[0-9a-f]/, "z"),
      /not a line of the recorder/,
    ],
    [
      "seconds that no timestamp has",
      strace.replace(/^(.*VIDIOC_DQBUF.*tv_sec=)0(, tv_usec=5\b)/m, "$199999999999$2"),
      /no timestamp has so many seconds/,
    ],
    [
      "half of an escape",
      changed(
        strace,
        lineOf(strace, "ctrl_class=0xf010000", 5)[0],
        /(?<=(?:\\x[0-9a-f]{2}){20})\\x[0-9a-f]{2}/,
        "\\x0",
      ),
      /ioctl is cut off, or not printed as strace does/,
    ],
    ["JSON that is none", tracer.replace(/("ioctl":"MEDIA_REQUEST_IOC_REINIT")/, "$1 1"), /a call is no JSON/],
    [
      "text between the calls",
      tracer.replace(/\n\{\n(?=\s*"fd":\d+,\s*"ioctl":"MEDIA_REQUEST_IOC_REINIT")/, '\n"x"\n{\n'),
      /a line belongs to no call/,
    ],
  ])("%s", async (_, text, message) => {
    const { requests, warnings } = await imported(text);
    expect(warnings.find(isHole)).toMatch(message);
    expect(requests.length).toBeGreaterThan(14);
  });

  it("nothing, where v4l2-tracer lists a control that is not stateless: it is counted, too", async () => {
    const brightness = '"controls":[{"id":"V4L2_CID_BRIGHTNESS","value":1},';
    const text = counted(5, '"count":2').replace(/("count":2,\s*"request_fd":\d+,\s*)"controls":\[/, `$1${brightness}`);
    const { requests, warnings } = await imported(text);
    expect([requests.length, warnings.filter(isHole)]).toEqual([20, []]);
  });

  it("is in the record, too, and what it may have changed is unknown", async () => {
    const slices = captureText("h264_baseline_slices.264.recorder");
    const { types, requests } = await imported(without(slices, lineOf(slices, '"call":"MEDIA_REQUEST_IOC_QUEUE"', 7)));
    const at = types.indexOf("error");
    expect(at).toBeGreaterThan(4);
    const after = requests[types.slice(0, at).filter((type) => type === "request").length] as ResolvedRequest;
    expect(after.known.get("V4L2_CID_STATELESS_H264_SPS")).toEqual([]);
    expect(after.known.has("V4L2_CID_STATELESS_H264_SLICE_PARAMS")).toBe(false);
  });

  it("of files of -ff is said with the file", async () => {
    const lines = strace.split("\n").map((line) => /^(\d+) +(.*)$/.exec(line) ?? []);
    const rests = lines.flatMap(([, thread, rest]) => (thread === "189" && rest !== undefined ? [rest] : []));
    const at = rests.length - 40;
    expect(rests[at]).toContain("ioctl(8");
    const damaged = rests.map((line, i) => (i === at ? line.slice(0, 90) : line)).join("\n");
    const warnings: string[] = [];
    const files = [{ thread: "189", name: "log.189", pieces: [damaged] }];
    const { lines: read } = await readStraceFiles(files, { onWarning: (message) => warnings.push(message) });
    expect((await allOf(read)).length).toBeGreaterThan(15);
    expect(warnings[0]).toMatch(new RegExp(`^line ${at + 1} of log\\.189: calls are missing here: `));
  });

  it("is no mistake of the program: lint says nothing of what a hole explains", async () => {
    const [start] = lineOf(recorder, "MEDIA_REQUEST_IOC_REINIT", 4);
    const [, end] = lineOf(recorder, "VIDIOC_DQBUF", 14);
    const warnings: string[] = [];
    const calls = () => captureCalls("recorder", [without(recorder, [start, end + 40])], (text) => warnings.push(text));
    expect(await allOf(lintCapture(calls()))).toEqual([]);
    expect(warnings.filter(isHole).length).toBeGreaterThan(0);
    expect((await captureStats(calls())).decoders.find(({ codec }) => codec === "vp8")?.requests).toBeGreaterThan(14);
  });

  const lintOf = (text: string) => allOf(lintCapture(captureCalls(detectCapture(text) as CaptureKind, [text])));
  const names = ["vp8_altref.ivf.strace", "vp8_altref.ivf.recorder", "mpeg2_interlaced.m2v.recorder"] as const;

  it.each(names)(
    "also where it shows later than it is: any call of a request that is missing in %s",
    { tags: "long" },
    async (name) => {
      const lines = captureText(name).split("\n");
      const first = lines.findIndex((line) => line.includes("MEDIA_REQUEST_IOC_QUEUE"));
      const calls = /VIDIOC_D?QBUF|MEDIA_REQUEST_IOC_QUEUE|VIDIOC_S_EXT_CTRLS/;
      // Of the first request nothing shows it.
      for (let i = first + 1; i < lines.length; i++) {
        if (!calls.test(lines[i] as string)) continue;
        expect([i, await lintOf(lines.filter((_, at) => at !== i).join("\n"))]).toEqual([i, []]);
      }
    },
  );

  it("many are told as a number", async () => {
    const damaged = recorder.replace(/^(\{"call":"VIDIOC_QBUF".{40}).*$/gm, "$1");
    const warnings: string[] = [];
    await allOf(captureCalls("recorder", [damaged], (text) => warnings.push(text)));
    expect(warnings.filter(isHole).length).toBe(10);
    expect(warnings.at(-1)).toMatch(/^\d+ more holes like these$/);
  });
});

describe("a capture of many devices, many processes and many holes", () => {
  afterEach(() => vi.unstubAllGlobals());

  const forks = (count: number) =>
    Array.from({ length: count }, (_, i) => `1 clone(child_stack=NULL, flags=SIGCHLD) = ${i + 2}`);
  const open = (thread: number, fd: number) => `${thread} openat(AT_FDCWD, "/dev/video0", O_RDWR) = ${fd}`;
  const shapes: Record<string, (count: number) => string[]> = {
    "of one process": (count) => [
      ...Array.from({ length: count }, (_, i) => open(1, i + 3)),
      ...Array.from({ length: count }, () => "1 ioctl(3, VIDIOC_QBUF, {type=V4L2_BUF_TYPE_VI"),
      "1 close(3) = 0",
    ],
    "of many processes": (count) => [
      ...forks(count),
      ...Array.from({ length: count }, (_, i) => open(i + 2, 3)),
      ...Array.from({ length: count }, () => "1 ioctl(3, VIDIOC_QBUF, {type=V4L2_BUF_TYPE_VI"),
      "1 close(3) = 0",
    ],
  };

  /** How many maps and sets are made, and calls of a set's `clear` are run, while it is read by everything that reads captures. */
  async function work(text: string): Promise<number> {
    let count = 0;
    vi.stubGlobal(
      "Map",
      class<K, V> extends Map<K, V> {
        constructor(entries?: Iterable<readonly [K, V]>) {
          super(entries);
          count++;
        }
      },
    );
    vi.stubGlobal(
      "Set",
      class<T> extends Set<T> {
        constructor(values?: Iterable<T>) {
          super(values);
          count++;
        }
        override clear(): void {
          super.clear();
          count++;
        }
      },
    );
    const warnings: string[] = [];
    const calls = () => captureCalls("strace", [text], (warning) => warnings.push(warning));
    expect(await allOf(lintCapture(calls()))).toEqual([]);
    await captureStats(calls());
    vi.unstubAllGlobals();
    expect(warnings.filter(isHole).length).toBe(20);
    return count;
  }

  it.each(Object.entries(shapes))("%s takes twice the work for twice the length", async (_, lines) => {
    const [short, long] = [await work(lines(100).join("\n")), await work(lines(200).join("\n"))];
    expect(long).toBeGreaterThan(short);
    expect(long / short).toBeLessThan(2.2);
  });
});

describe("two captures in one file", () => {
  const parts = kinds.map((kind) => [kind, captureText(`vp8_altref.ivf.${kind}`)] as const);
  const pairs = parts.flatMap(([first, a]) =>
    parts.flatMap(([second, b]) => (first === second ? [] : [[first, second, a, b] as const])),
  );
  const names = {
    strace: "a log of strace",
    recorder: "a log of the recorder",
    "v4l2-tracer": "a trace of v4l2-tracer",
    ftrace: "a log of ftrace",
  };

  it.each(pairs)(
    "%s, then %s: the first is read, and a line says where the second begins",
    async (first, second, a, b) => {
      const text = (a.endsWith("\n") ? a : `${a}\n`) + b;
      const { requests, warnings } = await imported(text, first);
      expect(requests.length).toBe(20);
      expect(warnings.filter((each) => !/^\d+ events|last request/.test(each))).toEqual([
        expect.stringMatching(
          new RegExp(`^line \\d+: ${names[second]} begins here, in ${names[first]}; it is not read: put each`),
        ),
      ]);
      const line = Number(/^line (\d+)/.exec(warnings.find((each) => each.includes("begins here")) ?? "")?.[1]);
      expect(line).toBeGreaterThanOrEqual(a.split("\n").length - 1);
      expect(line).toBeLessThan(a.split("\n").length + 120);
    },
  );
});

describe("an intact capture of the recorder", () => {
  const lines = captureText("vp8_altref.ivf.recorder").split("\n");
  const queue = lines.findIndex((line) => line.includes('"call":"MEDIA_REQUEST_IOC_QUEUE"'));
  const holesIn = async (text: readonly string[]) => {
    const { requests, warnings } = await imported(text.join("\n"));
    return [requests.length, warnings.filter(isHole)];
  };

  it("may have another device, of which buffers come back in another order", async () => {
    const on = (call: string, index: number) =>
      (lines[queue - 1] as string)
        .replaceAll(/VIDIOC_QBUF|\/dev\/video0/g, (found) => (found === "VIDIOC_QBUF" ? call : "/dev/video9"))
        .replace(/"fd":\d+/, '"fd":99')
        .replace(/"index":\d+/, `"index":${index}`);
    const other = [
      ...[0, 1, 2, 3].map((index) => on("VIDIOC_QBUF", index)),
      ...[1, 0, 3, 2].map((index) => on("VIDIOC_DQBUF", index)),
    ];
    expect(await holesIn([...lines.slice(0, queue + 1), ...other, ...lines.slice(queue + 1)])).toEqual([20, []]);
  });

  it("may have any number of requests that the kernel refused", async () => {
    const refused = (lines[queue] as string).replace(/}$/, ',"error":22}');
    const many = lines.flatMap((line, i) => (i === queue ? [...new Array<string>(5000).fill(refused), line] : [line]));
    expect((await holesIn(many))[0]).toBe(20);
  });
});
