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
   * For a menu, its value. For other controls, the exact bytes: little-endian, with the elements of a dynamic array one after
   * the other. The bytes never change after they were returned. Do not write to them: later requests may carry the same array. Do
   * not transfer their buffer, and copy them (`payload.slice()`) before you send them to another thread: the buffer may hold payloads of other
   * requests and sessions, too.
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

/** The components of a picture: 1 has no chroma, 4 have alpha or an unused component after the three. */
export interface Components {
  readonly count: 1 | 3 | 4;
  readonly encoding: "yuv" | "rgb" | "hsv";
}

/** What the CAPTURE queue must be like. Comes before the first request, and whenever one of these values changes. */
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
  /** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4; and 4, which only VP9 and FWHT have: 4:4:0. */
  readonly chromaFormat: number;
  /** FWHT alone: the components that a CAPTURE format must have. Other codecs have Y', Cb and Cr as `chromaFormat` says. */
  readonly components?: Components;
  readonly colour: Colour;
  /** The number of CAPTURE buffers that decoding needs. Add those that the consumer holds. */
  readonly captureBuffers: number;
  /** False when the buffers can be kept, because only the visible rectangle or the colour changed. */
  readonly realloc: boolean;
  /** True when pictures decoded so far stay references, so that their buffers must be kept. */
  readonly keepsReferences: boolean;
  /** Set these before you read the CAPTURE format: they decide it. */
  readonly controls: readonly Control[];
}

/** One job of the decoder: the bytes for the OUTPUT buffer, and the controls of its media request. */
export interface RequestEvent {
  readonly type: "request";
  /**
   * In nanoseconds. It names the CAPTURE buffer; the requests of one picture have the same timestamp. `timestampOf` makes a
   * timestamp from a decoded control comparable with it.
   */
  readonly timestamp: number;
  /**
   * The OUTPUT buffer's bytes in parts: see `copyBitstream` and `bitstreamBytes`. They are views of the packet or chunk that
   * the caller gave, or of the session's memory. They are valid until the session's next call, and only as long as the caller
   * does not change that packet or chunk. Never write to them, and transfer no buffer of theirs to a worker: the session still
   * needs some. `bitstreamBytes` makes a copy.
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
  /** Which field comes first in time, or that the picture is progressive or a single field. */
  readonly fieldOrder: "progressive" | "top-first" | "bottom-first" | "top-only" | "bottom-only";
  /** For how many more field durations to show the picture, or its first field. */
  readonly repeat: number;
  /** The picture is incomplete, or refers to a picture that is lost or corrupt. */
  readonly corrupt: boolean;
}

/** No later request refers to this picture and no later `output` shows it. There is one such event for each timestamp. */
export interface ReleaseEvent {
  readonly type: "release";
  readonly timestamp: number;
}

/** Something was lost. Decoding continues. */
export interface ErrorEvent {
  readonly type: "error";
  /** One of six general reasons, which decides how decoding continues. */
  readonly kind: ErrorKind;
  /** The precise reason: see `errorCodes`. It keeps its meaning in later versions. */
  readonly code: ErrorCode;
  /** The unit's type and the element that was being read, when it is known. */
  readonly unit: string | undefined;
  readonly element: string | undefined;
  /** The element's first bit, counted in the unescaped unit. */
  readonly bit: number | undefined;
  /** Offset of the unit's first byte in all the bytes given so far; of a loss that cuts off no unit, that of the missing bytes. */
  readonly byte: number | undefined;
  readonly message: string;
  readonly error: StreamError;
}

/** An event of a session. Later events share objects and bytes with it: change nothing that it holds. */
export type DecodeEvent = SequenceEvent | RequestEvent | OutputEvent | ReleaseEvent | ErrorEvent;

/** Information about a packet. */
export interface PacketInfo {
  /** Any finite number. It comes back in the `output` event. */
  readonly pts?: number | undefined;
}

/** Information about a piece of a stream. */
export interface ChunkInfo {
  /**
   * Any finite number. It comes back in the `output` event of the first picture that begins in these bytes or after them, as
   * in H.222.0, 2.4.3.7; in H.264 and HEVC, of the first picture whose first slice begins there. Without effect on VP8 and VP9,
   * because IVF frames have a pts of their own.
   */
  readonly pts?: number | undefined;
  /**
   * Why bytes are missing before these, as `new BitstreamError("lost-bytes", "12 packets are missing")`. It becomes an `error` event; the unit with the gap is cut off there, and its picture is
   * corrupt. So are the pictures that refer to a lost one, in MPEG-2 as far as temporal_reference shows that one is lost. AV1 goes
   * on in the format that was found: OBUs at the next temporal delimiter whose OBUs lead to another one, Annex B at the next two
   * temporal units that follow each other, IVF at the next frame header whose size is that of its OBUs. An `error` event says how
   * many bytes were passed over. FWHT goes on at the next magic numbers. Without effect on VP8 and VP9.
   */
  readonly lost?: StreamError | undefined;
  /**
   * The bytes before these end a unit. With `lost`, the missing bytes come after that unit, so it is not cut off, and the loss
   * makes its picture corrupt only where a slice of it follows. Without effect on VP8, VP9, AV1 and FWHT. Default false.
   */
  readonly unitEnds?: boolean | undefined;
}

/**
 * A decoder's state. It takes bytes and returns events. Sessions share nothing, and use no device, clock or environment. No
 * bytes make them throw; wrong arguments throw TypeError before anything changes.
 */
export interface Session {
  /** Takes whole access units (a container's sample, an IVF frame) and returns all their events. */
  decode(packet: ByteSource, info?: PacketInfo): DecodeEvent[];
  /**
   * Takes a byte stream, cut anywhere; for VP8 and VP9, an IVF file; for AV1, OBUs (5.2), temporal units of Annex B or an IVF file; for FWHT, its frames. In H.264 and HEVC a picture's requests come when the
   * beginning of the next picture's first slice is seen, in MPEG-2 when the next picture's header is. The session copies the bytes of `chunk` that it needs after the call.
   */
  push(chunk: ByteSource, info?: ChunkInfo): DecodeEvent[];
  /**
   * Takes a container's configuration record. Call this between pictures. H.264, HEVC: an avcC or hvcC record has the length
   * size and parameter sets; after null, start codes are expected again. MPEG-2: the record has headers with start codes. AV1: an
   * av1C record has OBUs. VP8, VP9, FWHT: nothing is read from it.
   */
  configure(record: ByteSource | null): DecodeEvent[];
  /** Ends the stream: returns the last picture's requests, and outputs every picture that still waits. */
  flush(): DecodeEvent[];
  /** For a seek: forgets everything except the parameter sets, and releases all pictures. */
  reset(): DecodeEvent[];
}
