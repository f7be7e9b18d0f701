import type { TraceElement } from "../bitreader/index.ts";
import { BitWriter } from "./bit-writer.ts";

/** The bits that an element's descriptor gives its value. */
export function codedElement({
  descriptor,
  length,
  value,
}: Pick<TraceElement, "descriptor" | "length" | "value">): BitWriter {
  const w = new BitWriter();
  switch (descriptor) {
    case "ue":
      return w.ue(value);
    case "se":
      return w.se(value);
    case "te":
      return length === 1 ? w.te(value, 1) : w.ue(value);
    case "i":
      return w.i(length, value);
    case "s":
      return w.s(length - 1, value);
    case "le":
      return w.le(length / 8, value);
    default:
      return w.u(length, value);
  }
}
