import type { Difference } from "../compare/index.ts";
import { feed, type StreamPart } from "../containers/stream-part.ts";
import type { Codec, Session } from "../events.ts";
import { type ExplainedField, type ExplainedRequest, RequestExplainer } from "../explain/index.ts";
import { shortText } from "../explain/text.ts";
import { openSession } from "../open-session.ts";
import type { SessionOptions } from "../options.ts";
import type { Target } from "../targets/index.ts";
import { partsAtPictures, smallParts } from "./parts-at-pictures.ts";
import { TargetValues } from "./target-values.ts";

/** Explains requests of a stream that was read before: it is read once more, as far as is needed, when the first one is asked for. */
export class StreamExplanations {
  readonly #codec: Codec;
  readonly #parts: readonly StreamPart[];
  readonly #options: SessionOptions;
  readonly #target: Target | undefined;
  readonly #explained = new Map<number, ExplainedRequest>();
  #run:
    | {
        readonly explainer: RequestExplainer;
        /** What the target gets. */
        readonly values: TargetValues | undefined;
        readonly session: Session;
        readonly parts: Iterator<StreamPart>;
      }
    | undefined;
  /** Requests before this one are not explained. */
  #wanted = 0;

  /**
   * @param parts all of the stream. @param options of the session that made its requests. @param target that they are for, where one
   * was named.
   */
  constructor(codec: Codec, parts: readonly StreamPart[], options: SessionOptions, target: Target | undefined) {
    this.#codec = codec;
    this.#parts = parts;
    this.#options = options;
    this.#target = target;
  }

  /**
   * What a field that differs was made of, in a line. Undefined where the request does not have it.
   *
   * @param request its number. It costs least where they are asked for in order.
   */
  of(request: number, { control, path, flag }: Pick<Difference, "control" | "path" | "flag">): string | undefined {
    if (control === "") return undefined;
    const fields = this.#request(request)?.controls.find((each) => each.control === control)?.fields;
    const field = fields?.find((each) => isField(each, path, flag));
    return field === undefined ? undefined : shortText(field.sources);
  }

  #request(request: number): ExplainedRequest | undefined {
    const found = this.#explained.get(request);
    if (found !== undefined) return found;
    if (this.#run === undefined || request < this.#run.explainer.requests) this.#begin();
    this.#wanted = request;
    this.#explained.clear();
    while (!this.#explained.has(request) && this.#advance());
    return this.#explained.get(request);
  }

  #begin(): void {
    const explainer = new RequestExplainer(this.#codec, (request) => request >= this.#wanted);
    const session = openSession(this.#codec, { ...this.#options, trace: explainer.trace });
    const values = this.#target === undefined ? undefined : new TargetValues(this.#target, this.#codec);
    this.#run = { explainer, values, session, parts: this.#pieces() };
  }

  *#pieces(): Generator<StreamPart, void, undefined> {
    for (const part of this.#parts) yield* this.#codec === "mpeg2" ? partsAtPictures(part) : smallParts(part);
  }

  /** Reads the next part. False at the end. */
  #advance(): boolean {
    if (this.#run === undefined) return false;
    const { explainer, values, session, parts } = this.#run;
    const next = parts.next();
    const events = next.done === true ? session.flush() : feed(session, next.value);
    values?.take(events);
    for (const explained of explainer.take(events)) {
      this.#explained.set(explained.request, values?.of(explained) ?? explained);
    }
    return next.done !== true;
  }
}

/** A path may lack its last indices, or be that of a list's entry: then several elements differ, and the first one is taken. */
function isField(field: ExplainedField, path: string, flag: string | undefined): boolean {
  if (field.flag !== flag) return false;
  const begin = path.replace(/(\[\])+$/, "");
  if (field.path === path || path === "") return field.path === path;
  return field.path.startsWith(begin) && /^((\[\d+\])+$|[.])/.test(field.path.slice(begin.length));
}
