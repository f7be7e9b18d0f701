import type { StreamUnit } from "../framing/byte-stream.ts";
import type { HeldUnit, HeldUnits } from "../session/held-units.ts";

/** The open picture, as far as a call that returns concerns it. */
export interface HeldPicture {
  /** Its first slice, of which errors name the unit. */
  first: { readonly unit: StreamUnit };
  /** How many of its units have been copied. */
  copied: number;
  /** A call has returned since it began. */
  isHeld: boolean;
}

/** Copies the bytes of an open picture that are still needed. Must be called before a call of the session returns. */
export function holdPicture(picture: HeldPicture, units: readonly HeldUnit[], held: HeldUnits): void {
  if (!picture.isHeld) {
    picture.isHeld = true;
    // Errors name the unit by its header.
    const { unit } = picture.first;
    picture.first = { ...picture.first, unit: { ...unit, bytes: unit.bytes.slice(0, 2) } };
  }
  picture.copied = held.copy(units, picture.copied);
}
