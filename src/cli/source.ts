import { feed } from "../containers/stream-part.ts";
import type { Codec, Control, DecodeEvent, RequestEvent } from "../events.ts";
import { loadSession } from "../load-session.ts";
import { resolveOptions, type SessionOptions } from "../options.ts";
import { fourccText } from "../record/format.ts";
import { ControlState, crc32, persists, type RequestLine, type ResolvedLine } from "../record/index.ts";
import { isSame } from "../record/write.ts";
import { bitstreamSize } from "../session/bitstream.ts";
import type { Target, TargetCodec } from "../targets/index.ts";
import { type SetEvent, TargetEvents } from "../targets/target-events.ts";
import { codecs } from "../uapi/index.ts";
import type { Job } from "./arguments.ts";
import { codecOf, type RecordInput, type StreamInput } from "./input.ts";
import { CliError, type Io } from "./io.ts";
import { Progress } from "./printing/terminal.ts";

/**
 * The session's options with the target's defaults.
 *
 * @throws CliError when the target does not decode the codec, or does not take a mode that was asked for, or the kernel has no controls
 *   of the codec.
 */
export function sessionOptions(codec: Codec, { session, target }: Pick<Job, "session" | "target">): SessionOptions {
  const taken = target.codecs[codec];
  if (taken === undefined) throw new CliError(`${target.name} does not decode ${codec}`);
  checkKernel(codec, session.kernel);
  checkMode(target, codec, "--decode-mode", session.decodeMode, taken.decodeModes);
  checkMode(target, codec, "--start-code", session.startCode, taken.startCodes);
  return {
    ...session,
    decodeMode: session.decodeMode ?? taken.decodeModes[0],
    startCode: session.startCode ?? taken.startCodes[0],
    missingReferences: session.missingReferences ?? taken.missingReferences,
  };
}

function checkKernel(codec: Codec, kernel: string | undefined): void {
  const controls = Object.values(codecs[codec].controls);
  if (controls.some(resolveOptions({ kernel }).has)) return;
  const [since] = controls.map((control) => control.since).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  throw new CliError(`Linux ${kernel} has no stateless controls of ${codec}: Linux ${since} has the first`);
}

function checkMode(
  { name }: Target,
  codec: Codec,
  option: string,
  asked: string | undefined,
  choices: TargetCodec["decodeModes"] | TargetCodec["startCodes"],
): void {
  const isTaken = asked === undefined || choices.length === 0 || choices.some((choice) => choice === asked);
  if (!isTaken) throw new CliError(`${name} takes ${option} ${choices.join(" or ")} for ${codec}, not ${asked}`);
}

/** Opens a session for a stream, and yields a list of events for each part. Shows progress. */
export async function* streamEvents(
  io: Io,
  input: StreamInput,
  options: SessionOptions,
): AsyncGenerator<readonly DecodeEvent[], void, undefined> {
  const session = await loadSession(input.codec, options);
  const progress = new Progress(io, input.size);
  try {
    for await (const part of input.parts) {
      yield feed(session, part);
      if (part.kind !== "loss") await progress.advance(part.bytes.length);
    }
    yield session.flush();
  } finally {
    await progress.clear();
  }
}

/** The error for an input without a picture. */
export function noPicture(input: StreamInput | RecordInput): CliError {
  if (input.kind === "stream" && input.isGuess === true) {
    const guess = `no picture could be decoded as ${input.codec}, which its first bytes look like`;
    return new CliError(`${input.name}: ${guess}; where it has another codec, name that with --codec`);
  }
  const other = input.kind === "stream" ? input.otherCodec : undefined;
  const advice = other === undefined ? "" : `: its first bytes are ${other}; leave out --codec`;
  const asked = other === undefined ? "" : ` as ${codecOf(input)}`;
  return new CliError(`${input.name}: no picture could be decoded${asked}${advice}`);
}

/**
 * The events of a stream's session, or the lines of a record, in the form of a record's lines. Yields them in lists as they
 * come.
 */
export async function* itemsOf(
  io: Io,
  input: StreamInput | RecordInput,
  args: Job,
): AsyncGenerator<Iterable<ResolvedLine>, void, undefined> {
  if (input.kind === "record") {
    const state = new ControlState();
    for await (const line of input.lines) yield [state.take(line)];
    return;
  }
  const items = new EventItems();
  const targetEvents = new TargetEvents(args.target, input.codec);
  for await (const events of streamEvents(io, input, sessionOptions(input.codec, args))) {
    yield events.flatMap((event) => targetEvents.of(event)).flatMap((event) => items.of(event));
  }
}

/** A session's events as the lines that a record of them would have. There is no file, so `line` is 0. */
class EventItems {
  readonly #state = new ControlState();
  readonly #last = new Map<string, Uint8Array | number>();
  #requests = 0;

  of(event: DecodeEvent | SetEvent): ResolvedLine[] {
    switch (event.type) {
      case "sequence":
        return [{ ...event, line: 0, pixelFormat: fourccText(event.pixelFormat) }, this.#set(event.controls)];
      case "set":
        return [this.#set(event.controls)];
      case "request":
        return [this.#state.resolve(this.#request(event))];
      default:
        return [{ ...event, line: 0 }];
    }
  }

  #set(list: readonly Control[]): ResolvedLine {
    const controls = new Map(list.map(({ name, payload }) => [name, payload]));
    for (const [name, payload] of controls) this.#last.set(name, payload);
    return this.#state.note({ type: "set", line: 0, controls });
  }

  /**
   * A request with the controls that the record writer would write: those that changed, and those that are valid for this
   * request only.
   */
  #request(event: RequestEvent): RequestLine {
    const { timestamp, hold, bitstream, controls } = event;
    const own = controls.filter(({ name, payload }) => !persists(name) || !isSame(this.#last.get(name), payload));
    for (const { name, payload } of own) this.#last.set(name, payload);
    return {
      type: "request",
      line: 0,
      request: this.#requests++,
      timestamp,
      hold,
      bitstream: {
        bytes: bitstreamSize(event),
        crc32: bitstream.reduce((checksum, part) => crc32(part, checksum), 0),
      },
      controls: new Map(own.map(({ name, payload }) => [name, payload])),
      known: new Map(),
    };
  }
}
