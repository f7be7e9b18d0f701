/** Changes to cases that need not know what the bytes mean. */

import { type Below, type Case, type Piece, type Target, withPiece } from "./case.ts";

const MOST_PIECES = 120;
const MOST_BYTES = 1 << 16;

const pick = <T>(random: Below, list: readonly T[]): T => list[random.below(list.length)] as T;

const interesting = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xfe, 0xff];
const numbers = [0, 1, 0xff, 0x100, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff];

function changedBytes(bytes: Uint8Array, random: Below): Uint8Array {
  const copy = bytes.slice();
  if (copy.length === 0) return Uint8Array.of(random.below(256));
  // Headers come first: half of the changes fall into them.
  const at = () => random.below(random.below(2) === 0 ? Math.min(copy.length, 24) : copy.length);
  const where = at();
  switch (random.below(8)) {
    case 0:
      return copy.subarray(0, where);
    case 1:
      return Uint8Array.from([
        ...copy.subarray(0, where),
        ...copy.subarray(Math.min(copy.length, where + 1 + random.below(8))),
      ]);
    case 2: {
      const more = Array.from({ length: 1 + random.below(16) }, () => random.below(256));
      return Uint8Array.from([...copy.subarray(0, where), ...more, ...copy.subarray(where)]);
    }
    case 3: {
      const part = copy.subarray(where, where + 1 + random.below(12));
      const times = 1 + random.below(random.below(8) === 0 ? 400 : 6);
      return Uint8Array.from([
        ...copy.subarray(0, where),
        ...new Array(times).fill([...part]).flat(),
        ...copy.subarray(where),
      ]);
    }
    case 4: {
      const view = new DataView(copy.buffer);
      if (where + 4 <= copy.length) view.setUint32(where, pick(random, numbers), random.below(2) === 0);
      return copy;
    }
    case 5:
      copy[where] = pick(random, interesting);
      return copy;
    default:
      for (let flips = 1 + random.below(6); flips > 0; flips--) copy[at()]! ^= 1 << random.below(8);
      return copy;
  }
}

function changedPieces(target: Target, base: Case, other: Case, random: Below): Piece[] {
  const pieces = [...base.pieces];
  const at = random.below(pieces.length + 1);
  const call = (): Piece => {
    const name = pick(random, target.calls);
    const bytes = target.bare.includes(name)
      ? new Uint8Array()
      : (pick(random, [...other.pieces, ...pieces])?.bytes ?? new Uint8Array());
    return { call: name, bytes };
  };
  switch (random.below(9)) {
    case 0:
      pieces.splice(at, 1 + random.below(random.below(4) === 0 ? 10 : 1));
      return pieces;
    case 1: {
      const times = 1 + random.below(random.below(10) === 0 ? 60 : 2);
      const piece = pieces[at];
      if (piece) pieces.splice(at, 0, ...new Array<Piece>(times).fill(piece));
      return pieces;
    }
    case 2: {
      const moved = pieces.splice(at, 1 + random.below(3));
      pieces.splice(random.below(pieces.length + 1), 0, ...moved);
      return pieces;
    }
    case 3:
    case 4: {
      const from = random.below(other.pieces.length + 1);
      pieces.splice(at, random.below(2), ...other.pieces.slice(from, from + 1 + random.below(4)));
      return pieces;
    }
    case 5:
      return [...pieces.slice(0, at), ...other.pieces.slice(random.below(other.pieces.length + 1))];
    case 6:
    case 7:
      pieces.splice(at, 0, call());
      return pieces;
    default:
      if (pieces[at]) pieces[at] = { ...pieces[at], call: pick(random, target.calls) };
      return pieces;
  }
}

function changedOptions(target: Target, base: Case, random: Below): Case["options"] {
  const names = Object.keys(target.choices);
  if (names.length === 0) return base.options;
  const name = pick(random, names);
  const choices = target.choices[name] ?? [];
  const value = pick(random, choices);
  const { [name]: _old, ...rest } = base.options;
  return value === choices[0] ? rest : { ...rest, [name]: value };
}

function changedOnce(target: Target, base: Case, other: Case, random: Below): Case {
  const what = random.below(10);
  if (what === 0) return { ...base, options: changedOptions(target, base, random) };
  if (what <= 3) return { ...base, pieces: changedPieces(target, base, other, random) };
  const at = random.below(Math.max(1, base.pieces.length));
  const piece = base.pieces[at];
  if (piece === undefined) return { ...base, pieces: changedPieces(target, base, other, random) };
  const bytes = (what <= 7 && target.rewrite(base, at, random)) || changedBytes(piece.bytes, random);
  return { ...base, pieces: withPiece(base.pieces, at, { ...piece, bytes }) };
}

/** A case that differs from `base` in one to four places. `other` gives what is put in. */
export function mutated(target: Target, base: Case, other: Case, random: Below): Case {
  let changed = base;
  for (let times = 1 + random.below(random.below(3) === 0 ? 4 : 2); times > 0; times--) {
    changed = changedOnce(target, changed, other, random);
  }
  let left = MOST_BYTES;
  const pieces = changed.pieces.slice(0, MOST_PIECES).map((piece) => {
    if (piece.bytes.length <= left) {
      left -= piece.bytes.length;
      return piece;
    }
    const bytes = piece.bytes.subarray(0, left);
    left = 0;
    return { ...piece, bytes };
  });
  return { ...changed, pieces };
}
