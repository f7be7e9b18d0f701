/** The part of the Encoding Standard that is used here. It is declared because the core compiles without the DOM. */
export const { TextDecoder } = globalThis as unknown as {
  readonly TextDecoder: new () => { decode(bytes?: Uint8Array, options?: { readonly stream: boolean }): string };
};
