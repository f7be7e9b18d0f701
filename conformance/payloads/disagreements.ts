/** `npx tsx conformance/payloads/disagreements.ts` writes DISAGREEMENTS.md and docs/upstream from the rows and their examples. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { disagreementsText } from "./disagreements-text.ts";
import { upstreamReports } from "./upstream-reports.ts";

const path = fileURLToPath(new URL("../../DISAGREEMENTS.md", import.meta.url));

/** The files that do not say what the rows say. */
export function outdatedFiles(): string[] {
  const files = [{ path, text: readFileSync(path, "utf8"), wanted: disagreementsText() }, ...upstreamReports()];
  return files.filter(({ text, wanted }) => text !== wanted).map((file) => file.path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(path, disagreementsText());
  for (const report of upstreamReports()) writeFileSync(report.path, report.wanted);
}
