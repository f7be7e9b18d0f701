/** What holds of every session, whatever its bytes are. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Codec, Control, DecodeEvent, RequestEvent } from "../src/events.ts";
import {
  v4l2_ctrl_av1_film_grain,
  v4l2_ctrl_av1_frame,
  v4l2_ctrl_av1_sequence,
  v4l2_ctrl_fwht_params,
  v4l2_ctrl_h264_decode_params,
  v4l2_ctrl_h264_sps,
  v4l2_ctrl_hevc_decode_params,
  v4l2_ctrl_hevc_sps,
  v4l2_ctrl_mpeg2_picture,
  v4l2_ctrl_mpeg2_quantisation,
  v4l2_ctrl_mpeg2_sequence,
  v4l2_ctrl_vp8_frame,
  v4l2_ctrl_vp9_frame,
  viewOf,
} from "../src/uapi/index.ts";
import { errorFlaws } from "../support/error-flaws.ts";
import { h264References, kernelRefusals } from "../support/h264-requests.ts";
import { hevcReferences } from "../support/h265-requests.ts";
import { poolFlaws, type References } from "../support/pool.ts";
import { timestampsOf as av1Timestamps } from "../support/streams/av1-stream.ts";
import { mpeg2References } from "../support/streams/mpeg2-stream.ts";

function payloadOf({ controls }: RequestEvent, name: string): Uint8Array | undefined {
  const payload = (controls as readonly Control[]).find((control) => control.name.endsWith(name))?.payload;
  return payload instanceof Uint8Array ? payload : undefined;
}

/** Only requests that carry these controls are looked at: an old kernel has not all of them. */
function where(needed: readonly (readonly [string, { readonly size: number }])[], references: References): References {
  const has = (request: RequestEvent) => needed.every(([name, { size }]) => payloadOf(request, name)?.length === size);
  return {
    timestamps: (request) => (has(request) ? references.timestamps(request) : []),
    limit: (request) => (has(request) ? references.limit?.(request) : undefined),
  };
}

/** VP8_FRAME and VP9_FRAME have the same three. */
function frameReferences(name: string, frame: typeof v4l2_ctrl_vp8_frame | typeof v4l2_ctrl_vp9_frame): References {
  const { last_frame_ts, golden_frame_ts, alt_frame_ts } = frame.offsets;
  return where([[name, frame]], {
    timestamps: (request) => {
      const view = viewOf(payloadOf(request, name) as Uint8Array);
      return [last_frame_ts, golden_frame_ts, alt_frame_ts].map((place) => Number(view.getBigUint64(place, true)));
    },
  });
}

const references: Readonly<Record<Codec, References>> = {
  h264: where(
    [
      ["H264_DECODE_PARAMS", v4l2_ctrl_h264_decode_params],
      ["H264_SPS", v4l2_ctrl_h264_sps],
    ],
    h264References,
  ),
  h265: where(
    [
      ["HEVC_DECODE_PARAMS", v4l2_ctrl_hevc_decode_params],
      ["HEVC_SPS", v4l2_ctrl_hevc_sps],
    ],
    // A damaged stream may keep more pictures than its SPS says; it gets the buffers for them.
    { timestamps: hevcReferences.timestamps },
  ),
  mpeg2: where(
    [
      ["MPEG2_SEQUENCE", v4l2_ctrl_mpeg2_sequence],
      ["MPEG2_PICTURE", v4l2_ctrl_mpeg2_picture],
      ["MPEG2_QUANTISATION", v4l2_ctrl_mpeg2_quantisation],
    ],
    mpeg2References,
  ),
  vp8: frameReferences("VP8_FRAME", v4l2_ctrl_vp8_frame),
  vp9: frameReferences("VP9_FRAME", v4l2_ctrl_vp9_frame),
  av1: where(
    [
      ["AV1_SEQUENCE", v4l2_ctrl_av1_sequence],
      ["AV1_FRAME", v4l2_ctrl_av1_frame],
      ["AV1_FILM_GRAIN", v4l2_ctrl_av1_film_grain],
    ],
    { timestamps: av1Timestamps },
  ),
  fwht: where([["FWHT_PARAMS", v4l2_ctrl_fwht_params]], {
    timestamps: (request) => {
      const view = viewOf(payloadOf(request, "FWHT_PARAMS") as Uint8Array);
      return [Number(view.getBigUint64(v4l2_ctrl_fwht_params.offsets.backward_ref_ts, true))];
    },
  }),
};

/**
 * What all events of a session break, `flush` included: errors of the documented kinds, payloads that the kernel takes, references
 * that are alive, as many buffers as were asked for, one release for each timestamp and no output after it.
 */
export function eventFlaws(codec: Codec, events: readonly DecodeEvent[]): string[] {
  return [
    ...poolFlaws(events, references[codec]),
    ...kernelRefusals(events),
    ...errorFlaws(events),
    ...lateOutputs(events),
    ...events.flatMap((event) =>
      event.type === "request" && event.bitstream.length === 0 ? ["an empty request"] : [],
    ),
  ];
}

function lateOutputs(events: readonly DecodeEvent[]): string[] {
  const released = new Set<number>();
  const flaws: string[] = [];
  for (const event of events) {
    if (event.type === "release") {
      if (released.has(event.timestamp)) flaws.push(`${event.timestamp} is released again`);
      released.add(event.timestamp);
    }
    if (event.type === "output" && released.has(event.timestamp)) flaws.push(`${event.timestamp} after its release`);
  }
  return flaws;
}

/** Bytes of heap and buffers for each byte of input that anything may hold, and what it may hold beside them. */
export const HELD_PER_BYTE = 8;
export const HELD_ALWAYS = 2 * 2 ** 20;

let collectGarbage: (() => void) | undefined;

function collect(): void {
  if (collectGarbage === undefined) {
    setFlagsFromString("--expose-gc");
    collectGarbage = runInNewContext("gc") as () => void;
  }
  // What the first run leaves to finalizers is gone after the second.
  collectGarbage();
  collectGarbage();
}

/** Bytes of heap and buffers that are in use, after garbage was collected. */
export function memory(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How many bytes are held more after `body`, by what it returns. */
export function heldBy(body: () => unknown): number {
  const before = memory();
  const holder = body();
  const after = memory();
  // Whatever was returned must live until here.
  return holder === before ? 0 : after - before;
}
