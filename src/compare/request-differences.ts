/** What is not the same in two requests that belong together. */

import { viewOf } from "../uapi/struct.ts";
import { type FieldClasses, isAbout } from "./classes.ts";
import type { ComparedRefusal, ComparedValue, Difference, KnownFault } from "./difference.ts";
import { absent, type LeafDifference, leafDifferences, leafValue, wholeValue } from "./leaves.ts";
import type { ComparedRequest } from "./sides.ts";
import { flagWord, type Value } from "./values.ts";
import { type ControlField, isInside, leafOf } from "./view-paths.ts";

/** A field that drivers read differently, references as pictures. */
export interface ViewDifference extends ControlField {
  /** The path on the other side; undefined where that does not have the entry of the list. */
  readonly otherPath: string | undefined;
  readonly values: readonly [Value | undefined, Value | undefined];
  readonly known: KnownFault | undefined;
}

/** Two requests as drivers read them. */
export interface ViewComparison {
  readonly differences: readonly ViewDifference[];
  /** Fields whose difference is seen through: it was said once. */
  readonly seenThrough: readonly ControlField[];
  /** Whether drivers look at the field in both requests. Where they do so in one only, another field says so, and that is different. */
  isSeen(control: string, path: string, flag?: string): boolean;
  /** Whether drivers look at the field in one of the two requests. */
  isSeenInOne(control: string, path: string, flag?: string): boolean;
  /** Whether the views say something of the control although one request does not have it. */
  isConditional(control: string): boolean;
  /** Lists of references whose entries stand in another order, by control: what only follows from it is left out. */
  readonly reordered: ReadonlyMap<string, readonly [string, string]>;
}

type Requests = readonly [ComparedRequest, ComparedRequest];

/** Makes the differences of two requests. */
export class RequestDifferences {
  readonly #classes: FieldClasses;
  readonly #side: number;
  #asked: Requests | undefined;
  readonly #found = new Map<string, readonly LeafDifference[] | undefined>();

  /** @param side the place of the second request's recording. */
  constructor(classes: FieldClasses, side: number) {
    this.#classes = classes;
    this.#side = side;
  }

