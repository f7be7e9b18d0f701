import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ComparedRequest, type CompareSide, ComparisonSummary, compare } from "../../src/compare/index.ts";
import { ourProducer, streamSide } from "../../src/compare/sides.ts";
import { joined } from "../../src/framing/bytes.ts";
import { crc32 } from "../../src/record/index.ts";
import { targetByName } from "../../src/targets/index.ts";
import { fixture } from "../cli/command-line.ts";
import { type Editable, leafAt, requestsOf, sideOf } from "./recordings.ts";

const h264Params = "V4L2_CID_STATELESS_H264_DECODE_PARAMS";
const hevcParams = "V4L2_CID_STATELESS_HEVC_DECODE_PARAMS";
const av1Frame = "V4L2_CID_STATELESS_AV1_FRAME";
const vp8Frame = "V4L2_CID_STATELESS_VP8_FRAME";
const mpeg2Picture = "V4L2_CID_STATELESS_MPEG2_PICTURE";

const fieldAt = (request: Editable, control: string, field: string) =>
  leafAt(request, control, (path) => path === field);

/** Changes a field of a request. */
function change<T extends number | bigint>(request: Editable, control: string, path: string, to: (value: T) => T) {
  const { type, view, offset, value } = fieldAt(request, control, path);
  type.write(view, offset, to(value as T));
}

/** As a record without --with-data. */
function withoutData(side: CompareSide): CompareSide {
  const requests = [...(side.requests as Iterable<ComparedRequest>)].map(({ bitstream: { data }, ...rest }) => ({
    ...rest,
    bitstream: { bytes: data?.length, crc32: data && crc32(data) },
  }));
  return { ...side, requests };
}

async function summaryOf(a: CompareSide, b: CompareSide, target?: string): Promise<ComparisonSummary> {
  const summary = new ComparisonSummary();
  const options = target === undefined ? {} : { target: targetByName(target)! };
  for await (const found of compare([a, b], options)) summary.add(found);
  return summary;
}

/** The fields that nothing explains. */
function unexplained({ fields }: ComparisonSummary): string[] {
  return fields.flatMap(({ isUnexplained, path, flag }) =>
    isUnexplained ? [[path, flag].filter(Boolean).join(" ")] : [],
  );
}

/** The rows that are named. */
function known({ notes, fields, gaps }: ComparisonSummary): (string | undefined)[] {
  return [...notes, ...fields, ...gaps].map((each) => each.known?.id);
}

describe("order counts", () => {
  const name = "h264_high_bpyramid.264";
  const counts = ["top_field_order_cnt", "bottom_field_order_cnt"];

  it.each(["FFmpeg", "my player"])(
    "of one reference that are 65536 more are not FFmpeg's constant: %s",
    async (producer) => {
      const requests = await requestsOf(name);
      for (const count of counts) change(requests[6]!, h264Params, `dpb[0].${count}`, (value: number) => value + 65536);
      const ours = sideOf("h264", await requestsOf(name), ourProducer);
      const summary = await summaryOf(ours, sideOf("h264", requests, producer));
      expect(unexplained(summary)).toEqual(counts.map((count) => `dpb[].${count}`));
      expect(known(summary)).not.toContain("ff-poc-65536");
    },
  );

  it.each([
    [7, undefined],
    [65536, "ff-poc-65536"],
  ])("that are all %i more are a constant, which row %s knows", async (constant, row) => {
    const requests = await requestsOf(name);
    for (const request of requests) {
      for (const count of counts) {
        change(request, h264Params, count, (value: number) => value + constant);
        for (let i = 0; i < 16; i++) {
          if (fieldAt(request, h264Params, `dpb[${i}].flags`).value === 0) continue;
          change(request, h264Params, `dpb[${i}].${count}`, (value: number) => value + constant);
        }
      }
    }
    const ours = sideOf("h264", await requestsOf(name), ourProducer);
    const summary = await summaryOf(ours, sideOf("h264", requests, "my player"));
    expect(unexplained(summary)).toEqual([]);
    expect(summary.notes.map(({ about, known: fault }) => [about, fault?.id])).toEqual([["order counts", row]]);
  });

  it.each([
    ["h264", "h264_high_bpyramid.264", h264Params, counts],
    ["h265", "h265_default_ra.265", hevcParams, ["pic_order_cnt_val"]],
  ] as const)(
    "of the first picture alone that are 1 more are no constant: %s",
    async (codec, stream, control, fields) => {
      const requests = await requestsOf(stream);
      for (const field of fields) change(requests[0]!, control, field, (value: number) => value + 1);
      const ours = sideOf(codec, await requestsOf(stream), ourProducer);
      const summary = await summaryOf(ours, sideOf(codec, requests, "my player"));
      expect(unexplained(summary)).toEqual(fields);
      expect(summary.notes).toEqual([]);
    },
  );

  it("of one reference that are a period less, after a first CRA picture, are not FFmpeg's constant", async () => {
    const stream = fromFirstCra(new Uint8Array(readFileSync(fixture("h265_open_gop_cra.265"))));
    const made: Editable[] = [];
    for await (const { timestamp, bitstream, controls } of streamSide(stream, { codec: "h265" }).requests) {
      const copies = [...controls].map(
        ([control, payload]) => [control, typeof payload === "number" ? payload : payload.slice()] as const,
      );
      made.push({ timestamp: BigInt(timestamp), data: bitstream.data as Uint8Array, controls: new Map(copies) });
    }
    const lsbBits =
      Number(fieldAt(made[6]!, "V4L2_CID_STATELESS_HEVC_SPS", "log2_max_pic_order_cnt_lsb_minus4").value) + 4;
    change(made[6]!, hevcParams, "dpb[0].pic_order_cnt_val", (value: number) => value - 2 ** lsbBits);
    const summary = await summaryOf(streamSide(stream, { codec: "h265" }), sideOf("h265", made, "FFmpeg"));
    expect(unexplained(summary)).toEqual(["dpb[].pic_order_cnt_val"]);
  });
});

