/**
 * Bytes as they may be given: a buffer, or any view of one (Uint8Array, Node's Buffer, DataView, Uint16Array …). These are the
 * types that the Web calls BufferSource, and SharedArrayBuffer. Of a buffer, a view means only the bytes that it shows. Nothing
 * is copied.
 */
export type ByteSource = ArrayBufferView | ArrayBufferLike;

/**
 * The bytes, as a view of the same memory. A Uint8Array is returned as it is, but an object of a subclass is not: `slice` of
 * Node's Buffer copies nothing, and the sessions rely on a copy.
 *
 * @param what the name of the bytes in messages: `"a packet"`.
 * @throws TypeError where these are not bytes, or their buffer was transferred.
 */
export function bytesOf(source: ByteSource, what: string): Uint8Array {
  if (!(source instanceof Uint8Array && source.constructor === Uint8Array)) return viewBytes(source, what);
  // An array whose buffer was transferred looks like an empty one, and its bytes would be missing without a word.
  if (source.length === 0) viewBytes(source, what);
  return source;
}

/**
 * The bytes for a reader, which only looks at them: a Node Buffer stays as it is. It takes a quarter of the time of `bytesOf`, which asks for
 * the constructor.
 *
 * @throws TypeError where these are not bytes.
 */
export function readableBytes(source: ByteSource): Uint8Array {
  return source instanceof Uint8Array ? source : viewBytes(source, "what is read");
}

/**
 * An argument that must be an object: a structure, or options.
 *
 * @param what its name in messages: `"options"`.
 * @throws TypeError where it is none.
 */
export function objectOf<T>(value: T, what: string): T {
  if (typeof value === "object" && value !== null) return value;
  throw new TypeError(`${what} must be an object`);
}

function viewBytes(source: unknown, what: string): Uint8Array {
  try {
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    // `instanceof` does not work here: a buffer of another realm is not an instance of this realm's class, and not every runtime
    // has SharedArrayBuffer.
    const tag = Object.prototype.toString.call(source);
    if (tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]") {
      return new Uint8Array(source as ArrayBufferLike);
    }
  } catch {
    throw new TypeError(`${what} has no bytes: its buffer was transferred`);
  }
  throw new TypeError(`${what} must be bytes: a Uint8Array or another view, or an ArrayBuffer`);
}