  /** Field by field as it was sent. */
  raw(requests: Requests): Difference[] {
    return [...this.#bitstream(requests), ...namesOf(requests).flatMap((name) => this.#rawControl(name, requests))];
  }

  /** The hold flag of the OUTPUT buffer, which the kernel itself reads. */
  hold(holds: readonly [boolean, boolean]): Difference {
    const [a, b] = holds.map((hold) => ({ value: Number(hold), text: flagWord("hold", Number(hold)) }));
    return this.#difference({ control: "", path: "hold", flag: undefined }, [a, b] as [ComparedValue, ComparedValue]);
  }

  /** Whether the request has the timestamp of the one before, in words. */
  timestamp([a, b]: readonly [Value | undefined, Value | undefined]): Difference {
    return this.#difference({ control: "", path: "timestamp", flag: undefined }, [text(String(a)), text(String(b))]);
  }

  /** The same lists are asked for once for each field. */
  #leaves(control: string, requests: Requests): readonly LeafDifference[] | undefined {
    if (this.#asked !== requests) this.#found.clear();
    this.#asked = requests;
    if (!this.#found.has(control)) {
      const [a, b] = requests.map(({ controls }) => controls.get(control)) as [Uint8Array, Uint8Array];
      this.#found.set(control, leafDifferences(control, a, b, knownPaths(control, requests)));
    }
    return this.#found.get(control);
  }

  #bitstream([a, b]: Requests): Difference[] {
    const hasChecksums = a.bitstream.crc32 !== undefined && b.bitstream.crc32 !== undefined;
    const values = [bufferText(a, hasChecksums), bufferText(b, hasChecksums)] as const;
    if (values[0] === values[1] || values.includes("unknown")) return [];
    return [this.#difference({ control: "", path: "bitstream", flag: undefined }, [text(values[0]), text(values[1])])];
  }

  #rawControl(control: string, requests: Requests): Difference[] {
    const [a, b] = requests.map(({ controls }) => controls.get(control));
    const whole = [wholeValue(control, a), wholeValue(control, b)] as const;
    if (a instanceof Uint8Array && b instanceof Uint8Array) {
      const leaves = this.#leaves(control, requests);
      if (leaves !== undefined) return leaves.map((leaf) => this.#leaf(control, leaf, requests, undefined));
    }
    if (isSamePayload(a, b)) return [];
    return [this.#withRefusals(control, requests, this.#difference({ control, path: "", flag: undefined }, whole))];
  }

  /** As drivers read them: what no driver looks at in these requests is `unread`. */
  seen(requests: Requests, views: ViewComparison): Difference[] {
    const causes = views.differences.filter((difference) => !this.#followsFromTimestamp(difference, requests, views));
    const ofViews = causes.map((difference) => this.#ofView(difference, requests));
    const rest = namesOf(requests).flatMap((name) => this.#besideViews(name, requests, views));
    return [...ofViews.flat(), ...rest];
  }

  /**
   * Whether an index is the same number on both sides, and means another picture only by a timestamp in the DPB array that no driver reads: it finds
   * the picture by its order count.
   */
  #followsFromTimestamp({ control, path, known }: ViewDifference, requests: Requests, views: ViewComparison): boolean {
    if (known !== undefined || !isIndex(path) || views.reordered.size > 0) return false;
    const isUnread = (other: ViewDifference): boolean =>
      /^dpb\[.*(timestamp|_ts)$/.test(other.path) && !this.#classes.isRead(other.control, other.path, other.flag);
    if (!views.differences.some(isUnread)) return false;
    if (!requests.every(({ controls }) => controls.get(control) instanceof Uint8Array)) return false;
    return this.#leaves(control, requests)?.every((leaf) => !isInside(leaf.path, path)) === true;
  }

  #ofView(difference: ViewDifference, requests: Requests): Difference[] {
    const { control, path, known } = difference;
    const payloads = requests.map(({ controls }) => controls.get(control));
    const [a, b] = payloads;
    if (control === "" && path === "timestamp") return [{ ...this.timestamp(difference.values), known }];
    if (control === "") return this.#bitstream(requests).map((made) => ({ ...made, known }));
    const leaves = a instanceof Uint8Array && b instanceof Uint8Array ? (this.#leaves(control, requests) ?? []) : [];
    // A control that differs as a whole has more elements on one side, unless its elements are integers.
    const isIntegers = path === "" && a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length;
    const inside = path !== "" || isIntegers ? leaves.filter((leaf) => isInside(leaf.path, path)) : [];
    const [leaf] = inside;
    // The kernel makes both the same.
    if (leaf !== undefined && inside.every(({ isNormalised }) => isNormalised)) return [];
    if (isUnknown(knownPaths(control, requests), path)) return [];
    // Of a list, views do not say which flag of an element it is.
    const isOneFlag = difference.flag === undefined && inside.length === 1;
    const isOne =
      leaf !== undefined && (isOneFlag || inside.filter((other) => other.flag === difference.flag).length === 1);
    const values = [
      viewValue(difference, difference.values[0], payloads[0]),
      viewValue({ ...difference, path: difference.otherPath ?? path }, difference.values[1], payloads[1]),
    ] as const;
    const at =
      isOne && difference.flag === undefined ? { ...difference, path: leaf.path, flag: leaf.flag } : difference;
    const isOfList = isIntegers || isList(difference);
    const ofList = inside.length > 1 && isOfList ? listValues(path, inside) : values;
    const named = isOne && isOfList ? leaf.values : ofList;
    // The index of an entry does not depend on how many of its elements differ.
    const otherPath = difference.otherPath === path ? at.path : difference.otherPath;
    return [{ ...this.#withRefusals(control, requests, this.#difference(at, named)), known, otherPath }];
  }

  /** What the views do not show: what the kernel rewrites, and what no driver looks at in these requests. */
  #besideViews(control: string, requests: Requests, views: ViewComparison): Difference[] {
    const [a, b] = requests.map(({ controls }) => controls.get(control));
    const shown = [...views.differences, ...views.seenThrough].filter((difference) => difference.control === control);
    const order = views.reordered.get(control);
    const differences: Difference[] = [];
    if (order !== undefined && a !== undefined) {
      const at = { control, path: "dpb", flag: undefined };
      differences.push({ ...this.#difference(at, [text(order[0]), text(order[1])]), class: "unread" });
    }
    if (!(a instanceof Uint8Array && b instanceof Uint8Array)) {
      if (shown.length > 0 || isSamePayload(a, b)) return differences;
      const made = this.#rawControl(control, requests);
      // Where drivers look at the control only under a condition, it does not hold here.
      const isUnseen = made.every(({ class: kind }) => kind === "read") && views.isConditional(control);
      return [...differences, ...made.map((each) => (isUnseen ? { ...each, class: "unread" as const } : each))];
    }
    const leaves = this.#leaves(control, requests);
    if (leaves === undefined) return [...differences, ...this.#rawControl(control, requests)];
    for (const leaf of leaves) {
      const isShown = shown.some(
        ({ path, flag }) => isInside(leaf.path, path) && (flag === undefined || flag === leaf.flag),
      );
      if (isShown && !leaf.isNormalised) continue;
      const isSeen = views.isSeen(control, leaf.path, leaf.flag);
      if (!leaf.isNormalised) {
        // It follows from another place in the list, which one of the two may leave empty.
        if (order !== undefined && views.isSeenInOne(control, leaf.path, leaf.flag)) continue;
        // Both are the same picture with another timestamp.
        if (isSeen && isReference(leaf.path)) continue;
      }
      differences.push(this.#leaf(control, leaf, requests, isSeen));
    }
    return differences;
  }

  /** @param isSeen whether drivers look at the field here; undefined: not asked. */
  #leaf(control: string, leaf: LeafDifference, requests: Requests, isSeen: boolean | undefined): Difference {
    const made = this.#difference({ control, path: leaf.path, flag: leaf.flag }, leaf.values);
    if (leaf.isNormalised) return { ...made, class: "normalised" };
    const classed = isSeen === false ? { ...made, class: "unread" as const } : made;
    return this.#withRefusals(control, requests, classed);
  }

  #difference({ control, path, flag }: ControlField, values: readonly [ComparedValue, ComparedValue]): Difference {
    const isRead = this.#classes.isRead(control, path, flag);
    return {
      control,
      path,
      otherPath: path,
      flag,
      values,
      class: isRead ? "read" : "unread",
      refusals: [],
      known: undefined,
    };
  }

  #withRefusals(control: string, requests: Requests, difference: Difference): Difference {
    const of = (i: 0 | 1): ComparedRefusal[] => {
      const all = this.#classes.refusals(control, requests[i].controls);
      const here = all.filter(({ path }) => isAbout(path, difference.path));
      return here.map(({ by, reason }) => ({ side: i === 0 ? 0 : this.#side, by, reason }));
    };
    const refusals = [...of(0), ...of(1)];
    return refusals.length === 0 ? difference : { ...difference, class: "refused", refusals };
  }
}

function namesOf([a, b]: Requests): string[] {
  return [...new Set([...a.controls.keys(), ...b.controls.keys()])];
}

/** The paths that both sides know; undefined where they know all. */
function knownPaths(control: string, requests: Requests): ReadonlySet<string> | undefined {
  const lists = requests.flatMap(({ known }) => known?.get(control) ?? []);
  const [a, b] = requests.map(({ known }) => known?.get(control));
  if (a === undefined && b === undefined) return undefined;
  const both = a === undefined || b === undefined ? lists : a.filter((path) => b.includes(path));
  return new Set(both);
}

function isUnknown(known: ReadonlySet<string> | undefined, path: string): boolean {
  return known !== undefined && ![...known].some((each) => isInside(each, path));
}

function isSamePayload(a: Uint8Array | number | undefined, b: Uint8Array | number | undefined): boolean {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function isReference(path: string): boolean {
  return /(^|[._])(ts|timestamp)(\[\d+\])?$/.test(path) || isIndex(path);
}

/** Into the DPB array. */
function isIndex(path: string): boolean {
  return /^(\[\d+\][.])?(ref_(idx|pic_list)|poc_(st|lt)_curr)/.test(path);
}

function isList({ values }: ViewDifference): boolean {
  return values.some((value) => typeof value === "string" && /×|^-?\d+ -?\d+/.test(value));
}

/** The elements of a list that differ, the first few by their indices. */
function listValues(path: string, leaves: readonly LeafDifference[]): readonly [ComparedValue, ComparedValue] {
  const more = leaves.length > shownElements ? ` … ${leaves.length} differ` : "";
  const of = (side: 0 | 1): ComparedValue => {
    const elements = leaves.slice(0, shownElements);
    return text(elements.map((leaf) => `${leaf.path.slice(path.length)} ${leaf.values[side].text}`).join(" ") + more);
  };
  return [of(0), of(1)];
}

const shownElements = 2;

function text(value: string): ComparedValue {
  return { value: undefined, text: value };
}

/** Size and checksum, as far as both are known. */
function bufferText({ bitstream }: ComparedRequest, withChecksum: boolean): string {
  const { bytes, crc32, data } = bitstream;
  const size = bytes ?? data?.length;
  if (size === undefined) return "unknown";
  return crc32 === undefined || !withChecksum
    ? `${size} bytes`
    : `${size} bytes, crc32 ${crc32.toString(16).padStart(8, "0")}`;
}

/** A value of a view: a flag, a picture, a list, or an integer with its name. */
function viewValue(
  { control, path, flag }: ControlField,
  value: Value | undefined,
  payload: Uint8Array | number | undefined,
): ComparedValue {
  if (payload === undefined || value === undefined) return absent;
  if (path === "") return wholeValue(control, payload);
  if (flag !== undefined && typeof value === "number") return { value, text: flagWord(flag, value) };
  if (typeof value === "string" && /^#-/.test(value)) return text("a picture that the capture lost");
  const leaf = leafOf(control, path);
  // A timestamp of no picture: the view has it as the other recording would have it.
  const isTimestamp =
    typeof value === "string" && /timestamp \d+$/.test(value) && /(ts|timestamp)(\[\d+\])?$/.test(path);
  if (isTimestamp && leaf !== undefined && payload instanceof Uint8Array)
    return text(`timestamp ${leaf.type.read(viewOf(payload), leaf.offset)}`);
  if (typeof value === "string") return text(pictureText(value));
  return leaf === undefined ? { value, text: String(value) } : leafValue(leaf.type, value);
}

/** A reference in words, as the views name it: `"#12 top"`, `"gst #3"`, `"gst timestamp 7000"`. */
function pictureText(value: string): string {
  return value
    .replace(/^#(?=\d)/, "picture ")
    .replace(/^(gst|ff) (#?)(\S+)/, (_, _peer, hash: string, rest: string) =>
      hash === "" ? rest : `picture ${rest} of one side only`,
    );
}
