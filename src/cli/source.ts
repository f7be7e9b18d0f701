import type { Codec, DecodeEvent, RequestEvent, Session } from "../events.ts";
import type { SessionOptions } from "../options.ts";
import { fourccText } from "../record/format.ts";
import { ControlState, crc32, persists, type RequestLine, type ResolvedLine, resolveLines } from "../record/index.ts";
import { bitstreamSize, openSession, sessionCodecs } from "../session.ts";
import type { Arguments } from "./arguments.ts";
import type { RecordInput, StreamInput } from "./input.ts";
import { CliError, type Io } from "./io.ts";
import { Progress } from "./terminal.ts";

/** The session's options with the target's defaults. @throws CliError when the target does not decode the codec. */
export function sessionOptions(codec: Codec, { session, target }: Arguments): SessionOptions {
  const taken = target.codecs[codec];
  if (taken === undefined) throw new CliError(`${target.name} does not decode ${codec}`);
  return {
    ...session,
    decodeMode: session.decodeMode ?? taken.decodeModes[0],
    startCode: session.startCode ?? taken.startCodes[0],
    missingReferences: session.missingReferences ?? taken.missingReferences,
  };
}

/**
 * Opens a session for a stream; what comes back are its events, one list a chunk. Shows how far it has come.
 *
 * @throws CliError when there is no session for the codec.
 */
export function streamEvents(
  io: Io,
  input: StreamInput,
  options: SessionOptions,
): AsyncIterable<readonly DecodeEvent[]> {
  if (!sessionCodecs.includes(input.codec)) {
    throw new CliError(`${input.name}: streams of ${input.codec} cannot be read yet`);
  }
  return sessionEvents(io, input, openSession(input.codec, options));
}

async function* sessionEvents(
  io: Io,
  input: StreamInput,
  session: Session,
): AsyncGenerator<readonly DecodeEvent[], void, undefined> {
  const progress = new Progress(io, input.size);
  try {
    for await (const chunk of input.chunks) {
      yield session.push(chunk);
      await progress.advance(chunk.length);
    }
    yield session.flush();
  } finally {
    await progress.clear();
  }
}

/** What a stream's session or a record tells, in the record's terms; several lists when it comes bit by bit. */
export async function* itemsOf(
  io: Io,
  input: StreamInput | RecordInput,
  args: Arguments,
): AsyncGenerator<Iterable<ResolvedLine>, void, undefined> {
  if (input.kind === "record") {
    yield resolveLines(input.record);
    return;
  }
  const items = new EventItems();
  for await (const events of streamEvents(io, input, sessionOptions(input.codec, args))) {
    yield events.flatMap((event) => items.of(event));
  }
}

/** A session's events as the lines that a record of them would have. There is no file, so `line` is 0. */
class EventItems {
  readonly #state = new ControlState();
  readonly #last = new Map<string, Uint8Array | number>();
  #requests = 0;

  of(event: DecodeEvent): ResolvedLine[] {
    switch (event.type) {
      case "sequence": {
        const controls = new Map(event.controls.map(({ name, payload }) => [name, payload]));
        for (const [name, payload] of controls) this.#last.set(name, payload);
        const set = this.#state.note({ type: "set", line: 0, controls });
        return [{ ...event, line: 0, pixelFormat: fourccText(event.pixelFormat) }, set];
      }
      case "request":
        return [this.#state.resolve(this.#request(event))];
      default:
        return [{ ...event, line: 0 }];
    }
  }

  /** With the controls that the writer would write: what is new, and what belongs to this request only. */
  #request(event: RequestEvent): RequestLine {
    const { timestamp, hold, bitstream, controls } = event;
    const own = controls.filter(({ name, payload }) => !persists(name) || this.#last.get(name) !== payload);
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
