/** Recordings in different decode modes: the one with a request for each slice is compared picture by picture. */
import { joined } from "../framing/bytes.ts";
import { joinedCrc32 } from "../record/crc32.ts";
import type { Target } from "../targets/index.ts";
import { codecs } from "../uapi/codecs.ts";
import {
  V4L2_H264_DECODE_PARAM_FLAG_BOTTOM_FIELD,
  V4L2_H264_DECODE_PARAM_FLAG_FIELD_PIC,
  v4l2_ctrl_h264_decode_params,
} from "../uapi/h264.ts";
import { type DecodeMode, decodeModeValues, type StartCode } from "../uapi/modes.ts";
import { viewOf } from "../uapi/struct.ts";
import type { ComparedNote } from "./difference.ts";
import { isReadablePayload, startCodeIn } from "./payloads.ts";
import type { ComparedRequest, CompareSide } from "./sides.ts";

/** HEVC's arrays with elements for each slice: those of a picture's slices together are those of the picture in frame mode. */
const arraysOfSlices = ["V4L2_CID_STATELESS_HEVC_SLICE_PARAMS", "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS"] as const;

/** What says something about one slice. Nothing of it can be compared with a picture, unless both sides have HEVC's arrays. */
const ofSlices: readonly string[] = [
  "V4L2_CID_STATELESS_H264_SLICE_PARAMS",
  "V4L2_CID_STATELESS_H264_PRED_WEIGHTS",
  ...arraysOfSlices,
];

const menuModes = ["slice", "frame"] as const;

/** Sides whose requests can be compared. */
interface ComparableSides {
  readonly sides: readonly CompareSide[];
  readonly notes: readonly ComparedNote[];
  /** Of each side, where its requests do not say it. */
  readonly startCodes: readonly StartCode[];
}

/**
 * The sides, all picture by picture where they are not in the same decode mode.
 *
 * @param target the driver that the requests are for, where one is known: it may take one of the modes only.
 */
export async function inOneMode(sides: readonly CompareSide[], target: Target | undefined): Promise<ComparableSides> {
  const { codec } = sides[0] as CompareSide;
  const { modes: menus } = codecs[codec];
  if (menus === null) return { sides, notes: [], startCodes: [] };
  const menu = menus.decodeMode;
  const taken = target?.codecs[codec]?.decodeModes;
  const opened = await Promise.all(sides.map(begun));
  const modes = opened.map(({ beginning }) => decodeModeOf(beginning, menu));
  const startCodes = opened.map(({ beginning }) => startCodeOf(beginning, menus.startCode));
  const isMixed = new Set(modes.filter((mode) => mode !== undefined)).size > 1;
  // A menu that one side does not show cannot be compared: it may have been set before the recording began.
  const unseen = [menu, menus.startCode].filter((name) =>
    opened.some(({ beginning }) => beginning.length > 0 && beginning.every(({ controls }) => !controls.has(name))),
  );
  const same = sides.map((side, i) => {
    const requests = opened[i]?.requests ?? [];
    return { ...side, requests: unseen.length === 0 ? requests : without(requests, (name) => unseen.includes(name)) };
  });
  if (!isMixed) return { sides: same, notes: [], startCodes };
  const hasSlices = opened.every(({ beginning }, i) => statesSlices(beginning, modes[i]));
  const pictures = same.map((side, i) => ({
    ...side,
    requests: without(
      modes[i] === "slice" ? asPictures(side.requests) : side.requests,
      (name) => name === menu || (!hasSlices && ofSlices.includes(name)),
    ),
  }));
  const notes = sides.flatMap((_, i): ComparedNote[] => {
    if (i === 0 || modes[i] === modes[0]) return [];
    const both = `the first side is in ${modes[0]} mode and the other in ${modes[i]} mode`;
    const refused = taken === undefined || taken.length === 0 ? [] : menuModes.filter((mode) => !taken.includes(mode));
    const only = refused.length === 1 ? `; ${target?.name} does not take ${refused[0]} mode` : "";
    const slices = hasSlices ? "" : ", without the controls of slices";
    const text = `${both}: compared picture by picture${slices}${only}`;
    const request = opened[0]?.beginning[0]?.request ?? 0;
    return [{ type: "note", side: i, request, about: "decode mode", text, known: undefined }];
  });
  return { sides: pictures, notes, startCodes };
}

/**
 * The decode mode in which requests were made. Where no menu shows it, what was sent does: only H.264's requests of slices have slice
 * parameters, and only HEVC's requests of slices share a timestamp.
 *
 * @param beginning the first requests.
 * @param menu the control that sets the mode.
 * @returns undefined where there is no request.
 */
export function decodeModeOf(beginning: readonly ComparedRequest[], menu: string): DecodeMode | undefined {
  const [first] = beginning;
  if (first === undefined) return undefined;
  const value = first.controls.get(menu);
  if (value !== undefined) return value === decodeModeValues.slice ? "slice" : "frame";
  const ofSlice = menu.includes("_HEVC_")
    ? beginning.some(({ timestamp }, i) => i > 0 && BigInt(timestamp) === BigInt(beginning[i - 1]?.timestamp ?? -1))
    : beginning.some(({ controls }) => controls.has("V4L2_CID_STATELESS_H264_SLICE_PARAMS"));
  return ofSlice ? "slice" : "frame";
}

