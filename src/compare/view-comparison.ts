/** Two requests as drivers read them, and the rows that explain what is different. */
import type { Casting } from "./casting.ts";
import type { DriverView, Occurrence, ReferenceEntry } from "./comparator.ts";
import type { KnownFault } from "./difference.ts";
import type { Judgement } from "./judge.ts";
import type { LostReferences } from "./lost-references.ts";
import type { ViewComparison, ViewDifference } from "./request-differences.ts";
import type { Verdict } from "./rules.ts";
import type { SeenThrough } from "./seen-through.ts";
import type { Entry } from "./timeline.ts";
import { shortFlag, type Values } from "./values.ts";
import { type ControlField, controlOfField, fieldOfView } from "./view-paths.ts";

/** What one casting says of a value. */
interface Finding {
  readonly judgement: Judgement;
  readonly key: string;
  readonly isExplained: boolean;
}

type Part = "ours" | "gst" | "ff";

/**
 * Compares two requests in each casting until every difference is explained, or no casting is left. The first casting says what is
 * different; the others can only explain.
 *
 * @param next the requests after these, where they belong together.
 */
export function compareViews(
  castings: readonly Casting[],
  pair: readonly [Entry, Entry],
  sides: readonly [number, number],
  seen: SeenThrough,
  lost: LostReferences,
  next: readonly [Entry, Entry] | undefined,
): ViewComparison {
  const [casting] = castings as readonly [Casting, ...Casting[]];
  const judgements = [...casting.judge(pair)];
  const [first, second] = partsOf(casting);
  const { occurrence } = judgements[0] as Judgement;
  const views = [occurrence[first]?.view, occurrence[second]?.view];
  const constant = seen.constantOf(judgements, second, next);
  const unequal = withoutConsequences(
    judgements.filter(({ occurrence: { values } }) => values[first] !== values[second]),
    first,
    second,
  );
  const isShifted = ({ occurrence }: Judgement): boolean => constant !== 0 && seen.isOrderCount(occurrence.field);
  const ours = casting.peerAt === 0 ? 1 : 0;
  const isOfLost = ({ occurrence }: Judgement): boolean => lost.isNamed(occurrence, ours);
  const different = unequal.filter((judgement) => !isShifted(judgement) && !isOfLost(judgement));
  const explained = new Map<string, KnownFault | "seen through">();
  if (constant !== 0 && seen.isNew(constant)) {
    seen.sayConstant(constant, constantFaults(unequal.filter(isShifted), castings, pair, sides));
  }
  const keys = different.map((judgement) => keyOf(judgement, first, second));
  for (const each of castings) {
    if (keys.every((key) => explained.has(key))) break;
    const all = each === casting ? judgements : [...each.judge(pair)];
    const isConstant = !all.some((judgement) => contradictsTransform(judgement, each));
    for (const finding of findings(each === casting ? different : all, each))
      explain(finding, each, sides, explained, seen, isConstant);
  }
  const fieldOf = ({ place, occurrence: each }: Judgement): ControlField => fieldOfView(place, each, first);
  const seenThrough = [
    ...unequal.filter((judgement) => isShifted(judgement) || isOfLost(judgement)),
    ...different.filter((_, i) => explained.get(keys[i] as string) === "seen through"),
  ].map(fieldOf);
  const hasOthers = different.some(({ occurrence: each }) => !isOnlyOfPeer(each));
  const differences = different.flatMap((judgement, i): ViewDifference[] => {
    const known = explained.get(keys[i] as string);
    if (known === "seen through") return [];
    // The field that says so is different too.
    if (known === undefined && hasOthers && isOnlyOfPeer(judgement.occurrence)) return [];
    const { values } = judgement.occurrence;
    const field = fieldOf(judgement);
    const otherPath = otherPathOf(field, judgement, second);
    return [{ ...field, otherPath, values: [values[first] ?? "absent", values[second] ?? "absent"], known }];
  });
  return {
    differences,
    seenThrough,
    isSeen: (control, path, flag) => isSeen(views, control, path, flag, "both"),
    isSeenInOne: (control, path, flag) => isSeen(views, control, path, flag, "one"),
    isConditional: (control) => views.every((view) => view !== undefined && hasControl(view, shortName(control))),
    reordered: reorderedLists(judgements, first, second, views),
  };
}