/** The parameter sets, and what comes from the first CRA picture on. */
function fromFirstCra(stream: Uint8Array): Uint8Array {
  const starts: number[] = [];
  for (let i = 0; i + 3 < stream.length; i++) {
    if (stream[i] === 0 && stream[i + 1] === 0 && stream[i + 2] === 1) starts.push(i);
  }
  const units = starts.map((start, i) => stream.subarray(start, starts[i + 1]));
  const typeOf = (unit: Uint8Array): number => (unit[3] as number) >> 1;
  const isSet = (unit: Uint8Array): boolean => typeOf(unit) >= 32 && typeOf(unit) <= 34;
  const cra = units.findIndex((unit) => typeOf(unit) === 21);
  return joined([...units.slice(0, cra).filter(isSet), ...units.slice(cra)]);
}

it.each(["FFmpeg", "my player"])(
  "a row about GStreamer alone explains no other program's reference: %s",
  async (producer) => {
    const [name, options] = ["h264_baseline_slices.264", ["--target", "cedrus"]] as const;
    const requests = await requestsOf(name, options);
    change(requests[7]!, h264Params, "dpb[0].frame_num", (value: number) => value + 1);
    const summary = await summaryOf(
      sideOf("h264", await requestsOf(name, options), ourProducer),
      sideOf("h264", requests, producer),
    );
    expect(unexplained(summary)).toEqual(["dpb[].frame_num"]);
    expect(known(summary)).toEqual([undefined]);
  },
);

describe("H.264 scaling lists", () => {
  it.each(["FFmpeg", "my player"])(
    "that the PPS flag says and no control has are not FFmpeg's flat ones: %s",
    async (producer) => {
      const name = "h264_high_bpyramid.264";
      const requests = await requestsOf(name);
      for (const request of requests)
        change(request, "V4L2_CID_STATELESS_H264_PPS", "flags", (value: number) => value | 0x80);
      const ours = sideOf("h264", await requestsOf(name), ourProducer);
      const summary = await summaryOf(ours, sideOf("h264", requests, producer));
      expect(unexplained(summary)).toEqual(["flags V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT"]);
    },
  );
});

describe("AV1 slots", () => {
  it.each(["GStreamer", "FFmpeg", "my player"])(
    "that name another picture after a request was left out: %s",
    async (producer) => {
      const made = await requestsOf("av1_8bit.ivf");
      const requests = await requestsOf("av1_8bit.ivf");
      change(requests[6]!, av1Frame, "reference_frame_ts[1]", () => requests[3]!.timestamp);
      requests.splice(2, 1);
      const summary = await summaryOf(sideOf("av1", made, ourProducer), sideOf("av1", requests, producer));
      expect(unexplained(summary)).toEqual(["reference_frame_ts[]"]);
    },
  );

  it.each(["FFmpeg", "my player"])(
    "that name a picture from before our first request, where ours name a later one: %s",
    async (producer) => {
      const made = (await requestsOf("av1_8bit.ivf")).slice(1);
      const requests = await requestsOf("av1_8bit.ivf");
      change(requests[6]!, av1Frame, "reference_frame_ts[1]", () => requests[0]!.timestamp);
      const summary = await summaryOf(sideOf("av1", made, ourProducer), sideOf("av1", requests, producer));
      expect(
        summary.fields.map(({ path, requests: count, values }) => [path, count, values.map(({ text }) => text)]),
      ).toEqual([["reference_frame_ts[]", 1, ["picture 0", "picture 0 of one side only"]]]);
      expect(unexplained(summary)).toEqual(["reference_frame_ts[]"]);
    },
  );
});

