/** Types that the runtime has and the language's own library does not. */

declare global {
  interface SymbolConstructor {
    /** What `await using` calls. The same as in the compiler's "esnext.disposable" and in Node's types. */
    readonly asyncDispose: unique symbol;
  }
}

/** What is used of an AbortSignal. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Throws the signal's reason where it was aborted. */
export function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted) throw signal.reason;
}
