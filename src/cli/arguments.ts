import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Codec } from "../events.ts";
import type { SessionOptions } from "../options.ts";
import type { Target } from "../targets/index.ts";
import { CliError } from "./io.ts";
import {
  type Command,
  commands,
  commandsWith,
  manyInputs,
  type OptionName,
  optionNames,
  options,
  optionsOf,
  type Shell,
  shells,
} from "./options.ts";
import { RequestSet } from "./request-set.ts";
import { suggestion } from "./suggest.ts";

/** Which errors are printed, and where: see `ErrorReport`. */
export type ShownErrors = "first" | "all" | "only";
/** When text has colours. */
export type ColorChoice = "auto" | "always" | "never";

/** What a command was asked to do. */
export interface Arguments {
  readonly command: Command;
  /** Paths, or `"-"` for standard input. Empty for a command that reads nothing. */
  readonly inputs: readonly string[];
  /** The codec that was named; undefined means that the content decides. */
  readonly codec: Codec | undefined;
  /** The name of a target or a board, in lower case; undefined where none was named. */
  readonly targetName: string | undefined;
  readonly session: SessionOptions;
  /** A path, or `"-"` for standard output. */
  readonly output: string;
  /** A device's path; undefined means the device with the largest pictures for the codec. */
  readonly device: string | undefined;
  /** Print a line for each frame instead of writing the frame. */
  readonly md5: boolean;
  /** Send also what the device's driver is known not to decode. */
  readonly force: boolean;
  readonly withData: boolean;
  /** The requests that are wanted; undefined means all. */
  readonly request: RequestSet | undefined;
  /** The fields that are wanted, as they were given; undefined means all. */
  readonly fields: readonly string[] | undefined;
  /** The kinds of units that are wanted, as they were given; undefined means all. */
  readonly units: readonly string[] | undefined;
  readonly summary: boolean;
  /** `diff` shows the differences of every pair, those of fields as they were sent, and only the unexplained ones. */
  readonly all: boolean;
  readonly raw: boolean;
  readonly unexplained: boolean;
  readonly json: boolean;
  readonly errors: ShownErrors;
  /** Any error makes the exit status 1. */
  readonly strict: boolean;
  readonly color: ColorChoice;
  /** For `completion`. */
  readonly shell: Shell | undefined;
  /** The options that were given. */
  readonly given: ReadonlySet<OptionName>;
}

/** What a command does with one of its inputs. */
export interface Job extends Arguments {
  /** A path, or `"-"`. */
  readonly input: string;
  /** The named target for the input's codec; `generic` where none was named. */
  readonly target: Target;
}

/** Text to print instead of running a command. */
export interface Wanted {
  readonly text: "help" | "version";
  /** The command whose help is wanted; undefined for the whole program. */
  readonly command: Command | undefined;
}

type Values = Readonly<Partial<Record<OptionName, string | true>>>;

/** @throws CliError with one line for a person. */
export function parseArguments(argv: readonly string[]): Arguments | Wanted {
  const named = argv[0];
  if (named === undefined) throw new CliError("a command is missing; see v4l2-stateless --help");
  if (named.startsWith("-") && named !== "-") return wantedOf(parse(undefined, argv).values, undefined) ?? missing();
  if (named.toLowerCase() === "help") {
    return { text: "help", command: argv[1] === undefined ? undefined : commandOf(argv[1]) };
  }
  const command = commandOf(named);
  const { values, positionals } = parse(command, argv.slice(1));
  return wantedOf(values, command) ?? argumentsOf(command, values, positionals);
}

function commandOf(word: string): Command {
  const command = commands.find((candidate) => candidate === word.toLowerCase());
  if (command !== undefined) return command;
  const near = suggestion(word, commands);
  throw new CliError(`unknown command ${word}${near === "" ? `; there are ${commands.join(", ")}` : near}`);
}

function missing(): never {
  throw new CliError("the command must come first; see v4l2-stateless --help");
}

function wantedOf(values: Values, command: Command | undefined): Wanted | undefined {
  if (values.help === true) return { text: "help", command };
  return values.version === true ? { text: "version", command } : undefined;
}

