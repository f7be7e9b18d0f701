/** What a golden test lets differ. */

import { bufferParts } from "../compare/difference.ts";
import type { Difference } from "../compare/index.ts";
import { shortFlag } from "../compare/values.ts";
import { isInside } from "../compare/view-paths.ts";
import { codecNames, codecs } from "../uapi/codecs.ts";
import { controlByName, leafFields } from "../uapi/index.ts";

const PREFIX = "V4L2_CID_STATELESS_";
const others: readonly string[] = [...bufferParts, "unread", "normalised"];

/**
 * Whether a difference is one of those that are named.
 *
 * @throws TypeError for a name that nothing has.
 */
export function ignoring(names: readonly string[]): (difference: Difference) => boolean {
  if (!Array.isArray(names)) throw new TypeError("ignore must be a list of names");
  const wanted = names.flatMap(fullNames);
  return ({ control, path, flag, class: kind }) => {
    const field = [control, path].filter((part) => part !== "").join(".");
    const paths = (flag === undefined ? [field] : [`${field}.${flag}`, `${field}.${shortFlag(flag)}`]).flatMap(
      (each) => [each, withoutIndices(each)],
    );
    return wanted.some((name) => name === kind || paths.some((each) => isInside(each, name)));
  };
}

/** `"V4L2_CID_STATELESS_AV1_FRAME.ref_frame_idx[]"` of what `diff` prints: `"AV1_FRAME ref_frame_idx[]"`. A list for `"…[0..3, 7]"`. */
function fullNames(name: unknown): string[] {
  if (typeof name !== "string") throw new TypeError(`ignore: ${String(name)} must be a name`);
  if (others.includes(name)) return [name];
  const [, short = "", path] = /^(?:V4L2_CID_STATELESS_)?(\w+)(?:[ .](.+))?$/s.exec(name) ?? [];
  const control = `${PREFIX}${short}`;
  if (!codecNames.some((codec) => control in codecs[codec].controls)) {
    throw new TypeError(
      `ignore: ${name} is neither a control's name (V4L2_CID_STATELESS_…), with a field after it (….flags), nor one of ${others.join(", ")}`,
    );
  }
  if (path === undefined) return [control];
  const paths = eachOf(path);
  // They differ in an index only.
  const [first] = paths;
  if (first === undefined || !fieldsOf(control).some((field) => isInside(field, withoutIndices(first)))) {
    throw new TypeError(`ignore: ${control} has no field ${path}`);
  }
  return paths.map((each) => `${control}.${each}`);
}

/** The paths that one with ranges stands for: `diff` prints `"ref_pic_list0[0..3, 7].index"`. */
function eachOf(path: string): string[] {
  const [, before, ranges, after] = /^(.*\[)(\d+(?:(?:\.\.|, )\d+)+)(\].*)$/.exec(path) ?? [];
  if (ranges === undefined) return [path];
  return ranges.split(", ").flatMap((range) => {
    const [first = 0, last = first] = range.split("..").map(Number);
    const count = Math.min(Math.max(last - first + 1, 0), 1 << 16);
    return Array.from({ length: count }, (_, i) => `${before}${first + i}${after}`);
  });
}

/** The fields of a control, and their flags by both of their names, without indices. */
function fieldsOf(control: string): readonly string[] {
  const definition = controlByName(control);
  if (definition?.type !== "struct") return [];
  const element = definition.dynamicArray === undefined ? "" : "[].";
  return leafFields(definition.struct).flatMap(({ path, type }) => {
    const field = `${element}${withoutIndices(path)}`;
    const flags = Object.keys(type.flags ?? {});
    return [field, ...flags.flatMap((flag) => [`${field}.${flag}`, `${field}.${shortFlag(flag)}`])];
  });
}

function withoutIndices(path: string): string {
  return path.replace(/\[\d+\]/g, "[]");
}