const dropped = [
  ["h264", "h264_high_bpyramid.264", []],
  ["h264", "h264_baseline_slices.264", ["--decode-mode", "slice"]],
  ["mpeg2", "mpeg2_ipb.m2v", []],
] as const;

describe.each(dropped)("a request that one side lacks: %s %s %j", (codec, name, options) => {
  it.each(["GStreamer", "FFmpeg", "my player"])("is no known fault of %s", async (producer) => {
    const requests = await requestsOf(name, options);
    const fewer = requests.filter((_, i) => i !== 7);
    for (const [a, b] of [
      [requests, fewer],
      [fewer, requests],
    ] as const) {
      const summary = await summaryOf(
        withoutData(sideOf(codec, a, ourProducer)),
        withoutData(sideOf(codec, b, producer)),
      );
      expect(summary.gaps.map(({ first, count, known: fault }) => [first, count, fault?.id])).toEqual([
        [7, 1, undefined],
      ]);
      expect(summary.fields).toEqual([]);
    }
  });
});

describe("pictures that are the same", () => {
  it.each([4, 5, 6])("are told apart by their timestamps: the bytes of 4 to 6, without request %i", async (left) => {
    const requests = await requestsOf("vp8_altref.ivf");
    for (const request of requests.slice(4, 7)) request.data = requests[4]!.data;
    const fewer = requests.filter((_, i) => i !== left);
    for (const sides of [
      [requests, fewer],
      [fewer, requests],
    ] as const) {
      const [a, b] = sides.map((side) => sideOf("vp8", side, "my player")) as [CompareSide, CompareSide];
      const summary = await summaryOf(a, b);
      expect(summary.fields).toEqual([]);
      expect(summary.gaps.map(({ first, count }) => [first, count])).toEqual([[left, 1]]);
    }
  });

  it("are told apart by their timestamps: where the buffers have no checksums", async () => {
    const requests = await requestsOf("vp9_altref_superframes.ivf");
    const bare = (all: readonly Editable[]): CompareSide => {
      const side = withoutData(sideOf("vp9", all, "my player"));
      const known = [...(side.requests as Iterable<ComparedRequest>)];
      return { ...side, requests: known.map((each) => ({ ...each, bitstream: { bytes: each.bitstream.bytes } })) };
    };
    const summary = await summaryOf(bare(requests), bare(requests.filter((_, at) => at !== 7)));
    expect(summary.fields).toEqual([]);
    expect(summary.gaps.map(({ first, count }) => [first, count])).toEqual([[7, 1]]);
  });
});

const starts = [
  ["h264", "h264_high_bpyramid.264"],
  ["h265", "h265_default_ra.265"],
  ["vp8", "vp8_altref.ivf"],
] as const;

describe.each(starts)("a recording that begins later: %s %s", (codec, name) => {
  it.each([
    [ourProducer, "my player"],
    ["my player", ourProducer],
    ["my player", "another player"],
  ])("refers to pictures before its first request as the other does: %s and %s", async (a, b) => {
    const requests = await requestsOf(name);
    for (const [first, second] of [
      [requests.slice(3), requests],
      [requests, requests.slice(3)],
    ] as const) {
      const summary = await summaryOf(sideOf(codec, first, a), sideOf(codec, second, b));
      expect([summary.pairs, summary.fields]).toEqual([requests.length - 3, []]);
      expect(summary.gaps.map(({ reason, count }) => [reason, count])).toEqual([["start", 3]]);
    }
  });
});

/** Requests whose first picture has the timestamp 0, which is that of no reference, too. */
function fromZero(requests: readonly Editable[], control: string, references: readonly string[]): void {
  for (const request of requests) {
    request.timestamp -= 1000n;
    for (const path of references)
      change(request, control, path, (value: bigint) => (value === 0n ? 0n : value - 1000n));
  }
}

const slots = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `reference_frame_ts[${i}]`);
const zeros = [
  ["vp8", "vp8_altref.ivf", vp8Frame, ["last_frame_ts", "golden_frame_ts", "alt_frame_ts"], "golden_frame_ts"],
  ["mpeg2", "mpeg2_ipb.m2v", mpeg2Picture, ["forward_ref_ts", "backward_ref_ts"], "forward_ref_ts"],
  ["av1", "av1_8bit.ivf", av1Frame, slots, "reference_frame_ts[0]"],
] as const;

