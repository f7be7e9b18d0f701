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
  expect(Object.fromEntries(ours)).toEqual(layouts.structs);
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
