import { endianness } from "node:os";
import { DeviceError } from "./errors.ts";
import { loadLibc } from "./koffi-libc.ts";
import { type Abi, abis } from "./layout/abi.ts";
import type { Libc } from "./libc.ts";

/** The C library of a machine, and its ABI. */
export interface Machine {
  readonly libc: Libc;
  readonly abi: Abi;
}

/** By Node's names. The processors that are missing have other ioctl numbers (mips, ppc), or are big-endian. */
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
  if (platform !== "linux") throw new DeviceError(`V4L2 devices exist on Linux only; this is ${platform}`);
  if (order !== "LE") throw new DeviceError("this machine is big-endian; control payloads are little-endian");
  const abi = abiOfArch[arch];
  if (abi === undefined)
    throw new DeviceError(`the ioctl numbers of the processor ${arch} are not known to this program`);
  return abi;
}

/**
 * This machine.
 *
 * @throws DeviceError where there is no V4L2, or koffi is not installed.
 */
export async function thisMachine(): Promise<Machine> {
  return { abi: hostAbi(), libc: await loadLibc() };
}
