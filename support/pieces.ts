import type { StreamUnit } from "../src/framing/byte-stream.ts";

/** A copy, because a chunk may be used again after the call. Without `follows`, which depends on the pieces. */
export const kept = (units: readonly StreamUnit[]) =>
  units.map(({ bytes, byte, truncated }) => ({ bytes: [...bytes], byte, truncated }));

/** Pushes the pieces through one buffer that is wiped after each call. */
export function inPieces(
  stream: { push(chunk: Uint8Array): StreamUnit[]; flush(): StreamUnit[] },
  bytes: Uint8Array,
  cuts: Iterable<number>,
) {
  const units: ReturnType<typeof kept> = [];
  let at = 0;
  for (const length of cuts) {
    const chunk = bytes.slice(at, at + length);
    at += chunk.length;
    units.push(...kept(stream.push(chunk)));
    chunk.fill(0xee);
    if (at === bytes.length) break;
  }
  units.push(...kept(stream.push(bytes.slice(at))), ...kept(stream.flush()));
  return units;
}

/** For `inPieces`: byte by byte. */
export const ones = (length: number) => new Array<number>(length).fill(1);
