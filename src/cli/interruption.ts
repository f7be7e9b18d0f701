import { constants } from "node:os";

/** The process was told to end. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly signal: "SIGINT" | "SIGTERM";

  constructor(signal: Interruption["signal"]) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }

  /** As a shell says it. */
  get status(): number {
    return 128 + constants.signals[this.signal];
  }
}

/** A handler that ends the process itself would leave a device streaming; cedrus then leaks memory. */
const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs `body` with a signal that is aborted, with an Interruption, when SIGINT or SIGTERM asks the process to end: `body` can
 * then stop its devices. A second SIGINT or SIGTERM ends the process at once.
 */
export async function withInterruption<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: Interruption["signal"]) => {
    off();
    controller.abort(new Interruption(signal));
  };
  const off = () => {
    for (const name of signals) process.off(name, stop as () => void);
  };
  for (const name of signals) process.on(name, stop as () => void);
  try {
    return await body(controller.signal);
  } finally {
    off();
  }
}

/** The same items, until the signal is aborted: then it throws the signal's reason, also while it waits for an item. */
export async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    while (true) {
      if (signal.aborted) throw signal.reason;
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === undefined) throw signal.reason;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    // Where the input has nothing to read, this would wait for it.
    if (signal.aborted) iterator.return?.().catch(() => {});
    else await iterator.return?.();
  }
}
