import { namedCompression } from "../../record/files.ts";
import { type RecordLine, recordHeaderText, recordLineText } from "../../record/index.ts";
import type { Job } from "../arguments.ts";
import type { RecordInput, StreamInput } from "../input.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { createFile } from "../output-file.ts";
import { UntilFailure } from "../until-failure.ts";

/** The record of a capture. Returns the exit status. */
export async function importCapture(io: Io, input: StreamInput | RecordInput, args: Job): Promise<number> {
  if (input.kind === "stream") {
    throw new CliError(`${input.name}: a stream, not a capture; v4l2-stateless record makes its requests`);
  }
  if (input.capture === undefined) throw new CliError(`${input.name}: this is a record already`);
  const lines = new UntilFailure(input.lines);
  const file = args.output === "-" ? undefined : await createFile(io, args, namedCompression(args.output));
  const printer = new Printer(file ?? io.stdout);
  printer.add(recordHeaderText(input.header));
  try {
    for await (const line of lines) {
      printer.add(recordLineText(args.withData ? line : withoutData(line)));
      await printer.drain();
    }
    await printer.flush();
    await file?.close();
  } finally {
    await file?.discard();
  }
  lines.rethrow();
  return 0;
}

function withoutData(line: RecordLine): RecordLine {
  if (line.type !== "request" || line.bitstream.data === undefined) return line;
  const { data: _data, ...bitstream } = line.bitstream;
  return { ...line, bitstream };
}
