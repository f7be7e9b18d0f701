/** Types of things that the runtime has, but that are not in the language's own library. */

declare global {
  interface SymbolConstructor {
    /** What `await using` calls. The same as in the compiler's "esnext.disposable" and in Node's types. */
    readonly asyncDispose: unique symbol;
  }
}

/** The part of an AbortSignal that is used here. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Throws the signal's reason if it was aborted. */
export function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted) throw signal.reason;
}
