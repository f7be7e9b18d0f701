import { boardNames, targetNames } from "../targets/names.ts";
import { type Command, commandSummaries, commands, manyInputs, type Option, optionsOf, shells } from "./options.ts";
import { fold } from "./printing/terminal.ts";

/** What a command reads and prints, in paragraphs of any length. */
export const details: Readonly<Record<Command, readonly string[]>> = {
  record: [
    "<input> is a stream. The record goes to standard output, or to the file that -o names: " +
      "compressed where the name ends in .gz or .br.",
  ],
  inspect: [
    "<input> is a stream, a record (.jsonl, also compressed with gzip or brotli), or a capture, as import takes it.",
    "A line for each request, in decoding order. order is the picture's place in display order; it and pts are known when " +
      "the picture is shown, so the line waits for that, for 32 pictures at most.",
    "References are the numbers of the requests that made the pictures, in the order of the DPB: lt5 a long-term reference, " +
      "5/t and 5/b one field, (5) a picture that only waits to be shown, gap a frame that was never coded, none no picture " +
      "at all (MPEG-2), ? a picture that no request made.",
    "A table that is too wide for the terminal has shorter titles, letters for flags, and a legend above it. In a pipe or a " +
      "file nothing is shortened.",
  ],
  validate: [
    "<input> is a stream, a record (.jsonl, also compressed with gzip or brotli), or a capture, as import takes it. Exit status 1 when something would be refused.",
    "It checks the controls that are sent: what the kernel's core refuses, and what the target's driver refuses. A driver that does " +
      "not check its hardware's limits, and controls that are missing, are not seen. With --request, controls that earlier " +
      "requests set are not checked again.",
  ],
  diff: [
    "<a> and <b> are records (.jsonl, also compressed with gzip or brotli), captures, as import takes them, or streams. A stream's requests are made " +
      "in the modes of the other side, or of the target. They are compared as a driver reads them: references as pictures, " +
      "lists resolved. Requests are paired by their bytes; timestamps may be any.",
    "First a line for each field that differs: those that nothing explains, known faults of GStreamer and FFmpeg " +
      "(DISAGREEMENTS.md), what no driver reads, or not the target's, and what the kernel rewrites. Then the differences of the first " +
      "few pairs; with --all, those of every pair come before the lines of the fields. With --request, these pairs of <a>'s " +
      "requests are shown whole, side by side.",
    "Exit status 0 where nothing is different, 1 where something is, 2 for trouble, as diff(1). With --unexplained, known " +
      "faults and what no driver sees are not different. Requests that one side has more are different in any case, also where " +
      "they are lost in the other side's capture.",
  ],
  trace: [
    "<input> is a stream. Of each element: its first bit in the unit without emulation prevention bytes, where that bit lies " +
      "in the stream (byte:bit), the length in bits, the descriptor, the name and the value. Bytes of a container, and of an " +
      "MPEG program or transport stream, are counted in the video that is in it.",
    "With --request, the units of these requests: parameter sets and messages belong to the picture that follows them.",
  ],
  explain: [
    "<input> is a stream, and --request must say which requests. For each field of each control: the value, and after ← the rule that makes it, with its clause, and what it is made " +
      "of: syntax elements (byte:bit in the stream as it is coded, the unit as trace counts it, the coded bits and the value), an inference " +
      "where the stream codes nothing, state that another request has set, or a constant. decided by: the elements that choose the way. " +
      "Fields with the same explanation share a line, and so do sums that begin at the same element. Bytes of a container, and of an " +
      "MPEG program or transport stream, are counted in the video that is in it.",
    "With --target, whether its driver reads the field: read (its source says so), read, tried (and another value changed what it " +
      "programs), not read, differently (than the kernel's text says; why is below the control), no control (the driver has none).",
    "--field names a field as inspect --request shows it, with the last word of its control before it or without: what begins like " +
      "this is shown, flags by their short names, and elements of arrays by ranges, too.",
  ],
  capture: [
    "Runs a program, and records what it tells a stateless decoder at the ioctl boundary: a library of C, which cc compiles once, is " +
      "preloaded into it and its children. Programs that are linked statically and sandboxed processes are not seen (Chromium: " +
      "--no-sandbox). The record goes to standard output, then what the program prints goes to standard error; or to the file " +
      "that -o names. The exit status is the program's, or 2 where that is 0 and there is no record.",
  ],
  import: [
    "<input> is a log of strace, one file or the folder of -ff (strace -f -y -tt -xx -s 1000000 -e " +
      "'trace=ioctl,openat,close,dup,?dup2,dup3,fcntl,?fcntl64,clone,?clone3,?fork,?vfork'), a trace of v4l2-tracer, a log of ftrace " +
      "with the events of visl and vb2 (/sys/kernel/tracing/trace), or a log of the recorder of capture; gzip and brotli are read, too. The other " +
      "commands that take a record take these as well. Of a capture that is cut off, what is whole is read, and a line says where it ends.",
    "strace shows neither which request a control belongs to nor timestamps and sizes of what is queued. The controls of a " +
      "request are those that its thread set before it queued the request, and the timestamp is the one that comes back with the " +
      "OUTPUT buffer. Where that is not certain, the line is named. What cannot be known is absent.",
  ],
  export: [
    "<input> is a stream, or a record that has the OUTPUT buffers' bytes and a session's lines (record --with-data). The trace is that of a " +
      "program that decodes it: v4l2-tracer retrace (v4l-utils 1.32) performs it on a board, with -d and -m for the numbers of /dev/video and /dev/media. It goes " +
      "to standard output, or to the file that -o names.",
    "v4l2-tracer does not know the EXT_SPS controls of HEVC; they are left out, and in frame mode the slices of a picture that has several. In slice mode a picture may have 32. Frames of AV1 with several tiles are refused: it knows the first one only.",
  ],
  stats: [
    "<input> is a capture, as import takes it; for mappings and passed descriptors strace must trace mmap, sendmsg and recvmsg, too. " +
      "By process and codec: the ioctls with their errors, the pool of requests, buffers that came back and that were exported, " +
      "refused formats with their cause; by process: anonymous mappings, descriptors passed on, DRM ioctls; then whether " +
      "pictures went on as dma-bufs or were copied, as far as the capture shows it.",
  ],
  lint: [
    "<input> is a capture, as import takes it. A line for each mistake: the line of the capture, the ioctl, what is wrong, what to do, " +
      "and the rule; on standard error how many requests it looked at. Exit status 1 when there is any.",
  ],
  decode: [
    "<input> is a stream, or a record that was made with --with-data. The frames go in display order to the file that -o " +
      "names: raw video, the visible part without padding, in the device's pixel format; 10-bit NV15 and NV20 as P010 and " +
      "P210. Standard error tells the size and the format, and what was lost. It needs koffi (npm install koffi).",
  ],
  devices: ["It looks for a decoder at every media device (/dev/media*). It needs koffi (npm install koffi)."],
  completion: [
    "bash: source <(v4l2-stateless completion bash). zsh: v4l2-stateless completion zsh > a folder of fpath/_v4l2-stateless. " +
      "fish: v4l2-stateless completion fish | source.",
  ],
};

