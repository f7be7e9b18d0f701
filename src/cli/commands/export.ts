import { TracerWriter, TraceWriteError } from "../../capture/index.ts";
import { namedCompression } from "../../record/files.ts";
import { DeviceError } from "../../submit/errors.ts";
import { recordStreamEvents } from "../../submit/record-events.ts";
import type { SubmitEvent } from "../../submit/submitter-options.ts";
import { TargetEvents } from "../../targets/target-events.ts";
import type { Job } from "../arguments.ts";
import type { RecordInput, StreamInput } from "../input.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { createFile } from "../output-file.ts";
import { ErrorReport } from "../printing/errors.ts";
import { noPicture, sessionOptions, streamEvents } from "../source.ts";
import { UntilFailure } from "../until-failure.ts";

/** The requests of a stream or record as a trace, which `v4l2-tracer retrace` performs. Returns the exit status. */
export async function exportTrace(io: Io, input: StreamInput | RecordInput, args: Job): Promise<number> {
  if (input.kind === "record" && input.capture !== undefined) {
    throw new CliError(
      `${input.name}: a capture, which does not say when a picture is no longer needed; export the stream, or a record of it (record --with-data)`,
    );
  }
  const events = new UntilFailure(
    input.kind === "record" ? recordStreamEvents(input) : eventsOfStream(io, input, args),
  );
  const slices = (input.kind === "record" ? input.header.decodeMode : decodeModeOf(input, args)) === "slice";
  // Of the drivers, only cedrus has queues without planes.
  const writer = new TracerWriter({ slices, singlePlanar: args.target.name === "cedrus" });
  const file = args.output === "-" ? undefined : await createFile(io, args, namedCompression(args.output));
  const printer = new Printer(file ?? io.stdout);
  const errors = new ErrorReport(io, input, args);
  let requests = 0;
  printer.add(writer.begin());
  try {
    for await (const event of events) {
      if (event.type === "error") await errors.add(event);
      printer.add(writer.take(event));
      if (event.type === "request") requests++;
      if (printer.isFull) await printer.drain();
    }
    printer.add(writer.end());
    // The calls that come before requests are no trace.
    if (requests > 0) await printer.flush();
    // The part before a place where the input breaks off is kept. A trace without a request, or of a record that is refused, is not.
    if (requests > 0 && !(events.failure instanceof DeviceError)) await file?.close();
    events.rethrow();
  } catch (thrown) {
    if (thrown instanceof TraceWriteError) throw new CliError(`${input.name}: request ${requests}: ${thrown.message}`);
    if (thrown instanceof DeviceError) throw new CliError(`${input.name}: ${thrown.message}`);
    throw thrown;
  } finally {
    await file?.discard();
  }
  if (writer.leftOut.size > 0) {
    await io.stderr.write(
      `${input.name}: left out, because v4l2-tracer does not know them: ${[...writer.leftOut].join(", ")}\n`,
    );
  }
  const status = await errors.close();
  if (requests === 0) throw noPicture(input);
  return status;
}

function decodeModeOf(input: StreamInput, args: Job): string | undefined {
  return sessionOptions(input.codec, args).decodeMode;
}

async function* eventsOfStream(io: Io, input: StreamInput, args: Job): AsyncGenerator<SubmitEvent, void, undefined> {
  const targetEvents = new TargetEvents(args.target, input.codec);
  for await (const events of streamEvents(io, input, sessionOptions(input.codec, args))) {
    for (const event of events) yield* targetEvents.of(event);
  }
}
