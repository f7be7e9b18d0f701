import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { captureStats, lintCapture, readCapture } from "../../src/capture/index.ts";
import type { RequestEvent } from "../../src/events.ts";
import { normalise } from "../../src/kernel/index.ts";
import { openSession } from "../../src/open-session.ts";
import type { ResolvedRequest } from "../../src/record/index.ts";
import { controlByName, leafFields, viewOf } from "../../src/uapi/index.ts";
import { fixture, run } from "../cli/command-line.ts";
import { allOf, callsOf, captureText, goldenRequests, imported } from "./captures.ts";

const streams = [
  ["h264_cqm_jvt.264", "h264", "gst-frame"],
  ["h264_baseline_slices.264", "h264", "gst-slice"],
  ["h265_default_ra.265", "h265", "gst-frame"],
  ["vp8_altref.ivf", "vp8", "gst-frame"],
  ["vp9_altref_superframes.ivf", "vp9", "gst-frame"],
  ["mpeg2_interlaced.m2v", "mpeg2", "gst-frame"],
  ["av1_tile_groups.obu", "av1", "gst-frame"],
  ["av1_grain.ivf", "av1", "gst-frame"],
] as const;

type Known = readonly string[] | undefined;

/** The integers of a payload's first element that are known, by path. */
function integers(name: string, payload: Uint8Array | number | undefined, known: Known): Record<string, unknown> {
  const definition = controlByName(name);
  if (!(payload instanceof Uint8Array) || definition?.type !== "struct") return {};
  const element = definition.dynamicArray === undefined ? "" : "[0].";
  const view = viewOf(normalise(name as never, payload));
  const leaves = leafFields(definition.struct).map(({ path, type, offset }) => [
    element + path,
    type.read(view, offset),
  ]);
  return Object.fromEntries(known === undefined ? leaves : leaves.filter(([path]) => known.includes(path as string)));
}

/** What the trace shows of a request, and the same of the golden's. */
const facts = ({ timestamp, bitstream, controls }: ResolvedRequest, traced: ResolvedRequest) => ({
  timestamp,
  bytes: bitstream.bytes,
  controls: Object.fromEntries(
    [...traced.controls.keys()].map((name) => [name, integers(name, controls.get(name), traced.known.get(name))]),
  ),
});

describe("a log of ftrace, of GStreamer on visl", () => {
  const title = "has the requests of the golden, as the kernel keeps them: %s";
  // These logs are the longest ones.
  const isLong = ([name]: (typeof streams)[number]) => /slices|grain|cqm/.test(name);
  it.each(streams.filter((each) => !isLong(each)))(title, hasRequests);
  it.each(streams.filter(isLong))(title, { tags: "long" }, hasRequests);

  async function hasRequests(name: string, codec: string, golden: string): Promise<void> {
    const { kind, header, requests, warnings } = await imported(captureText(`${name}.ftrace`));
    expect([kind, header, warnings]).toEqual(["ftrace", { codec }, []]);
    const wanted = goldenRequests(`${name}.${golden}`);
    expect(requests.map((each) => facts(each, each))).toEqual(
      wanted.map((each, i) => facts(each, requests[i] as ResolvedRequest)),
    );
    // Requests with one timestamp share a CAPTURE buffer.
    expect(requests.some(({ hold }) => hold)).toBe(name.includes("slices"));
    for (const [i, { controls, known }] of requests.entries()) {
      // What was sent is there, or known to be unknown.
      for (const sent of wanted[i]?.controls.keys() ?? [])
        expect(controls.has(sent) || known.get(sent)?.length === 0, sent).toBe(true);
    }
  }

  it("shows no field that visl does not trace", async () => {
    const [request] = (await imported(captureText("av1_grain.ivf.ftrace"))).requests as [ResolvedRequest];
    const known = request.known.get("V4L2_CID_STATELESS_AV1_FRAME");
    expect(known).toContain("order_hint");
    for (const path of [
      "frame_type",
      "tx_mode",
      "interpolation_filter",
      "global_motion.type[0]",
      "segmentation.feature_data[0][0]",
    ])
      expect(known).not.toContain(path);
    expect(request.known.has("V4L2_CID_STATELESS_AV1_SEQUENCE")).toBe(false);
    // Of a list one element is traced, and not how many there are.
    expect(request.known.get("V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY")).toEqual(
      ["tile_offset", "tile_size", "tile_row", "tile_col"].map((path) => `[0].${path}`),
    );
    const table = (await run(["inspect", fixture("captures/av1_grain.ivf.ftrace.gz")])).stdout.split("\n");
    expect(table[2]).toMatch(/ \? /);
  });

  it("has no control that nobody set", async () => {
    const [request] = (await imported(captureText("h265_default_ra.265.ftrace"))).requests as [ResolvedRequest];
    expect(request.controls.has("V4L2_CID_STATELESS_HEVC_SCALING_MATRIX")).toBe(false);
    expect(request.known.get("V4L2_CID_STATELESS_HEVC_SCALING_MATRIX")).toEqual([]);
    expect(request.known.get("V4L2_CID_STATELESS_HEVC_DECODE_MODE")).toEqual([]);
  });

  it.each(streams.filter(([name]) => !name.includes("265")))(
    "gives diff nothing to say that is not so: %s",
    { tags: "long" },
    async (name, _, golden) => {
      const capture = fixture(`captures/${name}.ftrace.gz`);
      const { status, stdout } = await run(["diff", "--raw", fixture(`${name}.${golden}.jsonl.br`), capture]);
      expect({ status, stdout: stdout.split("\n").at(-2) }).toMatchObject({ status: 0 });
    },
  );
});

