/** Checks for things that mediabunny does not report: without them, data would be wrong or missing without a message. */
import type { StreamError } from "../../errors.ts";

/** What the library does not report about a file. */
export interface ContainerChecks {
  /** Why the file cannot be read at all. */
  readonly refusal?: string;
  /** Why the library may not find the video that is there: `"its video is compressed (zlib)"`. */
  readonly hint?: string;
  /** The loss at the end of the file, which the library does not report. */
  readonly loss?: StreamError;
  /** Where the file must end for the library, because the next part is cut off. */
  readonly end?: number;
  /** Bytes to change before the library reads them. */
  readonly patches?: readonly Patch[];
  /** By track_ID, where the library does not give them: the track's configuration records, each with the first sample that it applies to. */
  readonly configurations?: ReadonlyMap<number, readonly SampleConfiguration[]>;
}

/** Bytes that replace others. */
export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** From sample `first` on, this record applies: an avcC, hvcC or av1C, or the headers of an MPEG-2 sequence. */
export interface SampleConfiguration {
  readonly first: number;
  readonly record: Uint8Array;
}
