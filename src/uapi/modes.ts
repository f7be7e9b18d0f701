/**
 * The modes of H.264 and HEVC: what one OUTPUT buffer holds, and which bytes are before each slice in it. The menus of both
 * codecs have the same numbers. In both lists, the mode of most drivers comes first.
 */

/** `"frame"`: an OUTPUT buffer holds all slices of a picture. `"slice"`: it holds one. */
export type DecodeMode = "frame" | "slice";

/** `"annexb"`: the bytes 00 00 01 are before each slice. `"none"`: there are none. */
export type StartCode = "annexb" | "none";

/** V4L2_STATELESS_{H264,HEVC}_DECODE_MODE_{FRAME,SLICE}_BASED. */
export const decodeModeValues: Readonly<Record<DecodeMode, number>> = { frame: 1, slice: 0 };

/** V4L2_STATELESS_{H264,HEVC}_START_CODE_{ANNEX_B,NONE}. */
export const startCodeValues: Readonly<Record<StartCode, number>> = { annexb: 1, none: 0 };