describe("what a log of ftrace may look like", () => {
  const vp8 = captureText("vp8_altref.ivf.ftrace");
  const lines = vp8.split("\n");
  const timestamps = (requests: readonly ResolvedRequest[]) => requests.map(({ timestamp }) => timestamp);
  const whole = async () => timestamps((await imported(vp8)).requests);

  it.each([
    ["of trace_pipe, without a heading", (text: string) => text.replace(/^#.*\n/gm, "")],
    ["with the numbers of processes", (text: string) => text.replace(/^(.*-(\d+) +)(\[\d{3}\])/gm, "$1( $2) $3")],
    ["without the columns of flags", (text: string) => text.replace(/(\[\d{3}\]) \S+ +/g, "$1 ")],
    ["with carriage returns and blanks at the ends of lines", (text: string) => text.replace(/\n/g, " \r\n")],
    ["with a counter for a clock", (text: string) => text.replace(/ \d+\.(\d+): /g, " $1: ")],
    [
      "with buffers of several processors",
      (text: string) => text.replace(/^(.*vb2_buf_queue.*)$/m, "##### CPU 1 buffer started ####\n$1"),
    ],
    [
      "with those of another device, whose queue has another owner",
      (text: string) =>
        text.replace(
          /^(.*vb2_qbuf: )owner = 0000000000000000(.* type = 10,.*)$/gm,
          "$&\n$1owner = 00000000aff1ce00$2\n$1owner = 00000000beef0000$2",
        ),
    ],
    [
      "with events of another task between those of a request",
      (text: string) =>
        text.replace(
          /^.*v4l2_ctrl_vp8_entropy.*$/gm,
          "  other-99 [001] ..... 1.0: vb2_buf_done: owner = 0, queued = 1, owned_by_drv = 0, index = 0, type = 10, bytesused = 1, timestamp = 77\n$&",
        ),
    ],
  ])("%s", async (_, change) => {
    const changed = change(vp8);
    expect(changed).not.toBe(vp8);
    const { kind, requests } = await imported(changed);
    expect([kind, timestamps(requests)]).toEqual(["ftrace", await whole()]);
  });

  it("with the messages of the module instead of buffers", async () => {
    const packed = readFileSync(fixture("visl/h264_mbaff_tff.264.slice.gst.trace.br"));
    const { kind, requests } = await imported(brotliDecompressSync(packed).toString());
    expect([kind, requests.length]).toEqual(["ftrace", 20]);
    expect(requests[1]).toMatchObject({ timestamp: 1000, bitstream: { bytes: undefined } });
  });

  it("has FWHT's event, whose fields are all in one line", async () => {
    const task = "  node-140     [000] .....    95.5: ";
    const params =
      "backward_ref_ts 0 version 3 width 640 height 360 flags I_FRAME|PIXENC_RGB|0x30180 colorspace 3 xfer_func 0 ycbcr_enc 0 quantization 0";
    const done =
      "owner = 0000000000000000, queued = 1, owned_by_drv = 0, index = 0, type = 10, bytesused = 7, timestamp = 1000";
    const log = `# tracer: nop\n#\n${task}v4l2_ctrl_fwht_params: ${params}\n${task}vb2_buf_done: ${done}\n`;
    const { header, requests } = await imported(log);
    const name = "V4L2_CID_STATELESS_FWHT_PARAMS";
    const [first] = openSession("fwht")
      .push(readFileSync(fixture("fwht_argb.fwht")))
      .filter(({ type }) => type === "request");
    expect(header).toEqual({ codec: "fwht" });
    expect(requests[0]?.controls.get(name)).toEqual((first as RequestEvent).controls[0]?.payload);
    expect([requests.length, requests[0]?.timestamp, requests[0]?.known.size]).toEqual([1, 1000, 0]);
  });

  it("may be cut off anywhere: the requests before are whole, and the last one is said to be missing", {
    tags: "long",
  }, async () => {
    const expected = await whole();
    for (let cut = vp8.indexOf("v4l2_ctrl_vp8_frame") + 9000; cut < vp8.length - 100; cut += 3517) {
      const { requests, warnings } = await imported(vp8.slice(0, cut), "ftrace");
      expect(timestamps(requests)).toEqual(expected.slice(0, requests.length));
      const isInside = /vp8_(?:frame|entropy)(?![\s\S]*vb2_buf_done: [^\n]* type = 10, [^\n]*\n)/.test(
        vp8.slice(0, cut),
      );
      const said = warnings.join("\n");
      if (isInside) expect(said).toMatch(/^line \d+: the last request is left out: /m);
      if (vp8[cut - 1] !== "\n") expect(said).toMatch(/^line \d+: the capture is cut off in the middle of a line; /m);
    }
  });

  it("may begin in the middle of a request", async () => {
    const middle = lines.findIndex((line) => line.includes("v4l2_ctrl_vp8_entropy"));
    const { requests } = await imported(lines.slice(middle).join("\n"));
    expect(timestamps(requests)).toEqual((await whole()).slice(1));
  });

  it("says that its beginning was overwritten", async () => {
    const { warnings } = await imported(vp8.replace(/entries-written: (\d+)\/\d+/, "entries-written: $1/99999"));
    expect(warnings).toEqual([expect.stringMatching(/^\d+ events at the beginning are lost: enlarge buffer_size_kb/)]);
  });

  it.each([
    ["CPU:0 [LOST 12 EVENTS]", "12 events"],
    ["CPU:0 [LOST EVENTS]", "events"],
    // As trace-cmd says it.
    ["CPU:0 [5 EVENTS DROPPED]", "5 events"],
  ])("is read around lost events: %s", async (marker, what) => {
    const third = vp8.split(/(?=^.*vp8_entropy)/m);
    const text = third.map((part, i) => (i === 3 ? `${marker}\n${part}` : part)).join("");
    const { requests, warnings, types } = await imported(text);
    expect(timestamps(requests)).toEqual((await whole()).filter((_, i) => i !== 2));
    const line = text.split("\n").indexOf(marker) + 1;
    expect(warnings).toEqual([
      `line ${line}: calls are missing here: the kernel lost ${what} (enlarge buffer_size_kb); what is whole before and after it is read: capture again where the rest matters`,
    ]);
    expect(types.indexOf("error")).toBe(2);
  });

  it.each([
    ["the timestamp of a buffer", /(vb2_buf_done:.* type = 10,.*timestamp = 3000)$/m, "$10000000000000000000"],
    ["the type of a buffer", /(vb2_buf_done:.*) type = 10,(.*timestamp = 3000)$/m, "$1$2"],
  ])("misses one request where %s is damaged, and says so", async (_, good, bad) => {
    const { requests, warnings } = await imported(vp8.replace(good, bad));
    expect(timestamps(requests)).toEqual((await whole()).filter((_, i) => i !== 3));
    expect(warnings).toEqual([
      expect.stringMatching(/^line \d+: calls are missing here: vb2_buf_done is cut off, or not printed as vb2 does; /),
    ]);
  });

  it("may be damaged in its first request: a line says so, and the others are read", async () => {
    const damages: readonly ((text: string) => string)[] = [
      // A value, an event's name, and the event with the timestamp.
      (text) => text.replace(/(?<=vertical_scale )\d+/, "x"),
      (text) => text.replace("v4l2_ctrl_vp8_entropy", "v4l2_ctrl_vp8_entrpy"),
      (text) => text.replace(/^.*vb2_buf_done:.* type = 10,.*\n/m, ""),
    ];
    for (const damage of damages) {
      expect(damage(vp8)).not.toBe(vp8);
      const { requests, types, warnings } = await imported(damage(vp8));
      expect([timestamps(requests), types[0]]).toEqual([(await whole()).slice(1), "error"]);
      expect(warnings.filter((each) => /^line \d+: calls are missing here: /.test(each)).length).toBe(1);
    }
    // Where none can be read, the log does not show what is needed.
    await expect(imported(vp8.replace(/(?<=vertical_scale )\d+/g, "x"))).rejects.toThrow(
      /^line \d+: V4L2_CID_STATELESS_VP8_FRAME vertical_scale: "x" is cut off, or no value of this field/,
    );
  });

  it("may lack entries of the DPB: those of H.264 have a number, and a request with fewer of HEVC is left out", async () => {
    const h264 = captureText("h264_cqm_jvt.264.ftrace");
    const dpbOf = (request: ResolvedRequest | undefined) =>
      request?.controls.get("V4L2_CID_STATELESS_H264_DECODE_PARAMS") as Uint8Array | undefined;
    const expected = (await imported(h264)).requests;
    const last = expected.length - 1;
    // Its last one has a picture in the first entry and in the second.
    const [entry] = [...h264.matchAll(/^.*v4l2_h264_dpb_entry: \[0\]: .*\n/gm)].slice(-1) as [RegExpExecArray];
    const { requests } = await imported(h264.slice(0, entry.index) + h264.slice(entry.index + entry[0].length));
    const entrySize = 32;
    const others = (request: ResolvedRequest | undefined) => dpbOf(request)?.subarray(entrySize);
    expect(others(requests[last])).toEqual(others(expected[last]));
    const known = requests[last]?.known.get("V4L2_CID_STATELESS_H264_DECODE_PARAMS");
    expect(known).not.toContain("dpb[0].reference_ts");
    expect(known).toContain("dpb[1].reference_ts");

    // The same element twice: one of them belongs to another.
    const twice = h264.slice(0, entry.index) + entry[0] + h264.slice(entry.index);
    const { requests: fewer, warnings: said } = await imported(twice);
    // Nothing shows whether the one before it held its CAPTURE buffer for what is missing.
    expect([fewer.length, said[0]]).toEqual([
      last - 1,
      expect.stringMatching(/element 0 of v4l2_h264_dpb_entry is traced twice; /),
    ]);

    const hevc = captureText("h265_default_ra.265.ftrace");
    const [lost] = [...hevc.matchAll(/^.*v4l2_hevc_dpb_entry:.*\n(?:(?! .*\[)[^\n]*\n)*/gm)].slice(-16);
    const { requests: left, warnings } = await imported(
      hevc.slice(0, lost?.index) + hevc.slice((lost?.index ?? 0) + (lost?.[0].length ?? 0)),
    );
    expect(left.length).toBe((await imported(hevc)).requests.length - 2);
    expect(warnings[0]).toMatch(/calls are missing here: 15 of 16 events v4l2_hevc_dpb_entry are traced; /);
  });

  it.each([
    [
      "nothing shows timestamps",
      (text: string) => text.replace(/^.*vb2_.*\n/gm, ""),
      /^line \d+: the timestamp of this request is not shown: enable the events of vb2/,
    ],
    [
      "visl traced nothing",
      (text: string) => text.replace(/^.*v4l2_ctrl_(?:[^\n]*\n(?! .*\[))*/gm, ""),
      /^visl traced no request: enable the events of the codec/,
    ],
    [
      "an event is not known",
      (text: string) => text.replaceAll("v4l2_ctrl_vp8_frame", "v4l2_ctrl_vvc_frame"),
      /^line \d+: v4l2_ctrl_vvc_frame is an event of a control that is not known/,
    ],
    [
      "a field is not known",
      (text: string) => text.replaceAll("prob_gf ", "prob_gx "),
      /^line \d+: V4L2_CID_STATELESS_VP8_FRAME prob_gx: /,
    ],
    [
      "a list is cut",
      (text: string) => text.replace(/^(segment.quant_update \{\w+,).*$/gm, "$1"),
      /^line \d+: v4l2_ctrl_vp8_frame is cut off: "segment.quant_update/,
    ],
    [
      "a list has another length",
      (text: string) => text.replace(/^(segment.quant_update \{)\w+,/gm, "$1"),
      /^line \d+: V4L2_CID_STATELESS_VP8_FRAME segment.quant_update: /,
    ],
    [
      "a value is too large for its field",
      (text: string) => text.replace(/^lf.level \d+$/gm, "lf.level 256"),
      /^line \d+: V4L2_CID_STATELESS_VP8_FRAME lf.level: "256" is cut off, or no value/,
    ],
    [
      "a list of many lines has another length",
      (text: string) => text.replace(/^(entropy.coeff_probs \{\n)\w+ /gm, "$1"),
      /^line \d+: V4L2_CID_STATELESS_VP8_FRAME entropy.coeff_probs: "[\d ]{40}…" is cut off, or no value of this field$/,
    ],
    [
      "a flag is not known",
      (text: string) => text.replace(/(?<=^flags )\w*/gm, "NO_FRAME"),
      /^line \d+: V4L2_CID_STATELESS_VP8_FRAME flags: "NO_FRAME/,
    ],
  ])("is refused where %s", async (_, change, message) => {
    await expect(imported(change(vp8), "ftrace")).rejects.toThrow(message);
  });

  it("of two codecs is refused, and read where the codec chooses one", async () => {
    const both = vp8 + captureText("mpeg2_interlaced.m2v.ftrace").replace(/^#.*\n/gm, "");
    await expect(imported(both)).rejects.toThrow(
      /^line \d+: the program goes on with mpeg2, after vp8; a record has one codec/,
    );
    const { header, lines: chosen } = await readCapture("ftrace", [both], { codec: "mpeg2" });
    expect([header.codec, (await allOf(chosen)).length]).toEqual(["mpeg2", 20]);
  });
});

describe("what the other commands say of it", () => {
  const vp8 = captureText("vp8_altref.ivf.ftrace");

  it("stats counts what the driver ran, and no ioctls that nobody saw", async () => {
    const bytes = goldenRequests("vp8_altref.ivf.gst-frame").reduce(
      (sum, { bitstream }) => sum + (bitstream.bytes ?? 0),
      0,
    );
    expect(await captureStats(callsOf(vp8))).toEqual({
      decoders: [],
      drivers: [{ codec: "vp8", requests: 20, bytes }],
      processes: [],
      handoffs: [],
    });
    const { stdout } = await run(["stats", fixture("captures/vp8_altref.ivf.ftrace.gz")]);
    expect(stdout).toBe(`driver: vp8\n  requests run  20  ${bytes} bytes\n`);
  });

  it("lint finds a reference that no buffer has", async () => {
    expect(await allOf(lintCapture(callsOf(vp8)))).toEqual([]);
    const wrong = vp8.replace("last_frame_ts 3000", "last_frame_ts 3001");
    const found = await allOf(lintCapture(callsOf(wrong)));
    expect(found).toMatchObject([{ rule: "unknown-reference", message: "no buffer was queued with timestamp 3001" }]);
    expect(wrong.split("\n")[(found[0]?.line ?? 0) - 1]).toContain("v4l2_ctrl_vp8_frame");
  });

  it("diff shows a bit that differs, at its line in the record", { tags: "long" }, async () => {
    const wrong = captureText("av1_tile_groups.obu.ftrace").replace("tile_offset: 5", "tile_offset: 6");
    const stdin = [Buffer.from(wrong)];
    const { status, stdout } = await run(["diff", fixture("av1_tile_groups.obu.gst-frame.jsonl.br"), "-"], { stdin });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^5 pairs, 1 differs$/m);
    expect(stdout).toMatch(/^ +1 +0 +AV1_TILE_GROUP_ENTRY \[\]\.tile_offset +5 \/ 6$/m);
  });
});
