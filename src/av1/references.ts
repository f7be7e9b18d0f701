/**
 * What becomes of a frame's references: 5.9.2. Their sizes are not checked (6.8.6), as in other parsers: a driver says what it
 * can scale.
 */
import type { ReferenceSlots } from "./state.ts";
import type { FrameHeader } from "./structures.ts";
import { REFS_PER_FRAME } from "./tables.ts";

const referenceNames = [
  "LAST_FRAME",
  "LAST2_FRAME",
  "LAST3_FRAME",
  "GOLDEN_FRAME",
  "BWDREF_FRAME",
  "ALTREF2_FRAME",
  "ALTREF_FRAME",
] as const;

/**
 * The references that are missing, as text; empty where all are there. A slot with another frame id or order hint than the
 * stream says holds another frame than the one that the stream means.
 */
export function missingReferences(h: FrameHeader, slots: ReferenceSlots): string {
  let text = "";
  for (let i = 0; i < REFS_PER_FRAME; i++) {
    const slot = h.ref_frame_idx[i] as number;
    const reference = slots.headers[slot] ?? null;
    const id = h.expectedFrameId?.[i];
    const isThere =
      reference !== null && slots.isValid(slot) && (id === undefined || id === reference.current_frame_id);
    if (!isThere) text += `${text === "" ? "" : ", "}${referenceNames[i]} (slot ${slot})`;
  }
  return text;
}

/** Whether some reference is corrupt. */
export function hasCorruptReference(h: FrameHeader, slots: ReferenceSlots): boolean {
  if (h.FrameIsIntra) return false;
  for (let i = 0; i < REFS_PER_FRAME; i++) if (slots.frames[h.ref_frame_idx[i] as number]?.corrupt) return true;
  return false;
}

/** The timestamps of the 8 slots, 0 for an empty one. */
export function slotTimes({ frames }: ReferenceSlots): number[] {
  return frames.map((frame) => frame?.timestamp ?? 0);
}

/** The timestamps of the 8 slots, 0 for an empty one. One that the frame refers to gets `substitute` then. */
export function referenceTimes(h: FrameHeader, slots: ReferenceSlots, substitute: number): number[] {
  const times = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < times.length; i++) {
    const frame = slots.frames[i];
    if (frame) times[i] = frame.timestamp;
    else if (substitute > 0 && !h.FrameIsIntra && h.ref_frame_idx.includes(i)) times[i] = substitute;
  }
  return times;
}
