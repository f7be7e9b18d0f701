import { describe, expect, it } from "vitest";
import { CaptureError, readCapture, readStraceFiles } from "../../src/capture/index.ts";
import { normalise } from "../../src/kernel/index.ts";
import type { ResolvedRequest } from "../../src/record/index.ts";
import { type Codec, codecs } from "../../src/uapi/codecs.ts";
import { captureText, goldenRequests, imported } from "./captures.ts";

const streams = [
  ["h264_high_bpyramid.264", "h264", "gst-frame"],
  ["h264_baseline_slices.264", "h264", "gst-slice"],
  ["h265_default_ra.265", "h265", "gst-frame"],
  ["vp8_altref.ivf", "vp8", "gst-frame"],
  ["vp9_altref_superframes.ivf", "vp9", "gst-frame"],
  ["mpeg2_interlaced.m2v", "mpeg2", "gst-frame"],
  ["av1_8bit.ivf", "av1", "gst-frame"],
] as const;

/** What is told of a request by every capture. The mode menus are set by the recorder, or before strace looks. */
const facts = ({ request, timestamp, controls }: ResolvedRequest, codec: Codec) => ({
  request,
  timestamp,
  controls: Object.fromEntries(
    [...controls].flatMap(([name, payload]) =>
      typeof payload === "number" || !(name in codecs[codec].controls)
        ? []
        : [[name, Buffer.from(payload).toString("hex")]],
    ),
  ),
});

/** The same as the kernel keeps it: v4l2-tracer looks after the call. */
const kept = (request: ResolvedRequest, codec: Codec) => ({
  ...facts(request, codec),
  controls: Object.fromEntries(
    [...request.controls].flatMap(([name, payload]) =>
      typeof payload === "number" ? [] : [[name, Buffer.from(normalise(name as never, payload)).toString("hex")]],
    ),
  ),
});

describe("a capture of GStreamer", () => {
  it.each(streams)("by strace has the requests of the golden: %s", async (name, codec, golden) => {
    const { kind, header, requests } = await imported(captureText(`${name}.strace`));
    expect([kind, header]).toEqual(["strace", { codec }]);
    const wanted = goldenRequests(`${name}.${golden}`);
    expect(requests.map((each) => facts(each, codec))).toEqual(wanted.map((each) => facts(each, codec)));
    // strace does not show what was in the buffers, and nothing is invented.
    expect(requests.every(({ bitstream }) => Object.values(bitstream).every((value) => value === undefined))).toBe(
      true,
    );
  });

  it("of a 32-bit process, whose time has 32 bits, has the requests of a 64-bit one", async () => {
    const [narrow, wide] = [
      await imported(captureText("none-32-bit.strace")),
      await imported(captureText("none-64-bit.strace")),
    ];
    expect(wide.requests.length).toBe(2);
    expect(narrow.requests.map((each) => facts(each, "h264"))).toEqual(
      wide.requests.map((each) => facts(each, "h264")),
    );
  });

  it.each(streams)("by the recorder has them, with the bytes: %s", async (name, codec, golden) => {
    const { kind, requests } = await imported(captureText(`${name}.recorder`));
    expect(kind).toBe("recorder");
    const wanted = goldenRequests(`${name}.${golden}`);
    expect(requests.map((each) => facts(each, codec))).toEqual(wanted.map((each) => facts(each, codec)));
    expect(requests.map(({ bitstream: { bytes, crc32 } }) => ({ bytes, crc32 }))).toEqual(
      wanted.map(({ bitstream: { bytes, crc32 } }) => ({ bytes, crc32 })),
    );
  });

  it.each(streams.filter(([name]) => !/bpyramid|h265/.test(name)))(
    "by v4l2-tracer has them as the kernel keeps them: %s",
    async (name, codec, golden) => {
      const { kind, requests } = await imported(captureText(`${name}.v4l2-tracer`));
      expect(kind).toBe("v4l2-tracer");
      const wanted = goldenRequests(`${name}.${golden}`);
      expect(requests.map((each) => kept(each, codec))).toEqual(wanted.map((each) => kept(each, codec)));
      expect(requests.every(({ bitstream: { data, bytes } }) => data?.length === bytes)).toBe(true);
      // This one was traced with VISL's own start code, none.
      if (codec === "h264") return;
      expect(requests.map(({ bitstream }) => bitstream.crc32)).toEqual(wanted.map(({ bitstream }) => bitstream.crc32));
    },
  );

  it.each(streams)("holds CAPTURE buffers in both: %s", async (name) => {
    const held = async (capture: string) =>
      (await imported(captureText(`${name}.${capture}`))).requests.map(({ hold }) => hold);
    const flags = await held("recorder");
    expect(await held("strace")).toEqual(flags);
    expect(flags.includes(true)).toBe(name.includes("slices"));
  });
});

