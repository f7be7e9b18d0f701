/** The bytes that a request puts into the OUTPUT buffer. */
import { type ByteSource, bytesOf, objectOf } from "../bytes.ts";
import type { RequestEvent } from "../events.ts";
import { type ResolvedOptions, shown } from "../options.ts";

/** The start code prefix before each NAL unit, or MPEG-2 slice, in the OUTPUT buffer. A new one in each call. */
export const startCodePrefix = (): Uint8Array => Uint8Array.of(0, 0, 1);

/** What comes before each unit in the OUTPUT buffer; null where that is nothing. Events hold it, so no two sessions may share one. */
export function unitPrefix(startCode: ResolvedOptions["startCode"]): Uint8Array | null {
  return startCode === "annexb" ? startCodePrefix() : null;
}

/** The parts of an OUTPUT buffer with these NAL units. @param prefix comes before each; null where nothing does. */
export function bitstreamOf(slices: readonly { readonly unit: Uint8Array }[], prefix: Uint8Array | null): Uint8Array[] {
  const parts = new Array<Uint8Array>(prefix === null ? slices.length : 2 * slices.length);
  let count = 0;
  for (const { unit } of slices) {
    if (prefix !== null) parts[count++] = prefix;
    parts[count++] = unit;
  }
  return parts;
}

/** How many bytes a request puts into the OUTPUT buffer. */
export function bitstreamSize(request: Pick<RequestEvent, "bitstream">): number {
  const { bitstream } = objectOf(request, "the request");
  if (!Array.isArray(bitstream)) throw new TypeError("the bitstream of the request must be an array");
  const size = bitstream.reduce<number>((total, part) => total + part?.length, 0);
  if (Number.isNaN(size)) throw new TypeError("the parts of the request's bitstream must be bytes");
  return size;
}

/**
 * Writes a request's bytes into `target` at `offset`, in bytes, and returns their number.
 *
 * @throws RangeError where they do not fit.
 * @throws TypeError where the offset is no whole number, or is below 0.
 */
export function copyBitstream(request: Pick<RequestEvent, "bitstream">, target: ByteSource, offset = 0): number {
  const bytes = bytesOf(target, "the target");
  const size = bitstreamSize(request);
  if (!(Number.isInteger(offset) && offset >= 0)) {
    throw new TypeError(`offset is ${shown(offset)}; it must be a whole number from 0`);
  }
  if (offset + size > bytes.length) {
    throw new RangeError(`${size} bytes at ${offset} do not fit into ${bytes.length}`);
  }
  let at = offset;
  for (const part of request.bitstream) {
    bytes.set(part, at);
    at += part.length;
  }
  return size;
}

/** A separate copy of the bytes that a request puts into the OUTPUT buffer. */
export function bitstreamBytes(request: Pick<RequestEvent, "bitstream">): Uint8Array {
  const bytes = new Uint8Array(bitstreamSize(request));
  copyBitstream(request, bytes);
  return bytes;
}
