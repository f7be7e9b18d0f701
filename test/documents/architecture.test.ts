import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const document = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");

/** A section's text, by its heading. */
function section(heading: string): string {
  const [, text] = document.split(`\n## ${heading}\n`);
  if (text === undefined) throw new Error(`ARCHITECTURE.md has no section ${heading}`);
  return text.split("\n## ")[0] as string;
}

/** Whether a source defines a function or a method of this name, private or not. */
function defines(source: string, name: string): boolean {
  const method = `^ +(?:(?:private|protected|static|async|get) |[*#])*${name}(?:<.*>)?[(]`;
  return new RegExp(`^(?:export )?(?:async )?function[*]? ${name}\\b|${method}`, "m").test(source);
}

describe("ARCHITECTURE.md", () => {
  const hops = [...section("One slice, hop by hop").matchAll(/`([\w/-]+[.]ts):(\w+)`/g)].map(([, file, name]) => ({
    file: `src/${file}`,
    name: name as string,
  }));

  it.each(hops)("names a function that exists: $file:$name", ({ file, name }) => {
    expect(defines(readFileSync(join(root, file), "utf8"), name)).toBe(true);
  });

  it("names enough of them; a call or another name is no definition", () => {
    expect(hops.length).toBeGreaterThan(25);
    expect(defines("  readUnit(unit: StreamUnit): void {", "readUnit")).toBe(true);
    expect(defines("  async *#makeReady(event: RequestEvent) {", "makeReady")).toBe(true);
    expect(defines("    this.readUnit(unit);", "readUnit")).toBe(false);
    expect(defines("export function readUnits(): void {", "readUnit")).toBe(false);
  });

  it("has a place for each folder of src and of the repository", () => {
    const tree = section("The folders");
    const folders = (path: string) =>
      readdirSync(join(root, path)).filter(
        (name) =>
          !/^[.]|^(node_modules|dist|man|coverage)$/.test(name) && statSync(join(root, path, name)).isDirectory(),
      );
    for (const name of [...folders("src"), ...folders("")]) expect(tree).toMatch(new RegExp(`(^|\\s)${name}/`, "m"));
    const [, ...named] = tree.split("\n").map((line) => /^ {4}(?: {2})?([a-z0-9]+)\/ /.exec(line)?.[1]);
    for (const name of named) {
      if (name !== undefined)
        expect(existsSync(join(root, name)) || existsSync(join(root, "src", name)), name).toBe(true);
    }
  });
});
