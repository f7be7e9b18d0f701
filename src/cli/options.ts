/** The commands and options: one table, from which parsing, help, manual and completions come. */
import type { Codec } from "../events.ts";
import { recordCodecs } from "../record/format.ts";
import { boardNames, driverTargets, targetNames } from "../targets/names.ts";

/** The commands, with a summary of what each prints. */
export const commandSummaries = {
  record: "the requests of a stream, as a record (JSON Lines)",
  inspect: "the pictures, a line each; --request N: one request in full",
  validate: "what the kernel and the target would refuse, and why",
  diff: "what two captures, or a capture and a stream, differ in, and why",
  trace: "every syntax element with its bit position",
  explain: "what each field of a request was made of: syntax elements, inferences, state, constants",
  capture: "the record of what a program tells its decoder (… -- program arguments)",
  import: "the record of a capture: of strace, v4l2-tracer, ftrace with visl, or the recorder of capture",
  export: "a stream's or a record's requests, as a trace for v4l2-tracer retrace",
  stats: "how often a captured program called each ioctl, errors, buffers, and where its pictures went",
  lint: "the mistakes of a captured program in the life of formats, buffers and requests",
  decode: "the frames of a stream, decoded by a device of this machine",
  devices: "the stateless decoders of this machine, and what each takes",
  completion: "a script that completes this program's commands in a shell",
} as const;
export type Command = keyof typeof commandSummaries;
export const commands = Object.keys(commandSummaries) as readonly Command[];

/** The commands that make a stream's requests for a named driver. `decode` makes them for the device instead. */
const describing: readonly Command[] = ["record", "inspect", "validate", "export"];
/** The commands that print lines for people. */
const printing: readonly Command[] = ["inspect", "validate", "diff", "trace", "explain", "stats", "lint", "devices"];
/** The commands that read several inputs, one after the other. */
export const manyInputs: readonly Command[] = ["inspect", "validate", "trace"];
/** The commands that make a stream's requests. */
const making: readonly Command[] = [...describing, "explain", "decode"];
/** The commands that read a stream's bytes and say what is lost in it. */
export const reading: readonly Command[] = [...making, "trace"];

/** The commands that write a record of what a program did. */
const capturing: readonly Command[] = ["capture", "import"];

/** The shells that `completion` writes for. */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export interface Option {
  /** `"optional"` means a value after "=", or none. */
  readonly type: "string" | "boolean" | "optional";
  readonly short?: string;
  /** The possible values, when there are only a few. */
  readonly choices?: readonly string[];
  /** For choices that not all commands of the option accept: the commands that do. */
  readonly choicesOnly?: Readonly<Record<string, readonly Command[]>>;
  /** Other words for a choice. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Words for several choices, of which one must be named. */
  readonly families?: Readonly<Record<string, readonly string[]>>;
  /** It may be given more than once; its values may also be separated by commas. */
  readonly many?: true;
  /** The commands that have it. Absent means all. */
  readonly only?: readonly Command[];
  /** The commands that have it only together with another option. */
  readonly needs?: Readonly<Partial<Record<Command, OptionName>>>;
  /** Options that make no sense together with it; if `when` is given, only together with that value. */
  readonly excludes?: { readonly names: readonly OptionName[]; readonly when?: string };
  /** It decides how a stream's requests are made. */
  readonly stream?: true;
  /** The codecs for which it has an effect. Absent means all. */
  readonly codecs?: readonly Codec[];
  /** For the help: the value, and what it does. */
  readonly value?: string;
  readonly help: string;
}

/** Names that programs and people give to the codecs. */
const codecAliases: Readonly<Record<string, Codec>> = {
  avc: "h264",
  avc1: "h264",
  "h.264": "h264",
  hevc: "h265",
  hvc1: "h265",
  "h.265": "h265",
  "mpeg-2": "mpeg2",
  mpeg2video: "mpeg2",
  av01: "av1",
};

/** Drivers with one target that has another name. */
const targetAliases: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(driverTargets).flatMap(([driver, [only, ...others]]) =>
    only === undefined || only === driver || others.length > 0 ? [] : [[driver, only]],
  ),
);

/** Drivers with several targets, also by the names that people give them. */
const driverFamilies: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(Object.entries(driverTargets).filter(([, names]) => names.length > 1)),
  hantro: driverTargets["hantro-vpu"] ?? [],
};

export type OptionName =
  | "codec"
  | "target"
  | "decode-mode"
  | "start-code"
  | "start-at"
  | "missing-references"
  | "output-at"
  | "operating-point"
  | "raw-controls"
  | "kernel"
  | "output"
  | "device"
  | "md5"
  | "force"
  | "with-data"
  | "request"
  | "field"
  | "unit"
  | "all"
  | "raw"
  | "unexplained"
  | "summary"
  | "json"
  | "errors"
  | "strict"
  | "color"
  | "help"
  | "version";

/** In `trace`, these options only decide which request a unit belongs to. */
const countsRequests = { trace: "request" } as const;
const withModes: readonly Codec[] = ["h264", "h265"];

