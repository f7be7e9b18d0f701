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

const stderr = forgiving(sinkOf(process.stderr, process.stderr.isTTY === true, "standard error"));
try {
  const status = await main(process.argv.slice(2), {
    // Standard input is opened only when it is used, because it may be closed.
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
    stdout: sinkOf(process.stdout, process.stdout.isTTY === true, "standard output"),
    stderr,
    environment: process.env,
    importContainerLibrary: () => import("mediabunny"),
  });
  process.exitCode = status;
  // After an interruption, standard input may still be open, and would keep the process.
  if (status === 128 + constants.signals.SIGINT || status === 128 + constants.signals.SIGTERM) process.exit();
} catch (thrown) {
  const trace = thrown instanceof Error ? thrown.stack : String(thrown);
  await stderr.write(`v4l2-stateless: this is a bug in this program, please report it\n${trace}\n`);
  process.exitCode = 2;
}
