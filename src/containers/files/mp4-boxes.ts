/** The boxes of MP4 and QuickTime files: ISO/IEC 14496-12, 4.2. */
import { type FileBytes, type Span, textAt } from "./file-bytes.ts";

/** A box: its content, and the offset of its type. */
export interface Box extends Span {
  readonly type: string;
  readonly typeAt: number;
}

/** Yields the boxes at a path of types. */
export async function* boxes(bytes: FileBytes, within: Span, path: readonly string[]): AsyncGenerator<Box> {
  const [first, ...rest] = path;
  for await (const box of siblings(bytes, within)) {
    if (box.type !== first) continue;
    if (rest.length === 0) yield box;
    else yield* boxes(bytes, box, rest);
  }
}

/** Bytes are read in pieces of this size, because boxes may be as small as their headers. */
const windowSize = 1 << 12;

/**
 * 4.2: a size and a type come before the content. Size 1 means that the size is in the 64 bits after the type; 0 means that the
 * box extends to the end of the file.
 */
export async function* siblings(bytes: FileBytes, { start, end }: Span): AsyncGenerator<Box> {
  let from = 0;
  let window: DataView<ArrayBuffer> | undefined;
  for (let at = start; at + 8 <= end; ) {
    if (window === undefined || at + 16 > from + windowSize) {
      from = at;
      window = await bytes.read(from, windowSize);
    }
    const view = new DataView(window.buffer, at - from, 16);
    const coded = view.getUint32(0);
    const header = coded === 1 ? 16 : 8;
    const size = coded === 1 ? Number(view.getBigUint64(8)) : coded === 0 ? end - at : coded;
    if (size < header) return;
    yield { type: textAt(view, 4, 4), typeAt: at + 4, start: at + header, end: Math.min(at + size, end) };
    at += size;
  }
}
