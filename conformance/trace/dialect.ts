import type { Codec } from "../../src/events.ts";

/** What is to be known of FFmpeg's trace of a codec to compare it with ours. */
export interface Dialect {
  readonly codec: Codec;
  /** FFmpeg's demuxer of the byte stream. */
  readonly demuxer: string;
  /** Zero bytes behind a unit may be its own: see `unitsOfPacket`. */
  readonly keepsZeros?: true;
  /** `unit` begins with its header. */
  nalUnitType(unit: Uint8Array): number;
  /** Why FFmpeg's CBS does not take a unit apart; undefined where it does. */
  leftOut(unit: Uint8Array): string | undefined;
  /** FFmpeg's spelling, where it is not the specification's. */
  readonly ffmpegNames: Readonly<Record<string, string>>;
  /** Elements of loops that have no subscript in the table: we count the turns. */
  readonly countedByUs: ReadonlySet<string>;
  /** Elements that FFmpeg prints and that lie behind what we read. */
  readonly beyondOurs: ReadonlySet<string>;
  /** Why one side may stop in a unit that the other reads. A message that no row knows fails the run. */
  readonly declaredRefusals: readonly Refusal[];
}

/** What one side says of a unit, and why that is right. */
export interface Refusal {
  readonly side: "ffmpeg" | "ours";
  readonly message: RegExp;
  readonly why: string;
}
