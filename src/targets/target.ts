import type { Codec, Components } from "../events.ts";
import type { SessionOptions } from "../options.ts";
import type { DecodeMode, StartCode } from "../uapi/modes.ts";

/** Limits of the sequences that a driver decodes, or claims to decode. An absent property is no limit. */
export interface TargetLimits {
  /** In luma samples. */
  readonly maxWidth?: number;
  readonly maxHeight?: number;
  /** vicodec alone refuses small pictures; the other drivers make their buffers larger than those. */
  readonly minWidth?: number;
  readonly minHeight?: number;
  /** For luma and chroma, in bits. */
  readonly bitDepths?: readonly number[];
  /** Luma and chroma must have the same bit depth. */
  readonly equalBitDepths?: true;
  /** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4; 4, of FWHT, 4:4:0. */
  readonly chromaFormats?: readonly number[];
  /**
   * H.264 profile_idc, VP9 profile: those of the driver's profile menu. An H.264 sequence of another profile is taken where its
   * constraint_set flags say that it obeys one of these (A.2).
   */
  readonly profiles?: readonly number[];
  /**
   * H.264: the most slice groups. The UAPI has their number and no map of them, so no driver that was tried or read does anything
   * with more than one.
   */
  readonly maxSliceGroups?: number;
  /** AV1: the most tiles of a frame, where the driver fails for fewer than its control takes. */
  readonly maxTiles?: number;
  /**
   * AV1: how many tile group entries the driver wants, for a frame's job not to fail: as many as the frame has tiles and in raster
   * order, or so many at least.
   */
  readonly tileEntries?: "exact" | "enough";
  /** HEVC: a slice's num_entry_point_offsets, where it is not 0, must be the number of ENTRY_POINT_OFFSETS. */
  readonly countsEntryPoints?: true;
  /** HEVC: data_byte_offset must not be 0. */
  readonly needsDataByteOffset?: true;
  /** FWHT: the versions of its control. */
  readonly versions?: readonly number[];
  /** FWHT: how many components a picture of each encoding may have. Those of RGB and HSV may not be subsampled then. */
  readonly components?: Readonly<Record<Components["encoding"], readonly number[]>>;
  /** Flags of one control that may not all be set at once, as in `TargetCodec.reads`. */
  readonly refusedFlags?: readonly (readonly string[])[];
  /** Flags that must be set, as in `TargetCodec.reads`. */
  readonly requiredFlags?: readonly string[];
}

/** What a driver takes of one codec. */
export interface TargetCodec {
  /**
   * The first mainline kernel in which the driver decodes this codec through the stable controls; undefined where there is none
   * yet.
   */
  readonly since: string | undefined;
  /** The values of its DECODE_MODE menu. The first is the one to use. Empty for codecs without this menu. */
  readonly decodeModes: readonly DecodeMode[];
  /** The values of its START_CODE menu. The first is the one to use. Empty for codecs without this menu. */
  readonly startCodes: readonly StartCode[];
  /**
   * The controls that the driver registers, with the largest number of elements that each takes: 1 where it is no dynamic
   * array.
   */
  readonly controls: Readonly<Record<string, number>>;
  readonly limits: TargetLimits;
  /**
   * The fields that the driver reads, as `control.path` without subscripts; where it reads only some flags of a field, each as
   * `control.path.FLAG`. "all" where every field matters.
   */
  readonly reads: "all" | readonly string[];
  /** The value of the option `missingReferences` with which the driver works. */
  readonly missingReferences: NonNullable<SessionOptions["missingReferences"]>;
  /**
   * Arrays that the driver notices only when their value changes. It starts with zeros, so an array of zeros must be
   * preceded by another one: see `primingControls`.
   */
  readonly needsPriming?: readonly string[];
  /**
   * The controls that the driver reads differently than the kernel's documentation says, by the control's name. Five drivers have
   * such quirks: hantro-g1 (MPEG-2, the TOP_FIELD_FIRST flag) and rpi-hevc-dec (bit_size and data_byte_offset of slices), whose
   * payloads `controlsFor` rewrites; rk3588-av1 (ref_frame_idx after a shown key frame, reference_frame_ts of a slot without a
   * picture), vdpu381 and vdpu383 (reference picture sets whose first is that of the sets before), which need a session's requests
   * in their order. Deviations of another kind: `needsPriming` (vdpu381, vdpu383) and `missingReferences`.
   */
  readonly quirks?: Readonly<Record<string, Quirk>>;
}

/** One control that a driver reads differently than the kernel's documentation says. */
export type Quirk = QuirkText & (PayloadQuirk | SessionQuirk);

export interface QuirkText {
  /** The fields concerned, as in `TargetCodec.reads`, without the control's name. */
  readonly fields: readonly string[];
  /** What the driver expects and why, in a sentence or two, with the place in its source. */
  readonly text: string;
}

export interface PayloadQuirk {
  /** Returns a copy of the payload as the driver needs it. `hold`: see `RequestEvent`. */
  rewrite(payload: Uint8Array, request: { readonly hold: boolean }): Uint8Array;
}

export interface SessionQuirk {
  /**
   * For what the driver keeps from one request to the next: begins a session, and returns the function that takes its payloads in
   * their order. Only the requests of a session are rewritten so: `controlsFor` knows no other request.
   */
  begin(): (payload: Uint8Array, request: { readonly timestamp: number }) => Uint8Array;
}

/** A driver, as data: what it accepts and reads, and the source of that knowledge. */
export interface Target {
  /** The name for `--target`. */
  readonly name: string;
  /** The source of this knowledge: a folder or file of the Linux 7.2 sources. */
  readonly source: string;
  readonly codecs: Readonly<Partial<Record<Codec, TargetCodec>>>;
}

/** Something that a target does not accept. */
export interface TargetRefusal {
  readonly control: string;
  /** The field that is the reason; empty when it is the control itself. */
  readonly path: string;
  /** The field's value as coded, or the number of an array's elements. Undefined when the control itself is refused. */
  readonly value: number | undefined;
  readonly reason: string;
  /** The fields of other controls that the value does not fit. */
  readonly unfit?: readonly { readonly control: string; readonly path: string }[];
}