describe.each(zeros)("a first picture with the timestamp 0: %s %s", (codec, name, control, references, reference) => {
  it("is the same as one with another timestamp; where a reference is not used, 0 is none", async () => {
    const requests = await requestsOf(name);
    fromZero(requests, control, references);
    const [zero, other] = [
      sideOf(codec, requests, "my player"),
      sideOf(codec, await requestsOf(name), "another player"),
    ];
    for (const sides of [
      [zero, other],
      [other, zero],
    ] as const)
      expect((await summaryOf(...sides)).fields).toEqual([]);
  });

  it("is another reference than none", async () => {
    const requests = await requestsOf(name);
    fromZero(requests, control, references);
    const others = await requestsOf(name);
    const at = others.findIndex((request, i) => i > 0 && fieldAt(request, control, reference).value === 1000n);
    change(others[at]!, control, reference, () => 0n);
    const summary = await summaryOf(sideOf(codec, requests, "my player"), sideOf(codec, others, "another player"));
    expect(unexplained(summary)).toEqual([reference.replace(/\d/, "")]);
  });
});

describe("what a target refuses of two controls together", () => {
  const slices = "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS";

  it("is said of the field that is different: the number of entry points", async () => {
    const [name, options] = ["h265_ctu16_amp_crop.265", ["--target", "cedrus"]] as const;
    const requests = await requestsOf(name, options);
    change(requests[2]!, slices, "[0].num_entry_point_offsets", (value: number) => value - 1);
    const ours = sideOf("h265", await requestsOf(name, options), ourProducer);
    const { fields } = await summaryOf(ours, sideOf("h265", requests, "my player"), "cedrus");
    expect(fields.map((field) => [field.path, field.class])).toEqual([["[].num_entry_point_offsets", "refused"]]);
  });

  it("is said of the entry points themselves", async () => {
    const [name, options] = ["h265_ctu16_amp_crop.265", ["--target", "cedrus"]] as const;
    const requests = await requestsOf(name, options);
    const control = "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS";
    const points = requests[2]!.controls.get(control) as Uint8Array;
    requests[2]!.controls.set(control, points.slice(4));
    const ours = sideOf("h265", await requestsOf(name, options), ourProducer);
    const { fields } = await summaryOf(ours, sideOf("h265", requests, "my player"), "cedrus");
    expect(fields.map((field) => [field.control, field.class])).toEqual([[control, "refused"]]);
    expect(fields[0]?.reason).toMatch(/num_entry_point_offsets = 4 .cedrus takes 0, or the number/);
  });

  it("is said of the columns of an AV1 frame that has too few tile group entries", async () => {
    const [name, options] = ["av1_8bit.ivf", ["--target", "mediatek"]] as const;
    const requests = await requestsOf(name, options);
    change(requests[2]!, av1Frame, "tile_info.tile_cols", (value: number) => value + 1);
    const ours = sideOf("av1", await requestsOf(name, options), ourProducer);
    const { fields } = await summaryOf(ours, sideOf("av1", requests, "my player"), "mediatek");
    expect(fields.map((field) => [field.path, field.class])).toEqual([["tile_info.tile_cols", "refused"]]);
  });
});

it("a wrong timestamp in the DPB array changes no index for a driver that finds pictures by their order count", async () => {
  const [name, options] = ["h265_default_ra.265", ["--target", "hantro-g2"]] as const;
  const requests = await requestsOf(name, options);
  change(requests[4]!, hevcParams, "dpb[0].timestamp", () => 77_777n);
  const ours = sideOf("h265", await requestsOf(name, options), ourProducer);
  const { fields } = await summaryOf(ours, sideOf("h265", requests, "my player"), "hantro-g2");
  expect(fields.map((field) => [field.path, field.class])).toEqual([["dpb[].timestamp", "unread"]]);
});

describe("a reference in words", () => {
  it("is a timestamp where the list has indices", async () => {
    const requests = await requestsOf("h265_default_ra.265");
    change(requests[6]!, hevcParams, "dpb[0].timestamp", () => 999_999n);
    const ours = sideOf("h265", await requestsOf("h265_default_ra.265"), ourProducer);
    const { fields } = await summaryOf(ours, sideOf("h265", requests, "my player"));
    expect(fields.length).toBeGreaterThan(1);
    for (const { values } of fields) expect(values[1].text).toBe("timestamp 999999");
  });
});
