import { CliError } from "./io.ts";

interface Range {
  readonly first: number;
  /** Infinity for an open range. */
  readonly last: number;
  readonly text: string;
}

const digits = "[0-9]{1,15}";
const shape = new RegExp(`^(?:(?<one>${digits})|(?<first>${digits})?\\.\\.(?<last>${digits})?)$`);

/** The requests that `--request` names: `3`, `3..7`, `3..`, `..7`, or several of these with commas between them. */
export class RequestSet {
  readonly #ranges: readonly Range[];
  /** The last request that is wanted; Infinity where there is none. */
  readonly last: number;

  /** @throws CliError where the text is not such a list. */
  constructor(text: string) {
    this.#ranges = text.split(",").map((part) => rangeOf(part.trim(), text));
    this.last = this.#ranges.reduce((largest, { last }) => Math.max(largest, last), 0);
  }

  has(request: number): boolean {
    return this.#ranges.some(({ first, last }) => request >= first && request <= last);
  }

  /** @throws CliError where a range begins after the last of the requests that were seen. */
  checkReached(input: string, seen: SeenRequests): void {
    const missed = this.#ranges.find(({ first }) => first > seen.last);
    if (missed === undefined) return;
    const numbers = seen.count === 1 ? `1 request, number ${seen.first}` : `${seen.count} requests, ${seen.text}`;
    throw new CliError(`${input}: there is no request ${missed.text}: it has ${numbers}`);
  }
}

/** The numbers of the requests so far. In another program's record they may begin with any number. */
export class SeenRequests {
  count = 0;
  first = 0;
  last = -1;

  add(request: number): void {
    if (this.count++ === 0) this.first = request;
    this.last = Math.max(this.last, request);
  }

  get text(): string {
    return `numbers ${this.first} to ${this.last}`;
  }
}

function rangeOf(part: string, whole: string): Range {
  const groups = shape.exec(part)?.groups;
  const { one, first, last } = groups ?? {};
  const range: Range = {
    first: Number(one ?? first ?? 0),
    last: Number(one ?? last ?? Infinity),
    text: part,
  };
  if (groups !== undefined && part !== ".." && range.first <= range.last) return range;
  throw new CliError(
    `--request must be numbers of requests, 0 or more, like 3, 3..7, 3.., ..7 or 1,4..6; it is ${JSON.stringify(whole)}`,
  );
}