/** Whether a side says of every slice of its pictures what HEVC's arrays have. In slice mode, that must be known completely. */
function statesSlices(beginning: readonly ComparedRequest[], mode: DecodeMode | undefined): boolean {
  const [name] = arraysOfSlices;
  return beginning.some(
    ({ controls, known }) => controls.has(name) && (mode === "frame" || known?.get(name) === undefined),
  );
}

/** Whether OUTPUT buffers have start codes. Where no menu shows it, their bytes do. */
export function startCodeOf([first]: readonly ComparedRequest[], menu: string): StartCode {
  const shown = first && startCodeIn(first.controls, menu);
  const data = first?.bitstream.data;
  if (shown === undefined && data !== undefined) {
    return data[0] === 0 && data[1] === 0 && (data[2] === 1 || (data[2] === 0 && data[3] === 1)) ? "annexb" : "none";
  }
  return shown ?? "annexb";
}

/** Requests that are looked at before the others: enough for a picture with several slices. */
const lookedAt = 16;

/** The first requests, and all of them. */
export async function begun({ requests }: CompareSide) {
  const iterator = Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
  const beginning: ComparedRequest[] = [];
  let failure: { readonly thrown: unknown } | undefined;
  let isWhole = false;
  while (beginning.length < lookedAt && !isWhole && failure === undefined) {
    try {
      const next = await iterator.next();
      if (next.done === true) isWhole = true;
      else beginning.push(next.value);
    } catch (thrown) {
      // What comes before the place where a recording breaks off is compared.
      if (beginning.length === 0) throw thrown;
      failure = { thrown };
    }
  }
  const all: AsyncIterable<ComparedRequest> = {
    async *[Symbol.asyncIterator]() {
      yield* beginning;
      if (failure !== undefined) throw failure.thrown;
      while (!isWhole) {
        const following = await iterator.next();
        if (following.done === true) return;
        yield following.value;
      }
    },
  };
  return { beginning: beginning.slice() as readonly ComparedRequest[], requests: all };
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
  const { request, timestamp, own } = first;
  const controls = new Map(first.controls);
  const known = new Map(first.known);
  for (const name of arraysOfSlices) {
    const array = joinedArray(slices, name);
    if (array === "unknown") known.set(name, []);
    else if (array !== undefined) controls.set(name, array);
  }
  return { request, timestamp, hold: slices.at(-1)?.hold, controls, known, own, bitstream: joinedBuffer(slices) };
}

/** The elements that the slices' requests have of an array; undefined where none has any. */
function joinedArray(
  slices: readonly ComparedRequest[],
  name: (typeof arraysOfSlices)[number],
): Uint8Array | "unknown" | undefined {
  const payloads = slices.flatMap(({ controls }) => controls.get(name) ?? []);
  if (slices.some(({ known }) => known?.has(name))) return "unknown";
  // Each slice has parameters, and entry points or none.
  if (name === arraysOfSlices[0] && payloads.length < slices.length) return "unknown";
  const arrays = payloads.filter((each) => typeof each !== "number" && isReadablePayload(name, each));
  if (arrays.length < payloads.length) return "unknown";
  return payloads.length === 0 ? undefined : joined(arrays as Uint8Array[]);
}

/** The OUTPUT buffers of slices as one, as far as they are known. */
function joinedBuffer(slices: readonly ComparedRequest[]): ComparedRequest["bitstream"] {
  let bytes: number | undefined = 0;
  let crc32: number | undefined = 0;
  const parts: Uint8Array[] = [];
  for (const { bitstream } of slices) {
    const { crc32: checksum, data } = bitstream;
    const length: number | undefined = bitstream.bytes ?? data?.length;
    const isSummed: boolean = crc32 !== undefined && checksum !== undefined && length !== undefined;
    crc32 = isSummed ? joinedCrc32(crc32 as number, checksum as number, length as number) : undefined;
    bytes = bytes === undefined || length === undefined ? undefined : bytes + length;
    if (data !== undefined) parts.push(data);
  }
  return { bytes, crc32, data: parts.length === slices.length ? joined(parts) : undefined };
}

async function* without(
  requests: Iterable<ComparedRequest> | AsyncIterable<ComparedRequest>,
  isLeftOut: (control: string) => boolean,
): AsyncGenerator<ComparedRequest, void, undefined> {
  for await (const request of requests) {
    const controls = [...request.controls].filter(([name]) => !isLeftOut(name));
    const { request: number, timestamp, hold, bitstream, own } = request;
    const known = request.known && new Map([...request.known].filter(([name]) => !isLeftOut(name)));
    yield { request: number, timestamp, hold, bitstream, known, own, controls: new Map(controls) };
  }
}
