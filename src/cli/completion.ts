/** Scripts that complete the program's commands. They are made from the table of options. */
import {
  type Command,
  commandSummaries,
  commands,
  type Option,
  type OptionName,
  optionsOf,
  type Shell,
  shells,
} from "./options.ts";

/** The values after an option: one of some words, a file, or any text. */
function valuesOf(name: OptionName, { choices, aliases = {} }: Option): readonly string[] | "file" | "text" {
  if (choices !== undefined) return [...choices, ...Object.keys(aliases)];
  return name === "output" || name === "device" ? "file" : "text";
}

/** `["--output", "-o"]`; with "=" where the value needs it. */
function wordsOf(name: OptionName, { short, type }: Option): string[] {
  const long = type === "optional" ? [`--${name}`, `--${name}=`] : [`--${name}`];
  return short === undefined ? long : [...long, `-${short}`];
}

/** The script for a shell. */
export function completionScript(shell: Shell): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell]();
}

function takesFiles(command: Command): boolean {
  return command !== "devices" && command !== "completion";
}

function bashScript(): string {
  const cases = commands.map((command) => {
    const words = optionsOf(command).flatMap(([name, option]) => wordsOf(name, option));
    return `    ${command}) options=${quoted(words.join(" "))} ;;`;
  });
  const values = new Map<string, string>();
  for (const command of commands) {
    for (const [name, option] of optionsOf(command)) {
      if (option.type === "boolean") continue;
      const found = valuesOf(name, option);
      const action = found === "file" ? "files" : found === "text" ? "none" : found.join(" ");
      for (const word of wordsOf(name, option)) values.set(word.replace(/=$/, ""), action);
    }
  }
  const words = [...values].map(([word, action]) => `    ${word}) values=${quoted(action)} ;;`);
  return `# bash completion of v4l2-stateless
_v4l2_stateless() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" options="" values=""
  COMPREPLY=()
  # "=" is a word of its own.
  if [[ $current == "=" ]]; then current=""
  elif [[ $previous == "=" ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"
  elif [[ $previous == --errors ]]; then previous=""; fi
  case "$previous" in
${words.join("\n")}
  esac
  case "$values" in
    files) COMPREPLY=($(compgen -f -- "$current")); return ;;
    none) return ;;
    ?*) COMPREPLY=($(compgen -W "$values" -- "$current")); return ;;
  esac
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W ${quoted(`${commands.join(" ")} help --help --version`)} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
    completion) COMPREPLY=($(compgen -W ${quoted(shells.join(" "))} -- "$current")); return ;;
    help) COMPREPLY=($(compgen -W ${quoted(commands.join(" "))} -- "$current")); return ;;
${cases.join("\n")}
  esac
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ \${COMP_WORDS[1]} != devices ]]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _v4l2_stateless v4l2-stateless
`;
}

function quoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

function zshScript(): string {
  const described = commands.map(
    (command) => `    ${quoted(`${command}:${commandSummaries[command].replace(/:/g, "\\:")}`)}`,
  );
  const cases = commands.map((command) => {
    const specs = optionsOf(command).flatMap(([name, option]) => zshSpecs(name, option));
    const rest =
      command === "completion"
        ? [quoted(`1:shell:(${shells.join(" ")})`)]
        : takesFiles(command)
          ? [quoted("*:input:_files")]
          : [];
    return `    ${command})\n      _arguments ${[...specs, ...rest].join(" \\\n        ")} ;;`;
  });
  return `#compdef v4l2-stateless
_v4l2_stateless() {
  local -a commands
  commands=(
${described.join("\n")}
    'help:the help of a command'
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case "$command" in
    help) _arguments ${quoted(`1:command:(${commands.join(" ")})`)} ;;
${cases.join("\n")}
  esac
}
# As a file of fpath it is the body of a function of its own name.
if [[ $funcstack[1] == _v4l2-stateless ]]; then _v4l2_stateless "$@"; else compdef _v4l2_stateless v4l2-stateless; fi
`;
}

/** One specification of _arguments for each spelling of an option. */
function zshSpecs(name: OptionName, option: Option): string[] {
  const help = option.help.replace(/[[\]:]/g, "\\$&");
  const found = valuesOf(name, option);
  const action = found === "file" ? "_files" : found === "text" ? " " : `(${found.join(" ")})`;
  const spellings = option.short === undefined ? [`--${name}`] : [`--${name}`, `-${option.short}`];
  return spellings.map((word) => {
    if (option.type === "boolean") return quoted(`${word}[${help}]`);
    const mark = option.type === "optional" ? "=-" : word.startsWith("--") ? "=" : "+";
    return quoted(`${word}${mark}[${help}]:${option.type === "optional" ? ":" : ""}${name}:${action}`);
  });
}

function fishScript(): string {
  const lines = [
    "# fish completion of v4l2-stateless",
    "complete -c v4l2-stateless -f",
    ...commands.map(
      (command) =>
        `complete -c v4l2-stateless -n __fish_use_subcommand -a ${command} -d ${fishQuoted(commandSummaries[command])}`,
    ),
    "complete -c v4l2-stateless -n __fish_use_subcommand -a help -d 'the help of a command'",
    `complete -c v4l2-stateless -n '__fish_seen_subcommand_from help' -a ${fishQuoted(commands.join(" "))}`,
    `complete -c v4l2-stateless -n '__fish_seen_subcommand_from completion' -a ${fishQuoted(shells.join(" "))}`,
    `complete -c v4l2-stateless -n '__fish_seen_subcommand_from ${commands.filter(takesFiles).join(" ")}' -F`,
  ];
  for (const command of commands) {
    for (const [name, option] of optionsOf(command)) lines.push(fishLine(command, name, option));
  }
  return `${lines.join("\n")}\n`;
}

function fishLine(command: Command, name: OptionName, option: Option): string {
  const found = valuesOf(name, option);
  const value =
    option.type === "boolean"
      ? ""
      : found === "file"
        ? " -r -F"
        : found === "text"
          ? " -x"
          : ` ${option.type === "optional" ? "-f" : "-x"} -a ${fishQuoted(found.join(" "))}`;
  const short = option.short === undefined ? "" : ` -s ${option.short}`;
  const condition = `-n '__fish_seen_subcommand_from ${command}'`;
  return `complete -c v4l2-stateless ${condition} -l ${name}${short}${value} -d ${fishQuoted(option.help)}`;
}

function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
