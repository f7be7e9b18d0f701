import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalise, validate } from "../../src/kernel/index.ts";
import { hostileControl, validControl } from "../../src/testing/index.ts";
import { controlByName, controls, leafFields, payloadLeaves } from "../../src/uapi/index.ts";

const names = Object.keys(controls);
const runs = { numRuns: 6, seed: 7 };

describe.each(names)("%s", (name) => {
  it("valid: the kernel takes it", () => {
    fc.assert(
      fc.property(validControl(name), (payload) => {
        expect(validate(name, payload)).toEqual([]);
      }),
      runs,
    );
  });

  it("valid: every field comes with several values, named ones among them", { tags: "long" }, () => {
    const control = controlByName(name);
    if (control === undefined || control.type === "menu") return;
    const seen = new Map<string, Set<number | bigint>>();
    for (const payload of fc.sample(validControl(name) as fc.Arbitrary<Uint8Array>, { numRuns: 400, seed: 3 })) {
      for (const { path, value } of payloadLeaves(control, payload)) {
        const field = path.replace(/\[\d+\]/g, "[]");
        const values = seen.get(field) ?? new Set();
        seen.set(field, values.add(value));
      }
    }
    const few = [...seen].filter(([, values]) => values.size < 2).map(([field]) => field);
    expect(few).toEqual([]);
    if (control.type === "struct") {
      const prefix = control.dynamicArray === undefined ? "" : "[].";
      const named = leafFields(control.struct).filter(
        ({ type }) => type.flags !== undefined || type.values !== undefined,
      );
      const unseen = named.flatMap(({ path, type }) => {
        const values = [...(seen.get(prefix + path.replace(/\[\d+\]/g, "[]")) ?? [])].map(BigInt);
        const flags = Object.entries(type.flags ?? {}).filter(
          ([, bit]) => !values.some((v) => (v & BigInt(bit)) !== 0n),
        );
        const missing = Object.entries(type.values ?? {}).filter(([, value]) => !values.includes(BigInt(value)));
        return [...flags, ...missing].map(([constant]) => constant);
      });
      // The kernel refuses D pictures.
      expect(unseen.filter((constant) => constant !== "V4L2_MPEG2_PIC_CODING_TYPE_D")).toEqual([]);
    }
  });

  it("valid: shrinks to the least that the kernel takes", () => {
    const control = controlByName(name);
    if (control === undefined || control.type !== "struct") return;
    const { counterexample } = fc.check(
      fc.property(validControl(name), () => false),
      runs,
    );
    const [least] = counterexample as unknown as readonly [Uint8Array];
    const set = payloadLeaves(control, least).filter(({ value }) => BigInt(value) !== 0n);
    expect(set.length).toBeLessThanOrEqual(3);
  });

  // To find what breaks those with the most fields takes seconds.
  const tags = /AV1_FRAME|VP9_FRAME/.test(name) ? ["long"] : [];
  it("hostile: the kernel refuses it for the reason that is named, before and after its own rewriting", {
    tags,
  }, () => {
    fc.assert(
      fc.property(hostileControl(name), ({ name: own, payload, refusal }) => {
        expect(own).toBe(name);
        expect(validate(name, payload)).toEqual([refusal]);
        if (typeof payload !== "number") expect(validate(name, normalise(name, payload))).toEqual([refusal]);
      }),
      { ...runs, numRuns: 4 },
    );
  });
});

it("hostile: each rule of the kernel is broken", { tags: "long" }, () => {
  const broken = new Set<string>();
  for (const name of names) {
    for (const { refusal } of fc.sample(hostileControl(name), { numRuns: 1000, seed: 5 })) {
      if (refusal.path !== "") broken.add(`${name} ${refusal.path.replace(/\[\d+\]/g, "[]")}`);
    }
  }
  // Every field that `validate` ever refuses.
  const ruled = new Set<string>();
  for (const name of names) {
    const control = controlByName(name);
    if (control === undefined || control.type !== "struct") continue;
    const bytes = fc.uint8Array({ minLength: control.struct.size, maxLength: control.struct.size });
    for (const payload of fc.sample(bytes, { numRuns: 300, seed: 5 })) {
      for (const { path } of validate(name, payload)) ruled.add(`${name} ${path.replace(/\[\d+\]/g, "[]")}`);
    }
  }
  expect([...ruled].filter((rule) => !broken.has(rule))).toEqual([]);
});

describe("a control that no codec has", () => {
  it("is refused with those that there are", () => {
    expect(() => validControl("V4L2_CID_NOTHING")).toThrow(/^unknown control V4L2_CID_NOTHING: there are V4L2_CID_/);
    expect(() => hostileControl("V4L2_CID_NOTHING")).toThrow(TypeError);
  });
});
