import { ContainerError } from "../containers/container-error.ts";
import { type Arguments, type Command, parseArguments } from "./arguments.ts";
import { decode } from "./commands/decode.ts";
import { devices } from "./commands/devices.ts";
import { inspect } from "./commands/inspect.ts";
import { record } from "./commands/record.ts";
import { trace } from "./commands/trace.ts";
import { validate } from "./commands/validate.ts";
import { helpText } from "./help.ts";
import { type RecordInput, type StreamInput, withInput } from "./input.ts";
import { CliError, type Io, OutputClosed } from "./io.ts";
import { printable } from "./printing/terminal.ts";
import { version } from "./version.ts";

type Run = (io: Io, input: StreamInput | RecordInput, args: Arguments) => Promise<number>;

const runs: Readonly<Record<Exclude<Command, "devices">, Run>> = { record, inspect, validate, trace, decode };

/**
 * Runs one command line.
 *
 * @param argv without the program's own name.
 * @returns the exit status: 0 fine, 1 refusals, 2 unusable input, arguments or device.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const args = parseArguments(argv);
    if ("text" in args) {
      await io.stdout.write(args.text === "help" ? helpText(args.command) : `${version}\n`);
      return 0;
    }
    const { command } = args;
    if (command === "devices") return await devices(io);
    return await withInput(io, args, (input) => runs[command](io, input, args));
  } catch (thrown) {
    if (thrown instanceof OutputClosed) return 0;
    if (!(thrown instanceof CliError || thrown instanceof ContainerError)) throw thrown;
    await io.stderr.write(`v4l2-stateless: ${printable(thrown.message)}\n`);
    return 2;
  }
}
