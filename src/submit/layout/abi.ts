/** How a Linux ABI lays out the structs of the video and media interfaces; those with 64-bit times only. */
export interface Abi {
  readonly name: "lp64" | "ilp32" | "ia32";
  /** Bytes of a pointer, and of an `unsigned long`. */
  readonly pointerSize: 4 | 8;
  /** Alignment of a 64-bit integer in a struct: ia32 has it at 4. */
  readonly alignment64: 4 | 8;
}

export const abis = {
  lp64: { name: "lp64", pointerSize: 8, alignment64: 8 },
  ilp32: { name: "ilp32", pointerSize: 4, alignment64: 8 },
  ia32: { name: "ia32", pointerSize: 4, alignment64: 4 },
} as const satisfies Readonly<Record<Abi["name"], Abi>>;
