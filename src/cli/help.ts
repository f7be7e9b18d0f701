import { targets } from "../targets/index.ts";
import { type Command, commands, optionsOf } from "./arguments.ts";

const summaries: Readonly<Record<Command, string>> = {
  record: "the requests of a stream, as a record (JSON Lines)",
  inspect: "the pictures, a line each; --request N: one request in full",
  validate: "what the kernel and the target would refuse, and why",
  trace: "every syntax element with its bit position",
  decode: "the frames of a stream, decoded by a device of this machine",
  devices: "the stateless decoders of this machine, and what each takes",
};

const details: Readonly<Record<Command, string>> = {
  record: `<input> is a stream. The record goes to standard output, or to the file that -o names: compressed where the name
ends in .gz or .br.`,
  inspect: `<input> is a stream, or a record (.jsonl, also compressed with gzip or brotli).

References are the numbers of the requests that made the pictures, in the order of the DPB: lt5 a long-term
reference, 5/t and 5/b one field, (5) a picture that only waits to be shown, gap a frame that was never coded,
none no picture at all (MPEG-2), ? a picture that no request made.`,
  validate: `<input> is a stream, or a record (.jsonl, also compressed with gzip or brotli).
Exit status 1 when something would be refused.`,
  trace: `<input> is a stream. Of each element: its first bit in the unit without emulation prevention bytes, where that bit
lies in the stream (byte:bit), the length in bits, the descriptor, the name and the value. Bytes of a container, and of
an MPEG program or transport stream, are counted in the video that is in it.`,
  decode: `<input> is a stream, or a record that was made with --with-data. The frames go in display order to the file that -o
names: raw video, the visible part without padding, in the device's pixel format; 10-bit NV15 and NV20 as P010 and P210.
Standard error tells the size and the format, and what was lost. It needs koffi (npm install koffi).`,
  devices: "It looks for a decoder at every media device (/dev/media*). It needs koffi (npm install koffi).",
};

/** The help of the program, or of one command. */
export function helpText(command: Command | undefined): string {
  const head =
    command === undefined
      ? `Usage: v4l2-stateless <command> <input> [options]

What a V4L2 stateless decoder must be told: reads a bitstream, and makes the requests that the kernel takes.

Commands:
${commands.map((name) => `  ${name.padEnd(9)} ${summaries[name]}`).join("\n")}

<input> is a file, or - for standard input: a byte stream, IVF, an MPEG program or transport
stream; with mediabunny installed (npm i mediabunny) also MP4, QuickTime, Matroska or WebM.`
      : `Usage: v4l2-stateless ${command}${command === "devices" ? "" : " <input>"} [options]

Prints ${summaries[command]}.

${details[command]}`;
  return `${head}

Options:
${optionLines(command).join("\n")}
${hasTarget(command) ? targetText : ""}
Exit status: 0 fine, 1 something would be refused (validate), 2 unusable input, arguments or device.
`;
}

const targetText = `
Targets: ${targets.map(({ name }) => name).join(", ")}.
generic, the default, is no driver: it takes all that the kernel's interface has. A driver has its own defaults.
`;

function hasTarget(command: Command | undefined): boolean {
  return command === undefined || optionsOf(command).some(([name]) => name === "target");
}

function optionLines(command: Command | undefined): string[] {
  const rows = optionsOf(command).map(([name, { short, value, help }]) => {
    const left = `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
    return { left, right: help };
  });
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, right }) => `  ${left.padEnd(width)}  ${right}`);
}