/** What the program does, in a sentence. */
export const purpose =
  "What a V4L2 stateless decoder must be told: reads a bitstream, and makes the requests that the kernel takes.";

export const inputText =
  "<input> is a file, or - for standard input: a byte stream, IVF, an MPEG program or transport stream; with mediabunny " +
  "installed (npm i mediabunny) also MP4, QuickTime, Matroska or WebM. It may be compressed with gzip. inspect, validate and trace take several.";

export const exitText =
  "Exit status: 0 fine, also where a stream has errors; 1 something would be refused (validate), is different (diff) or is " +
  "a mistake (lint), every frame was corrupt (decode), or there was an error and --strict was given; 2 unusable input, arguments or device, " +
  "or a device that is known not to decode the stream.";

export const targetParagraphs: readonly string[] = [
  `Targets: ${targetNames.join(", ")}. generic, the default, is no driver: it takes all that the ` +
    "kernel's interface has. A driver has its own defaults.",
  "Chips, whose decoder of the codec is taken, with its limits; where a chip has two, that for larger pictures, and standard " +
    `error says which: ${boardNames.join(", ")}.`,
];

/** `"trace <input>… [options]"` */
export function usageOf(command: Command): string {
  if (command === "devices") return "devices [options]";
  if (command === "capture") return "capture [options] -- <program> [<argument>…]";
  if (command === "diff") return "diff <a> <b> [options]";
  if (command === "completion") return `completion ${shells.join("|")}`;
  return `${command} <input>${manyInputs.includes(command) ? "…" : ""} [options]`;
}

const widest = 100;

/** The help of the program, or of one command. @param columns of the terminal. */
export function helpText(command: Command | undefined, columns: number = widest): string {
  const width = Math.min(columns, widest);
  const lines = command === undefined ? programHelp(width) : commandHelp(command);
  const last = command === "completion" ? [] : ["", exitText];
  return [...lines, "", "Options:", ...optionLines(command, width), ...targetLines(command), ...last]
    .flatMap((text) => text.split("\n"))
    .map((line) => `${fold(line, width, indentOf(line))}\n`)
    .join("");
}

function programHelp(width: number): string[] {
  return [
    "Usage: v4l2-stateless <command> <input> [options]",
    "",
    purpose,
    "",
    "Commands:",
    ...commands.map((name) => fold(`  ${name.padEnd(10)} ${commandSummaries[name]}`, width, 13)),
    "",
    inputText,
    "",
    "v4l2-stateless <command> --help has the options of one command; these are those that the first three take.",
  ];
}

function commandHelp(command: Command): string[] {
  const paragraphs = details[command].flatMap((text) => ["", text]);
  return [`Usage: v4l2-stateless ${usageOf(command)}`, "", `Prints ${commandSummaries[command]}.`, ...paragraphs];
}

function targetLines(command: Command | undefined): string[] {
  const hasTarget = command === undefined || optionsOf(command).some(([name]) => name === "target");
  return hasTarget ? targetParagraphs.flatMap((text) => ["", text]) : [];
}

/** `"-o, --output <file>"` */
export function optionWords(name: string, { short, value, type }: Option): string {
  const shape = value === undefined ? "" : `${type === "optional" ? "" : " "}${value}`;
  return `${short === undefined ? "" : `-${short}, `}--${name}${shape}`;
}

function optionLines(command: Command | undefined, width: number): string[] {
  const rows = optionsOf(command).map(([name, option]) => {
    const left = `${option.short === undefined ? "    " : ""}${optionWords(name, option)}`;
    return { left, right: option.help };
  });
  const column = rows.reduce((longest, { left }) => Math.max(longest, left.length), 0);
  return rows.map(({ left, right }) => fold(`  ${left.padEnd(column)}  ${right}`, width, column + 4));
}

/** The indentation of a line. Lines that have been folded are not changed. */
function indentOf(line: string): number {
  return line.startsWith(" ") ? 4 : 0;
}
