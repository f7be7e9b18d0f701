/**
 * Memory for payloads. Many payloads share one allocation, because allocating a small ArrayBuffer costs more than filling it,
 * and so does a DataView of its own for each.
 */

const BLOCK_BYTES = 1 << 14;

let block = new ArrayBuffer(0);
let blockView = new DataView(block);
let used = 0;

/** A payload that is being written: the field at offset `o` of the struct is at `at + o` of `view`. */
export interface PayloadDraft {
  readonly payload: Uint8Array;
  readonly view: DataView;
  readonly at: number;
}

/**
 * Bytes for a payload, all 0. They may share their ArrayBuffer with other payloads. Memory is never used for a second payload.
 */
export function newPayload(size: number): Uint8Array {
  if (size > BLOCK_BYTES / 4) return new Uint8Array(size);
  const at = reserve(size);
  return new Uint8Array(block, at, size);
}

/** `newPayload` for a writer of single fields. */
export function draftPayload(size: number): PayloadDraft {
  if (size > BLOCK_BYTES / 4) {
    const payload = new Uint8Array(size);
    return { payload, view: new DataView(payload.buffer), at: 0 };
  }
  const at = reserve(size);
  return { payload: new Uint8Array(block, at, size), view: blockView, at };
}

/** Takes memory of the block, or of a new one where it is full. Returns its offset. */
function reserve(size: number): number {
  if (used + size > block.byteLength) {
    block = new ArrayBuffer(BLOCK_BYTES);
    blockView = new DataView(block);
    used = 0;
  }
  const at = used;
  used += (size + 7) & ~7;
  return at;
}
