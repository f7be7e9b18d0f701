/** The manual page. It is made from the table of options. */
import { details, exitText, inputText, optionWords, purpose, targetParagraphs, usageOf } from "./help.ts";
import { type Command, commandSummaries, commands, commandsWith, optionNames, options } from "./options.ts";
import { fold } from "./printing/terminal.ts";

/** The page in roff, with the macros of man(7). */
export function manualPage(version: string): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["NAME", ["v4l2\\-stateless \\- what a V4L2 stateless video decoder must be told"]],
    ["SYNOPSIS", commands.flatMap((command) => [".br", ".B v4l2\\-stateless", escaped(usageOf(command))]).slice(1)],
    ["DESCRIPTION", [escaped(purpose), ".PP", escaped(inputText)]],
    ["COMMANDS", commands.flatMap(commandLines)],
    ["OPTIONS", optionNames.flatMap(optionLines)],
    ["TARGETS", targetParagraphs.flatMap((text) => [".PP", escaped(text)]).slice(1)],
    ["EXIT STATUS", [escaped(exitText.replace("Exit status: ", ""))]],
    ["ENVIRONMENT", environment],
    ["EXAMPLES", examples.flatMap(([command, what]) => [".TP", `.B ${escaped(command)}`, escaped(what)])],
  ];
  const body = sections.flatMap(([title, lines]) => [`.SH ${title}`, ...lines]);
  return `${[`.TH V4L2\\-STATELESS 1 "" "v4l2\\-stateless ${version}" "User Commands"`, ...body].join("\n")}\n`;
}

const environment: readonly string[] = [
  ".TP",
  ".B NO_COLOR",
  "When it is not empty, nothing is coloured, unless FORCE_COLOR or \\-\\-color says otherwise.",
  ".TP",
  ".B FORCE_COLOR",
  "Colours also where standard output is no terminal; 0 or false: none.",
];

const examples: readonly (readonly [string, string])[] = [
  ["v4l2-stateless inspect clip.mp4", "The pictures of a file, a line each."],
  ["v4l2-stateless inspect --summary clip.264", "What a stream is made of, on a screen."],
  ["v4l2-stateless trace --unit slice --request 12 clip.264", "The slice headers of request 12, bit by bit."],
  ["v4l2-stateless validate --target rk3588 clip.mkv", "What the decoder of a board would refuse."],
  ["v4l2-stateless inspect --json clip.264 | jq .picture.type", "The same for programs."],
];

function commandLines(command: Command): string[] {
  const [first = "", ...more] = details[command];
  const rest = more.flatMap((text) => [".IP", escaped(text)]);
  return [".TP", `.B ${escaped(usageOf(command))}`, escaped(`Prints ${commandSummaries[command]}. ${first}`), ...rest];
}

function optionLines(name: (typeof optionNames)[number]): string[] {
  const option = options[name];
  const takers = commandsWith(name);
  const all = takers.length === commands.length ? "All commands." : `For ${takers.join(", ")}.`;
  return [".TP", `.B ${escaped(optionWords(name, option))}`, escaped(`${option.help}. ${all}`)];
}

/** Escapes text for roff, and breaks the source lines to fit a terminal. */
function escaped(text: string): string {
  const plain = text.replace(/\\/g, "\\e").replace(/-/g, "\\-").replace(/…/g, "...");
  return fold(plain, 78, 0).replace(/^(?=[.'])/gm, "\\&");
}
