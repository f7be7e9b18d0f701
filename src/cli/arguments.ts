import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Codec } from "../events.ts";
import type { SessionOptions } from "../options.ts";
import { recordCodecs } from "../record/index.ts";
import { type Target, targetByName, targets } from "../targets/index.ts";
import { CliError } from "./io.ts";

/** The commands there are. */
export const commands = ["record", "inspect", "validate", "trace", "decode", "devices"] as const;
export type Command = (typeof commands)[number];

/** The commands that say what a driver takes by its name; `decode` asks the device. */
const describing = ["record", "inspect", "validate", "trace"] as const;
/** The commands that read an input. */
const reading = [...describing, "decode"] as const;

/** What a command was asked to do. */
export interface Arguments {
  readonly command: Command;
  /** A path, or `"-"` for standard input. Empty for a command that reads nothing. */
  readonly input: string;
  /** Undefined: from the content. */
  readonly codec: Codec | undefined;
  readonly target: Target;
  readonly session: SessionOptions;
  /** A path, or `"-"` for standard output. */
  readonly output: string;
  /** A device's path; undefined: that for the largest pictures of the codec. */
  readonly device: string | undefined;
  /** A line for each frame instead of the frame. */
  readonly md5: boolean;
  readonly withData: boolean;
  /** The request that `inspect` shows in full. */
  readonly request: number | undefined;
  /** The options given that say how requests are made: none of them makes sense for a record. */
  readonly streamOptions: readonly string[];
}

/** Text to print instead of running a command. */
export interface Wanted {
  readonly text: "help" | "version";
  /** Whose help; undefined for the whole program's. */
  readonly command: Command | undefined;
}

interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** What the value can be, when it is one of a few. */
  readonly choices?: readonly string[];
  /** The commands that have it; absent: all. */
  readonly only?: readonly Command[];
  /** It says how requests are made of a stream. */
  readonly stream?: true;
  /** For the help: the value, and one line. */
  readonly value?: string;
  readonly help: string;
}

/** Every option, in the order of the help. */
export const options = {
  codec: {
    type: "string",
    choices: recordCodecs,
    only: reading,
    stream: true,
    value: "<codec>",
    help: `${recordCodecs.join(", ")}; default: from the content`,
  },
  target: {
    type: "string",
    choices: targets.map(({ name }) => name),
    only: describing,
    value: "<target>",
    help: "the driver, one of those below: its controls, modes and limits",
  },
  "decode-mode": {
    type: "string",
    choices: ["frame", "slice"],
    only: reading,
    stream: true,
    value: "frame|slice",
    help: "a request for each frame or field (default), or each slice",
  },
  "start-code": {
    type: "string",
    choices: ["annexb", "none"],
    only: reading,
    stream: true,
    value: "annexb|none",
    help: "00 00 01 before each slice (default), or nothing",
  },
  "start-at": {
    type: "string",
    choices: ["any", "random-access"],
    only: reading,
    stream: true,
    value: "any|random-access",
    help: "the first decodable picture (default), or random access point",
  },
  "missing-references": {
    type: "string",
    choices: ["mark", "nearest", "drop"],
    only: reading,
    stream: true,
    value: "mark|nearest|drop",
    help: "leave them out (default), take the nearest, or drop the picture",
  },
  "raw-controls": { type: "boolean", only: reading, stream: true, help: "payloads before the kernel's own rewriting" },
  kernel: {
    type: "string",
    only: describing,
    stream: true,
    value: "<version>",
    help: "leave out the controls that this kernel lacks (6.1)",
  },
  output: {
    type: "string",
    short: "o",
    only: ["record", "decode"],
    value: "<file>",
    help: "- is standard output, the default for text",
  },
  device: {
    type: "string",
    only: ["decode"],
    value: "<path>",
    help: "/dev/video0 or /dev/media0; default: that for the largest pictures of the codec",
  },
  md5: { type: "boolean", only: ["decode"], help: "a line for each frame, with the checksum of its visible part" },
  "with-data": { type: "boolean", only: ["record"], help: "the OUTPUT buffers' bytes too, as base64" },
  request: {
    type: "string",
    only: ["inspect"],
    value: "<number>",
    help: "every control of this request, field by field",
  },
  help: { type: "boolean", short: "h", help: "this text" },
  version: { type: "boolean", help: "the program's version" },
} as const satisfies Readonly<Record<string, Option>>;

type Values = Readonly<Partial<Record<keyof typeof options, string | boolean>>>;

