import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { BitWriter } from "../../src/testing/bit-writer.ts";
import { av1Controls, decodePayload } from "../../src/uapi/index.ts";

/** What a sequence header made by `sequenceHeader` says. */
export interface SequenceFields {
  readonly width?: number;
  readonly height?: number;
  readonly orderHintBits?: number;
  readonly frameIds?: boolean;
  readonly tenBit?: boolean;
  readonly filmGrain?: boolean;
  /** Its frames have allow_screen_content_tools, and mv with fractions. */
  readonly screenContent?: boolean;
  /** mono_chrome; otherwise 4:2:0. */
  readonly mono?: boolean;
  /** operating_point_idc of each operating point. */
  readonly points?: readonly number[];
  /** decoder_buffer_delay of each operating point, which makes a decoder model. */
  readonly delay?: number;
}

/** A layer: temporal_id and spatial_id. */
export type LayerIds = readonly [temporal_id: number, spatial_id: number];

/** 5.3: an OBU with its size. */
export function obu(type: number, payload: Uint8Array, layer?: LayerIds, hasSize = true): Uint8Array {
  const w = new BitWriter()
    .u(1, 0)
    .u(4, type)
    .u(1, layer ? 1 : 0)
    .u(1, hasSize ? 1 : 0)
    .u(1, 0);
  if (layer) w.u(3, layer[0]).u(2, layer[1]).u(3, 0);
  if (hasSize) w.leb128(payload.length < 128 ? 1 : payload.length < 16384 ? 2 : 4, payload.length);
  return joined([w.bytes(), payload]);
}

export const delimiter = obu(2, new Uint8Array());

/** 5.5. The tools are off, but for those that `fields` names, and order hints. */
export function sequenceHeader(fields: SequenceFields = {}): Uint8Array {
  const { width = 64, height = 64, orderHintBits = 4, points = [0], delay } = fields;
  const w = new BitWriter().u(3, 0).u(2, 0);
  if (delay === undefined) w.u(1, 0);
  // Equal intervals: so no frame has a presentation time.
  else w.u(1, 1).u(32, 1).u(32, 25).u(1, 1).uvlc(1, 0).u(1, 1).u(5, 9).u(32, 1).u(5, 4).u(5, 4);
  w.u(1, 0).u(5, points.length - 1);
  for (const idc of points) {
    w.u(12, idc).u(5, 0);
    if (delay !== undefined) w.u(1, 1).u(10, delay).u(10, delay).u(1, 0);
  }
  w.u(4, 12)
    .u(4, 12)
    .u(13, width - 1)
    .u(13, height - 1);
  w.u(1, fields.frameIds ? 1 : 0);
  if (fields.frameIds) w.u(4, 6).u(3, 0);
  w.u(3, 0)
    .u(4, 0)
    .u(1, orderHintBits > 0 ? 1 : 0);
  if (orderHintBits > 0) w.u(2, 0);
  w.u(1, 0).u(1, fields.screenContent ? 1 : 0);
  if (fields.screenContent) w.u(1, 0).u(1, 0);
  if (orderHintBits > 0) w.u(3, orderHintBits - 1);
  w.u(3, 0);
  w.u(1, fields.tenBit ? 1 : 0)
    .u(1, fields.mono ? 1 : 0)
    .u(1, 0)
    .u(1, 0);
  if (!fields.mono) w.u(2, 0).u(1, 0);
  w.u(1, fields.filmGrain ? 1 : 0);
  return obu(1, w.trailing().bytes());
}

/** What a frame made by `frame` says, of a sequence that `sequenceHeader` made; the rest is 0. */
export interface FrameFields {
  readonly sequence?: SequenceFields;
  readonly type?: "key" | "inter" | "intra" | "switch";
  readonly show?: number;
  readonly showable?: number;
  readonly resilient?: number;
  readonly id?: number;
  readonly hint?: number;
  /** allow_intrabc of an intra frame whose sequence has `screenContent`. */
  readonly intrabc?: number;
  readonly primary?: number;
  readonly refresh?: number;
  /** Slots of LAST_FRAME … ALTREF_FRAME. */
  readonly slots?: readonly number[];
  /** last_frame_idx and gold_frame_idx of frame_refs_short_signaling. */
  readonly short?: readonly [number, number];
  /** Coded, or that of a reference by its place in `slots`. */
  readonly size?: readonly [number, number] | number;
  /** ref_order_hint of resilient frames. */
  readonly hints?: readonly number[];
  readonly q?: number;
  /** How often increment_tile_cols_log2 and increment_tile_rows_log2 are 1. */
  readonly tileLog2?: readonly [number, number];
  /** The most that they could be. */
  readonly mostTileLog2?: readonly [number, number];
  /** Writes tile_info, in place of uniform tiles. */
  readonly tileInfo?: (w: BitWriter) => BitWriter;
  /** Bytes of each tile. Default: 8 for one. */
  readonly tiles?: readonly number[];
  /** film_grain_params. */
  readonly grain?: (w: BitWriter) => BitWriter;
  readonly layer?: LayerIds;
}

