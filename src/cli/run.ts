import { type Arguments, type Command, parseArguments } from "./arguments.ts";
import { helpText } from "./help.ts";
import { type RecordInput, type StreamInput, withInput } from "./input.ts";
import { inspect } from "./inspect.ts";
import { CliError, type Io, OutputClosed } from "./io.ts";
import { record } from "./record.ts";
import { printable } from "./terminal.ts";
import { trace } from "./trace.ts";
import { validate } from "./validate.ts";
import { version } from "./version.ts";

type Run = (io: Io, input: StreamInput | RecordInput, args: Arguments) => Promise<number>;

const runs: Readonly<Record<Command, Run>> = { record, inspect, validate, trace };

/**
 * Runs one command line.
 *
 * @param argv without the program's own name.
 * @returns the exit status: 0 fine, 1 refusals, 2 unusable input or arguments.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const args = parseArguments(argv);
    if ("text" in args) {
      await io.stdout.write(args.text === "help" ? helpText(args.command) : `${version}\n`);
      return 0;
    }
    return await withInput(io, args, (input) => runs[args.command](io, input, args));
  } catch (thrown) {
    if (thrown instanceof OutputClosed) return 0;
    if (!(thrown instanceof CliError)) throw thrown;
    await io.stderr.write(`v4l2-stateless: ${printable(thrown.message)}\n`);
    return 2;
  }
}
