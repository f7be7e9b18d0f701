import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fixtureStreams, type StreamFile } from "../../conformance/streams/corpus-files.ts";
import { ivfFrames } from "../../src/containers/ivf.ts";
import type { Codec } from "../../src/events.ts";
import {
  type ExplainedField,
  type ExplainedRequest,
  elementsIn,
  explainRequest,
  piecesAtPictures,
  RequestExplainer,
  shortText,
} from "../../src/explain/index.ts";
import { joined } from "../../src/framing/bytes.ts";
import { openSession } from "../../src/open-session.ts";
import type { DecodeMode } from "../../src/uapi/index.ts";
import { fieldKey, outcomeOf } from "../../support/mutations.ts";
import { annexB, delimiter, keyFrame, sequenceHeader } from "../../support/streams/av1-stream.ts";
import { H264Stream } from "../../support/streams/h264-stream.ts";
import { H265Stream } from "../../support/streams/h265-stream.ts";
import { frameOf, ivfOf } from "../../support/streams/vp8-frames.ts";

const modes: Readonly<Record<Codec, readonly DecodeMode[]>> = {
  h264: ["frame", "slice"],
  h265: ["frame", "slice"],
  mpeg2: ["frame"],
  vp8: ["frame"],
  vp9: ["frame"],
  av1: ["frame"],
  fwht: ["frame"],
};
const codecs = Object.keys(modes) as Codec[];

const fixture = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))));

/** Every request of a stream, explained. @param size of the pieces that the session is given. */
function* explained(
  codec: Codec,
  bytes: Uint8Array,
  decodeMode: DecodeMode,
  size = bytes.length,
): Generator<ExplainedRequest, void, undefined> {
  const explainer = new RequestExplainer(codec);
  const session = openSession(codec, { decodeMode, trace: explainer.trace });
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    for (const piece of codec === "mpeg2" ? piecesAtPictures(chunk) : [chunk])
      yield* explainer.take(session.push(piece));
  }
  yield* explainer.take(session.flush());
}

/** Where a field is no more than one element, it has the element's value. */
function isCopy({ sources }: ExplainedField): boolean {
  const others = sources.filter(({ kind }) => kind !== "element");
  const values = sources.filter((source) => source.kind === "element" && source.role === "value");
  return others.length === 0 && values.length === 1;
}

/** What is wrong with the explanations of a stream's requests, and how many fields they have. */
function flawsOf(
  codec: Codec,
  file: StreamFile,
  mode: DecodeMode,
  most: number,
): { readonly flaws: string[]; readonly fields: number } {
  const flaws: string[] = [];
  let fields = 0;
  // Of a stream in pieces, what comes after the first requests is not read.
  const pieces = most < Infinity ? 2000 : undefined;
  for (const { request, controls } of explained(codec, file.read(), mode, pieces)) {
    if (request >= most) break;
    for (const { control, fields: list } of controls) {
      for (const field of list) {
        fields++;
        const wrong = (reason: string) =>
          flaws.push(`request ${request} ${fieldKey(control, field.path, field.flag)}: ${reason}`);
        if (field.sources.length === 0) wrong("no source");
        else if (shortText(field.sources) === "") wrong("no words");
        for (const source of elementsIn(field.sources)) {
          if (source.kind === "element" && source.descriptor !== "bool" && source.bits.length !== source.length)
            wrong("bits");
        }
        if (!isCopy(field)) continue;
        const [element] = [...elementsIn(field.sources)].filter(({ role }) => role === "value");
        if (element?.kind === "element" && element.value !== Number(field.value))
          wrong(`${element.name} is ${element.value}`);
      }
    }
  }
  return { flaws, fields };
}

const checked = (codec: Codec, file: StreamFile, most = Infinity) => {
  for (const mode of modes[codec]) {
    const { flaws, fields } = flawsOf(codec, file, mode, most);
    expect(flaws).toEqual([]);
    // FWHT has 21 of them in a request, and two requests in its shortest fixture.
    expect(fields).toBeGreaterThan(codec === "fwht" ? 40 : 500);
  }
};

