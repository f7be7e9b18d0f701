/** How the programs of this repository begin and end. The package's own command has a table of its options (src/cli). */

/** What a program was asked for cannot be done: a wrong word, a program that is not installed. The message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What `parseArgs` of Node throws: an unknown option, an option without its value. */
function isOfParseArgs(thrown: unknown): thrown is Error {
  return thrown instanceof Error && String((thrown as { code?: unknown }).code).startsWith("ERR_PARSE_ARGS_");
}

/**
 * The exit status of a program: what `main` gives; 0 after `--help`, which prints the usage; 2 after a UsageError. Anything else
 * that is thrown is a fault of ours, and is thrown on.
 */
export async function statusOf(usage: string, words: readonly string[], main: () => Promise<number>): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  try {
    return await main();
  } catch (thrown) {
    if (!(thrown instanceof UsageError) && !isOfParseArgs(thrown)) throw thrown;
    process.stderr.write(`${thrown.message}\n--help prints the options\n`);
    return 2;
  }
}

/** The value of an option as a whole number from `least` on. @throws UsageError for anything else. */
export function countOf(option: string, value: string, least = 1): number {
  const count = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(count) && count >= least) return count;
  throw new UsageError(`--${option} ${value}: give a whole number, ${least} or more`);
}
