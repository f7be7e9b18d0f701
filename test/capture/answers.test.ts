import { describe, expect, it } from "vitest";
import { CaptureError, lintCapture, lintRules } from "../../src/capture/index.ts";
import { allOf, callsOf, captureText, imported } from "./captures.ts";

const findings = async (text: string) =>
  (await allOf(lintCapture(callsOf(text)))).map(({ rule, line, call, message }) => [rule, line, call, message]);

/** A program without mistakes, with two requests: the calls that it makes, with the number of the line. */
const lines = captureText("none-64-bit.strace").trimEnd().split("\n");
const lineOf = (mark: string, nth = 1) => {
  const found = lines.flatMap((line, i) => (line.includes(mark) ? [i + 1] : []));
  return found[nth - 1] as number;
};
const ofRequest = "VIDIOC_S_EXT_CTRLS, {ctrl_class=0xf010000";
const outputBuffer = "VIDIOC_QBUF, {type=V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE";

/** The kernel refuses the calls of some lines. */
const refusing = (numbers: readonly number[], error = "EINVAL", from: readonly string[] = lines) =>
  from.map((line, i) => (numbers.includes(i + 1) ? line.replace(/ = \d+$/, ` = -1 ${error} (Why)`) : line)).join("\n");

const without = (text: string, numbers: readonly number[]) =>
  text
    .split("\n")
    .filter((_, i) => !numbers.includes(i + 1))
    .join("\n");

/** The errors of the record, the warnings, and how many requests there are. */
async function read(text: string) {
  const { errors, warnings, requests } = await imported(text);
  return { errors: errors.map(({ line, message }) => [line, message]), warnings, requests: requests.length };
}

