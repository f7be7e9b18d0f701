import type { TraceElement } from "../../src/bitreader/index.ts";
import type { Codec } from "../../src/events.ts";
import type { Source } from "./sources.ts";
import type { FfmpegElement } from "./trace-headers.ts";

/** What FFmpeg's trace of a codec does otherwise than ours. */
export interface Dialect {
  readonly codec: Codec;
  /** FFmpeg's name of the codec. */
  readonly ffmpegCodec: string;
  /** FFmpeg's demuxer of the file. */
  readonly demuxer: string;
  /** The units of a file. */
  source(file: Uint8Array): Source;
  /** What a unit is, for people. */
  unitName(unit: Uint8Array): string;
  /** Why FFmpeg's CBS does not take a unit apart; undefined where it does. */
  leftOut(unit: Uint8Array): string | undefined;
  /** Our elements of a unit where FFmpeg joins them or leaves them out. Without it they are compared one by one. */
  ours?(elements: readonly TraceElement[]): readonly ComparedElement[];
  /** FFmpeg's elements of a unit where it joins ours, or misreads them. */
  theirs?(elements: readonly FfmpegElement[]): readonly FfmpegElement[];
  /** FFmpeg's spelling, where it is not the specification's. */
  readonly ffmpegNames: Readonly<Record<string, string>>;
  /** Elements of loops that have no subscript in the table: we count the turns. */
  readonly countedByUs: ReadonlySet<string>;
  /** Elements that FFmpeg prints and that lie after what we read, or that it misreads. */
  readonly beyondOurs: ReadonlySet<string>;
  /** Why FFmpeg's references are others after this unit; undefined where they are not. Asked after `leftOut`. */
  otherReferences?(unit: Uint8Array): string | undefined;
  /** Elements, by FFmpeg's names, that are there or not by what the references are. */
  readonly byReferences?: ReadonlySet<string>;
  /** Why one side may stop in a unit that the other reads. A message that no row knows fails the run. */
  readonly declaredRefusals: readonly Refusal[];
}

/** An element of ours as FFmpeg's trace must have it. */
export interface ComparedElement {
  readonly name: string;
  readonly subscripts: readonly number[];
  readonly value: number;
  readonly bit: number;
  /** Undefined for a bool-coded element: FFmpeg says where its window of eight bits ends, and how far that moved. */
  readonly length: number | undefined;
}

/** What one side says of a unit, and why that is right. */
export interface Refusal {
  readonly side: "ffmpeg" | "ours";
  readonly message: RegExp;
  readonly why: string;
  /** Only where FFmpeg's references are others (`otherReferences`). */
  readonly byReferences?: true;
}
