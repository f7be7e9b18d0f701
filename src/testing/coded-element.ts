import type { TraceElement } from "../bitreader/index.ts";
import { BitWriter } from "./bit-writer.ts";

/** The bits that an element's descriptor gives its value. */
export function codedElement({
  descriptor,
  length,
  value,
  values = 0,
}: Pick<TraceElement, "descriptor" | "length" | "value" | "values">): BitWriter {
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
    case "su":
      return w.i(length, value);
    case "ns":
      return w.ns(values, value);
    case "leb128":
      return w.leb128(length / 8, value);
    case "uvlc":
      return w.uvlc(length, value);
    default:
      return w.u(length, value);
  }
}