describe("a call that the kernel refuses", () => {
  it("is told where it is one of a request, and its request lacks what it had", async () => {
    const at = lineOf(ofRequest, 1);
    const text = refusing([at]);
    const { errors, warnings, requests } = await read(text);
    expect({ warnings, requests }).toEqual({ warnings: [], requests: 2 });
    expect(errors).toEqual([
      [
        at,
        expect.stringMatching(`^VIDIOC_S_EXT_CTRLS of line ${at}: the kernel refuses .* of request 0 with EINVAL: `),
      ],
    ]);
    expect(await findings(text)).toEqual([
      ["refused-call", at, "VIDIOC_S_EXT_CTRLS", expect.stringContaining("of request 0 with EINVAL")],
    ]);
  });

  it("is told where the program ends at it", async () => {
    const at = lineOf(ofRequest, 2);
    const text = refusing([at], "EINVAL", lines.slice(0, at));
    expect((await read(text)).errors).toEqual([[at, expect.stringContaining("of request 1 with EINVAL")]]);
    expect((await findings(text)).map(([rule, line]) => [rule, line])).toEqual([["refused-call", at]]);
  });

  it("is told where the program ends at it, and the request before it is left out: its buffers have not come back", async () => {
    const queued = lineOf("MEDIA_REQUEST_IOC_QUEUE", 2);
    const text = refusing([queued + 1], "EINVAL", [
      ...lines.slice(0, queued),
      lines[lineOf(ofRequest, 2) - 1] as string,
    ]);
    expect(await read(text)).toEqual({
      errors: [[queued + 1, expect.stringContaining("of request 2 with EINVAL")]],
      warnings: [expect.stringContaining("the last request is left out")],
      requests: 1,
    });
  });

  it.each([
    ["EBUSY", "OUTPUT buffer 1 of request 1 with EBUSY"],
    ["EBADR", "OUTPUT buffer 1 of request 1 with EBADR"],
  ])("is told where it queues a buffer: %s", async (error, message) => {
    const at = lineOf(outputBuffer, 2);
    const text = refusing([at], error, lines.slice(0, at));
    expect((await read(text)).errors).toEqual([[at, expect.stringContaining(message)]]);
  });

  it.each([1, 2])("is told where it is the queueing of request %i, and no calls are missing", async (nth) => {
    const at = lineOf("MEDIA_REQUEST_IOC_QUEUE", nth);
    // Its buffers do not come back, and the next one gets its CAPTURE buffer.
    const text = without(refusing([at]), [at + 1, at + 2]).replace(/(?<=DQBUF.*CAPTURE_MPLANE, index=)1/, "0");
    expect(await read(text)).toEqual({
      errors: [[at, expect.stringContaining(`the kernel refuses request ${nth - 1} with EINVAL`)]],
      warnings: [],
      requests: 1,
    });
    expect((await findings(text))[0]?.slice(0, 2)).toEqual(["refused-call", at]);
  });

  it("leaves in its request what was put into it, until that is queued again or reinitialised", async () => {
    const at = lineOf("MEDIA_REQUEST_IOC_QUEUE", 1);
    const queue = lines[at - 1] as string;
    const refused = refusing([at]).split("\n").slice(0, at);
    const again = await imported([...refused, ...lines.slice(at - 1)].join("\n"));
    const whole = await imported(lines.join("\n"));
    expect(again.requests.map(({ own }) => own)).toEqual(whole.requests.map(({ own }) => own));
    expect(again.warnings).toEqual([]);
    const reinit = queue.replace("_QUEUE", "_REINIT");
    const anew = await imported([...refused, reinit, ...lines.slice(lineOf(ofRequest, 1) - 1)].join("\n"));
    expect(anew.requests.map(({ own }) => own)).toEqual(whole.requests.map(({ own }) => own));
    expect(anew.warnings).toEqual([]);
  });

  it("is not told where a program tries something before its first request, and goes on", async () => {
    const [controls, sps] = [lineOf(ofRequest, 1), lineOf("VIDIOC_S_EXT_CTRLS")];
    const refused = refusing([sps, controls]).split("\n");
    const text = lines.flatMap((line, i) => (line === refused[i] ? [line] : [refused[i] as string, line])).join("\n");
    expect(text.split("EINVAL")).toHaveLength(3);
    expect(await read(text)).toEqual({ errors: [], warnings: [], requests: 2 });
    expect(await findings(text)).toEqual([]);
  });

  it("names the first of a request where no request is queued: others follow from it", async () => {
    const [controls, queue] = [lineOf(ofRequest), lineOf("MEDIA_REQUEST_IOC_QUEUE")];
    const text = refusing([queue], "ENOENT", refusing([controls], "EINVAL", lines.slice(0, queue)).split("\n"));
    const thrown = await imported(text).catch((reason: unknown) => reason);
    expect((thrown as CaptureError).line).toBe(controls);
    expect((await findings(text)).map(([rule, line]) => [rule, line])).toContainEqual(["refused-call", controls]);
  });

  it("is the reinitialising of a request that is not done, and no buffer is said to be missing where it is busy", async () => {
    const queued = lineOf("MEDIA_REQUEST_IOC_QUEUE", 1);
    const queue = lines[queued - 1] as string;
    const busy = (line: string) => line.replace(/ = 0$/, " = -1 EBUSY (Device or resource busy)");
    const text = [...lines.slice(0, queued), busy(queue.replace("_QUEUE", "_REINIT")), busy(queue)].join("\n");
    expect((await findings(text)).map(([rule, line, call]) => [rule, line, call])).toEqual([
      ["refused-call", queued + 1, "MEDIA_REQUEST_IOC_REINIT"],
      ["refused-call", queued + 2, "MEDIA_REQUEST_IOC_QUEUE"],
    ]);
  });

  it.each([
    ["sets the sequence's controls", "VIDIOC_S_EXT_CTRLS", "EINVAL", /V4L2_CID_STATELESS_H264_SPS with EINVAL/],
    ["sets too many of them", "VIDIOC_S_EXT_CTRLS", "E2BIG", /V4L2_CID_STATELESS_H264_SPS with E2BIG/],
    ["starts a queue", "VIDIOC_STREAMON", "ENOSPC", /it on OUTPUT with ENOSPC/],
    ["queues the first request", "MEDIA_REQUEST_IOC_QUEUE", "EINVAL", /a request with EINVAL|request 0 with EINVAL/],
  ])("is why no request is queued, where it %s", async (_, mark, error, message) => {
    const at = lineOf(mark);
    const text = refusing([at], error, lines.slice(0, at));
    const thrown = await imported(text).catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(CaptureError);
    const { line, message: said } = thrown as CaptureError;
    expect(line).toBe(at);
    expect(said).toMatch(new RegExp(`^line ${at}: no request is queued in this capture .*; ${mark} fails here: `));
    expect(said).toMatch(message);
    expect(await findings(text)).toEqual([["refused-call", at, mark, expect.stringMatching(message)]]);
  });

  it.each([
    ["its controls", (line: string) => line.replace(/controls=\[.*(?=\}\) = )/, "controls=0xdeadbeef")],
    ["a payload", (line: string) => line.replaceAll(/string="[^"]*"/g, "string=0xdeadbeef")],
  ])("is told where strace could not follow the program's pointer to %s either", async (_, change) => {
    const at = lineOf(ofRequest, 2);
    const damaged = lines.map((line, i) => (i + 1 === at ? change(line) : line));
    expect(damaged[at - 1]).not.toBe(lines[at - 1]);
    const text = refusing([at], "EFAULT", damaged.slice(0, at));
    const expected = expect.stringMatching(
      /^the kernel refuses the controls of request 1 with EFAULT: .* not at its address$/,
    );
    expect(await findings(text)).toEqual([["refused-call", at, "VIDIOC_S_EXT_CTRLS", expected]]);
    expect((await read(text)).errors).toMatchObject([[at, expect.stringContaining("of request 1 with EFAULT")]]);
  });

  it("is none where nothing was refused and no request is queued: that is nowhere in the capture", async () => {
    const text = lines.slice(0, lineOf("VIDIOC_STREAMON")).join("\n");
    await expect(imported(text)).rejects.toThrow(/^no request is queued in this capture \(MEDIA_REQUEST_IOC_QUEUE\)$/);
    expect(await findings(text)).toEqual([]);
  });
});

