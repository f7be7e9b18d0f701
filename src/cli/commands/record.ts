import { namedCompression } from "../../record/files.ts";
import { RecordWriter, recordDataLimit } from "../../record/index.ts";
import { bitstreamSize } from "../../session/bitstream.ts";
import { TargetEvents } from "../../targets/target-events.ts";
import { codecs } from "../../uapi/index.ts";
import type { Job } from "../arguments.ts";
import type { RecordInput, StreamInput } from "../input.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { createFile } from "../output-file.ts";
import { ErrorReport } from "../printing/errors.ts";
import { noPicture, sessionOptions, streamEvents } from "../source.ts";
import { UntilFailure } from "../until-failure.ts";
import { producer } from "../version.ts";

/** The requests of a stream as a record. Returns the exit status. */
export async function record(io: Io, input: StreamInput | RecordInput, args: Job): Promise<number> {
  if (input.kind === "record") {
    const what =
      input.capture === undefined
        ? "this is a record already"
        : "a capture, not a stream; v4l2-stateless import makes its record";
    throw new CliError(`${input.name}: ${what}`);
  }
  const options = sessionOptions(input.codec, args);
  const stream = new UntilFailure(streamEvents(io, input, options));
  const file = args.output === "-" ? undefined : await createFile(io, args, namedCompression(args.output));
  const printer = new Printer(file ?? io.stdout);
  const errors = new ErrorReport(io, input, args);
  const { decodeMode, startCode, kernel } = options;
  const writer = new RecordWriter(
    {
      codec: input.codec,
      producer,
      target: args.target.name,
      ...(codecs[input.codec].modes === null ? {} : { decodeMode, startCode }),
      kernel,
      stream: input.file,
    },
    { withData: args.withData },
  );
  printer.add(writer.head);
  const targetEvents = new TargetEvents(args.target, input.codec);
  let requests = 0;
  try {
    for await (const events of stream) {
      for (const event of events.flatMap((event) => targetEvents.of(event))) {
        if (args.withData && event.type === "request" && bitstreamSize(event) > recordDataLimit) {
          throw new CliError(`${input.name}: a picture has more bytes than a record can hold; leave out --with-data`);
        }
        printer.add(event.type === "set" ? writer.set(event.controls) : writer.write(event));
        if (event.type === "request") requests++;
        if (event.type === "error") await errors.add(event);
        if (printer.isFull) await printer.drain();
      }
    }
    await printer.flush();
    // The part before a place where the input breaks off is kept, a record without a request is not.
    if (requests > 0) await file?.close();
  } finally {
    await file?.discard();
  }
  stream.rethrow();
  const status = await errors.close();
  if (requests === 0) throw noPicture(input);
  return status;
}
