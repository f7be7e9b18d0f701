import type { Codec } from "../uapi/codecs.ts";
import { type Condition, noRequest, type Occurrence } from "./comparator.ts";
import type { Peer } from "./request.ts";
import type { Value } from "./values.ts";

/** What is done to a peer's value before it is compared. */
export type Transform =
  | { readonly peer: Peer; readonly add: number }
  /** Its OUTPUT buffer without these: the row's conditions have to say, by checksum, that ours is what remains. */
  | { readonly peer: Peer; readonly remove: "zero bytes" };

/**
 * What a driver does that it would not do with our value, the worst first. A wrong output is a picture that is missing, or
 * that is decoded twice.
 */
export const effects = ["hang", "refusal", "wrong picture", "wrong output"] as const;
export type Effect = (typeof effects)[number];

/** Drivers by what happens to them, each by its name as a target. */
export type Effects = Readonly<Partial<Record<Effect, readonly string[]>>>;

/** A row of a codec's `disagreements.json`: who is right where the peers differ from each other or from us. */
export interface Verdict {
  /** Begins with the peer that it is about, `"gst-"` or `"ff-"`, where it is about one alone. */
  readonly id: string;
  readonly codec: Codec;
  /** `"H264_DECODE_PARAMS"`; `"@"` for what is no control. */
  readonly control: string;
  /** Paths without indices; `*` stands for any part: `"dpb[].pic_num"`, `"flags.*"`. */
  readonly field: string;
  /** Names of conditions; all must hold. `"not …"` means that the condition does not hold. */
  readonly when: readonly string[];
  readonly right: "gst" | "ff" | "neither";
  /** The peer's value becomes ours by exactly this, in every occurrence. */
  readonly transform?: Transform;
  /** Clause, sentence of the UAPI, or driver. */
  readonly authority: string;
  /** The drivers that it matters to: they read the field, and the other value has this effect. */
  readonly matters: Effects;
  /** In a sentence or two: what the other side sends. */
  readonly note: string;
  /** For `neither`: the unit test that computes our value from the bits. */
  readonly test?: string;
  /** Where a peer's fault matters to a driver: the reports for its maintainers, files of docs/upstream. */
  readonly reports?: readonly string[];
}

/** Whom a row matters to: `"hang on rk3399; wrong picture on cedrus"`. */
export function effectText({ matters }: Pick<Verdict, "matters">): string {
  const parts = effects.flatMap((effect) => {
    const drivers = matters[effect];
    return drivers === undefined ? [] : [`${effect} on ${drivers.join(", ")}`];
  });
  return parts.length === 0 ? "none on any driver" : parts.join("; ");
}

/** A row that can be asked. */
export interface Rule {
  readonly verdict: Verdict;
  matches(occurrence: Occurrence): boolean;
}

/** @throws Error for a condition that the codec does not have. */
export function compileVerdict(verdict: Verdict, conditions: Readonly<Record<string, Condition>>): Rule {
  const field = pathPattern(`${verdict.control}.${verdict.field}`);
  const tests = verdict.when.map((name) => {
    const positive = name.replace(/^not /, "");
    const condition = conditions[positive];
    if (condition === undefined) throw new Error(`${verdict.id}: there is no condition "${positive}"`);
    return { condition, expected: positive === name };
  });
  return {
    verdict,
    matches: (occurrence) =>
      field.test(occurrence.field) &&
      (occurrence.ours !== noRequest || tests.every(({ condition }) => condition.asksWithoutOurs)) &&
      tests.every(({ condition, expected }) => condition.holds(occurrence) === expected),
  };
}

function pathPattern(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`);
}

/** A peer's value after the declared arithmetic. Applied wherever the row's conditions hold, whether it helps or not. */
export function transformed(
  rules: readonly Rule[],
  occurrence: Occurrence,
  peer: Peer,
  used: (id: string, peer: Peer) => void,
): Value | undefined {
  let value = occurrence.values[peer];
  for (const { verdict, matches } of rules) {
    const { transform } = verdict;
    if (value === undefined || transform?.peer !== peer || !matches(occurrence)) continue;
    if ("remove" in transform) value = occurrence.values.ours;
    else if (typeof value === "number") value += transform.add;
    used(verdict.id, peer);
  }
  return value;
}

/** The named side has our value; where it has no such request, and in slice mode, our own request of frame mode has it. */
function isSideRight(occurrence: Occurrence, values: Occurrence["values"], right: Peer): boolean {
  if (values[right] !== undefined) return values[right] === values.ours;
  const [name = "@"] = occurrence.field.split(/[.[]/);
  const control = name === "@" ? undefined : `V4L2_CID_STATELESS_${name}`;
  return occurrence.history.isAsInFrameMode?.(occurrence.ours, control) ?? true;
}

const otherPeer: Readonly<Record<Peer, Peer>> = { gst: "ff", ff: "gst" };

/**
 * The row that says why `peer` differs from us in this occurrence. A row names a side: that side must equal us here,
 * and a peer that is named cannot be excused by its own row.
 */
export function excuse(
  rules: readonly Rule[],
  occurrence: Occurrence,
  peer: Peer,
  values: Occurrence["values"],
): Verdict | undefined {
  const fits = ({ verdict, matches }: Rule): boolean => {
    const { id, right, transform } = verdict;
    if (transform !== undefined || right === peer || id.startsWith(`${otherPeer[peer]}-`)) return false;
    if (right !== "neither" && !isSideRight(occurrence, values, right)) return false;
    return matches(occurrence);
  };
  return rules.find(fits)?.verdict;
}