/** The path on the other side: an entry may have another place in its list there, or none. */
function otherPathOf({ path }: ControlField, { place, occurrence }: Judgement, second: Part): string | undefined {
  if (Object.keys(occurrence.entries).length === 0) return path;
  return occurrence.entries[second] === undefined ? undefined : fieldOfView(place, occurrence, second).path;
}

/** The field is missing in ours, and it is no reference. */
function isOnlyOfPeer({ values, entries }: Pick<Occurrence, "values" | "entries">): boolean {
  return values.ours === "absent" && Object.keys(entries).length === 0;
}

/**
 * Leaves out fields that only one side has because another field says so: those of a reference, of an element or of an entry that
 * the other side does not have. The other field is different too.
 */
function withoutConsequences(unequal: readonly Judgement[], first: Part, second: Part): Judgement[] {
  const isAbsent = ({ occurrence: { values } }: Judgement): boolean =>
    values[first] === undefined || values[second] === undefined;
  const present = unequal.filter((judgement) => !isAbsent(judgement));
  return present.length > 0 ? present : [...unequal];
}

/** The rows that know the constant: those of the first casting that has any. */
function constantFaults(
  shifted: readonly Judgement[],
  castings: readonly Casting[],
  pair: readonly [Entry, Entry],
  sides: readonly [number, number],
): KnownFault[] {
  const keys = new Set(shifted.map(({ occurrence: { field } }) => field));
  for (const casting of castings) {
    const faults = new Map<string, KnownFault>();
    for (const { occurrence, values, different, transforms } of casting.judge(pair)) {
      if (!keys.has(occurrence.field)) continue;
      const transform = values.ours === values[casting.peer] ? transformOf(transforms, casting) : undefined;
      const verdict = different[casting.peer] ?? transform;
      if (verdict !== undefined) faults.set(verdict.id, casting.knownFault(verdict, sides));
    }
    if (faults.size > 0) return [...faults.values()];
  }
  return [];
}

/** Which part the first recording plays, and which the second. */
function partsOf({ peer, peerAt }: Casting): readonly [Part, Part] {
  return peerAt === 1 ? ["ours", peer] : [peer, "ours"];
}

function* findings(judgements: readonly Judgement[], casting: Casting): Generator<Finding, void, undefined> {
  const [first, second] = partsOf(casting);
  for (const judgement of judgements) {
    const { occurrence, values, different } = judgement;
    if (occurrence.values[first] === occurrence.values[second]) continue;
    const isSeenThrough = values.ours === values[casting.peer];
    const isExplained = isSeenThrough || different[casting.peer] !== undefined;
    yield { judgement, key: keyOf(judgement, first, second), isExplained };
  }
}

function explain(
  { judgement, key, isExplained }: Finding,
  casting: Casting,
  sides: readonly [number, number],
  explained: Map<string, KnownFault | "seen through">,
  seen: SeenThrough,
  isConstant: boolean,
): void {
  if (!isExplained || explained.has(key)) return;
  const verdict = judgement.different[casting.peer];
  if (verdict !== undefined) {
    explained.set(key, casting.knownFault(verdict, sides));
    return;
  }
  const row = transformOf(judgement.transforms, casting);
  if (row === undefined) return;
  if (seen.isOrderCount(judgement.occurrence.field)) {
    if (!isConstant) return;
    seen.sayTransform(row, sides[casting.peerAt]);
    explained.set(key, "seen through");
  } else explained.set(key, casting.knownFault(row, sides));
}

/** The row whose transform was applied. */
function transformOf(transforms: Judgement["transforms"], casting: Casting): Verdict | undefined {
  const transform = transforms.find(({ peer }) => peer === casting.peer);
  return transform && casting.verdict(transform.id);
}

/** Both sent the same value, and a row's arithmetic, which holds for all values or for none, makes it another one. */
function contradictsTransform({ occurrence, values, different, transforms }: Judgement, casting: Casting): boolean {
  const { peer } = casting;
  if (transformOf(transforms, casting) === undefined || occurrence.values.ours !== occurrence.values[peer])
    return false;
  return values.ours !== values[peer] && different[peer] === undefined;
}

