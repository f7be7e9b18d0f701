import { readFileSync } from "node:fs";

interface PackageDescription {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly import: string }>>;
}

/** What package.json's `exports` gives to importers, each without an extension: `index`, `h264/index` … */
export const publicEntries: readonly string[] = entriesOf(
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")),
);

function entriesOf({ exports }: PackageDescription): string[] {
  return Object.values(exports).flatMap((target) =>
    typeof target === "string" ? [] : [target.import.replace(/^\.\/dist\/|\.js$/g, "")],
  );
}
