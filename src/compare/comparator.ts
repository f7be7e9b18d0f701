import type { Codec } from "../uapi/codecs.ts";
import type { EffectiveRequest, Peer } from "./request.ts";
import type { Value, Values } from "./values.ts";

/** An entry of a list of references (a DPB): compared with the entry that names the same picture, wherever it stands. */
export interface ReferenceEntry {
  /** Its place in the list. */
  readonly index: number;
  /** The picture, as a label that all producers share: `"#12"` (our request 12), `"none"` … */
  readonly picture: string;
  /** Tells entries apart whose picture does not: those of frames that do not exist, and of pictures only one producer has. */
  readonly alias: string;
  readonly fields: Values;
}

/** What a driver would read from a request: nothing that it would not. */
export interface DriverView {
  /** By control and path: `"H264_SPS.level_idc"`. */
  readonly fields: Values;
  /** References by the path of their list: `"H264_DECODE_PARAMS.dpb[]"`. */
  readonly references: ReadonlyMap<string, readonly ReferenceEntry[]>;
}

/** The picture that a timestamp names, as a label that all producers share. */
export type ReferenceLabel = (timestamp: bigint) => string;

/** Which fields a driver reads, as `FieldClasses`. */
export interface FieldsRead {
  isRead(control: string, path: string, flag: string | undefined): boolean;
}

/** One producer's request and what a driver reads in it. */
export interface Side {
  readonly request: EffectiveRequest;
  readonly view: DriverView;
}

/** Everything that a condition can look at. */
export interface Occurrence {
  /** The field's path without indices: `"H264_DECODE_PARAMS.dpb[].pic_num"`. */
  readonly field: string;
  /** For a request that we did not make: ours before it, or our first one; `noRequest` where we made none. */
  readonly ours: Side;
  readonly gst: Side | undefined;
  readonly ff: Side | undefined;
  /** The field's values before any transform; undefined when that producer has no such request. */
  readonly values: Readonly<Record<"ours" | Peer, Value | undefined>>;
  /** For a field of a reference: the entries. */
  readonly entries: Readonly<Partial<Record<"ours" | Peer, ReferenceEntry>>>;
  /** The stream up to this request. */
  readonly history: History;
}

/**
 * The requests of one producer in order, each at the place that its `index` says. Of a long recording only the last ones before the
 * current request are kept, and a few after it: the others are undefined, and `slice` leaves them out.
 */
export interface Sides {
  at(index: number): Side | undefined;
  slice(start?: number, end?: number): readonly Side[];
}

/** The stream as our session saw it, up to a request. */
export interface History {
  /** Empty where only the requests are known. */
  readonly stream: Uint8Array;
  /** Our requests with their views, in order. */
  readonly sides: Sides;
  /** The peers' requests, in their own order. */
  readonly peers: Readonly<Partial<Record<Peer, Sides>>>;
  /** The peer's request that is this one of ours. */
  partner(peer: Peer, ours: Side): Side | undefined;
  /**
   * In slice mode: whether a control of ours is, byte for byte, (part of) that of the same picture in frame mode; without
   * a control, whether the slice is in it. There it was compared with both peers; in slice mode only GStreamer can be asked.
   */
  isAsInFrameMode?(ours: Side, control: string | undefined): boolean;
  /** Our requests for which the peer has none. */
  readonly missing: Readonly<Record<Peer, ReadonlySet<number>>>;
}

/** A named predicate of a codec's `disagreements.json`: on decoded controls and parsed syntax, never on a stream's name. */
export interface Condition {
  /** For readers of DISAGREEMENTS.md. */
  readonly text: string;
  /** Whether it is asked, too, where we have no request at all: it looks at the stream and at the peers alone. */
  readonly asksWithoutOurs?: boolean;
  holds(occurrence: Occurrence): boolean;
}

export function condition(text: string, holds: Condition["holds"]): Condition {
  return { text, holds };
}

/** A condition that looks at the stream and at the peers alone. */
export function conditionOfPeers(text: string, holds: Condition["holds"]): Condition {
  return { text, holds, asksWithoutOurs: true };
}

/** Our side of a request that a peer made of a stream of which we make none. */
export const noRequest: Side = {
  request: { index: -1, timestamp: 0n, bytes: -1, crc32: -1, controls: new Map() },
  view: { fields: new Map(), references: new Map() },
};

/** The side at `index`, which may be before the first one. */
export function sideAt(sides: Sides | undefined, index: number): Side | undefined {
  return index < 0 ? undefined : sides?.at(index);
}

/** What the comparison knows of a codec. */
export interface Comparator {
  readonly codec: Codec;
  /** @param reads the driver that looks; undefined: any. */
  view(request: EffectiveRequest, label: ReferenceLabel, reads?: FieldsRead): DriverView;
  /** The controls that are compared byte by byte too, with the timestamps of one producer replaced by those of another. */
  rawPayload(name: string, payload: Uint8Array, translate: (timestamp: bigint) => bigint): Uint8Array;
  readonly conditions: Readonly<Record<string, Condition>>;
  /**
   * What identifies a request's picture apart from its OUTPUT buffer and its timestamp: what stays the same in other decode modes and
   * for producers that add a constant to order counts. Empty where the control is missing.
   */
  pictureKey(request: EffectiveRequest): string;
  /** References are a list whose order is the producer's, not fields of their own. */
  readonly listsReferences?: boolean;
  /** A picture may have several requests, for its slices or fields: those with one timestamp go into one CAPTURE buffer. */
  readonly joinsRequests?: boolean;
  /** In slice mode: which slice of the picture it is. Empty where the control is missing. */
  sliceKey?(request: EffectiveRequest): string;
  /** Reads the stream up to a request of ours, before that is given up. */
  beforeForget?(history: History, ours: Side): void;
  /** The fields that hold order counts, without indices: `"H264_DECODE_PARAMS.top_field_order_cnt"`. */
  readonly orderCounts: readonly string[];
}
