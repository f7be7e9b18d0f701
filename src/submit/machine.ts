import { endianness } from "node:os";
import { DeviceError } from "./errors.ts";

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

/** Node's names. Those that are not here number their ioctls otherwise (mips, ppc), or are big-endian. */
const abiOfArch: Readonly<Record<string, Abi>> = {
  x64: abis.lp64,
  arm64: abis.lp64,
  riscv64: abis.lp64,
  loong64: abis.lp64,
  arm: abis.ilp32,
  ia32: abis.ia32,
};

/**
 * The ABI of this machine.
 *
 * @throws DeviceError on a system, processor or byte order for which there is none.
 */
export function hostAbi(
  platform: string = process.platform,
  arch: string = process.arch,
  order: string = endianness(),
): Abi {
  if (platform !== "linux") throw new DeviceError(`V4L2 devices are Linux's, and this is ${platform}`);
  if (order !== "LE") throw new DeviceError("payloads are little-endian, and this machine is not");
  const abi = abiOfArch[arch];
  if (abi === undefined) throw new DeviceError(`the ioctl numbers of ${arch} are not known here`);
  return abi;
}
