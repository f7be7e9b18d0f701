/** Options that would have no effect on an input. */
import type { Arguments } from "./arguments.ts";
import { codecOf, type RecordInput, type StreamInput } from "./input.ts";
import { CliError } from "./io.ts";
import { type OptionName, options } from "./options.ts";

/** @throws CliError where an option that was given changes nothing for this input. */
export function checkEffects({ command, given }: Arguments, input: StreamInput | RecordInput): void {
  const names = [...given];
  if (input.kind === "record") {
    // With a record, a target can be used to check it, but not to make its requests.
    // Of a capture, a codec chooses the decoder.
    const idle = names.filter(
      (name) =>
        (options[name].stream === true && !(name === "codec" && input.capture)) ||
        (name === "target" && command !== "validate"),
    );
    if (idle.length > 0) {
      const text = idle.map((name) => `--${name}`).join(", ");
      throw new CliError(`${input.name}: a record holds requests that were made already: ${text} cannot change them`);
    }
    return;
  }
  const codec = codecOf(input);
  const idle = names.find((name) => options[name].codecs?.includes(codec) === false);
  if (idle !== undefined) throw new CliError(`${input.name}: --${idle} has no effect on ${codec}; ${takersOf(idle)}`);
}

function takersOf(name: OptionName): string {
  return `it is for ${options[name].codecs?.join(", ")}`;
}