const types = { key: 0, inter: 1, intra: 2, switch: 3 } as const;

/** 5.9.2, without what follows it. */
export function frameHeader(fields: FrameFields = {}): BitWriter {
  const { sequence = {}, type = "inter", show = 1, slots = [0, 0, 0, 0, 0, 0, 0], q = 60 } = fields;
  const { orderHintBits = 4 } = sequence;
  const isIntra = type === "key" || type === "intra";
  const isShownKey = type === "key" && show === 1;
  const w = new BitWriter().u(1, 0).u(2, types[type]).u(1, show);
  const showable = show ? Number(type !== "key") : (fields.showable ?? 1);
  if (!show) w.u(1, showable);
  const isAlwaysResilient = type === "switch" || isShownKey;
  const resilient = isAlwaysResilient ? 1 : (fields.resilient ?? 0);
  if (!isAlwaysResilient) w.u(1, resilient);
  w.u(1, 0); // disable_cdf_update
  if (sequence.frameIds) w.u(9, fields.id ?? 0);
  const hasSize = type === "switch" || fields.size !== undefined;
  if (type !== "switch") w.u(1, hasSize ? 1 : 0);
  w.u(orderHintBits, fields.hint ?? 0);
  if (!isIntra && !resilient) w.u(3, fields.primary ?? 7);
  if (sequence.delay !== undefined) w.u(1, 0);
  const refresh = fields.refresh ?? 0;
  if (type !== "switch" && !isShownKey) w.u(8, refresh);
  if ((!isIntra || (!isShownKey && refresh !== 0xff)) && resilient && orderHintBits > 0) {
    for (let i = 0; i < 8; i++) w.u(orderHintBits, fields.hints?.[i] ?? 0);
  }
  const [width, height] = Array.isArray(fields.size) ? (fields.size as [number, number]) : [64, 64];
  const size = () => {
    if (hasSize) w.u(13, width - 1).u(13, height - 1);
    w.u(1, 0); // render_and_frame_size_different
  };
  if (isIntra) {
    size();
    if (sequence.screenContent) w.u(1, fields.intrabc ?? 0);
  } else {
    if (orderHintBits > 0) {
      w.u(1, fields.short ? 1 : 0);
      if (fields.short) w.u(3, fields.short[0]).u(3, fields.short[1]);
    }
    for (let i = 0; i < 7; i++) {
      if (!fields.short) w.u(3, slots[i] ?? 0);
      if (sequence.frameIds) w.u(8, 0);
    }
    if (hasSize && !resilient) {
      if (typeof fields.size === "number") w.u(fields.size, 0).u(1, 1);
      else {
        w.u(7, 0);
        size();
      }
    } else size();
    w.u(1, 0).u(1, 1).u(1, 0); // mv precision, switchable filter, motion mode
  }
  w.u(1, 0); // disable_frame_end_update_cdf
  if (fields.tileInfo) fields.tileInfo(w);
  else writeTileInfo(w, fields);
  w.u(8, q)
    .u(sequence.mono ? 1 : 3, 0)
    .u(1, 0)
    .u(1, 0); // no deltas, no matrix, no segmentation
  if (q > 0) w.u(1, 0);
  // q of 0 is lossless: no loop filter, no transform mode.
  if (q > 0 && !fields.intrabc) w.u(12, 0).u(3, 0).u(1, 0);
  if (q > 0) w.u(1, 1);
  if (!isIntra) w.u(1, 0); // reference_select
  w.u(1, 0); // reduced_tx_set
  if (!isIntra) w.u(7, 0);
  if (sequence.filmGrain && (show || showable)) (fields.grain ?? ((writer: BitWriter) => writer.u(1, 0)))(w);
  return w;
}

function writeTileInfo(w: BitWriter, { tileLog2 = [0, 0], mostTileLog2 = tileLog2 }: FrameFields): void {
  w.u(1, 1);
  for (const [i, log2] of tileLog2.entries()) {
    for (let j = 0; j < log2; j++) w.u(1, 1);
    if (log2 < (mostTileLog2[i] as number)) w.u(1, 0);
  }
  const bits = tileLog2[0] + tileLog2[1];
  if (bits > 0) w.u(bits, 0).u(2, 0);
}

