import { findStartCode } from "../../framing/start-code.ts";
import { GROUP_START_CODE, PICTURE_START_CODE, SEQUENCE_HEADER_CODE } from "../../mpeg2/units.ts";

/** The start code values of the units that begin another picture: Table 6-1. */
const beginsPicture: readonly (number | undefined)[] = [SEQUENCE_HEADER_CODE, GROUP_START_CODE, PICTURE_START_CODE];

/** A stream of MPEG-2 in pieces that begin where a picture may begin, so that a request comes before the units of the next. */
export function* piecesAtPictures(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  let from = 0;
  for (let at = findStartCode(bytes, 1, bytes.length); at >= 0; at = findStartCode(bytes, at + 3, bytes.length)) {
    if (!beginsPicture.includes(bytes[at + 3])) continue;
    yield bytes.subarray(from, at);
    from = at;
  }
  yield bytes.subarray(from);
}
