/** The fields of a view as fields of the kernel's structs. */
import { controlByName, type LeafField, leafFields } from "../uapi/index.ts";
import type { Occurrence } from "./comparator.ts";
import { shortFlag } from "./values.ts";

/** A field of a control: see `Difference`. */
export interface ControlField {
  readonly control: string;
  readonly path: string;
  readonly flag: string | undefined;
}

const prefix = "V4L2_CID_STATELESS_";

/** The control that a view's field belongs to; undefined for what is no control. */
export function controlOfField(field: string): string | undefined {
  const [name] = /^[A-Z0-9_]+/.exec(field) ?? [];
  return name === undefined ? undefined : prefix + name;
}

/** The field that a view's field stands for. @param place as `Judgement`. */
export function fieldOfView(
  place: string,
  { field, entries }: Pick<Occurrence, "field" | "entries">,
  first: "ours" | "gst" | "ff",
): ControlField {
  const control = controlOfField(field);
  if (control === undefined) return { control: "", path: field.replace("@.", ""), flag: undefined };
  const entry = entries[first] ?? entries.ours ?? entries.gst ?? entries.ff;
  const whole = entry === undefined ? place : field.replace("[]", `[${entry.index}]`);
  const rest = whole
    .slice(control.length - prefix.length)
    .replace(/^[.]/, "")
    .replace(/\[\]$/, "");
  // Views say so of a control as a whole.
  if (rest === "elements" || rest === "sent") return { control, path: "", flag: undefined };
  const [, path, short] = /^(.*)[.](\w+)$/.exec(rest) ?? [];
  const flags = path === undefined ? undefined : leafOf(control, path)?.type.flags;
  if (path === undefined || short === undefined || flags === undefined) return { control, path: rest, flag: undefined };
  return { control, path, flag: Object.keys(flags).find((name) => shortFlag(name) === short) ?? short };
}

const byPath = new Map<string, ReadonlyMap<string, LeafField>>();

/** An integer of a control by its path; of a dynamic array, in any element. */
export function leafOf(control: string, path: string): LeafField | undefined {
  let leaves = byPath.get(control);
  if (leaves === undefined) {
    const definition = controlByName(control);
    const all = definition?.type === "struct" ? leafFields(definition.struct) : [];
    leaves = new Map(all.map((leaf) => [leaf.path, leaf]));
    byPath.set(control, leaves);
  }
  return leaves.get(path.replace(/^\[\d+\][.]/, ""));
}

/** `"dpb[3].pic_num"` in `"dpb[3]"`, and every path in `""`. */
export function isInside(path: string, outer: string): boolean {
  return outer === "" || path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}
