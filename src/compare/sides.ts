/** What can be compared: recordings of requests, whoever made them. */
import { feed, type StreamPart } from "../containers/stream-part.ts";
import type { Codec, DecodeEvent } from "../events.ts";
import { unitsOfPacket } from "../framing/byte-stream.ts";
import { joined } from "../framing/bytes.ts";
import { openSession } from "../open-session.ts";
import type { SessionOptions } from "../options.ts";
import { missingCallsCode, modeControls, persists } from "../record/format.ts";
import {
  ControlState,
  crc32,
  type RecordLine,
  type RecordStream,
  type RequestRecord,
  readRecordStream,
} from "../record/index.ts";
import { bitstreamBytes, startCodePrefix } from "../session/bitstream.ts";
import type { StartCode } from "../uapi/modes.ts";
import { tileVariants } from "./av1/tiles.ts";
import { startCodeIn } from "./payloads.ts";
import type { Payload } from "./request.ts";
import { type Slice, SliceFinder, type Variants, variantsOf } from "./variants.ts";

/** A request as it is compared. What `resolveRequests` of `v4l2-stateless/record` yields has this shape. */
export interface ComparedRequest {
  /** Its number in the recording. */
  readonly request: number;
  readonly timestamp: number | bigint;
  /** The OUTPUT buffer, as far as it is known: size in bytes, zlib's CRC-32, the bytes. */
  readonly bitstream: {
    readonly bytes?: number | undefined;
    readonly crc32?: number | undefined;
    readonly data?: Uint8Array | undefined;
  };
  /** V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF. Undefined, and false in a recording that says it of no request: not known. */
  readonly hold?: boolean | undefined;
  /** Every control that is in effect, by name. */
  readonly controls: ReadonlyMap<string, Uint8Array | number>;
  /** For controls that are only partly known: the paths of the known fields, and `"[]"` where the number of a list's elements is known. */
  readonly known?: ReadonlyMap<string, readonly string[]> | undefined;
  /** The controls that it carries itself, where that is known: the others are in effect since a request before it. */
  readonly own?: ReadonlyMap<string, Uint8Array | number> | undefined;
}

/** A request that was made from a stream. */
export interface MadeRequest extends ComparedRequest {
  /** Other OUTPUT buffers that can be made of the same slices. */
  readonly variants: Variants;
}

/** A place where a recording lacks requests, or may lack them: calls are missing in the capture that it was made of. */
export interface MissingCalls {
  /** The number that the next request there would have: one more than that of the request before. */
  readonly request: number;
  /** They may be missing earlier, before one of the requests from this number on. */
  readonly since: number;
  /** The line of the recording, or of the capture where it is read as one. */
  readonly line: number;
}

/** One recording. */
export interface CompareSide {
  readonly codec: Codec;
  /** In the order in which they were queued. Can be read once. */
  readonly requests: Iterable<ComparedRequest> | AsyncIterable<ComparedRequest>;
  /**
   * The program that made the requests: GStreamer and FFmpeg are recognised by their names, this library by its own. For any
   * other, and without a name, known faults of both are looked for.
   */
  readonly producer?: string | undefined;
  /** The stream that the requests were made from. With it, known faults that depend on slice headers are recognised too. */
  readonly stream?: Uint8Array | undefined;
  /** Where calls are missing, in order. It may grow while `requests` are read, up to the place before the last one that was read. */
  readonly missingCalls?: readonly MissingCalls[] | undefined;
}

/** What this library names itself in a record. */
export const ourProducer = "v4l2-stateless";

/**
 * A side of a request record: its text, or its bytes in pieces of any size.
 *
 * @throws RecordError as `readRecordStream`; errors after the header reject while the requests are read.
 */
export async function recordSide(
  source: string | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> | RequestRecord | RecordStream,
): Promise<CompareSide> {
  const isRead = typeof source === "object" && "header" in source;
  const { header, lines } = isRead ? source : await readRecordStream(typeof source === "string" ? [source] : source);
  const modes = modeControls(header);
  const missingCalls: MissingCalls[] = [];
  const { codec, producer } = header;
  return { codec, producer, missingCalls, requests: requestsOf(lines, modes, missingCalls) };
}