/** The options that a command takes; without a command, those that all take that know drivers by name. */
export function optionsOf(command: Command | undefined): readonly (readonly [string, Option])[] {
  const all: readonly (readonly [string, Option])[] = Object.entries(options);
  const wanted = command === undefined ? describing : [command];
  return all.filter(([, { only }]) => only === undefined || wanted.every((name) => only.includes(name)));
}

/** @throws CliError with one line for a person. */
export function parseArguments(argv: readonly string[]): Arguments | Wanted {
  const named = argv[0];
  if (named === undefined) throw new CliError("a command is missing; see v4l2-stateless --help");
  if (named.startsWith("-") && named !== "-") return wantedOf(parse(undefined, argv).values, undefined) ?? missing();
  if (named === "help") return { text: "help", command: commands.find((command) => command === argv[1]) };
  const command = commands.find((candidate) => candidate === named);
  if (command === undefined) throw new CliError(`unknown command ${named}; there are ${commands.join(", ")}`);
  const { values, positionals } = parse(command, argv.slice(1));
  return wantedOf(values, command) ?? argumentsOf(command, values, positionals);
}

function missing(): never {
  throw new CliError("the command must come first; see v4l2-stateless --help");
}

function wantedOf(values: Values, command: Command | undefined): Wanted | undefined {
  if (values.help === true) return { text: "help", command };
  return values.version === true ? { text: "version", command } : undefined;
}

function parse(
  command: Command | undefined,
  args: readonly string[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  const config: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { type, short }] of optionsOf(command))
    config[name] = short === undefined ? { type } : { type, short };
  try {
    return parseArgs({ args: [...args], options: config, allowPositionals: true });
  } catch (thrown) {
    // Node's messages end in advice for the programmer, which is left out.
    const [first] = (thrown instanceof Error ? thrown.message : String(thrown)).split(/\.(?:\s|$)|\n/);
    throw new CliError(`${first}; see v4l2-stateless ${command === undefined ? "" : `${command} `}--help`);
  }
}

function argumentsOf(command: Command, values: Values, positionals: readonly string[]): Arguments {
  const [input = command === "devices" ? "" : undefined, ...more] = positionals;
  if (command === "devices" && input !== "") throw new CliError("devices takes no input");
  if (input === undefined || (input === "" && command !== "devices")) {
    throw new CliError(`${command}: name an input; - is standard input`);
  }
  if (more.length > 0) throw new CliError(`${command} takes one input; ${more.join(" ")} is too many`);
  const text = (name: keyof typeof options): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? checked(name, value) : undefined;
  };
  return {
    command,
    input,
    codec: text("codec") as Codec | undefined,
    target: targetByName(text("target") ?? "generic") as Target,
    session: {
      decodeMode: text("decode-mode") as SessionOptions["decodeMode"],
      startCode: text("start-code") as SessionOptions["startCode"],
      startAt: text("start-at") as SessionOptions["startAt"],
      missingReferences: text("missing-references") as SessionOptions["missingReferences"],
      rawControls: values["raw-controls"] === true,
      kernel: kernelOf(text("kernel")),
    },
    output: text("output") ?? defaultOutput(command, values),
    device: text("device"),
    md5: values.md5 === true,
    withData: values["with-data"] === true,
    request: requestOf(text("request")),
    streamOptions: optionsOf(command)
      .filter(([name, { stream }]) => stream === true && Object.hasOwn(values, name))
      .map(([name]) => `--${name}`),
  };
}

/** Nobody wants a film on their terminal. */
function defaultOutput(command: Command, values: Values): string {
  if (command !== "decode" || values.md5 === true) return "-";
  throw new CliError("decode: name a file for the frames with -o; -o - is standard output");
}

function checked(name: keyof typeof options, value: string): string {
  const { choices }: Option = options[name];
  if (value === "") throw new CliError(`--${name} is empty`);
  if (choices === undefined || choices.includes(value)) return value;
  throw new CliError(`--${name} must be one of ${choices.join(", ")}, not ${value}`);
}

function kernelOf(value: string | undefined): string | undefined {
  if (value === undefined || /^[0-9]+\.[0-9]+(?:[.-].*)?$/.test(value)) return value;
  throw new CliError(`--kernel must be a version like 6.1, not ${value}`);
}

function requestOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[0-9]{1,15}$/.test(value)) return Number(value);
  throw new CliError(`--request must be a request's number, 0 or more, not ${value}`);
}
