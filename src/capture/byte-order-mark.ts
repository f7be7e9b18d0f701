/** Some editors and terminals begin a text with U+FEFF, which is no part of a capture. */

type Piece = string | Uint8Array;

/** In UTF-8. */
const mark: readonly number[] = [0xef, 0xbb, 0xbf];

/** The pieces of a text without the mark at its beginning. */
export async function* withoutMark(
  pieces: Iterable<Piece> | AsyncIterable<Piece>,
): AsyncGenerator<Piece, void, undefined> {
  /** The bytes of the mark that came so far; undefined after it, or where there is none. */
  let seen: number | undefined = 0;
  for await (const piece of pieces) {
    if (seen === undefined || piece.length === 0) {
      yield piece;
    } else if (typeof piece === "string") {
      seen = undefined;
      yield piece.replace(/^\ufeff/, "");
    } else {
      const before: number = seen;
      let at = 0;
      while (at < piece.length && before + at < mark.length && piece[at] === mark[before + at]) at++;
      const isWhole = before + at === mark.length;
      const goesOn = !isWhole && at === piece.length;
      seen = goesOn ? before + at : undefined;
      if (!isWhole && !goesOn && before > 0) yield Uint8Array.from(mark.slice(0, before));
      if (!goesOn) yield isWhole ? piece.subarray(at) : piece;
    }
  }
  if (seen !== undefined && seen > 0) yield Uint8Array.from(mark.slice(0, seen));
}
