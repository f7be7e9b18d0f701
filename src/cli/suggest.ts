/** Suggests a known word for an unknown one. */

/** `; did you mean inspect?`, or an empty text where no word is near. */
export function suggestion(word: string, words: readonly string[], prefix = ""): string {
  const given = word.toLowerCase();
  const near = words
    .map((candidate) => ({ candidate, distance: editDistance(given, candidate) }))
    .filter(
      ({ candidate, distance }) =>
        distance <= Math.max(1, Math.floor(candidate.length / 3)) || (given.length >= 3 && candidate.startsWith(given)),
    )
    .sort((a, b) => a.distance - b.distance);
  const [first] = near;
  return first === undefined ? "" : `; did you mean ${prefix}${first.candidate}?`;
}

/** The number of letters to insert, delete, replace or swap with the next one. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const exchanged = isExchanged ? (before[j - 2] as number) + 1 : Infinity;
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1, exchanged));
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}