describe("a log of strace", () => {
  const vp8 = captureText("vp8_altref.ivf.strace");
  const lines = vp8.split("\n");
  const whole = async () => (await imported(vp8)).requests.map((each) => facts(each, "vp8"));

  it("is the same with lines that are interrupted and resumed", async () => {
    // As strace prints them when another thread calls in between.
    const interrupted = lines.flatMap((line) => {
      const cut = /^(\d+ +\S+ )(ioctl\(.*?)(, index=.*|, count=.*)$/.exec(line);
      if (cut === null) return [line];
      const [, start, first, rest] = cut;
      return [
        `${start}${first} <unfinished ...>`,
        "99999 00:00:00.1 futex(0x1, FUTEX_WAIT) = 0",
        `${start}<... ioctl resumed>${rest}`,
      ];
    });
    expect(interrupted.length).toBeGreaterThan(lines.length);
    const { requests } = await imported(interrupted.join("\n"));
    expect(requests.map((each) => facts(each, "vp8"))).toEqual(await whole());
  });

  it.each([
    ["[pid 12] instead of a number", (line: string) => line.replace(/^(\d+) +\S+ /, "[pid $1] ")],
    ["seconds since 1970", (line: string) => line.replace(/^(\d+ +)(\d\d):(\d\d):(\S+)/, "$11764376000.$2$3 ")],
    [
      "connections and devices as -yy shows them",
      (line: string) =>
        line
          .replaceAll("\\x6f\\x30>", "\\x6f\\x30<char 81:0>>")
          .replace(/^(\d+ +\S+ )ioctl.*MEDIA_REQUEST_IOC_QUEUE.*$/, "$1close(6<UNIX-STREAM:[1234->5678]>) = 0\n$&"),
    ],
    ["no paths", (line: string) => line.replace(/<\\x[^>]*>/g, "")],
    [
      "octal escapes",
      (line: string) =>
        line.replace(/\\x([0-9a-f]{2})/g, (_, hex) => `\\${Number.parseInt(hex, 16).toString(8).padStart(3, "0")}`),
    ],
    [
      "the escapes of C, as strace prints them without -xx",
      (line: string) =>
        line.replace(/string="([^"]*)"/g, (_, text: string) => {
          const escapes: Readonly<Record<number, string>> = {
            ...{ 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\" },
          };
          const bytes = text.match(/[0-9a-f]{2}/g)!.map((hex) => Number.parseInt(hex, 16));
          const chars = bytes.map((byte, i) => {
            const isDigitNext = /[0-7]/.test(String.fromCharCode(bytes[i + 1] ?? 0));
            const octal = byte.toString(8).padStart(isDigitNext ? 3 : 1, "0");
            return escapes[byte] ?? (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${octal}`);
          });
          return `string="${chars.join("")}"`;
        }),
    ],
    [
      "names of controls",
      (line: string) => line.replace(/id=0xa409c8 \/\*.*?\*\//g, "id=V4L2_CID_STATELESS_VP8_FRAME"),
    ],
    [
      "unnamed ioctls of media devices",
      (line: string) => line.replace(/MEDIA_REQUEST_IOC_QUEUE, 0/, "_IOC(_IOC_NONE, 0x7c, 0x80, 0), 0"),
    ],
  ])("is the same with %s", async (_, change) => {
    const { requests } = await imported(lines.map(change).join("\n"), "strace");
    expect(requests.map((each) => facts(each, "vp8"))).toEqual(await whole());
  });

  const clone = "clone(child_stack=0x7f, flags=CLONE_VM|CLONE_FILES|CLONE_THREAD";
  const other = "[pid   999] 00:00:00.1 futex(0x1, FUTEX_WAIT) = 0";
  it.each<[string, (decoding: string) => string[]]>([
    [
      "it starts",
      (own) => [
        `${clone}strace: Process 999 attached`,
        " <unfinished ...>",
        other,
        `[pid ${own}] <... clone resumed>) = 999`,
      ],
    ],
    ["it starts, with -q", () => [`${clone}) = 999`, other]],
    [
      "it starts and calls at once, with -q",
      (own) => [`${clone} <unfinished ...>`, other, `[pid ${own}] <... clone resumed>) = 999`],
    ],
    [
      "the program prints numbers",
      (own) => ["25 frames decoded", `${clone}) = 999`, "25 frames decoded", other, `[pid ${own}] close(99) = 0`],
    ],
  ])(
    "is the same where lines name threads from some line on, as on a terminal with a second thread: %s",
    async (_, start) => {
      const decoding = /^\d+/.exec(lines.find((line) => line.includes("REQUEST_IOC_QUEUE")) as string)?.[0] as string;
      const own = lines.filter((line) => line.startsWith(`${decoding} `));
      const expected = (await imported(own.join("\n"), "strace")).requests;
      expect(expected.length).toBeGreaterThan(10);
      // Before, between and after the calls that fill the first request.
      const first = own.findIndex((line) => line.includes("ctrl_class=0xf010000"));
      for (let cut = first - 1; cut < first + 6; cut++) {
        const log = own.flatMap((line, i) => {
          const call = line.replace(/^\d+ +/, "");
          if (i !== cut) return [i < cut ? call : `[pid ${decoding}] ${call}`];
          return [...start(decoding), `[pid ${decoding}] ${call}`];
        });
        const { requests, warnings } = await imported(log.join("\n"), "strace");
        expect(warnings).toEqual([]);
        expect(requests.map((each) => facts(each, "vp8"))).toEqual(expected.map((each) => facts(each, "vp8")));
      }
    },
  );

  it.each(["ioctl(5, VIDIOC_QBUF) failed", "ioctl(5, VIDIOC_QBUF): Device or resource busy"])(
    "is the same with a line of the program's own: %s",
    async (own) => {
      const middle = lines.findIndex((line) => line.includes("ctrl_class=0xf010000"));
      for (const log of [
        lines.flatMap((line) => [line, own]),
        [...lines.slice(0, middle + 1), own, ...lines.slice(middle + 1)],
      ]) {
        const { requests, warnings } = await imported(log.join("\n"), "strace");
        expect(warnings).toEqual([]);
        expect(requests.map((each) => facts(each, "vp8"))).toEqual(await whole());
      }
    },
  );

  it("still misses a call whose end is lost, and one with other text where its result must be", async () => {
    const at = lines.findIndex((line) => line.includes("VIDIOC_QBUF"));
    for (const change of [/ = 0$/, /\) = 0$/]) {
      const damaged = lines.map((line, i) => (i === at ? line.replace(change, "") : line));
      expect((await imported(damaged.join("\n"), "strace")).warnings.join()).toContain(`line ${at + 1}: `);
    }
    const torn = lines.map((line, i) => (i === at ? line.replace(/ = 0$/, " frame 12") : line));
    expect((await imported(torn.join("\n"), "strace")).warnings.join()).toContain(`line ${at + 1}: `);
  });

  it.each(["0xc058560f", "0xc058560f /* VIDIOC_QBUF */"])(
    "is refused where -X made numbers of names: %s",
    async (number) => {
      const at = lines.findIndex((line) => line.includes("VIDIOC_QBUF"));
      const numbered = lines.map((line) => line.replace("VIDIOC_QBUF", number));
      await expect(imported(numbered.join("\n"), "strace")).rejects.toThrow(
        `line ${at + 1}: strace printed a number instead of the ioctl's name: run it without -X raw and -X verbose`,
      );
    },
  );

  it("is the same as files of -ff, in order of time or of threads", async () => {
    const threads = new Map<string, string[]>();
    for (const line of lines) {
      const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
      if (thread !== "") threads.set(thread, [...(threads.get(thread) ?? []), rest]);
    }
    const filesWith = (change: (line: string) => string) =>
      [...threads].map(([thread, rest]) => ({ thread, name: `log.${thread}`, pieces: [rest.map(change).join("\n")] }));
    for (const change of [(line: string) => line, (line: string) => line.replace(/^\S+ /, "")]) {
      const record = await readStraceFiles(filesWith(change));
      let count = 0;
      for await (const line of record.lines) count += line.type === "request" ? 1 : 0;
      expect(count).toBe(20);
    }
    expect(threads.size).toBeGreaterThan(1);
  });

  it("may be cut off anywhere: the requests before are whole, and those whose buffers did not come back are counted", async () => {
    const expected = await whole();
    const start = vp8.indexOf("MEDIA_REQUEST_IOC_QUEUE");
    const warned = /^(line \d+: the capture is cut off in the middle of a call; .*)?\n?(the last .* left out: .*)?$/;
    for (let cut = start + 40; cut < vp8.length; cut += 9973) {
      const { requests, warnings } = await imported(vp8.slice(0, cut), "strace").catch((thrown: unknown) => {
        // Before the first request is complete there is nothing to read.
        expect(thrown).toBeInstanceOf(CaptureError);
        return { requests: [], warnings: [] };
      });
      expect(requests.map((each) => facts(each, "vp8"))).toEqual(expected.slice(0, requests.length));
      if (requests.length > 0 && requests.length < 19) expect(warnings.join("\n")).toMatch(warned);
    }
  });

  it("is refused where a payload is cut off, with the line and the option that helps", async () => {
    await expect(imported(captureText("cut_payloads.strace"))).rejects.toThrow(
      "line 124: strace printed 32 of the 1232 bytes of control 0xa409c8: run it with -s 1000000 -xx",
    );
  });

  it("is refused where a thread fills two requests at once", async () => {
    const at = (mark: string) => lines.findIndex((line) => line.includes(mark));
    const [set, queue] = [at("ctrl_class=0xf010000"), at("MEDIA_REQUEST_IOC_QUEUE")];
    const output = lines.slice(set, queue).filter((line) => line.includes("VIDEO_OUTPUT") && line.includes("_QBUF"));
    // The controls of both, then the buffers of both.
    const turn = [lines[set], lines[set], ...output, ...output.map((line) => line.replace("index=0", "index=1"))];
    await expect(imported([...lines.slice(0, set), ...turn, ...lines.slice(queue)].join("\n"))).rejects.toThrow(
      new RegExp(`^line ${set + 4}: a second OUTPUT buffer before the request of line ${set + 3} is queued: several`),
    );
    // Each whole, one after the other, and none of them queued.
    const inTurn = [...lines.slice(set, queue), ...lines.slice(set, queue), ...lines.slice(set, queue)];
    await expect(imported([...lines.slice(0, set), ...inTurn, ...lines.slice(queue)].join("\n"))).rejects.toThrow(
      /^line \d+: V4L2_CID_STATELESS_VP8_FRAME is set twice before a request is queued: thread \d+ sets it again, or fills several/,
    );
  });

  it("may begin when the program decodes already: nothing is known of what was set before", async () => {
    const [first, second] = lines.flatMap((line, i) => (line.includes("MEDIA_REQUEST_IOC_QUEUE") ? [i] : []));
    const { requests, types, warnings } = await imported(lines.slice((first as number) + 1).join("\n"));
    // The one that shows it may lack what was put into it before.
    expect([requests.length, types[0]]).toEqual([18, "error"]);
    expect(warnings[0]).toMatch(
      new RegExp(
        `^line ${(second as number) - (first as number)}: calls are missing here: buffer 1 is queued, and no call made it`,
      ),
    );
    expect(requests.map(({ timestamp }) => timestamp)).toEqual(
      (await imported(lines.join("\n"))).requests.slice(2).map(({ timestamp }) => timestamp),
    );
  });

  it("may lack the call that queued its first request", async () => {
    const queue = lines.findIndex((line) => line.includes("MEDIA_REQUEST_IOC_QUEUE"));
    const { requests, warnings } = await imported(lines.filter((_, i) => i !== queue).join("\n"));
    expect([requests.length, warnings.filter((each) => each.includes("calls are missing")).length]).toEqual([18, 1]);
  });

  it("is refused where another thread queues the request", async () => {
    const moved = lines.map((line) => (line.includes("REQUEST_IOC_QUEUE") ? line.replace(/^\d+/, "4242") : line));
    await expect(imported(moved.join("\n"))).rejects.toThrow(
      /^line \d+: thread 4242 queues a request, which thread \d+ may have filled/,
    );
  });

  it("is refused where two decoders run at once, and read where the codec chooses one", async () => {
    const other = captureText("mpeg2_interlaced.m2v.strace")
      .replace(/^\d+/gm, "777")
      .replace(/\b8</g, "80<")
      .split("\n");
    const both = lines.flatMap((line, i) => [line, ...(i < other.length ? [other[i] as string] : [])]).join("\n");
    await expect(imported(both)).rejects.toThrow(
      /^line \d+: the program goes on with \w+, after \w+; a record has one codec/,
    );
    const { lines: chosen } = await readCapture("strace", [both], { codec: "mpeg2" });
    let count = 0;
    for await (const line of chosen) count += line.type === "request" ? 1 : 0;
    expect(count).toBe(20);
  });

  it("of the recorder may be cut off, too, with a line that says so", async () => {
    const log = captureText("vp8_altref.ivf.recorder");
    const last = log.lastIndexOf('"call":"VIDIOC_DQBUF"');
    const { requests, warnings } = await imported(log.slice(0, last + 30));
    expect(requests.length).toBe(20);
    expect(warnings).toEqual([
      `line ${log.slice(0, last).split("\n").length}: the capture is cut off in the middle of a call; what comes before it is read: capture again where the rest matters`,
    ]);
  });

  it("without a request is refused", async () => {
    await expect(
      imported("12 ioctl(3</dev/video0>, VIDIOC_STREAMON, [V4L2_BUF_TYPE_VIDEO_OUTPUT]) = 0\n"),
    ).rejects.toThrow(/^no request is queued in this capture/);
  });
});

