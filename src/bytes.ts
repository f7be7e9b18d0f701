/**
 * Bytes as they may be given: a buffer, or any view of one (Uint8Array, Node's Buffer, DataView, Uint16Array …). It is what the
 * Web calls BufferSource, and SharedArrayBuffer. Views count by the bytes that they show; nothing is copied.
 */
export type ByteSource = ArrayBufferView | ArrayBufferLike;

/**
 * The bytes, as a view of the same memory. A Uint8Array comes back as it is, but not one of its kinds: `slice` of Node's Buffer
 * copies nothing, and what is kept must be a copy.
 *
 * @param what what messages call them: `"a packet"`.
 * @throws TypeError where these are not bytes.
 */
export function bytesOf(source: ByteSource, what: string): Uint8Array {
  return source instanceof Uint8Array && source.constructor === Uint8Array ? source : viewBytes(source, what);
}

function viewBytes(source: unknown, what: string): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  // By its tag: a buffer of another realm is no instance of this one's class, and not every runtime has SharedArrayBuffer.
  const tag = Object.prototype.toString.call(source);
  if (tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]") {
    return new Uint8Array(source as ArrayBufferLike);
  }
  throw new TypeError(`${what} must be bytes: a Uint8Array or another view, or an ArrayBuffer`);
}
