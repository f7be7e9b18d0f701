/** `npx tsx conformance/payloads/disagreements.ts` writes DISAGREEMENTS.md from the rows and their examples. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { disagreementsText } from "./disagreements-text.ts";

/** The file that is made. */
export const disagreementsPath = fileURLToPath(new URL("../../DISAGREEMENTS.md", import.meta.url));

/** Whether the file says what the rows say. */
export function disagreementsAreCurrent(): boolean {
  return readFileSync(disagreementsPath, "utf8") === disagreementsText();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(disagreementsPath, disagreementsText());
