/**
 * What an iterable gives until it throws. The failure waits, so that a command can first write what it has of the items before:
 * the beginning of a file that breaks off is often what the user wants to see.
 */
export class UntilFailure<T> implements AsyncIterable<T> {
  readonly #source: AsyncIterable<T>;
  #failure: { readonly thrown: unknown } | undefined;

  constructor(source: AsyncIterable<T>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      yield* this.#source;
    } catch (thrown) {
      this.#failure = { thrown };
    }
  }

  /** What the iterable threw; undefined where it came to its end. */
  get failure(): unknown {
    return this.#failure?.thrown;
  }

  /** Throws what the iterable threw. Does nothing where it came to its end. */
  rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }
}
