import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import { BitWriter } from "../../src/testing/bit-writer.ts";
import { decodeStruct, v4l2_ctrl_vp9_compressed_hdr, v4l2_ctrl_vp9_frame } from "../../src/uapi/index.ts";

/** What a frame made by `frame` says; the rest is 0. */
export interface FrameFields {
  readonly profile?: number;
  readonly key?: boolean;
  readonly intraOnly?: boolean;
  readonly show?: number;
  readonly resilient?: number;
  readonly resetContext?: number;
  readonly contextIdx?: number;
  readonly refresh?: number;
  /** Slots of LAST_FRAME, GOLDEN_FRAME, ALTREF_FRAME. */
  readonly slots?: readonly number[];
  readonly signBias?: readonly number[];
  /** Coded; else an inter frame has the size of LAST_FRAME. */
  readonly size?: readonly [number, number];
  readonly render?: readonly [number, number];
  /** Of 4:4:4 in profile 1. */
  readonly filter?: number;
  readonly loopFilter?: (w: BitWriter) => BitWriter;
  readonly segmentation?: (w: BitWriter) => BitWriter;
  readonly qIdx?: number;
  /** Default: 4 zero bytes, which are tx_mode ONLY_4X4 and no update. */
  readonly compressed?: Uint8Array;
  /** What header_size_in_bytes says. */
  readonly compressedSize?: number;
  /** Writes increment_tile_cols_log2, which frames of 512 samples and more have. There is one row of tiles then. */
  readonly columns?: (w: BitWriter) => BitWriter;
  /** Bytes of each tile: without `columns`, of 1, 2 or 4 rows. Default: one of 8. */
  readonly tiles?: readonly number[];
}

function sizeOf(w: BitWriter, [width, height]: readonly [number, number]): BitWriter {
  return w.u(16, width - 1).u(16, height - 1);
}

/** A frame: 6.2. */
export function frame(fields: FrameFields = {}): Uint8Array {
  const { profile = 0, key = false, intraOnly = false, show = 1, resilient = 0 } = fields;
  const { size = key || intraOnly ? ([64, 48] as const) : undefined, compressed = new Uint8Array(4) } = fields;
  const w = new BitWriter()
    .u(2, 2)
    .u(1, profile & 1)
    .u(1, profile >> 1);
  if (profile === 3) w.u(1, 0);
  w.u(1, 0)
    .u(1, key ? 0 : 1)
    .u(1, show)
    .u(1, resilient);
  const render = () => (fields.render ? sizeOf(w.u(1, 1), fields.render) : w.u(1, 0));
  const colour = () => {
    if (profile >= 2) w.u(1, 0);
    w.u(3, 2).u(1, 1); // BT.709, full range
    if (profile % 2 === 1) w.u(3, 0);
  };
  if (!key) {
    if (!show) w.u(1, intraOnly ? 1 : 0);
    if (!resilient) w.u(2, fields.resetContext ?? 0);
  }
  if (key || intraOnly) {
    w.u(24, 0x498342);
    if (key || profile > 0) colour();
    if (!key) w.u(8, fields.refresh ?? 0);
    sizeOf(w, size!);
    render();
  } else {
    w.u(8, fields.refresh ?? 0);
    for (let i = 0; i < 3; i++) w.u(3, fields.slots?.[i] ?? 0).u(1, fields.signBias?.[i] ?? 0);
    if (size) sizeOf(w.u(3, 0), size);
    else w.u(1, 1);
    render();
    w.u(1, 0);
    if (fields.filter === undefined) w.u(1, 1);
    else w.u(1, 0).u(2, fields.filter);
  }
  if (!resilient) w.u(2, 1);
  w.u(2, fields.contextIdx ?? 0);
  if (fields.loopFilter) fields.loopFilter(w);
  else w.u(10, 0);
  w.u(8, fields.qIdx ?? 60).u(3, 0);
  if (fields.segmentation) fields.segmentation(w.u(1, 1));
  else w.u(1, 0);
  const { tiles = [8] } = fields;
  if (fields.columns) fields.columns(w).u(1, 0);
  else if (tiles.length === 1) w.u(1, 0);
  else w.u(1, 1).u(1, tiles.length === 4 ? 1 : 0);
  w.u(16, fields.compressedSize ?? compressed.length);
  const tileBytes = tiles.flatMap((size, i) => {
    const coded = new BitWriter().u(32, size).bytes();
    return [...(i < tiles.length - 1 ? coded : []), ...Array.from({ length: size }, (_, at) => at + 1)];
  });
  return Uint8Array.from([...w.bytes(), ...compressed, ...tileBytes]);
}

export const keyFrame = (fields: FrameFields = {}) => frame({ ...fields, key: true });

export const showExisting = (slot: number) => new BitWriter().u(5, 0b10001).u(3, slot).bytes();

/** Frames in one packet, with sizes of `sizeBytes` bytes each: Annex B. */
export function superframe(
  frames: readonly Uint8Array[],
  sizeBytes = 2,
  sizes = frames.map((f) => f.length),
): Uint8Array {
  const marker = 0xc0 | ((sizeBytes - 1) << 3) | (frames.length - 1);
  const bytes = sizes.flatMap((size) => Array.from({ length: sizeBytes }, (_, i) => Math.floor(size / 256 ** i) % 256));
  return Uint8Array.from([...frames.flatMap((f) => [...f]), marker, ...bytes, marker]);
}

/** A request's controls as values. */
export function controlsOf({ controls }: RequestEvent) {
  const [header, compressed] = controls.map(({ payload }) => payload as Uint8Array);
  return {
    frame: decodeStruct(v4l2_ctrl_vp9_frame, header!),
    compressed: decodeStruct(v4l2_ctrl_vp9_compressed_hdr, compressed!),
  };
}

export function timestampsOf(request: RequestEvent): number[] {
  const { last_frame_ts, golden_frame_ts, alt_frame_ts } = controlsOf(request).frame;
  return [last_frame_ts, golden_frame_ts, alt_frame_ts].map(Number);
}

/** Events in short: `"request 2000 < 1000 1000 0"`, `"output 1000"`, `"release 1000"`, `"error missing-reference"`. */
export function summary(events: readonly DecodeEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case "request":
        return `request ${event.timestamp} < ${timestampsOf(event).join(" ")}`;
      case "output":
        return `output ${event.timestamp}${event.corrupt ? " corrupt" : ""}`;
      case "release":
        return `release ${event.timestamp}`;
      case "error":
        return `error ${event.kind}`;
      default: {
        const { codedWidth, codedHeight, realloc, keepsReferences } = event;
        return `sequence ${codedWidth}x${codedHeight}${realloc ? "" : " same"}${keepsReferences ? " keeps" : ""}`;
      }
    }
  });
}

export const requestsOf = (events: readonly DecodeEvent[]) => events.filter((event) => event.type === "request");
