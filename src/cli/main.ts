#!/usr/bin/env node
import { fstatSync } from "node:fs";
import { constants } from "node:os";
import { sinkOf } from "./files.ts";
import type { Sink } from "./io.ts";
import { main } from "./run.ts";

/** A sink for messages. It ignores that nobody reads them. */
function forgiving(sink: Sink): Sink {
  return {
    isTerminal: sink.isTerminal,
    get columns() {
      return sink.columns;
    },
    write: (text) => sink.write(text).catch(() => {}),
  };
}

// The standard streams are opened only when they are used: Node takes milliseconds for each, and standard input may be closed.
let stdout: Sink | undefined;
let stderr: Sink | undefined;
const openStderr = () => {
  stderr ??= forgiving(sinkOf(process.stderr, process.stderr.isTTY === true, "standard error"));
  return stderr;
};
try {
  const status = await main(process.argv.slice(2), {
    get stdin() {
      return process.stdin;
    },
    stdinFile: () => {
      try {
        const facts = fstatSync(0);
        return facts.isFile() ? facts : undefined;
      } catch {
        return undefined;
      }
    },
    get stdout() {
      stdout ??= sinkOf(process.stdout, process.stdout.isTTY === true, "standard output");
      return stdout;
    },
    get stderr() {
      return openStderr();
    },
    environment: process.env,
    importContainerLibrary: () => import("mediabunny"),
  });
  process.exitCode = status;
  // After an interruption, standard input may still be open, and would keep the process.
  if (status === 128 + constants.signals.SIGINT || status === 128 + constants.signals.SIGTERM) process.exit();
} catch (thrown) {
  const trace = thrown instanceof Error ? thrown.stack : String(thrown);
  await openStderr().write(`v4l2-stateless: this is a bug in this program, please report it\n${trace}\n`);
  process.exitCode = 2;
}