/** Every option, in the order of the help. */
export const options: Readonly<Record<OptionName, Option>> = {
  codec: {
    type: "string",
    choices: recordCodecs,
    aliases: codecAliases,
    only: [...reading, ...capturing, "diff", "lint"],
    stream: true,
    value: "<codec>",
    help: `${recordCodecs.join(", ")} (or avc, hevc …); default: from the content`,
  },
  target: {
    type: "string",
    choices: [...new Set([...targetNames, ...boardNames])],
    aliases: targetAliases,
    families: driverFamilies,
    only: [...describing, "diff", "explain"],
    value: "<target>",
    help: "the driver or the chip, one of those below: its controls, modes and limits",
  },
  "decode-mode": {
    type: "string",
    choices: ["frame", "slice"],
    only: reading,
    needs: countsRequests,
    stream: true,
    codecs: withModes,
    value: "frame|slice",
    help: "a request for each frame or field (default), or each slice",
  },
  "start-code": {
    type: "string",
    choices: ["annexb", "none"],
    only: making,
    stream: true,
    codecs: withModes,
    value: "annexb|none",
    help: "00 00 01 before each slice (default), or nothing",
  },
  "start-at": {
    type: "string",
    choices: ["any", "random-access"],
    only: reading,
    needs: countsRequests,
    stream: true,
    codecs: ["h264", "h265", "vp9", "av1"],
    value: "any|random-access",
    help: "the first decodable picture (default), or random access point",
  },
  "missing-references": {
    type: "string",
    choices: ["mark", "nearest", "drop"],
    only: reading,
    needs: countsRequests,
    stream: true,
    value: "mark|nearest|drop",
    help: "leave them out (default), take the nearest, or drop the picture",
  },
  "output-at": {
    type: "string",
    choices: ["earliest", "c.4.5.3"],
    only: ["record", "inspect", "export", "decode"],
    stream: true,
    codecs: ["h264"],
    value: "earliest|c.4.5.3",
    help: "pictures go out when their place is known (default), or when the buffer is full",
  },
  "operating-point": {
    type: "string",
    only: reading,
    needs: countsRequests,
    stream: true,
    codecs: ["av1"],
    value: "<number>",
    help: "of a stream with layers, from 0 (default), which has all of them; 0 is taken where a sequence has no such point",
  },
  "raw-controls": { type: "boolean", only: making, stream: true, help: "payloads before the kernel's own rewriting" },
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
    only: ["record", ...capturing, "export", "decode"],
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
  force: { type: "boolean", only: ["decode"], help: "send also what the device's driver is known not to decode" },
  "with-data": { type: "boolean", only: ["record", ...capturing], help: "the OUTPUT buffers' bytes too, as base64" },
  request: {
    type: "string",
    many: true,
    only: ["inspect", "validate", "diff", "trace", "explain"],
    excludes: { names: ["summary", "all"] },
    value: "<numbers>",
    help: "only these requests: 3, 3..7, 3.., ..7 or 1,4..6; inspect and diff show them field by field; may be repeated",
  },
  field: {
    type: "string",
    many: true,
    only: ["explain"],
    value: "<path>",
    help: "only this field, or the fields that it contains: pps.pic_init_qp_minus26, sps.flags, dpb[2..15]; may be repeated",
  },
  unit: {
    type: "string",
    only: ["trace"],
    value: "<kinds>",
    help: "only units of these kinds: vps,sps,pps,slice,sei …, or any kind that the trace names",
  },
  all: { type: "boolean", only: ["diff"], help: "the differences of every pair, not only of the first few" },
  raw: {
    type: "boolean",
    only: ["diff"],
    excludes: { names: ["unexplained"] },
    help: "fields as they were sent: nothing is seen through, and no known fault is named",
  },
  unexplained: {
    type: "boolean",
    only: ["diff"],
    help: "only what a driver sees and no known fault explains; the exit status counts only that",
  },
  summary: { type: "boolean", only: ["inspect"], help: "counts instead of pictures, for a whole stream on a screen" },
  json: { type: "boolean", only: printing, help: "one JSON object a line (docs/json.md)" },
  errors: {
    type: "optional",
    choices: ["first", "all", "only"],
    choicesOnly: { only: manyInputs },
    only: reading,
    excludes: { names: ["summary", "unit", "request"], when: "only" },
    value: "[=first|all|only]",
    help: "errors on standard error: the first ten (default) or all; only, or no value: nothing else, on standard output",
  },
  strict: { type: "boolean", only: reading, help: "exit with 1 when there was any error" },
  color: {
    type: "string",
    choices: ["auto", "always", "never"],
    only: printing,
    value: "auto|always|never",
    help: "colours; auto: on a terminal, as NO_COLOR and FORCE_COLOR say",
  },
  help: { type: "boolean", short: "h", help: "this text" },
  version: { type: "boolean", short: "V", help: "the program's version" },
};

/** The names of all options. */
export const optionNames = Object.keys(options) as readonly OptionName[];

/** The commands that take an option. */
export function commandsWith(name: OptionName): readonly Command[] {
  return options[name].only ?? commands;
}

/** The options that a command takes; without a command, the options that all commands that make requests have. */
export function optionsOf(command: Command | undefined): readonly (readonly [OptionName, Option])[] {
  const wanted = command === undefined ? describing : [command];
  return optionNames
    .filter((name) => wanted.every((each) => commandsWith(name).includes(each)))
    .map((name) => [name, options[name]]);
}
