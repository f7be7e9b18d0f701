import { BitstreamError } from "../../src/errors.ts";
import type { Control, ErrorEvent, OutputEvent, RequestEvent, SequenceEvent } from "../../src/events.ts";

/** Events as a session makes them, for the tests of the record. */
export function control(name: string, payload: Uint8Array | number, id = 0): Control {
  return { name: `V4L2_CID_STATELESS_${name}`, id, payload } as Control;
}

export function request(timestamp: number, controls: readonly Control[], hold = false): RequestEvent {
  return {
    type: "request",
    timestamp,
    bitstream: [Uint8Array.of(0, 0, 1), Uint8Array.of(0x65, timestamp & 0xff)],
    controls,
    hold,
  };
}

export const visible = { left: 0, top: 0, width: 96, height: 80 };

export function sequence(controls: readonly Control[]): SequenceEvent {
  return {
    type: "sequence",
    codec: "h264",
    pixelFormat: 0x34363253,
    codedWidth: 96,
    codedHeight: 80,
    visible,
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    chromaFormat: 1,
    colour: { colour_primaries: 2, transfer_characteristics: 2, matrix_coefficients: 2, video_full_range_flag: 0 },
    captureBuffers: 5,
    realloc: true,
    keepsReferences: false,
    controls,
  };
}

export function output(timestamp: number, pts?: number): OutputEvent {
  return { type: "output", timestamp, pts, visible, fieldOrder: "progressive", repeat: 0, corrupt: false };
}

export function error(message: string): ErrorEvent {
  return {
    type: "error",
    kind: "bitstream",
    code: "value-out-of-range",
    unit: "slice (nal_unit_type 1)",
    element: "slice_type",
    bit: 9,
    byte: 123,
    message,
    error: new BitstreamError("value-out-of-range", message),
  };
}
