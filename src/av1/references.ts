/**
 * What becomes of a frame's references (5.9.2), and of a frame that is shown again (6.8.2). Sizes are not checked (6.8.6), as in other
 * parsers: a driver says what it can scale.
 */
import type { Frame, ReferenceSlots } from "./state.ts";
import type { FrameHeader, ShowExistingFrame } from "./structures.ts";
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

const none: readonly string[] = [];

/**
 * The names of the references that are missing. A slot with another frame id or order hint than the stream says holds another frame
 * than the one that the stream means.
 */
export function absentReferences(h: FrameHeader, slots: ReferenceSlots): readonly string[] {
  if (h.FrameIsIntra) return none;
  let names = none;
  for (let i = 0; i < REFS_PER_FRAME; i++) {
    const slot = h.ref_frame_idx[i] as number;
    const reference = slots.headers[slot] ?? null;
    const id = h.expectedFrameId?.[i];
    const isThere =
      reference !== null && slots.isValid(slot) && (id === undefined || id === reference.current_frame_id);
    if (!isThere) names = [...names, `${referenceNames[i]} (slot ${slot})`];
  }
  return names;
}

/** Why a slot's frame cannot be shown: 6.8.2. */
export function showFlaw({ display_frame_id: id }: ShowExistingFrame, frame: Frame | null | undefined): string | null {
  if (!frame) return "which is empty";
  const { current_frame_id } = frame.header;
  if (id !== null && id !== current_frame_id) return `which has frame ${current_frame_id}, not ${id}`;
  return frame.isShowable ? null : "whose frame may not be shown again";
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
