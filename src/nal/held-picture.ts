import { type StreamUnit, streamUnit } from "../framing/byte-stream.ts";

/** The open picture, as far as a call that returns concerns it. */
export interface HeldPicture {
  /** Its first slice, which errors name. */
  unit: StreamUnit;
  /** A call has returned since it began. */
  isHeld: boolean;
}

/**
 * Copies what errors need of an open picture's unit: they name it by its header. Must be called before a call of the session
 * returns.
 */
export function holdPicture(picture: HeldPicture): void {
  if (picture.isHeld) return;
  picture.isHeld = true;
  const { bytes, byte } = picture.unit;
  picture.unit = streamUnit(bytes.slice(0, 2), byte);
}
