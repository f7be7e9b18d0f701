/** Folders for the files that tests write. All of them are in one, which is removed when the run ends. */

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const variable = "V4L2_STATELESS_TEST_FOLDER";

let made: string | undefined;

/** Vitest's `globalSetup`. Each project of the configuration calls it; the first one makes the folder. */
export function setup(): void {
  if (process.env[variable] !== undefined) return;
  made = mkdtempSync(join(tmpdir(), "v4l2-stateless-test-"));
  // Some tests run as another user.
  chmodSync(made, 0o711);
  process.env[variable] = made;
}

/** Vitest calls it after the last test. */
export function teardown(): void {
  if (made !== undefined) rmSync(made, { recursive: true, force: true });
}

/** A new folder. */
export function temporaryFolder(): string {
  return mkdtempSync(join(process.env[variable] ?? tmpdir(), "files-"));
}
