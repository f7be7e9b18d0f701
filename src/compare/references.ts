import { viewOf } from "../uapi/struct.ts";
import type { ReferenceLabel } from "./comparator.ts";

/** The picture that a timestamp field names. A peer's 0 is a picture where it has one with that timestamp, else none. */
export function pictureAt(label: ReferenceLabel, timestamp: bigint): string {
  const picture = label(timestamp);
  return picture.endsWith(" timestamp 0") ? "none" : picture;
}

/** For `Comparator.rawPayload`: the control whose name ends with `suffix`, with other timestamps at these offsets. */
export function timestampTranslator(suffix: string, offsets: readonly number[]) {
  return (name: string, payload: Uint8Array, translate: (timestamp: bigint) => bigint): Uint8Array => {
    if (!name.endsWith(suffix)) return payload;
    const copy = payload.slice();
    const view = viewOf(copy);
    for (const at of offsets) view.setBigUint64(at, translate(view.getBigUint64(at, true)), true);
    return copy;
  };
}
