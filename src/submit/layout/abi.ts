/** How a Linux ABI lays out the structs of the video and media interfaces. Only ABIs with 64-bit times are supported. */
export interface Abi {
  readonly name: "lp64" | "ilp32" | "ia32";
  /** Size in bytes of a pointer and of an `unsigned long`. */
  readonly pointerSize: 4 | 8;
  /** Alignment of a 64-bit integer in a struct. On ia32 it is 4. */
  readonly alignment64: 4 | 8;
}

export const abis = {
  lp64: { name: "lp64", pointerSize: 8, alignment64: 8 },
  ilp32: { name: "ilp32", pointerSize: 4, alignment64: 8 },
  ia32: { name: "ia32", pointerSize: 4, alignment64: 4 },
} as const satisfies Readonly<Record<Abi["name"], Abi>>;
