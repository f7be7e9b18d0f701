/** What `v4l2-stateless devices` says of the machine's decoders, against devices.txt. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleForMachine } from "../machine/bundle.ts";
import { runInMachine } from "./driver-machine.ts";

const path = new URL("devices.txt", import.meta.url);

/** The lines that are not in both. `write` writes the file. */
export async function listingDifferences(kernel: string, write: boolean): Promise<string[]> {
  const share = mkdtempSync(join(tmpdir(), "devices-"));
  try {
    const seen = await runInMachine(share, 900, ["node", await bundleForMachine("drivers", "list-devices")]);
    const text = `${kernel}\n\n${seen}`;
    if (write) writeFileSync(path, text);
    const known = existsSync(path) ? readFileSync(path, "utf8") : "";
    if (known === text) return [];
    const [a, b] = [known.split("\n"), text.split("\n")];
    return [
      ...a.filter((line) => !b.includes(line)).map((line) => `devices.txt: - ${line}`),
      ...b.filter((line) => !a.includes(line)).map((line) => `devices.txt: + ${line}`),
    ];
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}