describe("every field of a request has a source, and a field that is one element has its value", () => {
  it.each(codecs)("in the first requests of a stream of %s", (codec) =>
    checked(codec, fixtureStreams(codec)[0] as StreamFile, 2),
  );
});

describe.each(codecs)("the same in every request of all fixtures of %s", { tags: ["long"] }, (codec) => {
  it.each(fixtureStreams(codec))("$name", (file) => checked(codec, file));
});

describe("an explained request", () => {
  it.each(codecs)("of %s has the fields and values of the request", (codec) => {
    const bytes = (fixtureStreams(codec)[0] as StreamFile).read();
    const original = { codec, bytes, options: {}, request: 2 };
    const values = new Map<string, number | bigint>();
    for (const { control, fields } of explainRequest(codec, bytes, 2)?.controls ?? []) {
      for (const { path, flag, value } of fields) if (path !== "") values.set(fieldKey(control, path, flag), value);
    }
    expect(values).toEqual(outcomeOf(original, bytes).fields);
  });

  it.each(["mpeg2", "fwht"] as const)("of %s is the same in pieces", (codec) => {
    const bytes = (fixtureStreams(codec)[0] as StreamFile).read();
    const whole = firstExplained(codec, bytes, bytes.length, 2);
    expect(firstExplained(codec, bytes, 997, 2) === whole).toBe(true);
  });

  it.each(codecs)("of %s is the same in pieces, in more requests", { tags: ["long"] }, (codec) => {
    const bytes = (fixtureStreams(codec)[0] as StreamFile).read();
    const whole = firstExplained(codec, bytes, bytes.length, 4);
    for (const size of [997, 4096]) {
      expect(firstExplained(codec, bytes, size, 4) === whole, `pieces of ${size}`).toBe(true);
    }
  });
});

/** The first requests of a stream, as a text. */
function firstExplained(codec: Codec, bytes: Uint8Array, size: number, count: number): string {
  const first: ExplainedRequest[] = [];
  for (const request of explained(codec, bytes, "frame", size)) {
    if (first.push(request) === count) break;
  }
  return JSON.stringify(first, textOfBigint);
}

const textOfBigint = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

/** The short text of a field of a request of a fixture. */
function textOf(codec: Codec, name: string, request: number, path: string, decodeMode: DecodeMode = "frame"): string {
  return textIn(codec, fixture(name), request, path, decodeMode);
}

/** The short text of a field. */
function textIn(
  codec: Codec,
  stream: Uint8Array,
  request: number,
  path: string,
  decodeMode: DecodeMode = "frame",
): string {
  const controls = explainRequest(codec, stream, request, { decodeMode })?.controls ?? [];
  const field = controls
    .flatMap(({ fields }) => fields)
    .find((each) => (each.flag === undefined ? each.path : `${each.path}.${each.flag}`) === path);
  return shortText(field?.sources ?? []);
}

