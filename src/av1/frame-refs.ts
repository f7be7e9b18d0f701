/** 7.8 Set frame refs process: the references of frames with frame_refs_short_signaling. */
import type { FrameHeader, SequenceHeader } from "./structures.ts";
import {
  ALTREF_FRAME,
  ALTREF2_FRAME,
  BWDREF_FRAME,
  GOLDEN_FRAME,
  LAST_FRAME,
  LAST2_FRAME,
  LAST3_FRAME,
  NUM_REF_FRAMES,
  REFS_PER_FRAME,
} from "./tables.ts";

/** The headers of the frames in the reference slots; null where a slot is empty. */
export type References = readonly (FrameHeader | null)[];

/** RefOrderHint of a slot. */
export function refOrderHint(references: References, slot: number): number {
  return references[slot]?.OrderHint ?? 0;
}

/** 5.9.3 get_relative_dist: how much later `a` is than `b`. */
export function relativeDist({ enable_order_hint, OrderHintBits }: SequenceHeader, a: number, b: number): number {
  if (!enable_order_hint) return 0;
  const diff = a - b;
  const m = 1 << (OrderHintBits - 1);
  return (diff & (m - 1)) - (diff & m);
}

/** Ref_Frame_List: the references that remain after those with later order hints are found. */
const refFrameList: readonly number[] = [LAST2_FRAME, LAST3_FRAME, BWDREF_FRAME, ALTREF2_FRAME, ALTREF_FRAME];

/**
 * 7.8 set_frame_refs: sets ref_frame_idx from the order hints of the slots. That last_frame_idx and gold_frame_idx must be earlier than the frame is not
 * checked, as in other decoders.
 */
export function setFrameRefs(
  seq: SequenceHeader,
  h: FrameHeader,
  references: References,
  last_frame_idx: number,
  gold_frame_idx: number,
): void {
  const idx = h.ref_frame_idx;
  idx.fill(-1);
  idx[0] = last_frame_idx;
  idx[GOLDEN_FRAME - LAST_FRAME] = gold_frame_idx;
  const slots = new Slots(seq, h.OrderHint, references);
  slots.use(last_frame_idx);
  slots.use(gold_frame_idx);
  const set = (refFrame: number, slot: number): void => {
    if (slot < 0) return;
    idx[refFrame - LAST_FRAME] = slot;
    slots.use(slot);
  };
  set(ALTREF_FRAME, slots.findLatestBackward());
  set(BWDREF_FRAME, slots.findEarliestBackward());
  set(ALTREF2_FRAME, slots.findEarliestBackward());
  for (const refFrame of refFrameList) {
    if ((idx[refFrame - LAST_FRAME] as number) < 0) set(refFrame, slots.findLatestForward());
  }
  const earliest = slots.findEarliest();
  for (let i = 0; i < REFS_PER_FRAME; i++) if ((idx[i] as number) < 0) idx[i] = earliest;
}

/** The slots with their order hints, shifted so that earlier and later ones than the frame's compare as numbers. */
class Slots {
  readonly #hints: number[] = [];
  readonly #used: boolean[] = [];
  readonly #current: number;

  constructor(seq: SequenceHeader, OrderHint: number, references: References) {
    this.#current = 1 << (seq.OrderHintBits - 1);
    for (let i = 0; i < NUM_REF_FRAMES; i++) {
      this.#hints.push(this.#current + relativeDist(seq, refOrderHint(references, i), OrderHint));
      this.#used.push(false);
    }
  }

  use(slot: number): void {
    this.#used[slot] = true;
  }

  isForward(slot: number): boolean {
    return (this.#hints[slot] as number) < this.#current;
  }

  /** Of slots with the same hint, the last one. */
  findLatestBackward(): number {
    let ref = -1;
    for (let i = 0; i < NUM_REF_FRAMES; i++) {
      if (!this.#used[i] && !this.isForward(i) && (ref < 0 || this.#hintOf(i) >= this.#hintOf(ref))) ref = i;
    }
    return ref;
  }

  /** Of slots with the same hint, the first one. */
  findEarliestBackward(): number {
    let ref = -1;
    for (let i = 0; i < NUM_REF_FRAMES; i++) {
      if (!this.#used[i] && !this.isForward(i) && (ref < 0 || this.#hintOf(i) < this.#hintOf(ref))) ref = i;
    }
    return ref;
  }

  /** Of slots with the same hint, the last one. */
  findLatestForward(): number {
    let ref = -1;
    for (let i = 0; i < NUM_REF_FRAMES; i++) {
      if (!this.#used[i] && this.isForward(i) && (ref < 0 || this.#hintOf(i) >= this.#hintOf(ref))) ref = i;
    }
    return ref;
  }

  /** Used or not; of slots with the same hint, the first one. */
  findEarliest(): number {
    let ref = 0;
    for (let i = 1; i < NUM_REF_FRAMES; i++) if (this.#hintOf(i) < this.#hintOf(ref)) ref = i;
    return ref;
  }

  #hintOf(slot: number): number {
    return this.#hints[slot] as number;
  }
}
