import { existsSync, readFileSync } from "node:fs";

interface PackageDescription {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly import: string }>>;
}

/** What package.json's `exports` gives to importers, each without an extension: `index`, `h264/index` … */
export const publicEntries: readonly string[] = entriesOf(
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")),
);

/** Ends the program where `dist` lacks an entry. */
export function requireBuild(): void {
  const absent = publicEntries.filter((entry) => !existsSync(new URL(`../dist/${entry}.d.ts`, import.meta.url)));
  if (absent.length === 0) return;
  console.error(`dist has no ${absent[0]}: run npm run build first`);
  process.exit(1);
}

function entriesOf({ exports }: PackageDescription): string[] {
  return Object.values(exports).flatMap((target) =>
    typeof target === "string" ? [] : [target.import.replace(/^\.\/dist\/|\.js$/g, "")],
  );
}
