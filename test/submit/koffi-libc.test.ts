import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { DeviceError } from "../../src/submit/errors.ts";
import { loadLibc } from "../../src/submit/koffi-libc.ts";
import type { Libc } from "../../src/submit/libc.ts";
import { POLLIN } from "../../src/submit/libc.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const isLinux = process.platform === "linux";
const folder = temporaryFolder();

describe("without koffi", () => {
  it.each([
    ["ERR_MODULE_NOT_FOUND", "koffi is needed to use a device; install it with: npm install koffi"],
    [undefined, "koffi cannot be loaded: no build for this machine"],
  ])("says so in one line (%s)", async (code, message) => {
    const fails = async () => {
      throw Object.assign(new Error("no build for this machine\nRequire stack"), { code });
    };
    await expect(loadLibc(fails)).rejects.toThrow(new DeviceError(message));
  });
});

describe.skipIf(!isLinux)("this machine's C library", () => {
  let libc: Libc;
  beforeAll(async () => {
    libc = await loadLibc();
  });

  it("gives error numbers", () => {
    expect(libc.open(join(folder, "none"))).toBe(-constants.errno.ENOENT);
    expect(libc.ioctl(-1, 0, undefined)).toBe(-constants.errno.EBADF);
    expect(libc.map(-1, 4096, 0n)).toBe(-constants.errno.EBADF);
  });

  it("maps a file, and leaves zeros behind for those who still hold the bytes", () => {
    const path = join(folder, "memory");
    writeFileSync(path, Buffer.alloc(8192, 7));
    const fd = libc.open(path);
    const mapping = libc.map(fd, 4096, 4096n);
    if (typeof mapping === "number") throw new Error(`errno ${-mapping}`);
    libc.close(fd);
    expect([mapping.bytes.length, mapping.bytes[4095]]).toEqual([4096, 7]);
    mapping.bytes[0] = 9;
    expect(readFileSync(path)[4096]).toBe(9);
    const isMapped = () => readFileSync("/proc/self/maps", "utf8").includes(path);
    expect(isMapped()).toBe(true);
    mapping.unmap(true);
    expect(isMapped()).toBe(false);
    expect(mapping.bytes.every((byte) => byte === 0)).toBe(true);
  });

  it("gives up the addresses of such bytes when nobody holds them, even after the library itself is forgotten", async () => {
    const { default: koffi } = await import("koffi");
    setFlagsFromString("--expose-gc");
    const gc: () => void = runInNewContext("gc");
    const path = join(folder, "lent");
    writeFileSync(path, Buffer.alloc(4096));
    const lend = async () => {
      const own = await loadLibc();
      const fd = own.open(path);
      const mapping = own.map(fd, 1 << 26, 0n);
      own.close(fd);
      if (typeof mapping === "number") throw new Error(`errno ${-mapping}`);
      mapping.unmap(true);
      return koffi.address(mapping.bytes) + (1n << 25n);
    };
    const address = await lend();
    const isReserved = () =>
      [...readFileSync("/proc/self/maps", "utf8").matchAll(/^([0-9a-f]+)-([0-9a-f]+)/gm)].some(
        ([, from, to]) => BigInt(`0x${from}`) <= address && address < BigInt(`0x${to}`),
      );
    expect(isReserved()).toBe(true);
    for (let turn = 0; turn < 100 && isReserved(); turn++) {
      gc();
      await new Promise(setImmediate);
    }
    expect(isReserved()).toBe(false);
  });

  it("tells the kernel where memory is", () => {
    const memory = libc.allocate(100);
    expect(memory.bytes.length).toBe(100);
    expect(memory.address).toBeGreaterThan(0n);
  });

  it("polls, now and later, without blocking the event loop", async () => {
    const zero = openSync("/dev/zero", "r");
    expect(libc.poll(zero, POLLIN)).toBe(POLLIN);
    expect(await libc.wait(zero, POLLIN, 60_000)).toBe(POLLIN);
    closeSync(zero);
    // Standard input of nobody: an eventless descriptor is one that is not there.
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    expect(await libc.wait(-1, POLLIN, 50)).toBe(0);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});

it("says so where koffi waits for as many devices as it can", async () => {
  const libc = await loadLibc();
  const waits = await Promise.allSettled(Array.from({ length: 300 }, () => libc.wait(-1, 1, 1)));
  const reasons = waits.flatMap((wait) => (wait.status === "rejected" ? [wait.reason] : []));
  expect(reasons).not.toEqual([]);
  expect(new Set(reasons.map(String))).toEqual(
    new Set(["DeviceError: koffi cannot wait for the device: Too many asynchronous calls are running"]),
  );
});