describe("a refused call in a log of the recorder", () => {
  it("is told for each request, whose other calls are not missing", async () => {
    let count = 0;
    const text = captureText("vp8_altref.ivf.recorder").replace(
      /^\{"call":"VIDIOC_S_EXT_CTRLS".*"request":\d+.*(?=\}$)/gm,
      (line) => (++count > 5 ? `${line},"error":22` : line),
    );
    const { errors, warnings, requests } = await imported(text);
    expect([requests.length, errors.length, warnings]).toEqual([20, 15, []]);
    expect(requests[5]?.own.size).toBe(0);
    expect(errors[0]?.message).toMatch(/the kernel refuses V4L2_CID_STATELESS_VP8_FRAME of request 5 with EINVAL/);
    expect((await findings(text)).map(([rule]) => rule)).toEqual(new Array(15).fill("refused-call"));
  });
});

it("a call is refused in a trace of v4l2-tracer, too, where the size of its control is wrong", async () => {
  const trace = captureText("vp8_altref.ivf.v4l2-tracer");
  const at = trace.lastIndexOf('"ioctl":"VIDIOC_S_EXT_CTRLS"');
  const call = trace.slice(at).replace(",", ',"errno":"EFAULT",').replace('"size":1232', '"size":1200');
  const text = trace.slice(0, at) + call;
  const message = "the kernel refuses V4L2_CID_STATELESS_VP8_FRAME of request 19 with EFAULT";
  expect((await findings(text)).map(([rule, , , said]) => [rule, said])).toEqual([
    ["refused-call", expect.stringContaining(message)],
  ]);
  const { errors, warnings } = await read(text);
  expect({ errors, warnings }).toEqual({
    errors: [[expect.any(Number), expect.stringContaining("of request 19 with EFAULT")]],
    warnings: [],
  });
});

