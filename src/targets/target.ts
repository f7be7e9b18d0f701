import type { Codec } from "../events.ts";
import type { SessionOptions } from "../options.ts";
import type { DecodeMode, StartCode } from "../uapi/modes.ts";

/** What of a sequence a driver refuses, or does not claim to decode. What is absent is not limited. */
export interface TargetLimits {
  /** Luma samples. Smaller pictures are never refused: the driver makes its buffers larger than the picture. */
  readonly maxWidth?: number;
  readonly maxHeight?: number;
  /** Bits, luma and chroma. */
  readonly bitDepths?: readonly number[];
  /** Luma and chroma must have the same bit depth. */
  readonly equalBitDepths?: true;
  /** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormats?: readonly number[];
  /** H.264 profile_idc, VP9 profile: those of the driver's profile menu. */
  readonly profiles?: readonly number[];
  /** Flags of one control that may not all be set at once, as in `TargetCodec.reads`. */
  readonly refusedFlags?: readonly (readonly string[])[];
}

/** What a driver takes of one codec. */
export interface TargetCodec {
  /** The first mainline kernel in which the driver decodes this codec through the stable controls; undefined: none yet. */
  readonly since: string | undefined;
  /** The values of its DECODE_MODE menu, the one to take first; empty for codecs without one. */
  readonly decodeModes: readonly DecodeMode[];
  /** The values of its START_CODE menu, the one to take first; empty for codecs without one. */
  readonly startCodes: readonly StartCode[];
  /** The controls it registers, with the largest number of elements that each takes: 1 where it is no dynamic array. */
  readonly controls: Readonly<Record<string, number>>;
  readonly limits: TargetLimits;
  /**
   * The fields that decide what it does, as `control.path` without subscripts; where only some flags of a field do, each
   * as `control.path.FLAG`. Or all, where no field may be left out.
   */
  readonly reads: "all" | readonly string[];
  /** The `missingReferences` that it survives. */
  readonly missingReferences: NonNullable<SessionOptions["missingReferences"]>;
  /**
   * Arrays that the driver notices only when their value changes. It starts with zeros, so an array of zeros must be
   * preceded by another one: see `primingControls`.
   */
  readonly needsPriming?: readonly string[];
  /** By a control's name: where the driver deviates from the kernel's text. `controlsFor` applies them. */
  readonly quirks?: Readonly<Record<string, Quirk>>;
}

/** A driver reads a control in another way than the kernel's text says. */
export interface Quirk {
  /** The fields concerned, as in `TargetCodec.reads`, without the control's name. */
  readonly fields: readonly string[];
  /** What it wants and why, in a sentence or two, with the place in its source. */
  readonly text: string;
  /** A copy of the payload as the driver needs it. `hold`: see `RequestEvent`. */
  rewrite(payload: Uint8Array, request: { readonly hold: boolean }): Uint8Array;
}

/** A driver, as data: what it takes, and where that is written. */
export interface Target {
  /** What `--target` is given. */
  readonly name: string;
  /** Where it was read: a folder or file of the Linux 7.2 sources. */
  readonly source: string;
  readonly codecs: Readonly<Partial<Record<Codec, TargetCodec>>>;
}
