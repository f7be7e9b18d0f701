/** Where another capture may begin in the one that is read. */

/** Knows the lines of other captures. */
export interface OtherLines {
  /** A line can only be one of the capture that is read: another one that had begun before ends. */
  noteOwn(): void;
  /** Whether a line that need not be one of the capture that is read belongs to another one. Says where that begins. */
  takesOther(text: string, line: number): boolean;
}

/** Where all lines belong to the capture. */
export const noOtherLines: OtherLines = { noteOwn() {}, takesOther: () => false };
