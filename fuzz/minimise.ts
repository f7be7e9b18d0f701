/** The smallest case that still shows a fault: fewer pieces, then fewer bytes, then defaults of the options. */

import { type Case, withPiece } from "./case.ts";

/** Whether a case still shows it. */
export type Shows = (input: Case) => Promise<boolean>;

/** Tries until nothing can be left out, or the attempts are used up. */
export async function minimised(input: Case, shows: Shows, attempts = 2000): Promise<Case> {
  let best = input;
  let left = attempts;
  const takes = async (smaller: Case): Promise<boolean> => {
    if (left-- <= 0 || !(await shows(smaller))) return false;
    best = smaller;
    return true;
  };
  for (let size = Infinity; size !== measure(best) && left > 0; ) {
    size = measure(best);
    await withoutPieces(() => best, takes);
    for (let at = 0; at < best.pieces.length; at++) await withoutBytes(() => best, at, takes);
    for (const name of Object.keys(best.options)) {
      const { [name]: _left, ...options } = best.options;
      await takes({ ...best, options });
    }
  }
  return best;
}

const measure = ({ options, pieces }: Case) =>
  Object.keys(options).length + pieces.reduce((sum, { bytes }) => sum + bytes.length + 4, 0);

async function withoutPieces(best: () => Case, takes: (smaller: Case) => Promise<boolean>): Promise<void> {
  for (let count = best().pieces.length >> 1; count >= 1; count >>= 1) {
    for (let at = 0; at < best().pieces.length; ) {
      if (!(await takes({ ...best(), pieces: [...best().pieces.slice(0, at), ...best().pieces.slice(at + count)] })))
        at += count;
    }
  }
}

async function withoutBytes(best: () => Case, at: number, takes: (smaller: Case) => Promise<boolean>): Promise<void> {
  const piece = () => best().pieces[at];
  for (let count = piece()?.bytes.length ?? 0; count >= 1; count >>= 1) {
    for (let end = piece()?.bytes.length ?? 0; end > 0; ) {
      const now = piece();
      if (now === undefined) return;
      const from = Math.max(0, end - count);
      const bytes = Uint8Array.from([...now.bytes.subarray(0, from), ...now.bytes.subarray(end)]);
      await takes({ ...best(), pieces: withPiece(best().pieces, at, { ...now, bytes }) });
      end = from;
    }
  }
}
