/**
 * Streams of a few hundred bytes that show where a peer is wrong, for docs/upstream: headers only, so that their slices
 * decode to nothing in particular.
 * `npx tsx support/streams/disagreement-streams.ts` writes them to test/fixtures/disagreements.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { BitWriter } from "../../src/testing/bit-writer.ts";
import { frame, keyFrame, sequenceHeader, unit } from "./av1-stream.ts";
import { H264Stream } from "./h264-stream.ts";
import { H265Stream } from "./h265-stream.ts";
import { frameOf, ivfOf } from "./vp8-frames.ts";

/** A stream and what it is about. */
export interface DisagreementStream {
  /** Below test/fixtures/disagreements. */
  readonly path: string;
  readonly what: string;
  readonly bytes: () => Uint8Array;
}

const h264 = (name: string, what: string, build: () => H264Stream): DisagreementStream => ({
  path: `h264/made__${name}.264`,
  what,
  bytes: () => build().bytes,
});

const h265 = (name: string, what: string, build: () => H265Stream): DisagreementStream => ({
  path: `h265/made__${name}.265`,
  what,
  bytes: () => build().bytes,
});

/** A stream that begins with a VPS (7.3.2.1): decoders of the base layer need none, but some look for it. */
function withVps(subLayers = 1): H265Stream {
  const w = new BitWriter()
    .u(4, 0)
    .u(2, 0b11)
    .u(6, 0)
    .u(3, subLayers - 1)
    .u(1, 1)
    .u(16, 0xffff);
  w.u(8, 1).u(32, 0).u(4, 0b1001).u(32, 0).u(12, 0).u(8, 93);
  for (let i = 0; subLayers > 1 && i < 8; i++) w.u(2, 0);
  w.u(1, 0).ue(4).ue(2).ue(0).u(6, 0).ue(0).u(2, 0);
  return new H265Stream().unit(32, w.trailing().bytes());
}

/** The first NAL unit of each of these types of an HEVC fixture. */
function firstUnits(fixture: string, ...types: readonly number[]): Uint8Array {
  const stream = readFileSync(fileURLToPath(new URL(`../../test/fixtures/${fixture}`, import.meta.url)));
  const units = unitsOfPacket(stream, 0).map(({ bytes }) => bytes);
  const wanted = types.map((type) => units.find((unit) => (unit[0] as number) >> 1 === type) as Uint8Array);
  return Uint8Array.from(wanted.flatMap((unit) => [0, 0, 0, 1, ...unit]));
}

/** A 64x64 picture has 16 macroblocks; a slice for each row of 4, in this order. */
function rows(stream: H264Stream, order: readonly number[], slice: Parameters<H264Stream["slice"]>[0]): H264Stream {
  for (const row of order) stream.slice({ ...slice, first_mb: 4 * row });
  return stream;
}

/** 7.3.2.2: a PPS 0 with two slice groups, slice_group_map_type 3, slice_group_change_rate_minus1 0. */
function sliceGroupPps(): Uint8Array {
  const w = new BitWriter().ue(0).ue(0).u(2, 0).ue(1).ue(3).u(1, 0).ue(0);
  return w.ue(0).ue(0).u(3, 0).se(0).se(0).se(0).u(3, 0).trailing().bytes();
}

/** 7.3.3: a P slice without anything special, up to slice_qp_delta; `end` writes what follows. */
function pSlice(frame_num: number, lsb: number, end: (w: BitWriter) => unknown): Uint8Array {
  const w = new BitWriter().ue(0).ue(0).ue(0).u(4, frame_num).u(8, lsb).u(1, 0).u(1, 0).u(1, 0).se(0);
  end(w);
  return w.trailing().u(8, 0x5a).bytes();
}

