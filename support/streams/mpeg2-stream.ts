import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import { openMpeg2Session } from "../../src/mpeg2/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { BitWriter } from "../../src/testing/bit-writer.ts";
import { decodeStruct } from "../../src/uapi/index.ts";
import {
  v4l2_ctrl_mpeg2_picture,
  v4l2_ctrl_mpeg2_quantisation,
  v4l2_ctrl_mpeg2_sequence,
} from "../../src/uapi/mpeg2.ts";
import type { References } from "../pool.ts";

/** Small MPEG-2 streams from a few lines: headers as the syntax tables say, and a byte of slice data, which nobody reads. */

export interface SequenceFields {
  width?: number;
  height?: number;
  progressive?: number;
  chroma_format?: number;
  low_delay?: number;
  profile_and_level_indication?: number;
  vbv_buffer_size?: number;
  intra?: readonly number[];
  nonIntra?: readonly number[];
}

export interface PictureFields {
  temporal_reference?: number;
  /** Table 6-14: 1 top field, 2 bottom field, 3 frame. */
  structure?: number;
  top_field_first?: number;
  repeat_first_field?: number;
  progressive_frame?: number;
  slices?: number;
}

const TYPES = { I: 1, P: 2, B: 3, D: 4 } as const;

/** A unit from its start code value on. */
export function unitBytes(code: number, write: (w: BitWriter) => unknown = () => {}): Uint8Array {
  const w = new BitWriter().u(8, code);
  write(w);
  return w.bytes();
}

function addMatrix(w: BitWriter, matrix: readonly number[] | undefined): void {
  w.u(1, matrix ? 1 : 0);
  for (const value of matrix ?? []) w.u(8, value);
}

export class Mpeg2Stream {
  readonly units: Uint8Array[] = [];

  unit(code: number, write?: (w: BitWriter) => unknown): this {
    this.units.push(unitBytes(code, write));
    return this;
  }

  /** 6.2.2.1. */
  header(fields: SequenceFields = {}): this {
    const { width = 96, height = 80, vbv_buffer_size = 3, intra, nonIntra } = fields;
    return this.unit(0xb3, (w) => {
      w.u(12, width % 4096).u(12, height % 4096);
      w.u(4, 1).u(4, 3).u(18, 0x3ffff).u(1, 1);
      w.u(10, vbv_buffer_size % 1024).u(1, 0);
      addMatrix(w, intra);
      addMatrix(w, nonIntra);
    });
  }

  /** 6.2.2.1, 6.2.2.3. */
  sequence(fields: SequenceFields = {}): this {
    const { width = 96, height = 80, progressive = 0, chroma_format = 1, low_delay = 0 } = fields;
    const { profile_and_level_indication = 0x48, vbv_buffer_size = 3 } = fields;
    return this.header(fields).unit(0xb5, (w) => {
      w.u(4, 1).u(8, profile_and_level_indication).u(1, progressive).u(2, chroma_format);
      w.u(2, width >> 12)
        .u(2, height >> 12)
        .u(12, 0)
        .u(1, 1);
      w.u(8, vbv_buffer_size >> 10)
        .u(1, low_delay)
        .u(7, 0);
    });
  }

  /** 6.2.2.6. */
  group({ closed_gop = 0, broken_link = 0 } = {}): this {
    return this.unit(0xb8, (w) =>
      w
        .u(25, 1 << 12)
        .u(1, closed_gop)
        .u(1, broken_link),
    );
  }

  /** 6.2.3. */
  pictureHeader(type: keyof typeof TYPES, { temporal_reference = 0 }: PictureFields = {}): this {
    return this.unit(0, (w) => {
      w.u(10, temporal_reference).u(3, TYPES[type]).u(16, 0xffff);
      if (type === "P" || type === "B") w.u(4, 7);
      if (type === "B") w.u(4, 7);
      w.u(1, 0);
    });
  }

  /** 6.2.3.2: intra, non-intra, and those of chrominance. */
  matrices(...all: (readonly number[] | undefined)[]): this {
    return this.unit(0xb5, (w) => {
      w.u(4, 3);
      for (let i = 0; i < 4; i++) addMatrix(w, all[i]);
    });
  }

  /** 6.2.3.1. */
  coding({ structure = 3, top_field_first = 0, repeat_first_field = 0, progressive_frame = 0 }: PictureFields): this {
    return this.unit(0xb5, (w) => {
      w.u(4, 8).u(16, 0x1111).u(2, 0).u(2, structure).u(1, top_field_first);
      w.u(5, 0).u(1, repeat_first_field).u(1, 0).u(1, progressive_frame).u(1, 0);
    });
  }

  slices(count: number): this {
    for (let i = 1; i <= count; i++) this.unit(i, (w) => w.u(16, 0x1234 + this.units.length));
    return this;
  }

  picture(type: keyof typeof TYPES, fields: PictureFields = {}): this {
    return this.pictureHeader(type, fields)
      .coding(fields)
      .slices(fields.slices ?? 1);
  }

  end(): this {
    return this.unit(0xb7);
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.units.flatMap((unit) => [0, 0, 1, ...unit]));
  }
}

export function eventsOf({ bytes }: { readonly bytes: Uint8Array }, options: SessionOptions = {}): DecodeEvent[] {
  const session = openMpeg2Session(options);
  return [...session.push(bytes), ...session.flush()];
}

/** A request's controls as values, by the kernel's layouts. */
export function controlsOf({ controls }: Pick<RequestEvent, "controls">) {
  const payload = (name: string): Uint8Array => {
    const found = controls.find((control) => control.name === `V4L2_CID_STATELESS_MPEG2_${name}`)?.payload;
    if (!(found instanceof Uint8Array)) throw new Error(`the request has no ${name}`);
    return found;
  };
  return {
    sequence: decodeStruct(v4l2_ctrl_mpeg2_sequence, payload("SEQUENCE")),
    picture: decodeStruct(v4l2_ctrl_mpeg2_picture, payload("PICTURE")),
    quantisation: decodeStruct(v4l2_ctrl_mpeg2_quantisation, payload("QUANTISATION")),
  };
}

const references = (request: RequestEvent): [number, number] => {
  const { forward_ref_ts, backward_ref_ts } = controlsOf(request).picture;
  return [Number(forward_ref_ts), Number(backward_ref_ts)];
};

export const mpeg2References: References = { timestamps: references };

/**
 * Events in short: `"1000"` a request, `"1000 held"`, `"4000 <2000 >3000"` with forward and backward reference;
 * `"show 1000"`, `"show 1000 corrupt"`, `"free 1000"`, `"sequence 96x80"`, `"! before-random-access"`.
 */
export function summary(events: readonly DecodeEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case "request": {
        const [forward, backward] = references(event);
        const names = [forward ? `<${forward}` : "", backward ? `>${backward}` : "", event.hold ? "held" : ""];
        return [`${event.timestamp}`, ...names.filter(Boolean)].join(" ");
      }
      case "output":
        return `show ${event.timestamp}${event.corrupt ? " corrupt" : ""}`;
      case "release":
        return `free ${event.timestamp}`;
      case "sequence":
        return `sequence ${event.visible.width}x${event.visible.height}${event.realloc ? "" : ", same buffers"}`;
      default:
        return `! ${event.kind}`;
    }
  });
}

/** The requests and errors alone. */
export const decoded = (stream: Mpeg2Stream, options?: SessionOptions) =>
  summary(eventsOf(stream, options).filter(({ type }) => type === "request" || type === "error"));
