import type { ByteSource } from "./bytes.ts";
import type { ErrorCode, ErrorKind, StreamError } from "./errors.ts";
import type { Codec } from "./uapi/codecs.ts";
import type { ControlName, ControlPayload, controls } from "./uapi/index.ts";

export type { ErrorCode, ErrorKind } from "./errors.ts";

export type { Codec } from "./uapi/codecs.ts";

/** A control of one name, as VIDIOC_S_EXT_CTRLS takes it. */
export interface ControlNamed<Name extends ControlName> {
  /** Spelled as in linux/v4l2-controls.h: `"V4L2_CID_STATELESS_H264_SPS"`. */
  readonly name: Name;
  /** The control's id. */
  readonly id: (typeof controls)[Name]["id"];
  /**
   * A menu's value; of the others the exact bytes, little-endian, elements of dynamic arrays one after the other. They never
   * change after they were returned. Do not write to them: later requests may carry the same array.
   */
  readonly payload: ControlPayload<Name>;
}

/** A control as VIDIOC_S_EXT_CTRLS takes it. Its `name` says by type whether the payload is bytes or a number. */
export type Control = { readonly [Name in ControlName]: ControlNamed<Name> }[ControlName];

/** A rectangle in luma samples of the coded picture. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Code points of ISO/IEC 23091-2 (H.273); 2 means unspecified. */
export interface Colour {
  readonly colour_primaries: number;
  readonly transfer_characteristics: number;
  readonly matrix_coefficients: number;
  /** 1: full range. */
  readonly video_full_range_flag: number;
}

/** What the CAPTURE queue has to be. Comes before the first request and when one of these changes. */
export interface SequenceEvent {
  readonly type: "sequence";
  readonly codec: Codec;
  /** The OUTPUT format, a V4L2 fourcc as a number: `V4L2_PIX_FMT_H264_SLICE` … */
  readonly pixelFormat: number;
  /** Coded size in luma samples. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** The part to show. */
  readonly visible: Rectangle;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4; and 4, which only VP9 has: 4:4:0. */
  readonly chromaFormat: number;
  readonly colour: Colour;
  /** CAPTURE buffers that decoding needs; what the consumer holds comes on top. */
  readonly captureBuffers: number;
  /** False when buffers can be kept, because only the visible rectangle or the colour changed. */
  readonly realloc: boolean;
  /** True when pictures decoded so far stay references: their buffers must live on. */
  readonly keepsReferences: boolean;
  /** Set these before you read the CAPTURE format: they decide it. */
  readonly controls: readonly Control[];
}

/** One job of the decoder: what goes into the OUTPUT buffer, and the controls of its media request. */
export interface RequestEvent {
  readonly type: "request";
  /** Nanoseconds; names the CAPTURE buffer. The requests of one picture share it. `timestampOf` makes a decoded control's comparable. */
  readonly timestamp: number;
  /**
   * The OUTPUT buffer's bytes in parts: see `copyBitstream` and `bitstreamBytes`. They are views of the packet or chunk that the
   * caller gave, or of the session's memory. They are valid until the session's next call, and only as long as that packet or
   * chunk stays as it is; `bitstreamBytes` copies.
   */
  readonly bitstream: readonly Uint8Array[];
  readonly controls: readonly Control[];
  /** V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF: more of this CAPTURE buffer may follow. */
  readonly hold: boolean;
}

/** A picture to show, in display order. */
export interface OutputEvent {
  readonly type: "output";
  readonly timestamp: number;
  /** The pts that `decode` was given with the picture's packet, or `push` with its first bytes; in a pushed IVF file, the frame's own. */
  readonly pts: number | undefined;
  readonly visible: Rectangle;
  /** Which field comes first in time; or that the picture is progressive, or a single field. */
  readonly fieldOrder: "progressive" | "top-first" | "bottom-first" | "top-only" | "bottom-only";
  /** For how many more field durations to show the picture, or its first field. */
  readonly repeat: number;
  /** The picture is incomplete, or refers to what was lost or is itself corrupt. */
  readonly corrupt: boolean;
}

/** No later request refers to this picture and no later `output` shows it. Comes once for each timestamp. */
export interface ReleaseEvent {
  readonly type: "release";
  readonly timestamp: number;
}

/** Something was lost. Decoding continues. */
export interface ErrorEvent {
  readonly type: "error";
  /** What becomes of the stream depends on it; six of them. */
  readonly kind: ErrorKind;
  /** What happened, finely: see `errorCodes`. It keeps its meaning in later versions. */
  readonly code: ErrorCode;
  /** The unit's type and the element that was being read, when it is known. */
  readonly unit: string | undefined;
  readonly element: string | undefined;
  /** The element's first bit, counted in the unescaped unit. */
  readonly bit: number | undefined;
  /** Offset of the unit's first byte in all the bytes given so far. */
  readonly byte: number | undefined;
  readonly message: string;
  readonly error: StreamError;
}

export type DecodeEvent = SequenceEvent | RequestEvent | OutputEvent | ReleaseEvent | ErrorEvent;

/** What comes with a packet. */
export interface PacketInfo {
  /** Any number; comes back in the `output` event. */
  readonly pts?: number | undefined;
}

/** What comes with a piece of a stream. */
export interface ChunkInfo {
  /**
   * Any number; comes back in the `output` event of the first picture that begins in these bytes or after them, as in
   * H.222.0, 2.4.3.7. H.264, HEVC: whose first slice begins there. Without effect on VP8 and VP9: IVF frames have their own.
   */
  readonly pts?: number | undefined;
  /**
   * Why bytes are missing between these and those before. Becomes an `error` event; the unit in which they are missing is
   * cut off there, and its picture corrupt. Without effect on VP8 and VP9.
   */
  readonly lost?: StreamError | undefined;
  /**
   * The bytes before these end a unit, and what comes next is not part of it. With `lost`, the bytes are missing after that
   * unit: it is not cut off, and its picture is not corrupt because of it. Without effect on VP8 and VP9. Default false.
   */
  readonly unitEnds?: boolean | undefined;
}

/**
 * A decoder's state: bytes in, events out. Sessions share nothing and touch no device, clock or environment.
 * Bytes never make them throw; wrong arguments throw TypeError before anything changes.
 */
export interface Session {
  /** Takes whole access units (a container's sample, an IVF frame) and returns all the events they cause. */
  decode(packet: ByteSource, info?: PacketInfo): DecodeEvent[];
  /**
   * Takes a byte stream, cut anywhere; for VP8 and VP9, an IVF file. In H.264, HEVC and MPEG-2 a picture's requests come
   * when the next picture's first unit is seen. What the session needs of `chunk` after the call, it copies.
   */
  push(chunk: ByteSource, info?: ChunkInfo): DecodeEvent[];
  /**
   * Call this between pictures. H.264, HEVC: an avcC or hvcC record gives length size and parameter sets; null returns to start
   * codes. MPEG-2: its headers, with start codes. VP8, VP9: nothing is read from it.
   */
  configure(record: ByteSource | null): DecodeEvent[];
  /** The end: the last picture, then every picture that still waits for output. */
  flush(): DecodeEvent[];
  /** A seek: forgets everything but the parameter sets, and releases what is held. */
  reset(): DecodeEvent[];
}
