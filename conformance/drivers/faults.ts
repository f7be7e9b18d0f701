/** Runs fault-runs.ts in a machine. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleForMachine } from "../machine/bundle.ts";
import { linesFromMachine } from "./driver-machine.ts";
import type { FakeNode } from "./nodes.ts";

export interface FaultOptions {
  /** Errors, hangs, kill -9, two sessions at once. */
  readonly faults: boolean;
  /** So many frames on each node; 0: none. */
  readonly frames: number;
}

/** @returns the exit status: 1 where a check failed. */
export async function runFaults(
  nodes: readonly FakeNode[],
  { faults, frames }: FaultOptions,
  print: (line: string) => void,
): Promise<number> {
  const share = mkdtempSync(join(tmpdir(), "faults-"));
  try {
    const script = await bundleForMachine("drivers", "fault-runs");
    const options = [...(faults ? ["--faults"] : []), ...(frames > 0 ? ["--frames", String(frames)] : [])];
    const words = [...options, ...nodes.map(({ name }) => name)];
    // The script's own status would hide what it printed.
    const command = ["sh", "-c", `node ${script} ${words.join(" ")}; true`];
    const seconds = 300 + nodes.length * ((faults ? 300 : 30) + frames / 2);
    const left = new Set(nodes.map(({ name }) => `end     ${name}`));
    let checks = 0;
    let failed = 0;
    for await (const line of linesFromMachine(share, seconds, command)) {
      if (left.delete(line)) continue;
      checks++;
      if (!line.startsWith("ok")) failed++;
      // The endurance's figures are of interest, too.
      if (!line.startsWith("ok") || frames > 0) print(line);
    }
    for (const line of left) print(`FAILED  ${line.replace(/^end +/, "")}: not finished`);
    print(`${nodes.length} nodes, ${checks} checks, ${failed} failed`);
    return failed === 0 && left.size === 0 ? 0 : 1;
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}