export const disagreementStreams: readonly DisagreementStream[] = [
  h264("pps_of_another_layer", "a PPS whose SPS is a subset SPS stands before the IDR picture (7.4.1.2.1)", () =>
    new H264Stream()
      .writeSps()
      .writePps()
      .unit(
        3,
        8,
        new BitWriter().ue(1).ue(1).u(2, 0).ue(0).ue(0).ue(0).u(3, 0).se(0).se(0).se(0).u(3, 0).trailing().bytes(),
      )
      .slice({ idr: true })
      .slice({ frame_num: 1, lsb: 2 })
      .slice({ frame_num: 2, lsb: 4 }),
  ),
  h264("prefix_nal_unit", "a prefix NAL unit before each slice of a picture (7.4.1.2.4)", () => {
    const stream = new H264Stream().writeSps().writePps();
    for (const frame_num of [0, 1, 2]) {
      for (const first_mb of [0, 8]) {
        const idr = frame_num === 0;
        stream.unit(1, 14, Uint8Array.of(idr ? 0xc0 : 0x80, 0x80, 0x07, 0x20));
        stream.slice({ idr, frame_num, lsb: 2 * frame_num, first_mb });
      }
    }
    return stream;
  }),
  h264("arbitrary_slice_order", "the slices of a Baseline picture in any order (A.2.1, 7.4.1.2.4)", () => {
    const stream = rows(new H264Stream().writeSps({ profile_idc: 66 }).writePps(), [0, 1, 2, 3], { idr: true });
    rows(stream, [0, 1, 2, 3], { frame_num: 1, lsb: 2, nal_ref_idc: 0 });
    return rows(stream, [2, 0, 3, 1], { frame_num: 1, lsb: 4, nal_ref_idc: 0 });
  }),
  h264("no_slice_at_0", "the slice at macroblock 0 of the first picture was lost (7.4.1.2.4)", () => {
    const stream = rows(new H264Stream().writeSps().writePps(), [1, 2, 3], { idr: true });
    rows(stream, [0, 1, 2, 3], { idr: true, idr_pic_id: 1 });
    return rows(stream, [0, 1, 2, 3], { frame_num: 1, lsb: 2 });
  }),
  h264("mmco5", "memory_management_control_operation 5: order counts start again (8.2.1, 8.2.1.1)", () =>
    new H264Stream()
      .writeSps()
      .writePps()
      .slice({ idr: true })
      .slice({ frame_num: 1, lsb: 100 })
      .slice({ frame_num: 2, lsb: 200 })
      .slice({ frame_num: 3, lsb: 44, mmco: [[5]] })
      .slice({ frame_num: 1, lsb: 4 })
      .slice({ frame_num: 2, lsb: 8 }),
  ),
  h264(
    "too_many_references",
    "the marking of a damaged stream leaves more than max_num_ref_frames references (8.2.5.1)",
    () =>
      new H264Stream()
        .writeSps({ max_num_ref_frames: 1 })
        .writePps()
        .slice({ idr: true })
        .slice({ frame_num: 1, lsb: 2, mmco: [[4, 0]] })
        .slice({ frame_num: 2, lsb: 4, mmco: [[4, 0]] })
        .slice({ frame_num: 3, lsb: 6 }),
  ),
  h264("gap_in_frame_num", "frames inferred by a gap in frame_num, pic_order_cnt_type 0 (8.2.5.2)", () =>
    new H264Stream()
      .writeSps({ gaps: true })
      .writePps({ num_ref_idx: [4, 1] })
      .slice({ idr: true })
      .slice({ frame_num: 1, lsb: 2 })
      .slice({ frame_num: 4, lsb: 8 })
      .slice({ frame_num: 5, lsb: 10 }),
  ),
  h264("modification_without_picture", "a list modification names a picture that was lost (8.2.4.3.1)", () =>
    new H264Stream()
      .writeSps()
      .writePps()
      .slice({ idr: true })
      .slice({ frame_num: 1, lsb: 2 })
      .slice({ frame_num: 2, lsb: 4, num_ref_idx: [3], modify: [[0, 5]] }),
  ),
  h264("slices_of_several_types", "a picture of an I, a P and a B slice", () =>
    new H264Stream()
      .writeSps()
      .writePps()
      .slice({ idr: true })
      .slice({ frame_num: 1, lsb: 4, type: "I" })
      .slice({ frame_num: 1, lsb: 4, type: "P", first_mb: 4 })
      .slice({ frame_num: 1, lsb: 4, type: "B", first_mb: 8 }),
  ),
  h264(
    "slice_groups",
    "a PPS is sent again with slice groups, and slices with slice_group_change_cycle (7.3.2.2, 7.3.3)",
    () => {
      const stream = new H264Stream().writeSps({ profile_idc: 66 }).writePps().slice({ idr: true });
      const cycle = (w: BitWriter) => w.u(5, 3); // Ceil(Log2(16 / 1 + 1)) bits
      stream.unit(3, 8, sliceGroupPps()).unit(1, 1, pSlice(1, 2, cycle));
      return stream.unit(1, 1, pSlice(2, 4, cycle));
    },
  ),
  h264("data_partition", "slice data partition A of an Extended profile picture (7.3.2.9)", () =>
    new H264Stream()
      .writeSps({ profile_idc: 88 })
      .writePps()
      .slice({ idr: true })
      .unit(
        1,
        2,
        pSlice(1, 2, (w) => w.ue(0)),
      ),
  ),
  h265("sub_layers", "the limits of the DPB differ between sub-layers (C.5.2.2)", () =>
    withVps(2)
      .writeSps({
        buffering: [
          [1, 0, 0],
          [4, 2, 0],
        ],
      })
      .writePps()
      .slice({ nal: "IDR_W_RADL" })
      .slice({ poc: 4, refs: [-4] })
      .slice({ nal: "TRAIL_N", poc: 2, refs: [-2, 2], type: "B", temporalId: 1 }),
  ),
  h265("sps_sent_again", "an IDR picture activates an SPS that was sent again with other content (7.4.2.4.2)", () =>
    withVps()
      .writeSps()
      .writePps()
      .slice({ nal: "IDR_W_RADL" })
      .slice({ poc: 1, refs: [-1] })
      .writeSps({ log2_max_lsb: 4 })
      .writePps()
      .slice({ nal: "IDR_W_RADL" })
      .slice({ poc: 1, refs: [-1] }),
  ),
  h265(
    "dependent_segments",
    "a dependent slice segment after a slice header with a reference picture set (7.4.7.1)",
    () =>
      withVps()
        .writeSps()
        .writePps({ dependent_slice_segments_enabled_flag: 1 })
        .slice({ nal: "IDR_W_RADL" })
        .slice({ poc: 1, refs: [-1] })
        .slice({ poc: 1, address: 8, dependent: true }),
  ),
  h265("cra_with_references", "a CRA picture that begins a sequence has a reference picture set (8.3.2)", () =>
    withVps()
      .writeSps()
      .writePps()
      .slice({ nal: "IDR_W_RADL" })
      .slice({ poc: 1, refs: [-1] })
      .endOfSequence()
      .slice({ nal: "CRA", poc: 4, keeps: [-3, -4] })
      .slice({ poc: 5, refs: [-1] }),
  ),
  h265("fields", "a reference that is a bottom field (D.3.3, pic_struct)", () =>
    withVps()
      .writeSps({ frame_field_info_present_flag: 1 })
      .writePps()
      .picTiming(1)
      .slice({ nal: "IDR_W_RADL" })
      .picTiming(2)
      .slice({ poc: 1, refs: [-1] })
      .picTiming(1)
      .slice({ poc: 2, refs: [-1, -2] }),
  ),
  h265("missing_reference", "a reference picture was lost (8.3.2)", () =>
    withVps()
      .writeSps()
      .writePps({ num_ref_idx: [2, 1] })
      .slice({ nal: "IDR_W_RADL" })
      .slice({ poc: 2, refs: [-1, -2] })
      .slice({ poc: 3, refs: [-1, -2] }),
  ),
  h265("small_dpb", "sps_max_dec_pic_buffering_minus1 is 0, and pictures refer to others (7.4.8)", () =>
    withVps()
      .writeSps({ buffering: [[0, 0, 0]] })
      .writePps()
      .slice({ nal: "IDR_W_RADL" })
      .slice({ poc: 1, refs: [-1] })
      .slice({ poc: 2, refs: [-1] })
      .slice({ nal: "IDR_W_RADL" }),
  ),
  {
    path: "h265/made__many_sets.265",
    what: "64 st_ref_pic_set() in the SPS (7.3.2.2.1): the first picture of h265_rewritten_predicted_sets.265",
    bytes: () => firstUnits("h265_rewritten_predicted_sets.265", 32, 33, 34, 20),
  },
  {
    path: "av1/made__operating_parameters.ivf",
    what: "a sequence header that differs in operating_parameters_info, between frames of a coded video sequence (7.5)",
    bytes: () => {
      const [first, second] = [{ delay: 100 }, { delay: 90 }];
      const units = [
        unit(sequenceHeader(first), keyFrame({ sequence: first })),
        unit(frame({ sequence: first, hint: 1 })),
        unit(sequenceHeader(second), frame({ sequence: second, hint: 2 })),
        unit(frame({ sequence: second, hint: 3 })),
        unit(sequenceHeader(second), keyFrame({ sequence: second })),
        unit(frame({ sequence: second, hint: 1 })),
      ];
      return ivfOf(units, "AV01");
    },
  },
  {
    path: "vp8/made__short_first_partition.ivf",
    what: "the frame ends soon after the header in its first partition (RFC 6386, 9.2 to 9.11)",
    bytes: () =>
      ivfOf([
        frameOf({ key: true, width: 64, height: 64, partitions: [8] }),
        frameOf({ width: 64, height: 64, partitions: [1] }),
      ]),
  },
];

const folder = fileURLToPath(new URL("../../test/fixtures/disagreements/", import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, bytes } of disagreementStreams) {
    mkdirSync(dirname(folder + path), { recursive: true });
    writeFileSync(folder + path, bytes());
  }
}
