/** 5.9.22: the two references of skip mode. */
import { type References, refOrderHint, relativeDist } from "./frame-refs.ts";
import type { FrameHeader, SequenceHeader } from "./structures.ts";
import { LAST_FRAME, REFS_PER_FRAME } from "./tables.ts";

/**
 * SkipModeFrame: the nearest reference before the frame and the nearest one after it, or the two nearest before it. Null where
 * skip mode is not allowed.
 */
export function skipModeFrames(seq: SequenceHeader, h: FrameHeader, references: References): [number, number] | null {
  if (h.FrameIsIntra || !h.reference_select || !seq.enable_order_hint) return null;
  const hintOf = (i: number): number => refOrderHint(references, h.ref_frame_idx[i] as number);
  let forwardIdx = -1;
  let forwardHint = 0;
  let backwardIdx = -1;
  let backwardHint = 0;
  for (let i = 0; i < REFS_PER_FRAME; i++) {
    const refHint = hintOf(i);
    const distance = relativeDist(seq, refHint, h.OrderHint);
    if (distance < 0 && (forwardIdx < 0 || relativeDist(seq, refHint, forwardHint) > 0)) {
      forwardIdx = i;
      forwardHint = refHint;
    } else if (distance > 0 && (backwardIdx < 0 || relativeDist(seq, refHint, backwardHint) < 0)) {
      backwardIdx = i;
      backwardHint = refHint;
    }
  }
  if (forwardIdx < 0) return null;
  const second = backwardIdx >= 0 ? backwardIdx : secondForward(seq, hintOf, forwardHint);
  if (second < 0) return null;
  return [LAST_FRAME + Math.min(forwardIdx, second), LAST_FRAME + Math.max(forwardIdx, second)];
}

/** The nearest reference before the nearest one; -1 where there is none. */
function secondForward(seq: SequenceHeader, hintOf: (i: number) => number, forwardHint: number): number {
  let second = -1;
  let secondHint = 0;
  for (let i = 0; i < REFS_PER_FRAME; i++) {
    const refHint = hintOf(i);
    if (relativeDist(seq, refHint, forwardHint) >= 0) continue;
    if (second < 0 || relativeDist(seq, refHint, secondHint) > 0) {
      second = i;
      secondHint = refHint;
    }
  }
  return second;
}