describe("a trace of v4l2-tracer", () => {
  const text = captureText("vp8_altref.ivf.v4l2-tracer");

  it("may be cut off anywhere: what is whole is read, and a line says where it ends", { tags: "long" }, async () => {
    const expected = (await imported(text)).requests.map((each) => facts(each, "vp8"));
    expect((await imported(text)).warnings).toEqual([]);
    const counts = new Set<number>();
    // Each of these lies inside of the first request's calls, or after them.
    for (let cut = text.indexOf("MEDIA_REQUEST_IOC_QUEUE") + 40; cut < text.lastIndexOf("]"); cut += 59_973) {
      const part = text.slice(0, cut);
      const { requests, warnings } = await imported(part, "v4l2-tracer");
      expect(requests.map((each) => facts(each, "vp8"))).toEqual(expected.slice(0, requests.length));
      counts.add(requests.length);
      expect(warnings.length).toBe(1);
      const [, line, what] =
        /^line (\d+): the capture is cut off in the middle of (a call|the list); what comes before it is read: capture again/.exec(
          warnings[0] ?? "",
        ) ?? [];
      // The line is that of the object that is cut off, or the last one.
      const lines = part.split("\n");
      expect(lines[Number(line) - 1]).toMatch(what === "a call" ? /^\{/ : /^(\}?,?)$/);
    }
    expect(counts.size).toBeGreaterThan(5);
  });

  it("may be cut off between two calls, or before its end", async () => {
    const cuts = [text.lastIndexOf("]"), text.lastIndexOf("},\n{") + 1, text.lastIndexOf("},\n{") + 3];
    for (const cut of cuts) {
      const { requests, warnings } = await imported(text.slice(0, cut), "v4l2-tracer");
      expect(requests.length).toBe(20);
      expect(warnings).toEqual([
        expect.stringMatching(/^line \d+: the capture is cut off in the middle of the list; /),
      ]);
    }
  });
});

