import { createHash } from "node:crypto";
import { fourccOf } from "../../record/format.ts";
import {
  chooseDevice,
  DeviceError,
  devicePath,
  type Frame,
  IoctlError,
  listDevices,
  RefusedStream,
  readableFormats,
  recordStreamEvents,
  type SubmitEvent,
  Submitter,
  sessionOptionsFor,
  visiblePixels,
} from "../../submit/index.ts";
import type { Job } from "../arguments.ts";
import type { RecordInput, StreamInput } from "../input.ts";
import { Interruption, untilAborted, withInterruption } from "../interruption.ts";
import { CliError, type Io, type Sink } from "../io.ts";
import { createFile } from "../output-file.ts";
import { ErrorReport } from "../printing/errors.ts";
import { printable } from "../printing/terminal.ts";
import { noPicture, streamEvents } from "../source.ts";

/** The frames of a stream or record, decoded by a device of this machine. Returns the exit status. */
export async function decode(io: Io, input: StreamInput | RecordInput, args: Job): Promise<number> {
  try {
    return await withInterruption((signal) => decodeOn(io, input, args, signal));
  } catch (thrown) {
    if (thrown instanceof Interruption) {
      await io.stderr.write(`${input.name}: ${thrown.message}\n`);
      return thrown.status;
    }
    if (thrown instanceof RefusedStream) throw new CliError(`${thrown.message}; --force sends it all the same`);
    if (thrown instanceof DeviceError || thrown instanceof IoctlError) throw new CliError(thrown.message);
    throw thrown;
  }
}

async function decodeOn(io: Io, input: StreamInput | RecordInput, args: Job, signal: AbortSignal): Promise<number> {
  if (!args.md5 && args.output === "-" && io.stdout.isTerminal) {
    throw new CliError(
      "standard output is a terminal; name a file for the frames with -o, or print checksums with --md5",
    );
  }
  const codec = input.kind === "record" ? input.header.codec : input.codec;
  const path = args.device === undefined ? undefined : await devicePath(args.device);
  const device = chooseDevice(await listDevices(), codec, path);
  const events =
    input.kind === "record"
      ? listsOf(recordStreamEvents(input))
      : streamEvents(io, input, sessionOptionsFor(device, codec, args.session));
  const errors = new ErrorReport(io, input, args);
  const submitter = await Submitter.open(device, {
    pixelFormats: readableFormats.map(fourccOf),
    verbatim: input.kind === "record",
    force: args.force,
    signal,
    onNotice: (message) => void io.stderr.write(`${input.name}: ${printable(message)}\n`),
  });
  const { frames, corrupt } = await withCleanup(
    async (later) => {
      const file = args.output === "-" ? undefined : await createFile(io, args);
      const writer = new FrameWriter(io, input.name, file ?? io.stdout, args.md5);
      if (file !== undefined) later(() => (writer.frames > 0 ? file.close() : file.discard()));
      // This is also done when the device fails, because earlier frames are complete.
      later(() => writer.flush());
      for await (const list of untilAborted(events, signal)) {
        for (const event of list) if (event.type === "error") await errors.add(event);
        for await (const frame of submitter.submit(list)) await writer.write(frame);
      }
      for await (const frame of submitter.drain()) await writer.write(frame);
      return writer;
    },
    () => submitter.close(),
  );
  const status = await errors.close();
  if (frames === 0) throw noPicture(input);
  const damage = corrupt === 0 ? "" : `, ${corrupt === frames ? "all" : corrupt} of them corrupt`;
  await io.stderr.write(`${input.name}: ${frames} frames decoded by ${device.path} (${device.driver})${damage}\n`);
  return corrupt === frames ? Math.max(status, 1) : status;
}

/** Runs a body, then its clean-up functions in reverse order, then `end`. All of them run, and the first error is thrown. */
async function withCleanup<T>(
  body: (later: (step: () => Promise<void>) => void) => Promise<T>,
  end: () => Promise<void>,
): Promise<T> {
  const steps = [end];
  const failures: unknown[] = [];
  const result = await body((step) => steps.push(step)).catch((thrown: unknown) => void failures.push(thrown));
  for (const step of steps.reverse()) await step().catch((thrown: unknown) => failures.push(thrown));
  if (failures.length > 0) throw failures[0];
  return result as T;
}

async function* listsOf(events: AsyncIterable<SubmitEvent>): AsyncGenerator<readonly SubmitEvent[], void, undefined> {
  for await (const event of events) yield [event];
}

/** Small frames are written together. */
const writeSize = 1 << 18;

/** Writes the visible parts of frames, or a line about each, and prints their format. */
class FrameWriter {
  readonly #io: Io;
  readonly #name: string;
  readonly #sink: Sink;
  readonly #md5: boolean;
  /** Bytes to write, up to `#used`. The memory is reused, because frames are large. */
  #buffer = new Uint8Array(writeSize);
  #used = 0;
  #format = "";
  frames = 0;
  corrupt = 0;

  constructor(io: Io, name: string, sink: Sink, md5: boolean) {
    this.#io = io;
    this.#name = name;
    this.#sink = sink;
    this.#md5 = md5;
  }

  /** Writes a frame, and releases it. */
  async write(frame: Frame): Promise<void> {
    const { timestamp, corrupt } = frame;
    const { bytes, pixelFormat, width, height } = visiblePixels(frame, (size) => this.#space(size));
    frame.release();
    const format = `${width}x${height} ${pixelFormat}`;
    if (format !== this.#format) {
      const since = this.frames === 0 ? "" : ` from frame ${this.frames} on`;
      await this.#io.stderr.write(`${this.#name}: frames of ${format}${since}\n`);
      this.#format = format;
    }
    if (this.#md5) {
      const checksum = createHash("md5").update(bytes).digest("hex");
      await this.#sink.write(`${this.frames} ${timestamp} ${format} ${checksum}${corrupt ? " corrupt" : ""}\n`);
    } else {
      this.#used += bytes.length;
      // The next one is probably as large.
      if (this.#used + bytes.length > this.#buffer.length) await this.flush();
    }
    this.frames++;
    if (corrupt) this.corrupt++;
  }

  /** Writes the bytes in the buffer. */
  async flush(): Promise<void> {
    if (this.#used === 0) return;
    await this.#sink.write(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #space(size: number): Uint8Array {
    if (this.#used + size > this.#buffer.length) {
      const larger = new Uint8Array(this.#used + size);
      larger.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.#used, this.#used + size);
  }
}
