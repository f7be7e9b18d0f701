import { expect } from "vitest";
import { normalise, validate } from "../../src/kernel/index.ts";
import { controlByName, leafFields, type Struct, viewOf } from "../../src/uapi/index.ts";

/** Values by field path; `"offset_for_ref_frame[*]"` stands for every element. */
export type Values = Readonly<Record<string, number>>;

/** What the kernel takes with the least in it, where zeros alone are refused. */
const least: Readonly<Record<string, Values>> = {
  V4L2_CID_STATELESS_MPEG2_SEQUENCE: { chroma_format: 1 },
  V4L2_CID_STATELESS_MPEG2_PICTURE: { picture_structure: 3, picture_coding_type: 1 },
  V4L2_CID_STATELESS_VP8_FRAME: { num_dct_parts: 1 },
  V4L2_CID_STATELESS_VP9_FRAME: { flags: 0x180, bit_depth: 8 },
  // Without chroma_format_idc the kernel writes the 1 itself: another profile keeps rewriting out of the other rows.
  V4L2_CID_STATELESS_H264_SPS: { profile_idc: 100 },
};

export function structOf(name: string): Struct {
  const control = controlByName(name);
  if (control?.type !== "struct") throw new Error(`${name} has no struct`);
  return control.struct;
}

/** One struct of the control with these values, and otherwise the least the kernel takes. */
export function payload(name: string, values: Values): Uint8Array {
  const def = structOf(name);
  const bytes = new Uint8Array(def.size);
  for (const [path, value] of Object.entries({ ...least[name], ...values })) {
    const wanted = leafFields(def).filter((leaf) => [leaf.path, leaf.path.replace(/\[\d+\]/g, "[*]")].includes(path));
    if (wanted.length === 0) throw new Error(`${def.name} has no ${path}`);
    for (const { type, offset } of wanted) {
      type.write(viewOf(bytes), offset, typeof type.min === "bigint" ? BigInt(value) : value);
    }
  }
  return bytes;
}

/** Normalising a payload with the values `given` changes exactly what makes it one with the values `kept`. */
export function expectRewrite(name: string, given: Values, kept: Values): void {
  const before = payload(name, given);
  const copy = before.slice();
  expect(normalise(name, before)).toEqual(payload(name, { ...given, ...kept }));
  expect(before).toEqual(copy);
}

/** The kernel takes each of `good` in the field and refuses each of `bad`, naming the field and the value. */
export function expectLimits(name: string, path: string, given: Values, good: number[], bad: number[]): void {
  for (const value of good) expect(validate(name, payload(name, { ...given, [path]: value })), `${value}`).toEqual([]);
  for (const value of bad) {
    const refusals = validate(name, payload(name, { ...given, [path]: value }));
    expect(refusals, `${value}`).toMatchObject([{ path: isDynamicArray(name) ? `[0].${path}` : path, value }]);
  }
}

function isDynamicArray(name: string): boolean {
  const control = controlByName(name);
  return control?.type === "struct" && control.dynamicArray !== undefined;
}
