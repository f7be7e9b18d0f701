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

  /** @throws CliError where the text is no such list. */
  constructor(text: string) {
    this.#ranges = text.split(",").map((part) => rangeOf(part.trim(), text));
    this.last = Math.max(...this.#ranges.map(({ last }) => last));
  }

  has(request: number): boolean {
    return this.#ranges.some(({ first, last }) => request >= first && request <= last);
  }

  /** @throws CliError where a range begins after the last of `count` requests. */
  checkReached(input: string, count: number): void {
    const missed = this.#ranges.find(({ first }) => first >= count);
    if (missed === undefined) return;
    const numbers = count === 1 ? "1 request, number 0" : `${count} requests, numbers 0 to ${count - 1}`;
    throw new CliError(`${input}: there is no request ${missed.text}: it has ${numbers}`);
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
