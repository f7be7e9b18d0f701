/**
 * The header of a frame, in the kernel's order and names: struct fwht_cframe_hdr of drivers/media/test-drivers/vicodec/codec-fwht.h.
 * FWHT has no other specification.
 */

import type { BitReader } from "../bitreader/index.ts";
import { FrameHeader } from "./structures.ts";
import { FWHT_MAGIC1, FWHT_MAGIC2, flagBits } from "./tables.ts";

/**
 * codec-fwht.h: struct fwht_cframe_hdr.
 *
 * @throws BitstreamError where a field has a value that no frame can have.
 */
export function fwht_cframe_hdr(r: BitReader): FrameHeader {
  const h = new FrameHeader();
  r.f(32, FWHT_MAGIC1, "magic1");
  r.f(32, FWHT_MAGIC2, "magic2");
  h.version = r.u(32, "version");
  if (h.version === 0) r.fail("versions begin at 1", 32, "version");
  h.width = r.u(32, "width");
  if (h.width === 0) r.fail("the width must be at least 1", 32, "width");
  h.height = r.u(32, "height");
  if (h.height === 0) r.fail("the height must be at least 1", 32, "height");
  h.flags = readFlags(r);
  h.colorspace = r.u(32, "colorspace");
  h.xfer_func = r.u(32, "xfer_func");
  h.ycbcr_enc = r.u(32, "ycbcr_enc");
  h.quantization = r.u(32, "quantization");
  h.size = r.u(32, "size");
  return h;
}

/** The flags one by one, so that errors and the trace name them. */
function readFlags(r: BitReader): number {
  let flags = 0;
  for (const [name, bits] of flagBits) flags = flags * 2 ** bits + r.u(bits, name);
  return flags;
}
