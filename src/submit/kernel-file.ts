import { constants } from "node:os";
import type { Struct } from "../uapi/struct.ts";
import { decodeStruct, type Infer, viewOf } from "../uapi/struct.ts";
import { advice, DeviceError, errorName, IoctlError } from "./errors.ts";
import { type IoctlName, ioctlNumbersOf } from "./layout/ioctls.ts";
import { type Structs, structsOf } from "./layout/structs.ts";
import type { Mapping, Memory } from "./libc.ts";
import type { Machine } from "./machine.ts";

/** Why a device's file cannot be opened, in words; the numbers of `errno.h`. */
const openReasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied: is the user in the group of the device's file (mostly video)?",
  EPERM: "permission denied",
  ENOENT: "there is no such device",
  ENODEV: "there is no such device any more",
  ENXIO: "there is no such device any more",
  EBUSY: "busy: another program has it, and it takes one at a time",
  EMFILE: "this program has too many open files: close some, or raise the limit (ulimit -n)",
  ENFILE: "the machine has too many open files: close some, or raise the limit (sysctl fs.file-max)",
  ENOMEM: "the kernel has too little memory to open it",
};

/** How the kernel says that a list has no such item, or that there is no list. */
const noSuchItem: readonly number[] = [constants.errno.EINVAL, constants.errno.ENODATA, constants.errno.ENOTTY];

/** More items than any driver has. */
export const mostItems = 4096;

/** A long wait is made of waits of this length, in milliseconds, so that it ends soon after the file is closed. */
const waitSlice = 200;

/** An open file of the kernel: a device or a request. */
export class KernelFile {
  readonly path: string;
  readonly fd: number;
  readonly structs: Structs;
  readonly #machine: Machine;
  readonly #numbers: Readonly<Record<IoctlName, number>>;
  #waiting: Promise<number> | undefined;
  #isClosed = false;

  constructor(machine: Machine, fd: number, path: string) {
    this.#machine = machine;
    this.fd = fd;
    this.path = path;
    this.structs = structsOf(machine.abi);
    this.#numbers = ioctlNumbersOf(machine.abi);
  }

  /** @throws DeviceError with one line for a person. */
  static open(machine: Machine, path: string): KernelFile {
    const fd = machine.libc.open(path);
    if (fd >= 0) return new KernelFile(machine, fd, path);
    const code = errorName(-fd);
    throw new DeviceError(`${path}: ${openReasons[code] ?? `it cannot be opened (${code}). See dmesg`}`);
  }

  /**
   * Runs an ioctl on a struct's bytes, which the kernel may change.
   *
   * @param what what the call is for, for the error. A function avoids making a text for each picture.
   * @throws IoctlError
   */
  call(ioctl: IoctlName, argument?: Uint8Array, what?: string | (() => string)): void {
    const errno = this.attempt(ioctl, argument);
    if (errno === 0) return;
    const text = typeof what === "function" ? what() : what;
    throw new IoctlError({ ioctl, code: errorName(errno), path: this.path, what: text });
  }

