/** The fields of a request: every integer of its controls, and every flag of those integers that are sets of flags. */
import { type ControlDefinition, controlByName, flagValue, payloadLeaves } from "../uapi/index.ts";
import { constant, type Source } from "./source.ts";

/** A field with its sources. */
export interface ExplainedField {
  /** As `leafFields` of `v4l2-stateless/uapi` spells it: `"dpb[3].pic_num"`; `"[0].slice_type"` in a dynamic array; empty for a menu. */
  readonly path: string;
  /** The flag, where the field is a set of them. */
  readonly flag: string | undefined;
  /** As the payload has it, after the kernel's own rewriting; of a flag 0 or 1, or the number of a mask of several bits. */
  readonly value: number | bigint;
  /** At least one, in the order in which they are best read. */
  readonly sources: readonly Source[];
}

/** A control with all its fields, in the order of the bytes. */
export interface ExplainedControl {
  /** `"V4L2_CID_STATELESS_H264_SPS"`. */
  readonly control: string;
  /** Every integer of the payload; of sets of flags, every flag. */
  readonly fields: readonly ExplainedField[];
}

/** A field that a rule is asked about. */
export interface Place {
  /** The path without the numbers: `"dpb[].pic_num"`, with the flag after it where there is one. */
  readonly pattern: string;
  /** The numbers of the path, outermost first, without the index of a dynamic array. */
  readonly at: readonly number[];
  /** The index in a dynamic array; 0 elsewhere. */
  readonly element: number;
  /** The last name of the path: `"pic_num"`. */
  readonly name: string;
  readonly flag: string | undefined;
  readonly value: number | bigint;
  /** The value of another field of the same control, or of the same element of a dynamic array. */
  readonly field: (path: string) => number;
}

/** What a field of a control is made of. Undefined where the rules do not know the field. */
export type Rule = (place: Place) => readonly Source[] | undefined;

/** The rules of a control by pattern. The empty pattern is for all others. */
export type Rules = Readonly<Record<string, Rule>>;

/** The sources of all fields of a control. A field without a rule has none. */
export function explainControl(control: string, payload: Uint8Array | number, rules: Rules): ExplainedControl {
  const definition = controlByName(control) as ControlDefinition;
  if (typeof payload === "number" || definition.type === "menu") {
    const place: Place = {
      pattern: "",
      at: [],
      element: 0,
      name: "",
      flag: undefined,
      value: Number(payload),
      field: () => 0,
    };
    return { control, fields: [{ path: "", flag: undefined, value: place.value, sources: ask(rules, place) }] };
  }
  const leaves = payloadLeaves(definition, payload);
  const isDynamic = definition.dynamicArray !== undefined;
  const shapes = shapesOf(control);
  const values = new Map(leaves.map(({ path, value }) => [path, Number(value)]));
  const fields = leaves.flatMap(({ path, type, value }): ExplainedField[] => {
    const prefix = isDynamic ? (/^\[\d+\]\.?/.exec(path)?.[0] ?? "") : "";
    const { pattern, at, name } = shapeOf(shapes, path.slice(prefix.length));
    const element = prefix === "" ? 0 : Number.parseInt(prefix.slice(1), 10);
    const field = (other: string) => values.get(`${prefix}${other}`) ?? 0;
    const common = { at, element, name, field };
    if (type.flags === undefined) {
      const sources = ask(rules, { ...common, pattern, flag: undefined, value });
      return [{ path, flag: undefined, value, sources }];
    }
    return Object.entries(type.flags).map(([flag, mask]) => {
      const own = flagValue(value, mask);
      const sources = ask(rules, { ...common, pattern: `${pattern}.${flag}`, flag, value: own });
      return { path, flag, value: own, sources };
    });
  });
  return { control, fields };
}

/** What a path says of its place: it is the same in every request. */
type Shape = Pick<Place, "pattern" | "at" | "name">;

const shapesByControl = new Map<string, Map<string, Shape>>();

function shapesOf(control: string): Map<string, Shape> {
  const shapes = shapesByControl.get(control) ?? new Map<string, Shape>();
  shapesByControl.set(control, shapes);
  return shapes;
}

/** @param path without the index of a dynamic array. */
function shapeOf(shapes: Map<string, Shape>, path: string): Shape {
  let shape = shapes.get(path);
  if (shape === undefined) {
    const at = Array.from(path.matchAll(/\[(\d+)\]/g), ([, digits]) => Number(digits));
    const pattern = path.replace(/\[\d+\]/g, "[]");
    shape = { pattern, at, name: /(\w+)[[\]]*$/.exec(pattern)?.[1] ?? "" };
    shapes.set(path, shape);
  }
  return shape;
}

/** Fields that the kernel's header reserves: "must be set to zero". */
const reserved = constant("reserved: the UAPI demands 0");

function ask(rules: Rules, place: Place): readonly Source[] {
  const rule = rules[place.pattern];
  if (rule === undefined && /^(reserved\d?|padding)$/.test(place.name)) return [reserved];
  return (rule ?? rules[""])?.(place) ?? [];
}

/** The name of an element that a flag is likely to be a copy of: `AMP_ENABLED` of `amp_enabled_flag`. */
export function elementOfFlag(flag: string, prefix: RegExp): string {
  return `${flag
    .replace(prefix, "")
    .toLowerCase()
    .replace(/_flag$/, "")}_flag`;
}
