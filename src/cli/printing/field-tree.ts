/** The fields of a control as a tree, and the names of what is shown of it. */
import type { ExplainedField } from "../../explain/index.ts";
import { keysOf, shortFlag } from "./field-choice.ts";

/** A field in the tree of its control: arrays and structs have children. */
export interface Node {
  readonly key: string;
  /** The keys up to here. */
  readonly place: string;
  readonly children: Node[];
  readonly field: ExplainedField | undefined;
  /** What says whether the driver reads the field. */
  readonly word: string;
}

function nodeKeys({ path, flag }: ExplainedField): string[] {
  return flag === undefined ? keysOf(path) : [...keysOf(path), shortFlag(flag)];
}

/** How many leaves each place has. */
export type LeafCounts = ReadonlyMap<string, number>;

export function leafCounts(fields: readonly ExplainedField[]): LeafCounts {
  const counts = new Map<string, number>();
  for (const field of fields) {
    let place = "";
    for (const key of nodeKeys(field)) {
      place = `${place} ${key}`;
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
  }
  return counts;
}

/** The fields as a tree. @param wordOf says whether a driver reads a field. */
export function fieldTree(fields: readonly ExplainedField[], wordOf: (field: ExplainedField) => string): Node {
  const root: Node = { key: "", place: "", children: [], field: undefined, word: "" };
  for (const field of fields) {
    const word = wordOf(field);
    const keys = nodeKeys(field);
    let node = root;
    for (const [i, key] of keys.entries()) {
      let child = node.children.at(-1)?.key === key ? node.children.at(-1) : undefined;
      if (child === undefined) {
        const place = `${node.place} ${key}`;
        child = { key, place, children: [], field: i === keys.length - 1 ? field : undefined, word };
        node.children.push(child);
      }
      node = child;
    }
    if (keys.length === 0) root.children.push({ key: "", place: "", children: [], field, word });
  }
  return root;
}

export function joinPath(path: string, key: string): string {
  return path === "" || key.startsWith("[") || key === "" ? path + key : `${path}.${key}`;
}

/** Leaves of a node that a path after the node's own names. */
export interface Part {
  readonly suffix: string;
  readonly leaves: readonly ExplainedField[];
}

/** A node is named by its own path where all of it is shown; otherwise, what is shown of it is named. */
export function partsOf(node: Node, counts: LeafCounts | undefined): Part[] {
  const leaves = leavesOf(node);
  const count = counts?.get(node.place);
  if (count === undefined || count === leaves.length) return [{ suffix: "", leaves }];
  return elementsPart(node, counts) ?? node.children.flatMap((child) => insideOf(child, counts));
}

function insideOf(child: Node, counts: LeafCounts | undefined): Part[] {
  return partsOf(child, counts).map(({ suffix, leaves }) => ({ suffix: joinPath(child.key, suffix), leaves }));
}

/** Elements of an array that follow each other, and are shown whole. */
function elementsPart({ children }: Node, counts: LeafCounts | undefined): Part[] | undefined {
  const [first] = children;
  const last = children.at(-1);
  if (first === undefined || last === undefined || !first.key.startsWith("[")) return undefined;
  if (!children.every((child, i) => i === 0 || isNext(children[i - 1] as Node, child))) return undefined;
  if (children.some((child) => partsOf(child, counts)[0]?.suffix !== "")) return undefined;
  const key = first === last ? first.key : `[${numberOf(first)}..${numberOf(last)}]`;
  return [{ suffix: key, leaves: children.flatMap(leavesOf) }];
}

/** As `partsOf`, for one node alone: an only child belongs to its path, and the elements that are chosen. */
export function labelledParts(node: Node, counts: LeafCounts | undefined): Part[] {
  let path = "";
  let inner = node;
  while (inner.field === undefined && inner.children.length === 1) {
    inner = inner.children[0] as Node;
    path = joinPath(path, inner.key);
  }
  const parts = counts === undefined ? undefined : elementsPart(inner, counts);
  return (parts ?? partsOf(inner, counts)).map(({ suffix, leaves }) => ({ suffix: joinPath(path, suffix), leaves }));
}

export const numberOf = ({ key }: Node) => key.slice(1, -1);

/** Whether a node has more than one leaf. */
export function hasSeveral({ children }: Node): boolean {
  const [first, second] = children;
  return second !== undefined || (first !== undefined && hasSeveral(first));
}

export function leavesOf(node: Node): ExplainedField[] {
  return node.field === undefined ? node.children.flatMap(leavesOf) : [node.field];
}

export const isNext = (before: Node, node: Node) => Number(numberOf(node)) === Number(numberOf(before)) + 1;
