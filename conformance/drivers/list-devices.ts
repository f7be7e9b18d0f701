/** In the machine: prints what `v4l2-stateless devices` prints. */
import type { Sink } from "../../src/cli/io.ts";
import { main } from "../../src/cli/run.ts";

const sink = (stream: NodeJS.WriteStream): Sink => ({
  isTerminal: false,
  write: async (data) => void stream.write(data),
});
process.exitCode = await main(["devices"], {
  stdin: process.stdin,
  stdout: sink(process.stdout),
  stderr: sink(process.stderr),
  environment: { NO_COLOR: "1" },
  importContainerLibrary: () => import("mediabunny"),
});
