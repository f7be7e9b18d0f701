/** What all requests of a recording have, and what is seen through: other timestamps, constants in order counts. */
import type { Comparator } from "./comparator.ts";
import type { ComparedNote, KnownFault } from "./difference.ts";
import { isPartlyKnown } from "./filling.ts";
import type { Judgement } from "./judge.ts";
import { effectText, type Verdict } from "./rules.ts";
import type { ComparedRequest } from "./sides.ts";
import type { Entry, Timeline } from "./timeline.ts";
import type { Values } from "./values.ts";

/** Constants that are named one by one. */
const mostConstants = 4;
/** A flag that says that a coded video sequence may begin. */
const firstPicture = /flags[.](IDR|IRAP)_PIC$/;

type SeenComparator = Pick<Comparator, "orderCounts" | "view">;

/** Notes about one recording beside the first. */
export class SeenThrough {
  readonly #side: number;
  readonly #comparator: SeenComparator;
  readonly #orderCounts: ReadonlySet<string>;
  readonly #pair: readonly [Timeline, Timeline];
  readonly #said = new Set<string>();
  readonly #constants = new Set<number>();
  #notes: Omit<ComparedNote, "request">[] = [];
  #offset: bigint | undefined;
  #hasOffset = true;
  #constant = 0;

  constructor(side: number, comparator: SeenComparator, pair: readonly [Timeline, Timeline]) {
    this.#side = side;
    this.#comparator = comparator;
    this.#orderCounts = new Set(comparator.orderCounts);
    this.#pair = pair;
  }

  /** The second recording's timestamps less the first one's, as long as that is the same for all pairs. */
  get offset(): bigint | undefined {
    return this.#hasOffset ? this.#offset : undefined;
  }

  /** @param isSeenThrough false: that they are others is said elsewhere. */
  timestamps(a: Entry, b: Entry, isSeenThrough: boolean): void {
    const offset = b.request.timestamp - a.request.timestamp;
    this.#offset ??= offset;
    if (this.#offset !== offset) this.#hasOffset = false;
    const [first, second] = this.#pair;
    if (second.reusesTimestamps !== first.reusesTimestamps) {
      const who = second.reusesTimestamps ? "the other side" : "the first side";
      this.#say(
        { about: "timestamps", text: `${who} uses timestamps again for other pictures`, known: undefined },
        "reuse",
      );
    }
    if (offset === 0n || !isSeenThrough) return;
    const example = `${a.request.timestamp} and ${b.request.timestamp}`;
    this.#say({ about: "timestamps", text: `the timestamps are others: ${example}`, known: undefined }, "timestamps");
  }

