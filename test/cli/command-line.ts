import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import type { FileIdentity, Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/run.ts";

/** What a command line left behind. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function run(
  argv: readonly string[],
  input: {
    readonly stdin?: Iterable<Uint8Array>;
    /** The file that standard input is. */
    readonly stdinFile?: FileIdentity;
    readonly terminal?: boolean;
    /** Of the terminal. */
    readonly columns?: number;
    readonly environment?: Io["environment"];
    readonly importContainerLibrary?: Io["importContainerLibrary"];
  } = {},
): Promise<Outcome> {
  const text = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({
    isTerminal: input.terminal ?? input.columns !== undefined,
    columns: input.columns,
    write: async (written: string) => {
      text[name] += written;
    },
  });
  async function* stdin() {
    yield* input.stdin ?? [];
  }
  const status = await main(argv, {
    stdin: stdin(),
    stdinFile: () => input.stdinFile,
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    environment: input.environment ?? {},
    importContainerLibrary: input.importContainerLibrary ?? (() => import("mediabunny")),
  });
  return { status, ...text };
}

/** The path of a fixture. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** The text of a golden record. */
export function goldenText(name: string): string {
  return brotliDecompressSync(readFileSync(fixture(`${name}.jsonl.br`))).toString();
}

/** Text as standard input. */
export function bytesOf(text: string): Uint8Array[] {
  return [new TextEncoder().encode(text)];
}