describe("the sources of a field", () => {
  it("are its syntax element, with its place as coded", () => {
    expect(textOf("h264", "h264_mbaff_tff.264", 3, "pic_init_qp_minus26")).toBe(
      "pic_init_qp_minus26 se(v) at 35:4 of unit 1",
    );
  });

  it("are an inference where the stream codes nothing, with its clause", () => {
    expect(textOf("h264", "h264_baseline_slices.264", 0, "chroma_format_idc")).toBe(
      "chroma_format_idc is not coded: 1, 4:2:0 (7.4.2.1.1)",
    );
  });

  it("are what an earlier request has set", () => {
    expect(textOf("h264", "h264_mbaff_tff.264", 3, "dpb[1].pic_num")).toBe(
      "frame_num u(4) at 3486:7 of unit 5, FrameNumWrap (8-27), PicNum (8-28)",
    );
    expect(textOf("vp9", "vp9_altref_superframes.ivf", 3, "lf.ref_deltas[2]")).toBe(
      "loop_filter_ref_deltas[2] s(6) at 55:6 of unit 0",
    );
    expect(textOf("mpeg2", "mpeg2_ipb.m2v", 1, "forward_ref_ts")).toMatch(/last reference frame .* \(request 0\)$/);
  });

  it("are the kernel's rewriting, where the specification infers another value", () => {
    expect(textOf("h265", "h265_weight_fade.265", 3, "flags.V4L2_HEVC_PPS_FLAG_LOOP_FILTER_ACROSS_TILES_ENABLED")).toBe(
      "the kernel: cleared without tiles (std_validate_compound), although 7.4.3.3.1 infers 1",
    );
  });

  it("are tables of the specification, and the UAPI's text", () => {
    expect(textOf("vp8", "vp8_altref.ivf", 0, "entropy.y_mode_probs[0]")).toBe(
      "kf_ymode_prob: the fixed probabilities of key frames (11.2)",
    );
    expect(textOf("h265", "h265_weight_fade.265", 3, "[0].reserved0[1]", "slice")).toBe("reserved: the UAPI demands 0");
  });

  it("are of AV1 what the slots have: sizes, order hints, film grain and motion of earlier frames", () => {
    expect(textOf("av1", "av1_syn_short_signaling.ivf", 3, "order_hints[1]")).toMatch(/^order_hint u\(\d\) at /);
    expect(textOf("av1", "av1_fwdkf.obu", 19, "reference_frame_ts[0]")).toMatch(
      /shown again, into all slots \(7\.21\)/,
    );
    expect(textOf("av1", "av1_syn_global_motion.ivf", 13, "global_motion.params[1][3]")).toMatch(
      /PrevGmParams \(7\.20\) \(request 12\)/,
    );
  });

  it("are of the slice of the request in slice mode", () => {
    const bytes = fixture("h264_baseline_slices.264");
    const units = [0, 1, 2].map((request) => {
      const controls = explainRequest("h264", bytes, request, { decodeMode: "slice" })?.controls;
      const params = controls?.find(({ control }) => control === "V4L2_CID_STATELESS_H264_SLICE_PARAMS");
      const [source] = params?.fields.find(({ path }) => path === "first_mb_in_slice")?.sources ?? [];
      return source?.kind === "element" ? source.unit : undefined;
    });
    expect(new Set(units).size).toBe(3);
  });
});

