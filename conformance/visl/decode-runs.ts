/**
 * In the machine: decodes streams with `v4l2-stateless decode`, all in one process, because a process takes seconds to start there.
 *
 *     node decode-runs.js '[{"id":…,"guestPath":…,"mode":…,"hasModes":…}]'
 *
 * Each is decoded twice, the second time without trace; decoded.json gets what both times were printed.
 */
import { writeFileSync } from "node:fs";
import type { Sink } from "../../src/cli/io.ts";
import { main } from "../../src/cli/run.ts";
import type { Run } from "./visl-streams.ts";

/** What `decode --md5` printed and returned. */
export interface Decoded {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const tracing = "/sys/kernel/tracing";

/** Keeps what is written. */
class Collector implements Sink {
  readonly isTerminal = false;
  text = "";

  async write(data: string | Uint8Array): Promise<void> {
    this.text += data;
  }
}

async function decode({ guestPath, mode, hasModes }: Run): Promise<Decoded> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const importContainerLibrary = () => import("mediabunny");
  const io = { stdin: process.stdin, stdout, stderr, environment: process.env, importContainerLibrary };
  const status = await main(["decode", guestPath, "--md5", ...(hasModes ? ["--decode-mode", mode] : [])], io);
  return { status, stdout: stdout.text, stderr: stderr.text };
}

const results: Record<string, readonly Decoded[]> = {};
for (const run of JSON.parse(process.argv[2]!) as Run[]) {
  writeFileSync(`${tracing}/tracing_on`, "1");
  writeFileSync(`${tracing}/trace_marker`, `run ${run.id}`);
  const first = await decode(run);
  writeFileSync(`${tracing}/tracing_on`, "0");
  results[run.id] = [first, await decode(run)];
}
writeFileSync(`${tracing}/tracing_on`, "1");
writeFileSync("decoded.json", JSON.stringify(results));