it.each([
  [53, "EBADR: the queue takes buffers in requests only, or none in requests"],
  [105, "ENOBUFS"],
  [9999, "errno 9999"],
])("the errors of a log of the recorder have the kernel's names: %i", async (error, message) => {
  const log = captureText("h264_high_bpyramid.264.recorder");
  // The program ends at a buffer of its second request.
  const [text] = /^.*?"VIDIOC_QBUF"[^\n]*"type":10,"index":1,[^\n]*(?=\})/s.exec(log)!;
  expect((await findings(`${text},"error":${error}}\n`))[0]?.[3]).toContain(`with ${message}`);
});

describe("a buffer that comes back with V4L2_BUF_FLAG_ERROR", () => {
  const text = captureText("vp8_altref.ivf.recorder");
  /** The flag in the buffers of a queue that come back with some numbers. */
  const failing = (type: number, isFailing: (nth: number) => boolean, from = text) => {
    let nth = 0;
    return from.replace(
      new RegExp(`("call":"VIDIOC_DQBUF".*"type":${type},.*"flags":)(\\d+)`, "g"),
      (all, head, flags) => (isFailing(nth++) ? `${head}${Number(flags) | 0x40}` : all),
    );
  };
  const [captureType, outputType] = [9, 10];
  const linesOfErrors = (changed: string) => {
    const before = text.split("\n");
    return changed.split("\n").flatMap((line, i) => (line === before[i] ? [] : [i + 1]));
  };

  it("is told once by a reader, with the number of pictures, and the requests are the same", async () => {
    const changed = failing(captureType, () => true);
    const { warnings, requests } = await imported(changed);
    expect(requests).toHaveLength(20);
    const [first] = linesOfErrors(changed);
    expect(warnings).toEqual([
      expect.stringMatching(
        new RegExp(`^line ${first}: \\d+ pictures come back with V4L2_BUF_FLAG_ERROR, the first one here: `),
      ),
    ]);
    expect((await imported(text)).warnings).toEqual([]);
  });

  it.each([
    ["the CAPTURE buffers", [captureType]],
    ["the OUTPUT buffers", [outputType]],
    ["both", [captureType, outputType]],
  ])("is a finding for each run of pictures: %s", async (_, types) => {
    const isFailing = (nth: number) => [3, 4, 5, 9].includes(nth);
    const changed = types.reduce((all, type) => failing(type, isFailing, all), text);
    const found = await findings(changed);
    expect(found.map(([rule]) => rule)).toEqual(["decoded-with-error", "decoded-with-error"]);
    const places = linesOfErrors(changed);
    expect(found[0]?.[1]).toBe(places[0]);
    for (const [, line, call, message] of found) {
      expect(text.split("\n")[(line as number) - 1]).toContain(call as string);
      expect(message).toMatch(/^the picture of request \d+ comes back with V4L2_BUF_FLAG_ERROR: /);
    }
    expect((await imported(changed)).warnings[0]).toMatch(/: 4 pictures come back /);
  });

  it("names the request of the picture", async () => {
    const changed = failing(outputType, (nth) => nth === 7);
    expect((await findings(changed))[0]?.[3]).toMatch(/^the picture of request 7 /);
    expect((await imported(changed)).warnings[0]).toMatch(/: a picture comes back with V4L2_BUF_FLAG_ERROR: /);
  });

  it("is read of strace, too", async () => {
    const flags = "flags=V4L2_BUF_FLAG_TIMESTAMP_COPY|";
    const at = lineOf("VIDIOC_DQBUF, {type=V4L2_BUF_TYPE_VIDEO_CAPTURE", 2);
    const changed = lines
      .map((line, i) => (i + 1 === at ? line.replace(flags, `${flags}V4L2_BUF_FLAG_ERROR|`) : line))
      .join("\n");
    expect(await findings(changed)).toEqual([
      ["decoded-with-error", at, "VIDIOC_DQBUF", expect.stringContaining("picture of request 1 ")],
    ]);
  });
});

it("both are rules of lint", () => {
  expect(Object.keys(lintRules)).toEqual(expect.arrayContaining(["refused-call", "decoded-with-error"]));
});
