import { describe, expect, it } from "vitest";
import {
  corpusFiles,
  corpusPlace,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import type { RequestEvent } from "../../src/events.ts";
import { openH264Session } from "../../src/h264/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import { decodePayload } from "../../src/uapi/control.ts";
import {
  h264Controls,
  V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD,
  V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC,
  V4L2_H264_DPB_ENTRY_FLAG_ACTIVE,
  V4L2_H264_DPB_ENTRY_FLAG_VALID,
  V4L2_H264_SLICE_TYPE_B,
  V4L2_H264_SLICE_TYPE_P,
  V4L2_H264_SLICE_TYPE_SP,
  type v4l2_h264_reference,
} from "../../src/uapi/h264.ts";
import { H264Stream, only } from "../../support/streams/h264-stream.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

const {
  V4L2_CID_STATELESS_H264_SLICE_PARAMS: sliceParams,
  V4L2_CID_STATELESS_H264_DECODE_PARAMS: decodeParams,
  V4L2_CID_STATELESS_H264_PPS: pps,
} = h264Controls;

/** A request in slice mode with what is in it. */
interface Slice {
  readonly request: RequestEvent;
  readonly bitstream: Uint8Array;
  readonly slice: sliceParams;
  readonly params: decodeParams;
  readonly paramsPayload: Uint8Array;
  /** The frame, and the field of it that is decoded. */
  readonly picture: string;
}
type sliceParams = ReturnType<typeof decodeSliceParams>;
type decodeParams = ReturnType<typeof decodeDecodeParams>;
const decodeSliceParams = (payload: Uint8Array) => decodePayload(sliceParams, payload);
const decodeDecodeParams = (payload: Uint8Array) => decodePayload(decodeParams, payload);

const payloadOf = ({ controls }: RequestEvent, name: string) =>
  controls.find((control) => control.name === name)?.payload as Uint8Array;

function requestsOf(bytes: Uint8Array, options: SessionOptions): RequestEvent[] {
  const session = openH264Session(options);
  return only([...session.push(bytes), ...session.flush()], "request");
}

function slicesOf(bytes: Uint8Array, options: SessionOptions = {}): Slice[] {
  return requestsOf(bytes, { decodeMode: "slice", ...options }).map((request) => {
    const paramsPayload = payloadOf(request, decodeParams.name);
    const params = decodeDecodeParams(paramsPayload);
    return {
      request,
      bitstream: bitstreamBytes(request),
      slice: decodeSliceParams(payloadOf(request, sliceParams.name)),
      params,
      paramsPayload,
      picture: pictureOf(request.timestamp, params.flags),
    };
  });
}

function pictureOf(timestamp: number, flags: number): string {
  if ((flags & V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC) === 0) return `${timestamp}`;
  return `${timestamp} ${flags & V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD ? "bottom" : "top"}`;
}

/** The active entries of both lists; none of an I or SI slice. */
function entriesOf({ slice }: Slice): v4l2_h264_reference[] {
  const { slice_type, num_ref_idx_l0_active_minus1, num_ref_idx_l1_active_minus1 } = slice;
  const isB = slice_type === V4L2_H264_SLICE_TYPE_B;
  if (!isB && slice_type !== V4L2_H264_SLICE_TYPE_P && slice_type !== V4L2_H264_SLICE_TYPE_SP) return [];
  const list1 = isB ? slice.ref_pic_list1.slice(0, num_ref_idx_l1_active_minus1 + 1) : [];
  return [...slice.ref_pic_list0.slice(0, num_ref_idx_l0_active_minus1 + 1), ...list1];
}

const USED = V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE;

/** What the streams have of what slice mode is about. */
const seen = { slices: 0, entries: 0, own: 0, none: 0, aso: 0, slicesOfFields: 0, pps: 0, groups: 0 };

/** 8.2.4: an entry is a reference picture, or nothing; in the second field of a frame it may be the first. */
function listFlaws(one: Slice): string[] {
  const { request, params } = one;
  const isField = (params.flags & V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC) !== 0;
  const hasUnused = params.dpb.some(({ flags }) => flags === 0);
  return entriesOf(one).flatMap(({ index, fields }, i) => {
    const entry = params.dpb[index];
    const flaw = (reason: string) => [`${one.picture}, entry ${i} (${fields}@${index}): ${reason}`];
    if (entry === undefined) return flaw("is not in the DPB array");
    if (fields === 0) {
      seen.none++;
      const isUnused = hasUnused ? entry.flags === 0 : index === 0;
      return isUnused ? [] : flaw("refers to nothing and points to a used entry");
    }
    seen.entries++;
    if (isField && Number(entry.reference_ts) === request.timestamp) seen.own++;
    if ((entry.flags & USED) !== USED) return flaw("is not ACTIVE");
    if ((entry.fields & fields) !== fields) return flaw(`refers to fields that are no references: ${entry.fields}`);
    return isField === (fields !== 3) ? [] : flaw(isField ? "is a frame" : "is a field");
  });
}

/** The slices of each picture, in order. */
function picturesOf(slices: readonly Slice[]): Slice[][] {
  const pictures: Slice[][] = [];
  for (const slice of slices) {
    if (pictures.at(-1)?.[0]?.picture === slice.picture) pictures.at(-1)!.push(slice);
    else pictures.push([slice]);
  }
  return pictures;
}

/** ARCHITECTURE, What lives how long: hold on every slice but the picture's last, and on all of a frame's first field. */
function holdFlaws(pictures: readonly Slice[][]): string[] {
  return pictures.flatMap((picture, at) => {
    const [first] = picture as [Slice];
    const isSecond = pictures[at - 1]?.[0]?.request.timestamp === first.request.timestamp;
    const isFirstField = first.picture.includes(" ") && !isSecond;
    const holds = picture.map(({ request }) => request.hold);
    const expected = picture.map((_, i) => isFirstField || i < picture.length - 1);
    return holds.join() === expected.join() ? [] : [`${first.picture}: hold ${holds.join()}`];
  });
}

/** DECODE_PARAMS is the picture's: the same with each slice, and as in frame mode. */
function frameModeFlaws(bytes: Uint8Array, pictures: readonly Slice[][]): string[] {
  const requests = requestsOf(bytes, { decodeMode: "frame" });
  if (requests.length !== pictures.length) return [`${pictures.length} pictures, in frame mode ${requests.length}`];
  return pictures.flatMap((picture, at) => {
    const frame = requests[at] as RequestEvent;
    const expected = payloadOf(frame, decodeParams.name);
    const isSame = picture.every(({ paramsPayload }) => Buffer.compare(paramsPayload, expected) === 0);
    const joined = Buffer.concat(picture.map(({ bitstream }) => bitstream));
    const [{ picture: name }] = picture as [Slice];
    return [
      ...(isSame ? [] : [`${name}: DECODE_PARAMS is not the same in all slices and in frame mode`]),
      ...(Buffer.compare(joined, bitstreamBytes(frame)) === 0 ? [] : [`${name}: other bytes than in frame mode`]),
    ];
  });
}

/** header_bit_size: the bits of what was read of the slice's NAL unit, its header included. */
function headerFlaws(bytes: Uint8Array, slices: readonly Slice[]): string[] {
  const trace = new TraceRecorder();
  const session = openH264Session({ trace });
  session.push(bytes);
  session.flush();
  let next = 0;
  for (const { bytes: unit, elements } of trace.units) {
    const one = slices[next];
    if (one === undefined || Buffer.compare(unit, one.bitstream.subarray(3)) !== 0) continue;
    next++;
    const sum = elements.reduce((bits, { length }) => bits + length, 0);
    const { header_bit_size } = one.slice;
    if (sum !== header_bit_size) return [`${one.picture}: header_bit_size ${header_bit_size}, ${sum} bits were read`];
  }
  return next === slices.length ? [] : [`of ${slices.length} slices only ${next} are in the trace`];
}

function note(pictures: readonly Slice[][]): void {
  for (const picture of pictures) {
    const mbs = picture.map(({ slice }) => slice.first_mb_in_slice);
    seen.slices += picture.length;
    if (picture.length > 1 && picture[0]?.picture.includes(" ")) seen.slicesOfFields++;
    if (mbs.some((mb, i) => i > 0 && mb < (mbs[i - 1] as number))) seen.aso++;
    const sets = picture.map(({ request }) => decodePayload(pps, payloadOf(request, pps.name)));
    if (new Set(sets.map(({ pic_parameter_set_id }) => pic_parameter_set_id)).size > 1) seen.pps++;
    if (sets.some(({ num_slice_groups_minus1 }) => num_slice_groups_minus1 > 0)) seen.groups++;
  }
}

/** ARCHITECTURE, Starts and losses, nearest: with a picture to refer to, every entry refers to one. */
function nearestFlaws(bytes: Uint8Array): string[] {
  return slicesOf(bytes, { missingReferences: "nearest" }).flatMap((one) => {
    const isField = one.picture.includes(" ");
    const isUsable = ({ flags, reference_ts, fields }: Slice["params"]["dpb"][number]) =>
      flags !== 0 && reference_ts !== 0n && (isField || fields === 3);
    if (!one.params.dpb.some(isUsable)) return [];
    const empty = entriesOf(one).findIndex(({ fields }) => fields === 0);
    return [...(empty < 0 ? [] : [`${one.picture}: entry ${empty} refers to nothing`]), ...listFlaws(one)];
  });
}

function flawsOf(streams: readonly StreamFile[]): string[] {
  return streams.flatMap((stream) => {
    const bytes = stream.read();
    const slices = slicesOf(bytes);
    const pictures = picturesOf(slices);
    note(pictures);
    const flaws = [
      ...slices.flatMap(listFlaws),
      ...holdFlaws(pictures),
      ...frameModeFlaws(bytes, pictures),
      ...headerFlaws(bytes, slices),
      ...nearestFlaws(bytes).map((flaw) => `nearest: ${flaw}`),
    ];
    return flaws.map((flaw) => `${stream.name}: ${flaw}`);
  });
}

describe("in slice mode list entries are ACTIVE or nothing, hold and header_bit_size are right, DECODE_PARAMS is the picture's", () => {
  it("in every fixture", () => {
    expect(flawsOf(fixtureStreams("h264"))).toEqual([]);
  });

  it.skipIf(!hasCorpus)(`in every stream of the corpus (${corpusPlace})`, { tags: "long" }, () => {
    expect(flawsOf(corpusFiles("h264")).slice(0, 20)).toEqual([]);
    const { slices, entries, ...kinds } = seen;
    expect(slices).toBeGreaterThan(30_000);
    expect(entries).toBeGreaterThan(100_000);
    // First fields in the lists of second ones, empty entries, ASO, several slices a field, several PPSs, slice groups.
    for (const [kind, count] of Object.entries(kinds)) expect([kind, count > 0]).toEqual([kind, true]);
  });
});

describe("a list entry that refers to nothing", () => {
  it("has no fields, and points to entry 0 where all 16 entries of the DPB array are used", () => {
    const fields = { frame_mbs_only_flag: 0, heightInMapUnits: 2 };
    const stream = new H264Stream().writeSps({ ...fields, max_num_ref_frames: 16, log2_max_frame_num: 5 }).writePps();
    stream.slice({ idr: true });
    for (let i = 1; i < 16; i++) stream.slice({ frame_num: i, lsb: 2 * i });
    stream.slice({ frame_num: 16, lsb: 32, field: "top" });
    // 15 frames with two fields, and the first field of this one: 31 fields for 32 entries.
    stream.slice({ frame_num: 16, lsb: 33, field: "bottom", num_ref_idx: [32] });
    const entries = entriesOf(slicesOf(stream.bytes).at(-1) as Slice);
    expect(entries.filter(({ fields }) => fields !== 0).length).toBe(31);
    expect(entries[31]).toEqual({ fields: 0, index: 0 });
  });
});

describe("a B slice after gaps in frame_num", () => {
  it("lists the inferred frames by their order counts where pic_order_cnt_type is not 0 (8.2.4.2.3)", () => {
    // Order counts 0, 2 (inferred), 4 (inferred), 6; the B picture has 5.
    const stream = new H264Stream().writeSps({ poc_type: 1, cycle: [-1, 0, [2]], gaps: true }).writePps();
    stream.slice({ idr: true }).slice({ type: "P", frame_num: 3 });
    stream.slice({ type: "B", frame_num: 4, nal_ref_idc: 0, num_ref_idx: [4, 4] });
    const { slice } = slicesOf(stream.bytes)[2] as Slice;
    expect(slice.ref_pic_list0.slice(0, 4).map(({ index }) => index)).toEqual([2, 1, 0, 3]);
    expect(slice.ref_pic_list1.slice(0, 4).map(({ index }) => index)).toEqual([3, 2, 1, 0]);
  });
});

describe("redundant slices", () => {
  it("are in no request (7.4.3: a decoder may ignore them)", () => {
    const stream = new H264Stream().writeSps().writePps({ redundant_pic_cnt_present_flag: 1 });
    stream.slice({ idr: true }).slice({ idr: true, redundant_pic_cnt: 1 }).slice({ idr: true, first_mb: 8 });
    const slices = slicesOf(stream.bytes);
    expect(slices.map(({ slice }) => [slice.first_mb_in_slice, slice.redundant_pic_cnt])).toEqual([
      [0, 0],
      [8, 0],
    ]);
    expect(slices.map(({ request }) => request.hold)).toEqual([true, false]);
  });
});
