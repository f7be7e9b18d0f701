/** The two inputs of `diff` as recordings. */
import { byteStreamOf } from "../compare/byte-stream.ts";
import { begun, decodeModeOf, startCodeOf } from "../compare/decode-modes.ts";
import type { ComparedRequest, CompareSide } from "../compare/index.ts";
import { partsSide, recordSide } from "../compare/sides.ts";
import type { StreamPart } from "../containers/stream-part.ts";
import type { Codec, DecodeEvent, ErrorEvent } from "../events.ts";
import type { SessionOptions } from "../options.ts";
import { missingCallsCode } from "../record/format.ts";
import type { ErrorLine, RecordLine } from "../record/index.ts";
import type { Target } from "../targets/index.ts";
import { TargetEvents } from "../targets/target-events.ts";
import { codecs } from "../uapi/codecs.ts";
import { codecOf, type RecordInput, type StreamInput } from "./input.ts";
import { CliError } from "./io.ts";
import { sessionOptions } from "./source.ts";
import { StreamExplanations } from "./stream-explanations.ts";
import { producer } from "./version.ts";

type Input = StreamInput | RecordInput;

/** An input as it is compared. */
export interface DiffSide {
  readonly name: string;
  readonly side: CompareSide;
  /** How many requests were read so far. */
  count: number;
  /** What was lost in a stream so far, or what a record says went wrong; calls that are missing in a capture are compared. */
  readonly errors: (ErrorEvent | ErrorLine)[];
  /** What its requests were made of; undefined for a record, and where `isTooLong`. */
  readonly explanations: StreamExplanations | undefined;
  /** It is a stream of more than `mostKept` bytes: it is not read again, for explanations or for rows that look at it. */
  readonly isTooLong: boolean;
}

/** The most bytes of a stream that are kept. */
export const mostKept = 1 << 26;

/**
 * Opens both.
 *
 * @param target undefined where none was named: then a stream's requests are made in the other side's modes.
 * @throws CliError where they are of different codecs.
 */
export async function diffSides(a: Input, b: Input, target: Target | undefined): Promise<[DiffSide, DiffSide]> {
  const [codec, other] = [codecOf(a), codecOf(b)];
  if (codec !== other) throw new CliError(`${a.name} is ${codec}, and ${b.name} is ${other}: they cannot be compared`);
  if (a.kind === "record") {
    const first = await ofRecord(a);
    return [first, b.kind === "record" ? await ofRecord(b) : await ofStream(b, codec, first, target)];
  }
  if (b.kind === "stream") {
    const sides = [await ofStream(a, codec, undefined, target), await ofStream(b, codec, undefined, target)] as const;
    return [...sides];
  }
  const second = await ofRecord(b);
  return [await ofStream(a, codec, second, target), second];
}

/** A side whose requests are counted, and its first requests. */
async function counted(
  name: string,
  side: CompareSide,
  errors: DiffSide["errors"],
  explanations: StreamExplanations | undefined,
  isTooLong: boolean,
): Promise<DiffSide & { readonly beginning: readonly ComparedRequest[] }> {
  const { beginning, requests } = await begun(side);
  const result = { name, side, errors, count: 0, beginning, explanations, isTooLong };
  const counting: AsyncIterable<ComparedRequest> = {
    async *[Symbol.asyncIterator]() {
      for await (const request of requests) {
        result.count++;
        yield request;
      }
    },
  };
  result.side = { ...side, requests: counting };
  return result;
}

async function ofRecord(input: RecordInput) {
  const errors: ErrorLine[] = [];
  const side = await recordSide({ ...input, lines: notingErrors(input.lines, errors) });
  return counted(input.name, side, errors, undefined, false);
}

async function* notingErrors(
  lines: AsyncIterable<RecordLine>,
  errors: ErrorLine[],
): AsyncGenerator<RecordLine, void, undefined> {
  for await (const line of lines) {
    if (line.type === "error" && line.code !== missingCallsCode) errors.push(line);
    yield line;
  }
}

async function ofStream(
  input: StreamInput,
  codec: Codec,
  other: { readonly beginning: readonly ComparedRequest[] } | undefined,
  target: Target | undefined,
) {
  const errors: ErrorEvent[] = [];
  const targetEvents = target && new TargetEvents(target, codec);
  const eventsOf = (event: DecodeEvent): readonly DecodeEvent[] => {
    if (event.type === "error") errors.push(event);
    const made = targetEvents?.of(event) ?? [event];
    return made.filter((each): each is DecodeEvent => each.type !== "set");
  };
  const session =
    target === undefined ? modesOf(codec, other?.beginning ?? []) : sessionOptions(codec, { session: {}, target });
  const { parts, whole } = await partsOf(input.parts);
  const stream = whole === undefined ? new Uint8Array(0) : byteStreamOf(codec, whole);
  const side = partsSide(parts, stream, { codec, session }, eventsOf);
  const explanations = whole && new StreamExplanations(codec, whole, session, target);
  return counted(input.name, { ...side, producer }, errors, explanations, whole === undefined);
}

/** The modes that requests were made in. */
function modesOf(codec: Codec, beginning: readonly ComparedRequest[]): SessionOptions {
  const { modes } = codecs[codec];
  if (modes === null || beginning.length === 0) return {};
  return { decodeMode: decodeModeOf(beginning, modes.decodeMode), startCode: startCodeOf(beginning, modes.startCode) };
}

/** All parts; where they are not too many, the list of them, too. */
async function partsOf(parts: AsyncIterable<StreamPart>) {
  const iterator = parts[Symbol.asyncIterator]();
  const read: StreamPart[] = [];
  let size = 0;
  let isWhole = false;
  while (size <= mostKept) {
    const next = await iterator.next();
    isWhole = next.done === true;
    if (next.done === true) break;
    const part = next.value;
    // Its bytes are valid until the next part is asked for.
    read.push(part.kind === "loss" ? part : { ...part, bytes: part.bytes.slice() });
    if (part.kind !== "loss") size += part.bytes.length;
  }
  const all: AsyncIterable<StreamPart> = {
    async *[Symbol.asyncIterator]() {
      yield* read;
      while (!isWhole) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    },
  };
  return { parts: all, whole: isWhole ? read : undefined };
}