type Json = null | number | string | Json[] | { [key: string]: Json };

/** The calls of a capture up to its first request, and how they are written. */
const captureForms = {
  "v4l2-tracer": {
    // Here JSON.parse would round a reference's timestamp.
    calls: JSON.parse(captureText("mpeg2_interlaced.m2v.v4l2-tracer").replace(/\d{16,}/g, "0")) as {
      [key: string]: Json;
    }[],
    write: (calls: Json[]) => JSON.stringify(calls, null, 1),
    isLast: ({ ioctl }: { [key: string]: Json }) => ioctl === "MEDIA_REQUEST_IOC_QUEUE",
  },
  recorder: {
    calls: captureText("mpeg2_interlaced.m2v.recorder")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { [key: string]: Json }),
    write: (calls: Json[]) => calls.map((call) => `${JSON.stringify(call)}\n`).join(""),
    isLast: ({ call }: { [key: string]: Json }) => call === "MEDIA_REQUEST_IOC_QUEUE",
  },
} as const;

describe.each(["v4l2-tracer", "recorder"] as const)("a capture of JSON: %s", (kind) => {
  it("may have any value in the place of another: a record without it, or one line that says so", {
    tags: "long",
  }, async () => {
    const { calls, write, isLast } = captureForms[kind];
    const kinds = new Set<string>();
    // One call of each kind, of those that a request's life is made of.
    const entries = structuredClone(calls.slice(0, calls.findIndex(isLast) + 1)).filter((entry) => {
      const kind = String(entry.ioctl ?? entry.call ?? Object.keys(entry));
      const isOfQueue = /QBUF|REQUEST|S_EXT_CTRLS/.test(kind);
      if (/ENUM|QUERY|G_FMT|G_CTRL|G_SELECTION/.test(kind) || (kinds.has(kind) && !isOfQueue)) return false;
      kinds.add(kind);
      return true;
    });
    const values: Json[] = [null, 0, -1, 1.5, 1e300, 2 ** 53, "", "constructor", "__proto__", "a\nb", [], [[[]]], {}];
    values.push({ toString: 1, valueOf: 1 }, "9".repeat(500));
    const seen = new Set<string>();
    const outcomes = { read: 0, refused: 0 };
    const visit = async (parent: { [key: string]: Json }, path: string): Promise<void> => {
      for (const [key, kept] of Object.entries(parent)) {
        const place = `${path}.${Array.isArray(parent) ? "" : key}`;
        if (seen.has(place)) continue;
        seen.add(place);
        // Two of them: all of them at every place take a minute.
        for (const i of [seen.size, seen.size * 5 + 3]) {
          parent[key] = values[i % values.length] as Json;
          const outcome = await imported(write(entries), kind).catch((thrown: unknown) => thrown);
          const isError = outcome instanceof Error;
          if (isError) expect(outcome.name, `${place}: ${String(outcome.stack)}`).toMatch(/^(Capture|Record)Error$/);
          const { warnings } = isError ? { warnings: [outcome.message] } : (outcome as { warnings: string[] });
          for (const message of warnings) expect(message, place).toMatch(/^.{1,300}$/);
          outcomes[isError ? "refused" : "read"]++;
        }
        parent[key] = kept;
        if (typeof kept === "object" && kept !== null) await visit(kept as { [key: string]: Json }, place);
      }
    };
    for (const entry of entries) await visit(entry, String(entry.ioctl ?? entry.call ?? Object.keys(entry)));
    expect(outcomes.refused).toBeGreaterThan(0);
    expect(outcomes.read).toBeGreaterThan(40);
  });
});

describe("any damage to a capture", () => {
  const title = "ends in a CaptureError, or in a record: %s";
  it.each(["vp8_altref.ivf.recorder", "none.strace"])(title, damaged);
  it.each(["vp8_altref.ivf.strace", "vp8_altref.ivf.ftrace"])(title, { tags: "long" }, damaged);

  async function damaged(name: string): Promise<void> {
    const text = captureText(name);
    let state = 12345;
    const below = (n: number) => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state % n;
    };
    for (let run = 0; run < 8; run++) {
      const at = below(text.length);
      const changed = [
        text.slice(0, at) + '{["(,=\\x<'[below(9)] + text.slice(at + below(3)),
        text.slice(0, at) + text.slice(at + below(400)),
      ][run % 2] as string;
      const outcome = await imported(changed).catch((thrown: unknown) => thrown);
      if (outcome instanceof Error)
        expect(outcome, String(outcome.stack)).toMatchObject({
          name: expect.stringMatching(/^(Capture|Record)Error$/),
        });
    }
  }
});
