import { ContainerError } from "../containers/container-error.ts";
import { generic } from "../targets/generic.ts";
import { type Arguments, type Job, parseArguments } from "./arguments.ts";
import { checkEffects } from "./effects.ts";
import { codecOf, type RecordInput, type StreamInput, withInput } from "./input.ts";
import { CliError, type Io, OutputClosed } from "./io.ts";
import type { Command } from "./options.ts";
import { jsonLine } from "./printing/json.ts";
import { printable, styleFor } from "./printing/terminal.ts";
import { chooseTarget } from "./targets.ts";
import { version } from "./version.ts";

type Run = (io: Io, input: StreamInput | RecordInput, args: Job) => Promise<number>;

/** A command's module is loaded when it runs: loading all of them would take longer than a small stream. */
const runs: Readonly<
  Record<Exclude<Command, "devices" | "completion" | "capture" | "stats" | "lint" | "diff">, () => Promise<Run>>
> = {
  record: async () => (await import("./commands/record.ts")).record,
  import: async () => (await import("./commands/import.ts")).importCapture,
  export: async () => (await import("./commands/export.ts")).exportTrace,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  validate: async () => (await import("./commands/validate.ts")).validate,
  trace: async () => (await import("./commands/trace.ts")).trace,
  explain: async () => (await import("./commands/explain.ts")).explain,
  decode: async () => (await import("./commands/decode.ts")).decode,
};

/**
 * Runs one command line.
 *
 * @param argv without the program's own name.
 * @returns the exit status: 0 fine, 1 refusals, differences, or errors with `--strict`, 2 unusable input, arguments or device.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  return quietly(io, async () => {
    const args = parseArguments(argv);
    if ("text" in args) {
      if (args.text === "help") {
        const { helpText } = await import("./help.ts");
        await io.stdout.write(helpText(args.command, io.stdout.columns));
      } else await io.stdout.write(`${version}\n`);
      return 0;
    }
    const { command } = args;
    if (command === "completion") {
      const { completionScript } = await import("./completion.ts");
      await io.stdout.write(completionScript(args.shell ?? "bash"));
      return 0;
    }
    if (command === "diff") return (await import("./commands/diff.ts")).diff(io, args);
    if (command === "devices") return (await import("./commands/devices.ts")).devices(io, args);
    if (command === "capture") return (await import("./commands/capture.ts")).capture(io, args);
    if (command === "stats" || command === "lint") {
      const job = { ...args, input: args.inputs[0] ?? "-", target: generic };
      const { withCapture } = await import("./capture-input.ts");
      const run =
        command === "stats" ? (await import("./commands/stats.ts")).stats : (await import("./commands/lint.ts")).lint;
      return withCapture(job, io, (input) => run(io, input, job));
    }
    return runAll(io, args, await runs[command]());
  });
}

/** Runs the command for all inputs, one after the other. If one cannot be read, the others are read all the same. */
async function runAll(io: Io, args: Arguments, run: Run): Promise<number> {
  const [first, ...more] = args.inputs;
  if (first === undefined || more.length === 0) return runOne(io, args, run, first ?? "-", "");
  let status = 0;
  for (const [i, input] of args.inputs.entries()) {
    const heading = `${i === 0 ? "" : "\n"}==> ${input === "-" ? "standard input" : printable(input)} <==`;
    status = Math.max(status, await telling(io, () => runOne(io, args, run, input, heading)));
  }
  return status;
}

/** @param heading empty where there is one input. */
async function runOne(io: Io, args: Arguments, run: Run, input: string, heading: string): Promise<number> {
  return withInput(io, { ...args, input }, async (opened) => {
    const codec = codecOf(opened);
    checkEffects(args, opened);
    const target = await chooseTarget(io, args, codec);
    if (args.json) await io.stdout.write(jsonLine({ type: "input", input: opened.name, kind: opened.kind, codec }));
    else if (heading !== "") await io.stdout.write(`${styleFor(io, args.color).bold(heading)}\n`);
    return run(io, opened, { ...args, input, target });
  });
}

/** As `telling`. It is no error when nobody reads the output any more. */
async function quietly(io: Io, body: () => Promise<number>): Promise<number> {
  try {
    return await telling(io, body);
  } catch (thrown) {
    if (thrown instanceof OutputClosed) return 0;
    throw thrown;
  }
}

/** Runs `body`, and returns the exit status. Prints unusable input or arguments on standard error. */
async function telling(io: Io, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (thrown) {
    if (!(thrown instanceof CliError || thrown instanceof ContainerError)) throw thrown;
    await io.stderr.write(`v4l2-stateless: ${printable(thrown.message)}\n`);
    return thrown instanceof CliError ? thrown.status : 2;
  }
}
