/** Runs fault-runs.ts in a machine. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleForMachine } from "../machine/bundle.ts";
import { linesFromMachine } from "./driver-machine.ts";
import type { FakeNode } from "./nodes.ts";

/** @returns the exit status: 1 where a check failed. */
export async function runFaults(
  nodes: readonly FakeNode[],
  frames: number,
  print: (line: string) => void,
): Promise<number> {
  const share = mkdtempSync(join(tmpdir(), "faults-"));
  try {
    const script = await bundleForMachine("drivers", "fault-runs");
    const words = [...(frames > 0 ? ["--frames", String(frames)] : []), ...nodes.map(({ name }) => name)];
    // The script's own status would hide what it printed.
    const command = ["sh", "-c", `node ${script} ${words.join(" ")}; true`];
    const seconds = 300 + nodes.length * (300 + frames / 2);
    const lines: string[] = [];
    for await (const line of linesFromMachine(share, seconds, command)) {
      lines.push(line);
      if (!line.startsWith("ok")) print(line);
    }
    const failed = lines.filter((line) => !line.startsWith("ok"));
    // The last check of a node is that of the kernel's warnings.
    const finished = nodes.filter(({ name }) => lines.some((line) => line.includes(`${name}: no warning`)));
    for (const { name } of nodes.filter((node) => !finished.includes(node))) print(`FAILED  ${name}: not finished`);
    print(`${nodes.length} nodes, ${lines.length} checks, ${failed.length} failed`);
    return failed.length === 0 && finished.length === nodes.length ? 0 : 1;
  } finally {
    rmSync(share, { recursive: true, force: true });
  }
}
