import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const description = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly files: string[] };

const documents = ["", "docs", "docs/upstream", "conformance", "conformance/visl", "test/fixtures"]
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name)),
  );

/** The files of the repository that a document links to. */
function linksOf(document: string): string[] {
  const text = readFileSync(join(root, document), "utf8").replace(/^```.*?^```/gms, "");
  return [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)\s]*\)/g)].map(([, to]) =>
    join(dirname(document), to as string),
  );
}

/** Whether npm packs a file: README.md always, others by `files`, of which "!" takes back. */
function isPacked(file: string): boolean {
  if (file === "README.md" || file === "package.json") return true;
  const matches = (pattern: string) =>
    file === pattern ||
    file.startsWith(`${pattern}/`) ||
    new RegExp(`^${pattern.replace(/[*]/g, "[^/]*")}$`).test(file);
  const { files } = description;
  return files.some((pattern) => matches(pattern)) && !files.some((p) => p.startsWith("!") && matches(p.slice(1)));
}

describe("the documents' links lead to files", () => {
  it.each(documents)("%s", (document) => {
    for (const target of linksOf(document)) {
      expect(existsSync(join(root, target)), target).toBe(true);
      if (isPacked(document)) expect(isPacked(target), `the package lacks ${target}`).toBe(true);
    }
  });

  it("finds the links of README.md, and knows what is packed", () => {
    expect(linksOf("README.md")).toEqual(expect.arrayContaining(["DISAGREEMENTS.md", "docs/board.md"]));
    expect(["README.md", "docs/board.md", "examples/decoder.ts"].filter(isPacked).length).toBe(3);
    expect(["examples/examples.test.ts", "docs/api/index.html", "test/architecture.test.ts"].filter(isPacked)).toEqual(
      [],
    );
  });
});
