/** Counts of what a comparison finds, field by field. */
import {
  type ComparedGap,
  type ComparedNote,
  type ComparedValue,
  type Comparison,
  type Difference,
  type DifferenceClass,
  isUnexplained,
  type KnownFault,
} from "./difference.ts";

/** A field that differs in some pairs, for one reason. */
export interface FieldSummary {
  readonly side: number;
  /** As in `Difference`; the path is without indices: `"dpb[].pic_num"`. */
  readonly control: string;
  readonly path: string;
  readonly flag: string | undefined;
  readonly class: DifferenceClass;
  readonly known: KnownFault | undefined;
  readonly isUnexplained: boolean;
  /** The number of pairs with it. */
  readonly requests: number;
  /** The numbers of the first pair's requests, and its values. */
  readonly first: readonly [number, number];
  readonly values: readonly [ComparedValue, ComparedValue];
  /** Why it is refused, where it is. */
  readonly reason: string | undefined;
}

type Counted = { -readonly [Key in keyof FieldSummary]: FieldSummary[Key] };

/** Collects what `compare` yields. Memory grows with the number of fields, not of requests. */
export class ComparisonSummary {
  readonly #fields = new Map<string, Counted>();
  readonly #lastPair = new Map<Counted, number>();
  readonly gaps: ComparedGap[] = [];
  readonly notes: ComparedNote[] = [];
  /** Pairs, and those that differ in something. */
  pairs = 0;
  differing = 0;
  /** Gaps that are not kept one by one. */
  moreGaps = 0;

  add(found: Comparison): void {
    if (found.type === "note") {
      this.notes.push(found);
      return;
    }
    if (found.type === "gap") {
      if (this.gaps.length < mostGaps) this.gaps.push(found);
      else this.moreGaps++;
      return;
    }
    this.pairs++;
    if (found.differences.length > 0) this.differing++;
    const [a, b] = found.requests;
    for (const difference of found.differences) {
      this.#count(found.side, difference, [a.request, b.request], this.pairs);
    }
  }

  #count(side: number, difference: Difference, first: readonly [number, number], pair: number): void {
    const { control, flag, values, known, refusals } = difference;
    const path = difference.path.replace(/\[\d+\]/g, "[]");
    const key = JSON.stringify([side, control, path, flag, difference.class, known?.id]);
    let counted = this.#fields.get(key);
    if (counted === undefined) {
      const [refusal] = refusals;
      counted = {
        side,
        control,
        path,
        flag,
        class: difference.class,
        known,
        isUnexplained: isUnexplained(difference),
        requests: 0,
        first,
        values,
        reason: refusal && `${refusal.by === "kernel" ? "kernel: " : ""}${refusal.reason}`,
      };
      this.#fields.set(key, counted);
    }
    if (this.#lastPair.get(counted) === pair) return;
    this.#lastPair.set(counted, pair);
    counted.requests++;
  }

  /** Unexplained ones first, then known ones, then those that no driver sees; each by the number of pairs. */
  get fields(): readonly FieldSummary[] {
    return [...this.#fields.values()].sort(
      (a, b) => rank(a) - rank(b) || b.requests - a.requests || a.first[0] - b.first[0],
    );
  }

  /** Fields and gaps that nothing explains. A recording that ends early is none, nor are requests that a capture lost. */
  get unexplained(): number {
    const gaps = this.gaps.filter(({ known, reason }) => known === undefined && reason !== "end" && reason !== "lost");
    return this.fields.filter(({ isUnexplained: is }) => is).length + gaps.length + this.moreGaps;
  }

  /** No side lacks calls of the program that it is a capture of. */
  get isComplete(): boolean {
    return this.notes.every(({ about }) => about !== "missing calls");
  }

  /** Both sides have every part of their requests, and in the same decode mode, so that every part is compared. */
  get isKnown(): boolean {
    return this.notes.every(({ about }) => about !== "unknown parts" && about !== "decode mode");
  }

  /** Nothing is different, as far as the sides have it. */
  get isEqual(): boolean {
    return this.#fields.size === 0 && this.gaps.length === 0;
  }
}

const mostGaps = 1000;

function rank({ isUnexplained: is, known, class: kind }: FieldSummary): number {
  if (is) return kind === "refused" ? 0 : 1;
  if (known !== undefined) return 2;
  return kind === "unread" ? 3 : 4;
}
