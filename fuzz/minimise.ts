/** The smallest case that still shows a fault: fewer pieces, then fewer bytes, then defaults of the options. */

import { type Case, withPiece } from "./case.ts";

/** Whether a case still shows it. */
export type Shows = (input: Case) => Promise<boolean>;

interface Search {
  best(): Case;
  /** The attempts are used up. */
  isOver(): boolean;
  /** Tries a case, and keeps it where it shows the fault. */
  takes(smaller: Case): Promise<boolean>;
}

/** Tries until nothing can be left out, or the attempts are used up. */
export async function minimised(input: Case, shows: Shows, attempts = 2000): Promise<Case> {
  let best = input;
  let left = attempts;
  const takes = async (smaller: Case): Promise<boolean> => {
    left--;
    if (!(await shows(smaller))) return false;
    best = smaller;
    return true;
  };
  const search: Search = { best: () => best, isOver: () => left <= 0, takes };
  for (let size = Infinity; size !== measure(best) && left > 0; ) {
    size = measure(best);
    await withoutPieces(search);
    for (let at = 0; at < best.pieces.length; at++) await withoutBytes(search, at);
    for (const name of left > 0 ? Object.keys(best.options) : []) {
      const { [name]: _left, ...options } = best.options;
      await takes({ ...best, options });
    }
  }
  return best;
}

const measure = ({ options, pieces }: Case) =>
  Object.keys(options).length + pieces.reduce((sum, { bytes }) => sum + bytes.length + 4, 0);

async function withoutPieces({ best, isOver, takes }: Search): Promise<void> {
  for (let count = best().pieces.length >> 1; count >= 1; count >>= 1) {
    for (let at = 0; at < best().pieces.length && !isOver(); ) {
      if (!(await takes({ ...best(), pieces: [...best().pieces.slice(0, at), ...best().pieces.slice(at + count)] })))
        at += count;
    }
  }
}

async function withoutBytes({ best, isOver, takes }: Search, at: number): Promise<void> {
  const piece = () => best().pieces[at];
  for (let count = piece()?.bytes.length ?? 0; count >= 1; count >>= 1) {
    for (let end = piece()?.bytes.length ?? 0; end > 0 && !isOver(); ) {
      const now = piece();
      if (now === undefined) return;
      const from = Math.max(0, end - count);
      const bytes = Uint8Array.from([...now.bytes.subarray(0, from), ...now.bytes.subarray(end)]);
      await takes({ ...best(), pieces: withPiece(best().pieces, at, { ...now, bytes }) });
      end = from;
    }
  }
}