/** The header's modes are in effect until a line sets others. @param missingCalls gets the places where a line says so. */
async function* requestsOf(
  lines: Iterable<RecordLine> | AsyncIterable<RecordLine>,
  modes: ReadonlyMap<string, number>,
  missingCalls: MissingCalls[],
): AsyncGenerator<ComparedRequest, void, undefined> {
  const state = new ControlState();
  let request = 0;
  for await (const line of lines) {
    const resolved = state.take(line);
    if (resolved.type === "error" && resolved.code === missingCallsCode) {
      // Several in one place are one.
      const same = missingCalls.at(-1)?.request === request ? missingCalls.pop() : undefined;
      const since = Math.min(same?.since ?? request, Math.max(0, request - (resolved.within ?? 0)));
      missingCalls.push({ request, since, line: same?.line ?? resolved.line });
    }
    if (resolved.type !== "request") continue;
    request = resolved.request + 1;
    const isComplete = [...modes.keys()].every((name) => resolved.controls.has(name));
    yield isComplete ? resolved : { ...resolved, controls: new Map([...modes, ...resolved.controls]) };
  }
}

/** What `streamSide` needs to know. */
export interface StreamSideOptions {
  readonly codec: Codec;
  /** As `openSession` takes them: choose the modes of the other side. */
  readonly session?: SessionOptions | undefined;
}

/**
 * A side that this library makes from a stream on the way: a byte stream, or an IVF file for VP8, VP9 and AV1.
 *
 * @throws TypeError for options that `openSession` does not take.
 */
export function streamSide(stream: Uint8Array, options: StreamSideOptions): CompareSide {
  return partsSide([{ kind: "chunk", bytes: stream }], stream, options);
}

/** As `streamSide`, of a stream that comes in parts. @param stream all of it; empty where that is not at hand. */
export function partsSide(
  parts: Iterable<StreamPart> | AsyncIterable<StreamPart>,
  stream: Uint8Array,
  { codec, session: options }: StreamSideOptions,
  eventsOf: (event: DecodeEvent) => readonly DecodeEvent[] = (event) => [event],
): CompareSide {
  const maker = new StreamRequests(codec, stream);
  const session = openSession(codec, options ?? {});
  return { codec, stream, producer: ourProducer, requests: made() };

  async function* made(): AsyncGenerator<ComparedRequest, void, undefined> {
    for await (const part of parts) yield* taken(feed(session, part));
    yield* taken(session.flush());
  }

  function* taken(events: Iterable<DecodeEvent>): Generator<ComparedRequest, void, undefined> {
    for (const event of events) {
      for (const each of eventsOf(event)) {
        const request = maker.take(each);
        if (request !== undefined) yield request;
      }
    }
  }
}

/** A session's events as requests with every control that is in effect. */
export class StreamRequests {
  readonly #codec: Codec;
  readonly #finder: SliceFinder;
  readonly #inEffect = new Map<string, Payload>();
  #count = 0;

  /** @param stream in which the slices are looked for; empty where it is not at hand. */
  constructor(codec: Codec, stream: Uint8Array) {
    this.#codec = codec;
    this.#finder = new SliceFinder(stream);
  }

  /** The event's request, if it is one. Its bytes are copied during the call. */
  take(event: DecodeEvent): MadeRequest | undefined {
    if (event.type !== "sequence" && event.type !== "request") return undefined;
    for (const name of this.#inEffect.keys()) if (!persists(name)) this.#inEffect.delete(name);
    for (const { name, payload } of event.controls) this.#inEffect.set(name, payload);
    if (event.type === "sequence") return undefined;
    const data = bitstreamBytes(event);
    const controls = new Map(this.#inEffect);
    const slices = slicesOf(this.#codec, data, this.#finder, startCodeIn(controls));
    const isAv1 = this.#codec === "av1";
    let variants: Variants | undefined;
    return {
      request: this.#count++,
      timestamp: event.timestamp,
      hold: event.hold,
      bitstream: { bytes: data.length, crc32: crc32(data), data },
      controls,
      // Made when it is asked for: most buffers of other programs are equal to ours.
      get variants() {
        variants ??= isAv1 ? tileVariants(controls, data) : variantsOf(slices);
        return variants;
      },
    };
  }
}

const START_CODE_BYTES = 3;

/** The slices of a request, each with its start code if it has one. VP8, VP9, AV1 and FWHT have none. */
function slicesOf(codec: Codec, bitstream: Uint8Array, finder: SliceFinder, startCode: StartCode | undefined): Slice[] {
  if (codec === "vp8" || codec === "vp9" || codec === "av1" || codec === "fwht") return [];
  if (startCode === "none") {
    // The stream has one before it.
    return [{ bytes: bitstream, zeros: finder.zerosAfter(joined([startCodePrefix(), bitstream])) }];
  }
  return unitsOfPacket(bitstream, 0, codec === "mpeg2").map(({ byte, bytes: unit }) => {
    const bytes = bitstream.subarray(byte - START_CODE_BYTES, byte + unit.length);
    return { bytes, zeros: finder.zerosAfter(bytes) };
  });
}