describe("the clauses that the sources name are those of the specification", () => {
  it("of VP8: modes (11.2, 11.4, 16.1), loop filter deltas (9.4), motion vectors (17.2)", () => {
    const stream = ivfOf([frameOf({ key: true }), frameOf({ mv: { 0: 200, 1: 1 } }), frameOf({})]);
    const text = (request: number, path: string) => textIn("vp8", stream, request, path);
    expect(text(0, "entropy.uv_mode_probs[0]")).toBe("kf_uv_mode_prob: the fixed probabilities of key frames (11.4)");
    expect(text(1, "entropy.y_mode_probs[0]")).toMatch(/^the default of ymode_prob \(16\.1\), /);
    expect(text(1, "entropy.uv_mode_probs[0]")).toMatch(/^the default of uv_mode_prob \(16\.1\), /);
    expect(text(0, "lf.ref_frm_delta[0]")).toBe("0 (9.4)");
    expect(text(1, "entropy.mv_probs[0][0]")).toMatch(
      /^prob\[0\]\[0\] bool at \S+ of unit 1, prob << 1, or 1 where it is 0 \(17\.2\)$/,
    );
    expect(text(2, "entropy.mv_probs[0][1]")).toMatch(/^prob\[0\]\[1\] .*, prob << 1, or 1 where it is 0 \(17\.2\)$/);
  });

  it("of VP9: slots (8.10), segmentation (7.2.10)", () => {
    expect(textOf("vp9", "vp9_altref_superframes.ivf", 3, "last_frame_ts")).toMatch(/decoded into slot \d \(8\.10\)/);
    const segment = explainRequest("vp9", fixture("vp9_aq_segmentation.ivf"), 3)
      ?.controls.flatMap(({ fields }) => fields)
      .find(({ path }) => path === "seg.tree_probs[0]");
    expect(JSON.stringify(segment?.sources ?? [])).not.toContain("7.2.11");
  });

  it("of MPEG-2: the reference of a picture (7.6.2)", () => {
    expect(textOf("mpeg2", "mpeg2_ipb.m2v", 1, "forward_ref_ts")).toBe(
      "the last reference frame before it (7.6.2) (request 0)",
    );
  });

  it("of HEVC: the DC value of a list that is not coded (7.4.5)", () => {
    const text = textOf("h265", "h265_scaling_default.265", 1, "scaling_list_dc_coef_16x16[0]");
    expect(text).toMatch(/^16 \(7\.4\.5\)/);
  });

  it("of H.264: an IDR picture that is a long-term reference (8.2.5.1), another one (8.2.5.4)", () => {
    const idr = new H264Stream().writeSps().writePps();
    idr.slice({ idr: true, long_term_reference_flag: 1 }).slice({ type: "P", frame_num: 1, lsb: 2 });
    const later = new H264Stream().writeSps().writePps().slice({ idr: true });
    later
      .slice({
        type: "P",
        frame_num: 1,
        lsb: 2,
        mmco: [
          [4, 1],
          [6, 0],
        ],
      })
      .slice({ type: "P", frame_num: 2, lsb: 4 });
    const path = "dpb[0].flags.V4L2_H264_DPB_ENTRY_FLAG_LONG_TERM";
    expect(textIn("h264", idr.bytes, 1, path)).toContain("(8.2.5.1)");
    expect(textIn("h264", idr.bytes, 1, "dpb[0].frame_num")).toContain("LongTermFrameIdx (8.2.5.1)");
    const ofSecond = [0, 1].map((i) => textIn("h264", later.bytes, 2, path.replace("0", String(i))));
    expect(ofSecond.some((text) => text.includes("(8.2.5.4)"))).toBe(true);
  });
});

it("dec_ref_pic_marking_bit_size of a non-reference picture names no long_term_pic_num of a list modification", () => {
  const stream = new H264Stream().writeSps().writePps().slice({ idr: true, long_term_reference_flag: 1 });
  stream.slice({ type: "P", nal_ref_idc: 0, frame_num: 1, lsb: 2, modify: [[2, 0]] });
  const fields = explainRequest("h264", stream.bytes, 1)?.controls.flatMap((control) => control.fields) ?? [];
  const size = fields.find(({ path }) => path === "dec_ref_pic_marking_bit_size");
  expect(size?.value).toBe(0);
  expect([...elementsIn(size?.sources ?? [])].filter(({ role }) => role === "value")).toEqual([]);
  expect(shortText(size?.sources ?? [])).toBe("the length of dec_ref_pic_marking(), 7.3.3.3: not coded");
});

describe("an IRAP picture of HEVC with NoRaslOutputFlag 1", () => {
  const stream = () => new H265Stream().writeSps({ log2_max_lsb: 4 }).writePps().slice({ nal: "IDR_W_RADL" });
  const texts = (bytes: Uint8Array, request: number) =>
    ["pic_order_cnt_val", "num_poc_st_curr_before"].map((path) => textIn("h265", bytes, request, path));
  const msb0 = /slice_pic_order_cnt_lsb: PicOrderCntMsb is 0 \(8\.3\.1\)$/;

  it("has no order count before it, and refers to no picture: after an end of sequence", () => {
    const { bytes } = stream()
      .slice({ poc: 7, refs: [-7] })
      .slice({ poc: 14, refs: [-7] })
      .slice({ poc: 20, refs: [-6] })
      .endOfSequence()
      .slice({ nal: "CRA", poc: 5, keeps: [-3] })
      .slice({ poc: 8, refs: [-3] });
    const [count, references] = texts(bytes, 4);
    expect(count).toMatch(msb0);
    expect(references).toMatch(/^0: NoRaslOutputFlag is 1/);
    expect(texts(bytes, 5)).toEqual([
      expect.stringMatching(/PicOrderCntVal of prevTid0Pic \(request 4\)$/),
      "NumPocStCurrBefore (8-5)",
    ]);
  });

  it("has none where another SPS joins two streams", () => {
    const { bytes } = stream()
      .slice({ poc: 20, refs: [-20] })
      .writeSps({ log2_max_lsb: 4, width: 128 })
      .writePps()
      .slice({ nal: "CRA", poc: 5 });
    expect(texts(bytes, 2)[0]).toMatch(msb0);
  });

  it("is not a CRA picture inside a sequence", () => {
    const { bytes } = stream()
      .slice({ poc: 14, refs: [-14] })
      .slice({ nal: "CRA", poc: 20 });
    expect(texts(bytes, 2)[0]).toMatch(/PicOrderCntVal of prevTid0Pic \(request 1\)$/);
  });
});

