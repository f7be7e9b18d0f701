/** What the rules of H.264 look at. */
import type { v4l2_ctrl_h264_decode_params } from "../../uapi/index.ts";
import type { ReadUnit } from "../read-unit.ts";

/** A frame or field, with the units that it was made of. */
export interface Picture {
  /** Its first request. */
  readonly request: number;
  readonly timestamp: number;
  readonly sps: ReadUnit;
  readonly pps: ReadUnit;
  /** Of all its slices, in their order. */
  readonly slices: ReadUnit[];
  readonly params: v4l2_ctrl_h264_decode_params;
  /** The first field of the same frame; undefined for a first field and for a frame. */
  readonly firstField: Picture | undefined;
  /** The picture before it in decoding order, and the reference picture before it; null after an IDR picture's start. */
  readonly previous: Link | null;
  readonly previousReference: Link | null;
}

/** What a later picture needs of an earlier one: without its own links, so that it does not keep all pictures. */
export type Link = Omit<Picture, "previous" | "previousReference" | "firstField" | "params">;

/** A frame of the decoded picture buffer. */
export interface StoredFrame {
  /** One picture, or two fields. */
  readonly pictures: Picture[];
  /** The picture whose marking made it a long-term reference. */
  longTermBy: Link | undefined;
}

/** The state that the rules look at. */
export interface H264State {
  readonly picture: Picture;
  /** The slice of the request, in slice mode; the first slice of the picture in frame mode. */
  readonly slice: ReadUnit;
  /** By timestamp. */
  readonly frames: ReadonlyMap<number, StoredFrame>;
  /** "Non-existing" frames (8.2.5.2) by frame_num: the picture before which the gap was. */
  readonly gaps: ReadonlyMap<number, Link>;
}

/** The first slice of a picture. */
export function firstSlice({ slices }: Pick<Picture, "slices">): ReadUnit {
  return slices[0] as ReadUnit;
}
