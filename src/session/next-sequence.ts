import type { SequenceEvent } from "../events.ts";

/**
 * The event to emit for a sequence while `before` is in force. Null where nothing changed. `realloc` is false where only the
 * visible rectangle or the colour changed.
 */
export function nextSequence(event: SequenceEvent, before: SequenceEvent | null): SequenceEvent | null {
  if (before === null || needsNewBuffers(event, before)) return event;
  return looksDifferent(event, before) ? { ...event, realloc: false } : null;
}

function needsNewBuffers(a: SequenceEvent, b: SequenceEvent): boolean {
  return (
    a.codedWidth !== b.codedWidth ||
    a.codedHeight !== b.codedHeight ||
    a.bitDepthLuma !== b.bitDepthLuma ||
    a.bitDepthChroma !== b.bitDepthChroma ||
    a.chromaFormat !== b.chromaFormat ||
    a.components?.count !== b.components?.count ||
    a.components?.encoding !== b.components?.encoding ||
    a.captureBuffers !== b.captureBuffers
  );
}

function looksDifferent(a: SequenceEvent, b: SequenceEvent): boolean {
  return (
    a.visible.left !== b.visible.left ||
    a.visible.top !== b.visible.top ||
    a.visible.width !== b.visible.width ||
    a.visible.height !== b.visible.height ||
    a.colour.colour_primaries !== b.colour.colour_primaries ||
    a.colour.transfer_characteristics !== b.colour.transfer_characteristics ||
    a.colour.matrix_coefficients !== b.colour.matrix_coefficients ||
    a.colour.video_full_range_flag !== b.colour.video_full_range_flag
  );
}
