import type { StreamUnit } from "../framing/byte-stream.ts";

/** The open picture, as far as a call that returns concerns it. */
export interface HeldPicture {
  /** Its first slice, of which errors name the unit. */
  first: { readonly unit: StreamUnit };
  /** A call has returned since it began. */
  isHeld: boolean;
}

/**
 * Copies what errors need of an open picture's first slice: they name the unit by its header. Must be called before a call of the
 * session returns.
 */
export function holdPicture(picture: HeldPicture): void {
  if (picture.isHeld) return;
  picture.isHeld = true;
  const { unit } = picture.first;
  picture.first = { ...picture.first, unit: { ...unit, bytes: unit.bytes.slice(0, 2) } };
}
