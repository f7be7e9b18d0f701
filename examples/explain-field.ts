/**
 * Where the bits lie that a field was made of: for the field of a request that a decoder got wrong, the places in the stream to look
 * at with a hex editor, or to change for a test.
 */
import type { Codec } from "v4l2-stateless";
import { elementsIn, explainRequest } from "v4l2-stateless/explain";

/** `"frame_num at 3486:7: 0001"` for each syntax element that the field's value was made of. */
export function bitsOf(codec: Codec, stream: Uint8Array, request: number, control: string, path: string): string[] {
  const explained = explainRequest(codec, stream, request);
  if (explained === undefined) throw new RangeError(`the stream has no request ${request}`);
  const fields = explained.controls.find((each) => each.control === control)?.fields ?? [];
  const found: string[] = [];
  for (const { sources } of fields.filter((field) => field.path === path)) {
    for (const source of elementsIn(sources)) {
      if (source.kind !== "element" || source.role !== "value") continue;
      found.push(`${source.name} at ${source.byte}:${source.bitOfByte}: ${source.bits}`);
    }
  }
  return found;
}
