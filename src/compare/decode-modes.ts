/** Recordings in different decode modes: the one with a request for each slice is compared picture by picture. */
import { joined } from "../framing/bytes.ts";
import { codecs } from "../uapi/codecs.ts";
import {
  V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD,
  V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC,
  v4l2_ctrl_h264_decode_params,
} from "../uapi/h264.ts";
import { decodeModeValues } from "../uapi/modes.ts";
import { viewOf } from "../uapi/struct.ts";
import type { ComparedNote } from "./difference.ts";
import type { ComparedRequest, CompareSide } from "./sides.ts";

/** What only one slice has, and what says how requests are made: nothing of it can be compared with a whole picture. */
const ofSlices: readonly string[] = [
  "V4L2_CID_STATELESS_H264_SLICE_PARAMS",
  "V4L2_CID_STATELESS_H264_PRED_WEIGHTS",
  "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS",
  "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS",
];

/** The sides, all picture by picture where they are not in the same decode mode. */
export async function inOneMode(
  sides: readonly CompareSide[],
): Promise<{ readonly sides: readonly CompareSide[]; readonly notes: readonly ComparedNote[] }> {
  const menu = codecs[(sides[0] as CompareSide).codec].modes?.decodeMode;
  if (menu === undefined) return { sides, notes: [] };
  const opened = await Promise.all(sides.map(begun));
  const modes = opened.map(({ first }) => first && modeOf(first, menu));
  const isMixed = new Set(modes.filter((mode) => mode !== undefined)).size > 1;
  const same = sides.map((side, i) => ({ ...side, requests: opened[i]?.requests ?? [] }));
  if (!isMixed) return { sides: same, notes: [] };
  const pictures = same.map((side, i) => ({
    ...side,
    requests: withoutSlices(modes[i] === "slice" ? asPictures(side.requests) : side.requests, menu),
  }));
  const notes = sides.flatMap((_, i): ComparedNote[] => {
    if (i === 0 || modes[i] === modes[0]) return [];
    const text = `the first side is in ${modes[0]} mode and the other in ${modes[i]} mode: compared picture by picture`;
    const request = opened[0]?.first?.request ?? 0;
    return [{ type: "note", side: i, request, about: "decode mode", text, known: undefined }];
  });
  return { sides: pictures, notes };
}

function modeOf({ controls }: ComparedRequest, menu: string): "frame" | "slice" {
  const value = controls.get(menu);
  if (value !== undefined) return value === decodeModeValues.slice ? "slice" : "frame";
  return controls.has("V4L2_CID_STATELESS_H264_SLICE_PARAMS") ? "slice" : "frame";
}

/** The first request, and all of them. */
export async function begun({ requests }: CompareSide) {
  const iterator = Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
  const next = await iterator.next();
  const first = next.done === true ? undefined : next.value;
  const rest: AsyncIterable<ComparedRequest> = {
    async *[Symbol.asyncIterator]() {
      if (first === undefined) return;
      yield first;
      for (;;) {
        const following = await iterator.next();
        if (following.done === true) return;
        yield following.value;
      }
    },
  };
  return { first, requests: rest };
}

/** The slices of a picture follow each other, have one timestamp, and refer to the same pictures. */
async function* asPictures(
  requests: Iterable<ComparedRequest> | AsyncIterable<ComparedRequest>,
): AsyncGenerator<ComparedRequest, void, undefined> {
  let slices: ComparedRequest[] = [];
  for await (const request of requests) {
    const [first] = slices;
    if (first !== undefined && !isSamePicture(first, request)) {
      yield pictureOf(slices);
      slices = [];
    }
    slices.push(request);
  }
  if (slices.length > 0) yield pictureOf(slices);
}

function isSamePicture(a: ComparedRequest, b: ComparedRequest): boolean {
  return BigInt(a.timestamp) === BigInt(b.timestamp) && parityOf(a) === parityOf(b);
}

/** The field flags of H.264; nothing for other codecs. */
function parityOf({ controls }: ComparedRequest): number {
  const params = controls.get("V4L2_CID_STATELESS_H264_DECODE_PARAMS");
  if (!(params instanceof Uint8Array) || params.length !== v4l2_ctrl_h264_decode_params.size) return 0;
  const flags = viewOf(params).getUint32(v4l2_ctrl_h264_decode_params.offsets.flags, true);
  return flags & (V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC | V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD);
}

function pictureOf(slices: readonly ComparedRequest[]): ComparedRequest {
  const [first] = slices as readonly [ComparedRequest, ...ComparedRequest[]];
  const sizes = slices.map(({ bitstream: { bytes, data } }) => bytes ?? data?.length);
  const parts = slices.flatMap(({ bitstream: { data } }) => data ?? []);
  const bytes = sizes.reduce<number | undefined>(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  const { crc32 } = first.bitstream;
  const data = parts.length === slices.length ? joined(parts) : undefined;
  const { request, timestamp, controls, known } = first;
  const bitstream = slices.length === 1 ? { bytes, crc32, data } : { bytes, data };
  return { request, timestamp, controls, known, bitstream };
}

async function* withoutSlices(
  requests: Iterable<ComparedRequest> | AsyncIterable<ComparedRequest>,
  menu: string,
): AsyncGenerator<ComparedRequest, void, undefined> {
  for await (const request of requests) {
    const controls = [...request.controls].filter(([name]) => name !== menu && !ofSlices.includes(name));
    const { request: number, timestamp, bitstream, known } = request;
    yield { request: number, timestamp, bitstream, known, controls: new Map(controls) };
  }
}
