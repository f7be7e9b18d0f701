import { constants as files } from "node:fs";
import { constants } from "node:os";
import { DeviceError } from "./errors.ts";
import type { Libc, Mapping, Memory } from "./libc.ts";

/** asm-generic/fcntl.h; arm has the same values for these. */
const O_CLOEXEC = 0o2000000;
/** asm-generic/mman-common.h. */
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;

/** MAP_FAILED, an address of all ones, at which no page can begin. */
const mapFailed = [0xffff_ffffn, 0xffff_ffff_ffff_ffffn];

type Koffi = typeof import("koffi");

/**
 * Gives up the addresses of lent memory when nobody can read there any more. There is one for the process: a registry that only a
 * library object refers to is forgotten together with it, and then calls nothing.
 */
const forgotten = new FinalizationRegistry<Reservation>(({ munmap, address, length }) => munmap(address, length));

/** No closure, which would hold the bytes, too. */
interface Reservation {
  readonly munmap: (address: bigint, length: number) => number;
  readonly address: bigint;
  readonly length: number;
}

/**
 * This process's C library.
 *
 * @throws DeviceError when koffi is not installed or has no build for this machine.
 */
export async function loadLibc(importKoffi: () => Promise<Koffi> = () => import("koffi")): Promise<Libc> {
  let koffi: Koffi;
  try {
    koffi = await importKoffi();
  } catch (thrown) {
    const isAbsent = thrown instanceof Error && "code" in thrown && thrown.code === "ERR_MODULE_NOT_FOUND";
    const reason = thrown instanceof Error ? thrown.message.split("\n")[0] : String(thrown);
    throw new DeviceError(
      isAbsent
        ? "koffi is needed to use a device; install it with: npm install koffi"
        : `koffi cannot be loaded: ${reason}`,
    );
  }
  return bind(koffi);
}

function bind(koffi: Koffi): Libc {
  const lib = koffi.load(null);
  const open = lib.func("int open(const char *path, int flags)");
  const close = lib.func("int close(int fd)");
  // Variadic in C. Linux passes a variadic integer or pointer like any other.
  const ioctl = lib.func("int ioctl(int fd, unsigned long request, void *argument)");
  const poll = lib.func("int poll(void *fds, unsigned long count, int timeout)");
  const failed = () => -koffi.errno();
  const now = new PollEntry();
  return {
    open: (path) => {
      for (;;) {
        const fd: number = open(path, files.O_RDWR | files.O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0) return fd;
        if (koffi.errno() !== constants.errno.EINTR) return failed();
      }
    },
    close: (fd) => {
      close(fd);
    },
    ioctl: (fd, request, argument) => {
      for (;;) {
        if (ioctl(fd, request, argument ?? null) >= 0) return 0;
        if (koffi.errno() !== constants.errno.EINTR) return failed();
      }
    },
    map: mapper(koffi, lib),
    poll: (fd, events) => {
      now.set(fd, events);
      return poll(now.bytes, 1, 0) > 0 ? now.returned : 0;
    },
    wait: (fd, events, milliseconds) =>
      new Promise((resolve, reject) => {
        const entry = new PollEntry();
        entry.set(fd, events);
        const refused = (thrown: unknown) => {
          const reason = thrown instanceof Error ? thrown.message : String(thrown);
          reject(new DeviceError(`koffi cannot wait for the device: ${reason}`));
        };
        try {
          poll.async(entry.bytes, 1, milliseconds, (thrown: Error | null, count: number) => {
            if (thrown) refused(thrown);
            else resolve(count > 0 ? entry.returned : 0);
          });
        } catch (thrown) {
          // It takes 256 calls at a time.
          refused(thrown);
        }
      }),
    allocate: (size): Memory => {
      // The bytes need an ArrayBuffer of their own: without it, V8 may keep a small array in its heap, and move it.
      const bytes = new Uint8Array(new ArrayBuffer(size));
      return { bytes, address: koffi.address(bytes) };
    },
  };
}

/** struct pollfd. It must not change until the call returns. */
class PollEntry {
  readonly #view = new DataView(new ArrayBuffer(8));
  readonly bytes = new Uint8Array(this.#view.buffer);

  set(fd: number, events: number): void {
    this.#view.setInt32(0, fd, true);
    this.#view.setInt32(4, events, true);
  }

  get returned(): number {
    return this.#view.getInt16(6, true);
  }
}

function mapper(koffi: Koffi, lib: ReturnType<Koffi["load"]>): Libc["map"] {
  // off_t has 32 bits in the mmap of 32-bit libraries, and a queue's offsets are below 2 GiB.
  const mmap = lib.func("uintptr_t mmap(uintptr_t address, size_t length, int prot, int flags, int fd, long offset)");
  const munmap = lib.func("int munmap(uintptr_t address, size_t length)");
  return (fd, length, offset): Mapping | number => {
    const address = BigInt(mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset));
    if (mapFailed.includes(address)) return -koffi.errno();
    const buffer = koffi.view(address, length);
    return {
      bytes: new Uint8Array(buffer),
      unmap: (wasLent) => {
        if (!wasLent) {
          munmap(address, length);
          return;
        }
        // The device's memory is unmapped now. The addresses stay reserved as long as somebody may read there.
        const flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE;
        mmap(address, length, PROT_READ | PROT_WRITE, flags, -1, 0);
        forgotten.register(buffer, { munmap, address, length });
      },
    };
  };
}