  /**
   * The constant by which all order counts of a request differ; 0 where there is none. It may only change where a coded video
   * sequence begins, and the next request must have it, too: order counts that only the first picture has otherwise are wrong.
   *
   * @param next the requests after these, where they belong together.
   */
  constantOf(
    judgements: readonly Judgement[],
    second: "ours" | "gst" | "ff",
    next: readonly [Entry, Entry] | undefined,
  ): number {
    const first = second === "ours" ? "peer" : "ours";
    const changes = new Set<number>();
    let begins = false;
    for (const { occurrence } of judgements) {
      const { field, values } = occurrence;
      const theirs = values.gst ?? values.ff;
      if (firstPicture.test(field) && values.ours === 1) begins = true;
      if (!this.isOrderCount(field)) continue;
      if (typeof values.ours !== "number" || typeof theirs !== "number") continue;
      changes.add(first === "ours" ? theirs - values.ours : values.ours - theirs);
    }
    const [change] = changes;
    if (changes.size !== 1 || change === undefined) return 0;
    if (change === this.#constant) return change;
    if (!begins || (change !== 0 && next !== undefined && this.#contradicts(next, change))) return 0;
    this.#constant = change;
    return change;
  }

  /** Whether no order count of two requests differs by the constant, and neither begins a sequence, where it may change. */
  #contradicts(pair: readonly [Entry, Entry], constant: number): boolean {
    const [a, b] = pair.map(({ request }) => this.#comparator.view(request, String).fields) as [Values, Values];
    const begins = [...a].some(([field, value]) => firstPicture.test(field) && value === 1);
    const counts = [...a.keys()].filter((field) => this.isOrderCount(field));
    const changes = counts.map((field) => Number(b.get(field)) - Number(a.get(field)));
    return !begins && changes.length > 0 && !changes.includes(constant);
  }

  /** The capture of one of the two lacks calls. @param of 0 the first side, 1 the other one. */
  missingCalls(of: 0 | 1, line: number): void {
    const who = of === 0 ? "the first side" : "the other side";
    const text = `calls are missing in the capture of ${who}, first at line ${line}: what they changed is not compared`;
    this.#say({ about: "missing calls", text, known: undefined }, `missing calls ${of}`);
  }

  /** Says what of a request is not known, and so not compared. @param of 0 the first side's, 1 the other's. */
  unknownParts(of: 0 | 1, { known, controls, bitstream }: ComparedRequest): void {
    const who = of === 0 ? "the first side" : "the other side";
    const { bytes, crc32, data } = bitstream;
    if (crc32 === undefined && data === undefined) {
      const left = bytes === undefined ? "are not compared" : "are compared by their sizes";
      const text = `${who} does not have the bytes of every OUTPUT buffer: those that it lacks ${left}`;
      this.#say({ about: "unknown parts", text, known: undefined }, `unknown bytes ${of}`);
    }
    if (known === undefined) return;
    const keyOf = (name: string): string => `unknown fields ${of} ${name}`;
    const names = [...known].flatMap(([name, paths]) =>
      !this.#said.has(keyOf(name)) && isPartlyKnown(name, controls.get(name), paths) ? [name] : [],
    );
    if (names.length === 0) return;
    for (const name of names) this.#said.add(keyOf(name));
    const list = names.map((name) => name.replace("V4L2_CID_STATELESS_", "")).join(", ");
    const text = `${who} does not have every field of ${list}: those that it lacks are not compared`;
    this.#say({ about: "unknown parts", text, known: undefined }, keyOf(list));
  }

  /** A recording says of no request that it has the hold flag, and the other one does. @param of the place of the first one. */
  unknownHolds(of: 0 | 1): void {
    const who = of === 0 ? "the first side" : "the other side";
    const text = `${who} has the hold flag on no request: it lacks it, or does not show it, and it is not compared`;
    this.#say({ about: "unknown parts", text, known: undefined }, `unknown holds ${of}`);
  }

  /** Whether a constant was not said yet, and can be. */
  isNew(change: number): boolean {
    return !this.#constants.has(change) && this.#constants.size < mostConstants;
  }

  /** @param faults the rows that know it. */
  sayConstant(change: number, faults: readonly KnownFault[]): void {
    this.#constants.add(change);
    const text = `the other side's order counts (POC) are ${Math.abs(change)} ${change > 0 ? "more" : "less"}`;
    const all = faults.length > 0 ? faults : [undefined];
    for (const known of all) this.#say({ about: "order counts", text, known }, `order counts ${change} ${known?.id}`);
  }

  /** A row whose arithmetic makes both values the same. */
  sayTransform(verdict: Verdict, side: number): void {
    if (verdict.field.startsWith("*_field_order_cnt") || verdict.control !== "@") {
      this.#say({ about: "order counts", text: verdict.note, known: { ...this.#fault(verdict), side } }, verdict.id);
    }
  }

  isOrderCount(field: string): boolean {
    return this.#orderCounts.has(field.replace(/\[\d+\]/g, "[]"));
  }

  #fault({ id, note, authority, matters }: Verdict): KnownFault {
    return { id, note, authority, effect: effectText({ matters }), side: this.#side };
  }

  #say(note: Omit<ComparedNote, "type" | "side" | "request">, key: string): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#notes.push({ type: "note", side: this.#side, ...note });
  }

  /** The notes since the last call. @param request the first side's, that they begin with. */
  takeNotes(request: number): ComparedNote[] {
    const notes = this.#notes.map((note) => ({ ...note, request }));
    this.#notes = [];
    return notes;
  }
}
