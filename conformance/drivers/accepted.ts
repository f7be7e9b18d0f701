import { readFileSync } from "node:fs";

/** A difference between our programs and those of GStreamer's requests that is known, and its reason. */
export interface AcceptedDifference {
  readonly id: string;
  /** Patterns of the node's and the stream's names. */
  readonly node: string;
  readonly stream: string;
  /** The requests: all, or the first only. */
  readonly requests?: "first";
  /** A pattern of `ProgramDifference.where`. */
  readonly where?: string;
  /** With `where`: a pattern of one of the two values there. */
  readonly value?: string;
  /** With `where`: the section of DISAGREEMENTS.md that the request's controls differ by. */
  readonly fault?: string;
  /** With `where`: a field whose entries have another order in the request. */
  readonly order?: string;
  /** With `where`: what the controls of an earlier request differed by, a section or such a field. */
  readonly after?: string;
  /** In place of `where`: a pattern of what GStreamer says where it gives up the stream. */
  readonly error?: string;
  /** What DISAGREEMENTS.md calls it, where it is no row of a control. */
  readonly title?: string;
  /** Which is right, and why. */
  readonly reason: string;
}

export const acceptedDifferences = JSON.parse(
  readFileSync(new URL("accepted.json", import.meta.url), "utf8"),
) as readonly AcceptedDifference[];