/** A field in any casting: entries of references by their places, as their names depend on who looks. */
function keyOf({ place, occurrence: { field, entries } }: Judgement, first: Part, second: Part): string {
  const [a, b] = [entries[first], entries[second]];
  return a === undefined && b === undefined ? place : `${field} ${a?.index} ${b?.index}`;
}

/** Lists of references whose entries stand in another order. */
function reorderedLists(
  judgements: readonly Judgement[],
  first: Part,
  second: Part,
  views: readonly (DriverView | undefined)[],
): ReadonlyMap<string, readonly [string, string]> {
  const lists = new Map<string, readonly [string, string]>();
  for (const { occurrence } of judgements) {
    const { field, entries } = occurrence as Occurrence;
    const [a, b] = [entries[first], entries[second]];
    if (a === undefined || b === undefined || a.index === b.index || !field.endsWith("[]")) continue;
    const control = controlOfField(field);
    if (control === undefined) continue;
    const [one, other] = views.map((view) =>
      (view?.references.get(field) ?? []).map(({ index, picture }) => `[${index}] ${picture}`),
    ) as [string[], string[]];
    lists.set(control, [without(one, other), without(other, one)]);
  }
  return lists;
}

/** The entries of a list of references that do not stand at the same place in the other list. */
function without(entries: readonly string[], others: readonly string[]): string {
  const common = new Set(others);
  return entries.filter((entry) => !common.has(entry)).join(", ");
}

function shortName(control: string): string {
  return control.replace("V4L2_CID_STATELESS_", "");
}

/** Whether the views show the integer at `path`, or a flag of it: both of them, or one. */
function isSeen(
  views: readonly (DriverView | undefined)[],
  control: string,
  path: string,
  flag: string | undefined,
  who: "both" | "one",
): boolean {
  const name = shortName(control);
  const known = views.filter((view) => view !== undefined);
  if (!known.some((view) => hasControl(view, name))) return true;
  const isShownIn = (view: DriverView): boolean =>
    isShown(view.fields, name, path, flag) || isEntryShown(view, name, path);
  return who === "both" ? known.every(isShownIn) : known.some(isShownIn);
}

const controlsOf = new WeakMap<Values, ReadonlySet<string>>();

function hasControl({ fields, references }: DriverView, name: string): boolean {
  let names = controlsOf.get(fields);
  if (names === undefined) {
    const all = [...fields.keys(), ...references.keys()].map((field) => /^\w+/.exec(field)?.[0] ?? "");
    names = new Set(all);
    controlsOf.set(fields, names);
  }
  return names.has(name);
}

function isShown(fields: Values, name: string, path: string, flag: string | undefined): boolean {
  const whole = path.startsWith("[") ? `${name}${path}` : `${name}.${path}`;
  for (let part = whole; part.length > name.length; part = part.replace(/(\[\d+\]|[.]\w+)$/, "")) {
    const value = fields.get(part) ?? fields.get(part.replace(/\[\d+\]$/, "[]"));
    if (value !== undefined) return value !== "none" || /_(ts|timestamp)$/.test(part);
    // A set of flags is shown flag by flag, and a view may leave out one that means nothing in this request.
    if (part === whole && flag !== undefined && hasFlags(fields, part)) return hasFlags(fields, part, flag);
    if (!/(\[\d+\]|[.]\w+)$/.test(part)) break;
  }
  return fields.has(name);
}

/** Whether a flag of a set is shown; without a name any. */
function hasFlags(fields: Values, part: string, flag?: string): boolean {
  for (const field of fields.keys()) {
    if (!field.startsWith(`${part}.`)) continue;
    if (flag === undefined || shortFlag(flag) === field.slice(part.length + 1)) return true;
  }
  return false;
}

function isEntryShown({ references }: DriverView, name: string, path: string): boolean {
  const [, list, index, field] = /^(\w+)\[(\d+)\][.](\w+)$/.exec(path) ?? [];
  const entries: readonly ReferenceEntry[] = references.get(`${name}.${list}[]`) ?? [];
  const entry = entries.find((each) => each.index === Number(index));
  if (entry === undefined || field === undefined) return false;
  const names: Iterable<string> = entry.fields.keys();
  for (const each of names) if (each === field || each.startsWith(`${field}.`)) return true;
  return false;
}
