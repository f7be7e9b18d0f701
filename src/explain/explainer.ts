import type { Trace, TraceElement, TraceUnit } from "../bitreader/index.ts";
import type { Codec, DecodeEvent, RequestEvent } from "../events.ts";
import { openSession } from "../open-session.ts";
import type { SessionOptions } from "../options.ts";
import { Av1History } from "./av1/history.ts";
import { type ExplainedControl, explainControl } from "./field.ts";
import { FwhtHistory } from "./fwht/history.ts";
import { H264History } from "./h264/history.ts";
import { H265History } from "./h265/history.ts";
import type { CodecHistory } from "./history.ts";
import { rulesWithoutUnit } from "./modes.ts";
import { Mpeg2History } from "./mpeg2/history.ts";
import { piecesAtPictures } from "./mpeg2/pieces.ts";
import { ReadUnit } from "./read-unit.ts";
import { SentUnits } from "./sent-units.ts";
import { unitKind } from "./unit-kinds.ts";
import { Vp8History } from "./vp8/history.ts";
import { Vp9History } from "./vp9/history.ts";

/** The one place that knows every codec. */
const histories: Readonly<Record<Codec, () => CodecHistory>> = {
  h264: () => new H264History(),
  h265: () => new H265History(),
  vp8: () => new Vp8History(),
  vp9: () => new Vp9History(),
  mpeg2: () => new Mpeg2History(),
  av1: () => new Av1History(),
  fwht: () => new FwhtHistory(),
};

/** A request, and what each of its fields was made of. */
export interface ExplainedRequest {
  /** As `record`, `inspect` and `diff` number requests. */
  readonly request: number;
  readonly timestamp: number;
  /** All controls that are in force, in the order in which they were first set. */
  readonly controls: readonly ExplainedControl[];
}

/**
 * Explains requests while a session makes them: for streams that come in pieces. The session must be opened with `trace`, and
 * `take` must be given the events of each of its calls. For MPEG-2 the pieces must begin where pictures begin: `piecesAtPictures`.
 */
export class RequestExplainer {
  /** For the session's options. */
  readonly trace: Trace;
  readonly #history: CodecHistory;
  readonly #units: SentUnits<ReadUnit>;
  readonly #controls = new Map<string, Uint8Array | number>();
  readonly #wanted: (request: number) => boolean;
  #unit: ReadUnit | undefined;
  #count = 0;
  #requests = 0;

  /**
   * @throws TypeError for a codec that has no session.
   * @param wanted which requests are explained, by their numbers. The others cost less, but are not free: a later request may
   * be made of what they set.
   */
  constructor(codec: Codec, wanted: (request: number) => boolean = () => true) {
    openSession(codec); // Refuses a wrong codec.
    this.#history = histories[codec]();
    this.#wanted = wanted;
    this.#units = new SentUnits(codec);
    const isEscaped = codec === "h264" || codec === "h265";
    this.trace = {
      unit: ({ name, byte, bytes }: TraceUnit) => {
        this.#unit = new ReadUnit(this.#count++, unitKind(codec, name), byte, bytes.slice(), isEscaped);
        this.#units.add(this.#unit);
      },
      element: (element: TraceElement) => {
        this.#unit?.elements.push(element);
      },
    };
  }

  /** How many requests there were so far. */
  get requests(): number {
    return this.#requests;
  }

  /** Takes the events of one call of the session. @returns the requests among them that are wanted. */
  take(events: readonly DecodeEvent[]): ExplainedRequest[] {
    const explained: ExplainedRequest[] = [];
    for (const event of events) {
      if (event.type === "sequence") for (const { name, payload } of event.controls) this.#controls.set(name, payload);
      if (event.type === "release") this.#history.release(event.timestamp);
      if (event.type !== "request") continue;
      const number = this.#requests++;
      this.#takeRequest(event, number);
      if (this.#wanted(number)) explained.push(this.#explain(event, number));
    }
    this.#units.endCall();
    return explained;
  }

  #takeRequest(event: RequestEvent, number: number): void {
    const { units, sent } = this.#units.of(event);
    const others = units.filter((unit) => !sent.includes(unit));
    // A control that is valid for one request only must not stay.
    for (const name of perRequest) this.#controls.delete(name);
    for (const { name, payload } of event.controls) this.#controls.set(name, payload);
    this.#history.take({ number, timestamp: event.timestamp, controls: this.#controls, sent, others });
    for (const unit of sent) unit.forgetData();
  }

  #explain({ timestamp }: RequestEvent, request: number): ExplainedRequest {
    const rules = this.#history.rules();
    const controls = [...this.#controls].map(([name, payload]) =>
      explainControl(name, payload, rules[name] ?? rulesWithoutUnit(payload)),
    );
    return { request, timestamp, controls };
  }
}

/** Controls that a request may lack although an earlier one had them. */
const perRequest: readonly string[] = [
  "V4L2_CID_STATELESS_H264_SCALING_MATRIX",
  "V4L2_CID_STATELESS_H264_PRED_WEIGHTS",
  "V4L2_CID_STATELESS_HEVC_SCALING_MATRIX",
  "V4L2_CID_STATELESS_HEVC_ENTRY_POINT_OFFSETS",
  "V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS",
  "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS",
];

/**
 * Explains one request of a stream.
 *
 * @param stream as `Session.push` takes it: a byte stream, for VP8 and VP9 an IVF file, for AV1 OBUs, Annex B or IVF, for FWHT its
 *   frames; whole, or in pieces.
 * @param request its number, as `record`, `inspect` and `diff` count.
 * @param options of the session that makes the requests: in slice mode there are other requests than in frame mode.
 * @returns undefined where the stream has fewer requests.
 * @throws TypeError for a codec that has no session, and for an option with a value that it cannot have.
 */
export function explainRequest(
  codec: Codec,
  stream: Uint8Array | Iterable<Uint8Array>,
  request: number,
  options: Omit<SessionOptions, "trace"> = {},
): ExplainedRequest | undefined {
  openSession(codec, options); // Refuses wrong arguments.
  const explainer = new RequestExplainer(codec, (number) => number === request);
  const session = openSession(codec, { ...options, trace: explainer.trace });
  for (const chunk of stream instanceof Uint8Array ? piecesOf(stream) : stream) {
    for (const piece of codec === "mpeg2" ? piecesAtPictures(chunk) : [chunk]) {
      const [explained] = explainer.take(session.push(piece));
      if (explained !== undefined) return explained;
    }
  }
  return explainer.take(session.flush())[0];
}

/** All elements of a call's units are kept until its requests are known, so a call gets only a part of a stream. */
function* piecesOf(stream: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < stream.length; at += PIECE_BYTES) yield stream.subarray(at, at + PIECE_BYTES);
}

const PIECE_BYTES = 1 << 16;