/** The data of a tile group: sizes of one byte and tiles. */
function tileData(tiles: readonly number[], first: number): Uint8Array {
  return Uint8Array.from(
    tiles.flatMap((size, i) => [
      ...(i < tiles.length - 1 ? [size - 1] : []),
      ...Array.from({ length: size }, (_, at) => (first + i + at + 1) & 0xff),
    ]),
  );
}

/** 5.11: a tile group; `range` is tg_start and tg_end. */
export function tileGroup(
  tiles: readonly number[],
  log2: readonly [number, number] = [0, 0],
  range?: readonly [number, number],
): Uint8Array {
  const bits = log2[0] + log2[1];
  const w = new BitWriter();
  if (bits > 0) w.u(1, range ? 1 : 0);
  if (range) w.u(bits, range[0]).u(bits, range[1]);
  return joined([w.bytes(), tileData(tiles, range?.[0] ?? 0)]);
}

/** 5.10: an OBU_FRAME. */
export function frame(fields: FrameFields = {}): Uint8Array {
  const { tileLog2, tiles = new Array(1 << ((tileLog2?.[0] ?? 0) + (tileLog2?.[1] ?? 0))).fill(8), layer } = fields;
  return obu(6, joined([frameHeader(fields).bytes(), tileGroup(tiles, tileLog2)]), layer);
}

export const keyFrame = (fields: FrameFields = {}) => frame({ ...fields, type: "key" });

/** An OBU_FRAME_HEADER. */
export const headerObu = (fields: FrameFields = {}, type = 3) =>
  obu(type, frameHeader(fields).trailing().bytes(), fields.layer);

/** An OBU_FRAME_HEADER that shows a slot again. */
export function showExisting(slot: number, { sequence, id = 0, layer }: FrameFields = {}): Uint8Array {
  const w = new BitWriter().u(1, 1).u(3, slot);
  if (sequence?.frameIds) w.u(9, id);
  return obu(3, w.trailing().bytes(), layer);
}

/** A temporal unit. */
export const unit = (...obus: readonly Uint8Array[]) => joined([delimiter, ...obus]);

function leb128(value: number): Uint8Array {
  return new BitWriter().leb128(value < 128 ? 1 : 2, value).bytes();
}

/** B.2: OBUs as a temporal unit of Annex B, with all of them in one frame unit. */
export function annexB(obus: readonly Uint8Array[]): Uint8Array {
  const inner = joined(obus.flatMap((bytes) => [leb128(bytes.length), bytes]));
  const frameUnit = joined([leb128(inner.length), inner]);
  return joined([leb128(frameUnit.length), frameUnit]);
}

/** A request's controls as values. */
export function controlsOf({ controls }: RequestEvent) {
  const payloadOf = (name: keyof typeof av1Controls) => controls.find((control) => control.name === name)!.payload;
  const of = <Name extends keyof typeof av1Controls>(name: Name) =>
    decodePayload(av1Controls[name], payloadOf(name) as Uint8Array);
  return {
    sequence: of("V4L2_CID_STATELESS_AV1_SEQUENCE"),
    frame: of("V4L2_CID_STATELESS_AV1_FRAME"),
    tiles: of("V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY"),
    grain: of("V4L2_CID_STATELESS_AV1_FILM_GRAIN"),
  };
}

/** The timestamps that a request may predict from. */
export function timestampsOf(request: RequestEvent): number[] {
  const { frame_type, ref_frame_idx, reference_frame_ts } = controlsOf(request).frame;
  if (frame_type === types.key || frame_type === types.intra) return [];
  return ref_frame_idx.map((slot) => Number(reference_frame_ts[slot]));
}

/** The timestamps of all pictures that a request lists: what its slots hold. */
export function slotTimesOf(request: RequestEvent): number[] {
  return controlsOf(request).frame.reference_frame_ts.map(Number);
}

/** Events in short: `"request 2000 < 1000"` (each reference once), `"output 1000"`, `"release 1000"`, `"error missing-reference"`. */
export function summary(events: readonly DecodeEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case "request": {
        const references = [...new Set(timestampsOf(event))].join(" ");
        return `request ${event.timestamp}${references === "" ? "" : ` < ${references}`}`;
      }
      case "output":
        return `output ${event.timestamp}${event.corrupt ? " corrupt" : ""}`;
      case "release":
        return `release ${event.timestamp}`;
      case "error":
        return `error ${event.code}`;
      default: {
        const { codedWidth, codedHeight, realloc, keepsReferences } = event;
        return `sequence ${codedWidth}x${codedHeight}${realloc ? "" : " same"}${keepsReferences ? " keeps" : ""}`;
      }
    }
  });
}

export const requestsOf = (events: readonly DecodeEvent[]) => events.filter((event) => event.type === "request");
