import { expect, it } from "vitest";
import layouts from "../../conformance/header/uapi-layouts.json" with { type: "json" };
import { constants, structs } from "./structs.ts";

it("lays out every struct of the header as the header's compiler does, and has no other", () => {
  const ours = [...structs].map(([name, def]) => {
    const fields = def.fields.map(({ name, type, offset, size, dims }) => ({
      name,
      type: type.name,
      offset,
      size,
      ...(dims.length > 0 && { dims }),
    }));
    return [name, { size: def.size, fields }];
  });
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(Object.entries(layouts.structs).map(withoutEnums)));
});

interface HeaderField {
  readonly name: string;
  readonly enum?: string;
}

type HeaderStruct = readonly [string, { readonly size: number; readonly fields: readonly HeaderField[] }];

/** A field of enum type is one of its size. */
function withoutEnums([name, { size, fields }]: HeaderStruct) {
  return [name, { size, fields: fields.map(({ enum: _, ...field }) => field) }] as const;
}

it("names the values of each field that has an enum type in the header", () => {
  const fields = Object.entries(layouts.structs as Record<string, HeaderStruct[1]>).flatMap(([name, def]) =>
    def.fields.flatMap((field) => (field.enum === undefined ? [] : [{ struct: name, ...field }])),
  );
  expect(fields).toHaveLength(5);
  for (const { struct, name, enum: type = "" } of fields) {
    const field = structs.get(struct)?.fields.find((candidate) => candidate.name === name);
    const values = field?.type.kind === "scalar" ? Object.keys(field.type.values ?? {}) : [];
    expect(values.length, `${struct}.${name}`).toBeGreaterThan(2);
    const prefix = type.replace("_frame_restoration_type", "_frame_restore").replace("_frame_type", "").toUpperCase();
    for (const value of values) expect(value.startsWith(prefix), `${value} of ${type}`).toBe(true);
  }
});

it("gives every constant of the header its value, and has no other", () => {
  expect(Object.fromEntries(constants)).toEqual(layouts.constants);
});

it("exports every struct under its own name", () => {
  for (const [name, def] of structs) expect(def.name).toBe(name);
});

it("leaves no byte of a struct without a field", () => {
  for (const def of structs.values()) {
    const end = def.fields.reduce((offset, field) => (field.offset === offset ? offset + field.size : Number.NaN), 0);
    expect(end, def.name).toBe(def.size);
  }
});
