/**
 * Memory for payloads. Many payloads share one allocation, because allocating a small ArrayBuffer costs more than filling it.
 */

const BLOCK_BYTES = 1 << 14;

let block = new ArrayBuffer(0);
let used = 0;

/**
 * Bytes for a payload, all 0. They may share their ArrayBuffer with other payloads. Memory is never used for a second payload.
 */
export function newPayload(size: number): Uint8Array {
  if (size > BLOCK_BYTES / 4) return new Uint8Array(size);
  if (used + size > block.byteLength) {
    block = new ArrayBuffer(BLOCK_BYTES);
    used = 0;
  }
  const payload = new Uint8Array(block, used, size);
  used += (size + 7) & ~7;
  return payload;
}