/** Node splits the words. Their values are checked here, so that all messages are ours. */
function parse(command: Command | undefined, args: readonly string[]) {
  const config: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { type, short }] of Object.entries(options)) {
    const words = { type: type === "string" ? "string" : "boolean" } as const;
    config[name] = short === undefined ? words : { ...words, short };
  }
  const parsed = parseArgs({ args: [...args], options: config, strict: false, allowPositionals: true, tokens: true });
  const values: Partial<Record<OptionName, string | true>> = {};
  for (const token of parsed.tokens) {
    if (token.kind !== "option") continue;
    const name = knownOption(args[token.index] ?? token.rawName, token, command);
    const value = optionValue(name, token.value, args[token.index + 1], command);
    const before = values[name];
    // With two drivers, nobody knows which one the answer is about.
    if (name === "target" && before !== undefined && before !== value) {
      throw new CliError(`--target is given twice, as ${before} and ${value}: name one; ${seeHelp(command)}`);
    }
    values[name] = options[name].many && values[name] !== undefined ? `${values[name]},${value}` : value;
  }
  return { values, positionals: parsed.positionals };
}

function seeHelp(command: Command | undefined): string {
  return `see v4l2-stateless ${command === undefined ? "" : `${command} `}--help`;
}

/** @param word as it was given. One word may hold several short options. */
function knownOption(
  word: string,
  token: { readonly name: string; readonly rawName: string },
  command: Command | undefined,
): OptionName {
  const name = optionNames.find((candidate) => candidate === token.name);
  const taken = optionsOf(command).map(([option]) => option);
  if (name === undefined) {
    // -codec is meant as --codec.
    const long = word.replace(/^--?|=.*$/g, "");
    const near = long.length > 1 ? suggestion(long, taken, "--") : "";
    const given = long.length > 1 ? word.replace(/=.*$/, "") : token.rawName;
    throw new CliError(`unknown option ${given}${near}${near === "" ? "; " : " "}${seeHelp(command)}`);
  }
  if (command === undefined && name !== "help" && name !== "version") missing();
  if (command === undefined || commandsWith(name).includes(command)) return name;
  const takers = commandsWith(name);
  const verb = takers.length === 1 ? "does" : "do";
  throw new CliError(`${command} does not take --${name}; ${listOf(takers, "and")} ${verb}`);
}

/** `"a, b and c"`. */
function listOf(words: readonly string[], conjunction: "and" | "or"): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/** @param next the word after the option. */
function optionValue(
  name: OptionName,
  value: string | undefined,
  next: string | undefined,
  command: Command | undefined,
) {
  const { type, choices = [], value: shape = "" } = options[name];
  if (type === "boolean") {
    if (value !== undefined) throw new CliError(`--${name} takes no value; it was given ${JSON.stringify(value)}`);
    return true;
  }
  if (type === "optional") {
    if (value === undefined && next !== undefined && choices.includes(next)) {
      throw new CliError(`write --${name}=${next}; a file of that name is ./${next}`);
    }
    return value === undefined ? true : checked(name, value);
  }
  // "-" is a file, and a number may be negative: the code that uses the value checks it.
  const isOption = value !== undefined && /^-[^0-9]/.test(value);
  if (value === undefined || (isOption && value === next)) {
    throw new CliError(`--${name} needs a value, ${shape}; ${seeHelp(command)}`);
  }
  return checked(name, value);
}

function checked(name: OptionName, value: string): string {
  const { choices, aliases = {}, families = {} } = options[name];
  if (value === "") throw new CliError(`--${name} is empty`);
  if (choices === undefined) return value;
  const word = value.toLowerCase();
  const found = Object.hasOwn(aliases, word) ? aliases[word] : word;
  if (found !== undefined && choices.includes(found)) return found;
  const members = Object.hasOwn(families, word) ? families[word] : undefined;
  const near =
    members === undefined
      ? suggestion(word, choices)
      : `, which has several: name ${members.slice(0, -1).join(", ")} or ${members.at(-1)}, or the chip`;
  throw new CliError(`--${name} must be one of ${choices.join(", ")}, not ${value}${near}`);
}

function argumentsOf(command: Command, values: Values, positionals: readonly string[]): Arguments {
  checkTogether(command, values);
  const text = (name: OptionName): string | undefined => {
    const value = values[name];
    return value === true ? undefined : value;
  };
  const request = text("request");
  if (command === "explain" && request === undefined) {
    throw new CliError("explain: name the requests with --request: --request 3; inspect lists them");
  }
  return {
    command,
    ...positionalsOf(command, positionals),
    codec: text("codec") as Codec | undefined,
    targetName: text("target"),
    session: sessionOf(text, values["raw-controls"] === true),
    output: text("output") ?? defaultOutput(command, values),
    device: text("device"),
    md5: values.md5 === true,
    force: values.force === true,
    withData: values["with-data"] === true,
    request: request === undefined ? undefined : new RequestSet(request),
    fields: pathsOf(text("field")),
    units: text("unit")
      ?.split(",")
      .map((kind) => kind.trim()),
    summary: values.summary === true,
    all: values.all === true,
    raw: values.raw === true,
    unexplained: values.unexplained === true,
    json: values.json === true,
    errors: values.errors === true ? "only" : ((values.errors ?? "first") as ShownErrors),
    strict: values.strict === true,
    color: (text("color") ?? "auto") as ColorChoice,
    shell: command === "completion" ? shellOf(positionals) : undefined,
    given: new Set(Object.keys(values) as OptionName[]),
  };
}

