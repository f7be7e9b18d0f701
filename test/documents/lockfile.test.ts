import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Locked {
  readonly link?: boolean;
  readonly integrity?: string;
}

it("package-lock.json has the hash of every package, and names no registry", () => {
  const text = readFileSync("package-lock.json", "utf8");
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Locked>> };
  const names = Object.keys(packages).filter((name) => name !== "" && packages[name]?.link !== true);
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name) => packages[name]?.integrity === undefined)).toEqual([]);
  expect(text).not.toContain('"resolved"');
});