it("of an OBU that is longer than its obu_size, in Annex B: its tiles are found", () => {
  const stream = annexB([delimiter, sequenceHeader(), joined([keyFrame(), Uint8Array.of(0)])]);
  const fields = explainRequest("av1", stream, 0)?.controls.flatMap((control) => control.fields) ?? [];
  expect(fields.length).toBeGreaterThan(800);
  expect(fields.filter(({ sources }) => sources.length === 0)).toEqual([]);
  expect(shortText(fields.find(({ path }) => path === "[0].tile_size")?.sources ?? [])).toMatch(/^obu_size leb128/);
});

describe("explainRequest", () => {
  it("gives undefined where the stream has fewer requests", () => {
    expect(explainRequest("vp8", fixture("vp8_altref.ivf"), 20)).toBeUndefined();
    expect(explainRequest("h264", new Uint8Array(0), 0)).toBeUndefined();
  });

  it("takes a stream in pieces", () => {
    const bytes = fixture("mpeg2_ipb.m2v");
    expect(explainRequest("mpeg2", [bytes.subarray(0, 5000), bytes.subarray(5000)], 3)).toEqual(
      explainRequest("mpeg2", bytes, 3),
    );
  });

  it("refuses what openSession refuses", () => {
    expect(() => explainRequest("av2" as Codec, new Uint8Array(0), 0)).toThrow(TypeError);
    const wrong = { decodeMode: "picture" as DecodeMode };
    expect(() => explainRequest("h264", new Uint8Array(0), 0, wrong)).toThrow(TypeError);
  });
});

const longChain =
  "of thousands of frames, which each take their size from the one before: the frame that codes it is named";
it(longChain, { tags: "long" }, () => {
  const [key, ...inter] = ivfFrames(fixture("vp9_altref_superframes.ivf")).frames.map(({ data }) => data);
  const frames = [key as Uint8Array];
  while (frames.length < 1500) frames.push(...inter);
  const explained = explainRequest("vp9", ivfOf(frames, "VP90"), 1400);
  const [control] = explained!.controls;
  const field = control!.fields.find(({ path }) => path === "frame_width_minus_1");
  expect(field!.sources[0]).toMatchObject({ kind: "state", request: 0 });
});

it("pic_num of a field names the marks of the pictures that its order counts are made of", () => {
  // With long_term_reference_flag 1, the IDR picture of unit 2 would still be in the buffer, and dpb[0] another frame.
  const bytes = fixture("disagreements/h264/rw__unpaired_nonref.264");
  const { controls = [] } = explainRequest("h264", bytes, 8, { decodeMode: "slice" }) ?? {};
  const fields = controls.find(({ control }) => control === "V4L2_CID_STATELESS_H264_DECODE_PARAMS")?.fields ?? [];
  const { sources = [] } = fields.find(({ path }) => path === "dpb[0].pic_num") ?? {};
  const named = [...elementsIn(sources)].flatMap((each) => (each.kind === "element" ? [[each.unit, each.name]] : []));
  expect(named).toContainEqual([2, "long_term_reference_flag"]);
});
