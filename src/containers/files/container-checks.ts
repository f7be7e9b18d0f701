/** What mediabunny says nothing of, and what would be wrong or missing without a word. */
import type { StreamError } from "../../errors.ts";

/** What the library does not tell of a file. */
export interface ContainerChecks {
  /** Why it is not read at all. */
  readonly refusal?: string;
  /** Why the library may find no video where there is some: `"its video is compressed (zlib)"`. */
  readonly hint?: string;
  /** What the library leaves out at the end. */
  readonly loss?: StreamError;
  /** Where the file ends for the library: after this it would find something that is cut off. */
  readonly end?: number;
  /** Bytes to change before the library reads them. */
  readonly patches?: readonly Patch[];
  /** Where samples of the video track have another configuration record than those before, the first sample included. */
  readonly configurations?: readonly SampleConfiguration[];
}

/** Bytes that stand in for others. */
export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** From sample `first` on, this record applies: an avcC or hvcC. */
export interface SampleConfiguration {
  readonly first: number;
  readonly record: Uint8Array;
}