/** What `--field` lists. */
function pathsOf(list: string | undefined): string[] | undefined {
  const paths = list?.split(",").map((path) => path.trim());
  if (paths?.includes("")) {
    throw new CliError(
      `--field: a field is missing in ${JSON.stringify(list)}; name fields as h264_pps.pic_init_qp_minus26`,
    );
  }
  return paths;
}

function sessionOf(text: (name: OptionName) => string | undefined, rawControls: boolean): SessionOptions {
  return {
    decodeMode: text("decode-mode") as SessionOptions["decodeMode"],
    startCode: text("start-code") as SessionOptions["startCode"],
    startAt: text("start-at") as SessionOptions["startAt"],
    missingReferences: text("missing-references") as SessionOptions["missingReferences"],
    output: text("output-at") as SessionOptions["output"],
    operatingPoint: operatingPointOf(text("operating-point")),
    rawControls,
    kernel: kernelOf(text("kernel")),
  };
}

/** Refuses options that have no effect together with others, or without others. */
function checkTogether(command: Command, values: Values): void {
  for (const name of Object.keys(values) as OptionName[]) {
    const { needs, excludes } = options[name];
    const needed = needs?.[command];
    if (needed !== undefined && values[needed] === undefined) {
      throw new CliError(`${command} takes --${name} only with --${needed}: without it, it has no effect`);
    }
    // The value of an option that was given without one.
    const value = values[name] === true ? "only" : (values[name] ?? "");
    const takers = options[name].choicesOnly?.[value];
    if (takers?.includes(command) === false) {
      throw new CliError(`${command} does not take --${name}=${value}; ${listOf(takers, "and")} do`);
    }
    if (excludes === undefined || (excludes.when !== undefined && excludes.when !== value)) continue;
    const other = excludes.names.find((each) => values[each] !== undefined);
    if (other !== undefined)
      throw new CliError(`--${name} and --${other} cannot both be given: each selects what is printed`);
  }
}

function positionalsOf(command: Command, positionals: readonly string[]): Pick<Arguments, "inputs"> {
  if (command === "completion") return { inputs: [] };
  if (command === "devices") {
    if (positionals.length > 0) throw new CliError("devices takes no input");
    return { inputs: [] };
  }
  if (command === "capture") {
    if (positionals.length > 0) return { inputs: positionals };
    throw new CliError(
      "capture: name a program and its arguments after --: v4l2-stateless capture -o out.jsonl -- program …",
    );
  }
  if (command === "diff" && (positionals.length !== 2 || positionals.includes(""))) {
    throw new CliError(
      `diff takes two inputs, and ${positionals.length} ${positionals.length === 1 ? "is" : "are"} named`,
    );
  }
  if (positionals.length === 0 || positionals.includes("")) {
    throw new CliError(`${command}: name an input; - is standard input`);
  }
  const more = positionals.slice(1);
  if (more.length > 0 && command !== "diff" && !manyInputs.includes(command)) {
    throw new CliError(`${command} takes one input; ${more.join(" ")} is too many`);
  }
  if (positionals.filter((input) => input === "-").length > 1) {
    throw new CliError("standard input, -, can be read only once");
  }
  return { inputs: positionals };
}

function shellOf([word, ...more]: readonly string[]): Shell {
  const shell = shells.find((candidate) => candidate === word?.toLowerCase());
  if (shell !== undefined && more.length === 0) return shell;
  throw new CliError(`completion: name one shell: ${shells.join(", ")}`);
}

/** Refuses to write video to a terminal. */
function defaultOutput(command: Command, values: Values): string {
  if (command !== "decode" || values.md5 === true) return "-";
  throw new CliError("decode: name a file for the frames with -o; -o - is standard output");
}

function operatingPointOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[0-9]{1,2}$/.test(value) && Number(value) <= 31) return Number(value);
  throw new CliError(`--operating-point must be a number from 0 to 31, not ${value}`);
}

function kernelOf(value: string | undefined): string | undefined {
  if (value === undefined || /^[0-9]+\.[0-9]+(?:[.-].*)?$/.test(value)) return value;
  throw new CliError(`--kernel must be a version like 6.1, not ${value}`);
}