  /** The same for an ioctl that is expected to fail sometimes: returns 0 or the error number. */
  attempt(ioctl: IoctlName, argument?: Uint8Array): number {
    // The number of a closed descriptor may already belong to another file.
    if (this.#isClosed) return constants.errno.EBADF;
    return -this.#machine.libc.ioctl(this.fd, this.#numbers[ioctl], argument);
  }

  /**
   * Whether the kernel has what an ENUM or QUERY ioctl asks for. Any other failure is not the end of a list: a device that looks as if
   * it had less would be told less.
   *
   * @throws IoctlError
   */
  has(ioctl: IoctlName, argument: Uint8Array): boolean {
    const errno = this.attempt(ioctl, argument);
    if (errno === 0) return true;
    if (!noSuchItem.includes(errno)) throw new IoctlError({ ioctl, code: errorName(errno), path: this.path });
    return false;
  }

  /** The error for a list that does not end. */
  endless(ioctl: IoctlName): DeviceError {
    return new DeviceError(`${this.path}: ${ioctl} has no end: the driver must return EINVAL after the last item`);
  }

  /** Maps memory of the device. @throws DeviceError */
  map(length: number, offset: bigint): Mapping {
    const mapping = this.#isClosed ? -constants.errno.EBADF : this.#machine.libc.map(this.fd, length, offset);
    if (typeof mapping !== "number") return mapping;
    const code = errorName(-mapping);
    throw new DeviceError(`${this.path}: mmap of ${length} bytes of a buffer failed with ${code}. ${advice(code)}`);
  }

  allocate(size: number): Memory {
    return this.#machine.libc.allocate(size);
  }

  /** Wraps a file that the kernel has opened: a request. */
  opened(fd: number, name: string): KernelFile {
    return new KernelFile(this.#machine, fd, `${this.path} ${name}`);
  }

  /** Closes a file that the kernel has opened but that is not handed out: an exported buffer. */
  discard(fd: number): void {
    this.#machine.libc.close(fd);
  }

  /** Returns those of the events of poll(2) that are present. Of an error, the call that takes what is ready says more. */
  ready(events: number): number {
    return this.#isClosed ? 0 : this.#machine.libc.poll(this.fd, events) & events;
  }

  /**
   * The same, but waits for one of them. Returns 0 when the time is over or the file was closed.
   *
   * @param isOver whether waiting no longer makes sense; called from time to time
   */
  async wait(events: number, milliseconds: number, isOver: () => boolean = () => false): Promise<number> {
    for (let left = milliseconds; left > 0 && !this.#isClosed; left -= waitSlice) {
      this.#waiting = this.#machine.libc.wait(this.fd, events, Math.min(left, waitSlice));
      const returned = await this.#waiting.finally(() => {
        this.#waiting = undefined;
      });
      if (returned !== 0) return returned;
      if (isOver()) return 0;
    }
    return 0;
  }

  /** Closes the file, after a current wait has ended. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Who waits gets the failure of the wait.
    await this.#waiting?.catch(() => {});
    this.#machine.libc.close(this.fd);
  }
}

/** An empty struct to fill in. */
export function blank(struct: Struct): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = new Uint8Array(struct.size);
  return { bytes, view: viewOf(bytes) };
}

/** Runs an ioctl that reads into a struct, and returns its fields. @throws IoctlError */
export function read<const N extends keyof Structs>(
  file: KernelFile,
  ioctl: IoctlName,
  name: N,
  asked: {
    /** What the call is for, as in `call`. */
    readonly what?: string;
    readonly fill?: (view: DataView, offsets: Structs[N]["offsets"]) => void;
  } = {},
): Infer<Structs[N]> {
  const struct = file.structs[name];
  const { bytes, view } = blank(struct);
  asked.fill?.(view, struct.offsets as Structs[N]["offsets"]);
  file.call(ioctl, bytes, asked.what);
  return decodeStruct(struct as Struct, bytes) as Infer<Structs[N]>;
}

/** What an ENUM ioctl returns for each index, until there are no more. @throws IoctlError, DeviceError */
export function* enumerate<const N extends keyof Structs>(
  file: KernelFile,
  ioctl: IoctlName,
  name: N,
  fill: (view: DataView, offsets: Structs[N]["offsets"], index: number) => void,
): Generator<Infer<Structs[N]>, void, undefined> {
  const struct = file.structs[name];
  for (let index = 0; index < mostItems; index++) {
    const { bytes, view } = blank(struct);
    fill(view, struct.offsets as Structs[N]["offsets"], index);
    if (!file.has(ioctl, bytes)) return;
    yield decodeStruct(struct as Struct, bytes) as Infer<Structs[N]>;
  }
  throw file.endless(ioctl);
}

/** The text in a char array of the kernel. */
export function textOf(chars: readonly number[]): string {
  const end = chars.indexOf(0);
  return String.fromCharCode(...chars.slice(0, end < 0 ? chars.length : end));
}
